/** What is in the registries: repositories, tags, images, referrers, search. */
export { Catalog, type CatalogDeps, type RegistryAccess, type TagsQuery } from './catalog.ts';
export type { RepositoriesQuery } from './repository-lists.ts';
export { parseTagFilter } from './tag-filter.ts';
export { compareVersions, parseTagVersion, type TagVersion } from './tag-version.ts';
export type * from './types.ts';
