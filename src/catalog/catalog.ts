import type { Principal } from '../access/index.ts';
import { type Clock, systemClock } from '../core/clock.ts';
import { formatReference, isDigest, isTag, InvalidReference, parseDigest, parseRepositoryName } from '../oci/index.ts';
import type { Registries, Registry } from '../registries/index.ts';
import type { Store } from '../store/index.ts';
import { ContentReader } from './content-reader.ts';
import { type ContentBounds, ContentStore } from './content-store.ts';
import { readImage } from './image-reader.ts';
import { listReferrers } from './referrer-list.ts';
import { RepositoryLists, type RepositoriesQuery } from './repository-lists.ts';
import { search } from './search.ts';
import { SearchStore } from './search-store.ts';
import type { ListableRegistry, Source } from './source.ts';
import { CatalogStore } from './store.ts';
import { presentImage } from './present-image.ts';
import { presentTag } from './present-tag.ts';
import { resolvedFor, TagDetails } from './tag-details.ts';
import { TagLists } from './tag-lists.ts';
import {
  type CatalogImage,
  type CatalogReferrers,
  isoTime,
  type RepositoryPage,
  type SearchHit,
  type TagPage,
  type TagSort,
} from './types.ts';

export interface TagsQuery {
  cursor?: string;
  limit: number;
  /** Default `-pushed` where push times are known, else `-semver`. */
  sort?: TagSort;
  /** Text, a glob (`1.4.*`), a semver range (`>=1.4 <2`) or `/re2/`. */
  filter?: string;
  /** Complete digest, size and platforms of the page before answering. */
  details?: boolean;
  /** Ask the registry even if the list is fresh. */
  refresh?: boolean;
  signal?: AbortSignal;
}

/** What the catalog needs of the registries. */
export interface RegistryAccess {
  get: Registries['get'];
  open(principal: Principal, id: string, purpose: string): Promise<ListableRegistry>;
}

export interface CatalogDeps {
  store: Store;
  registries: RegistryAccess;
  clock?: Clock;
}

const purpose = 'browse the catalog';

/**
 * What is in the registries: repositories, tags, images. Every function takes who asks; a registry outside the caller's projects
 * does not exist for them (NotFound). Answers come from the hub's own tables as far as they are fresh; an answer that is not
 * whole, or older than it should be, says why in `partial`, and what was known before is never dropped on its account.
 */
export class Catalog {
  readonly #registries: RegistryAccess;
  readonly #clock: Clock;
  readonly #store: CatalogStore;
  readonly #search: SearchStore;
  readonly #repositories: RepositoryLists;
  readonly #tags: TagLists;
  readonly #contentStore: ContentStore;
  readonly #content: ContentReader;
  readonly #details: TagDetails;

  constructor({ store, registries, clock = systemClock }: CatalogDeps) {
    this.#registries = registries;
    this.#clock = clock;
    this.#store = new CatalogStore(store);
    this.#search = new SearchStore(store);
    this.#repositories = new RepositoryLists(this.#store, clock);
    this.#tags = new TagLists(this.#store, clock);
    this.#contentStore = new ContentStore(store);
    this.#content = new ContentReader(this.#contentStore, clock);
    this.#details = new TagDetails(this.#store, this.#content, clock);
  }

  /** Repositories by name: of the registry's own listing, and those that are pinned. */
  async repositories(principal: Principal, registryIdOrName: string, query: RepositoriesQuery): Promise<RepositoryPage> {
    const registry = await this.#registry(principal, registryIdOrName);
    const page = await this.#repositories.page(registry, this.#opener(principal, registry), query);
    const pinned = new Set(registry.pinnedRepositories);
    return {
      items: page.rows.map(({ createdAt, updatedAt, ...info }) => ({
        registryId: registry.id,
        registry: registry.name,
        reference: formatReference({ registry: hostOf(registry), repository: info.name }),
        pinned: pinned.has(info.name),
        ...info,
        ...(isoTime(createdAt) && { createdAt: isoTime(createdAt) }),
        ...(isoTime(updatedAt) && { updatedAt: isoTime(updatedAt) }),
      })),
      ...(page.next && { next: page.next }),
      total: page.total,
      listedAt: isoTime(page.listedAt),
      ...(page.partial && { partial: page.partial }),
    };
  }

  /** @throws InvalidReference for a name that is none; InvalidSettings at `filter`; what the registry answered when nothing is known yet */
  async tags(principal: Principal, registryIdOrName: string, repository: string, query: TagsQuery): Promise<TagPage> {
    const { source } = await this.#source(principal, registryIdOrName, repository);
    const { listing, stale } = await this.#tags.current(source, query);
    const page = listing.page(query);
    let partial = stale ?? listing.partial;
    if (query.details) {
      const options = { listedAt: listing.listedAt, refresh: query.refresh, signal: query.signal };
      // A registry that has just failed to list is not asked for details on top.
      if (!stale) partial = (await this.#details.complete(source, page.entries, options)) ?? partial;
    }
    return {
      items: page.entries.map((entry) => presentTag(entry, listing)),
      ...(page.next && { next: page.next }),
      total: page.total,
      listedAt: isoTime(listing.listedAt),
      ...(page.unsortable > 0 && { unsortable: page.unsortable }),
      ...(partial && { partial }),
    };
  }

  /** An image, index, chart or artifact. @param reference tag or digest */
  async image(
    principal: Principal,
    registryIdOrName: string,
    repository: string,
    reference: string,
    options: { platform?: string; signal?: AbortSignal } = {},
  ): Promise<CatalogImage> {
    const { registry, source } = await this.#source(principal, registryIdOrName, repository);
    const listing = await this.#tags.known(source);
    const tag = isDigest(reference) ? undefined : parseTag(reference);
    const top = await this.#content.manifest(source, tag === undefined ? reference : await this.#resolve(source, tag, options.signal));
    return presentImage(await readImage(this.#content, source, top, options.platform), {
      registryId: registry.id,
      registry: registry.name,
      host: hostOf(registry),
      repository: source.repository,
      ...(tag !== undefined && { tag }),
      otherTags: (listing?.namesOf(top.digest) ?? []).filter((name) => name !== tag),
    });
  }

  /** Signatures, SBOMs, attestations and whatever else names the digest as its subject. */
  async referrers(
    principal: Principal,
    registryIdOrName: string,
    repository: string,
    digest: string,
    options: { signal?: AbortSignal } = {},
  ): Promise<CatalogReferrers> {
    parseDigest(digest);
    const { source } = await this.#source(principal, registryIdOrName, repository);
    const listing = await this.#tags.known(source);
    return listReferrers({ content: this.#content, now: () => this.#clock.now() }, source, digest, listing, options.signal);
  }

  /** A repository was made or removed: the next list of this registry's repositories asks the registry, however young the last one is. */
  async expireRepositories(registryId: string): Promise<void> {
    await this.#store.expireRepositories(registryId);
  }

  /** Tags of a repository were written or deleted: the next list of them asks the registry, however young the last one is. */
  async expireTags(registryId: string, repository: string): Promise<void> {
    await this.#store.expireTags({ registryId, repository });
  }

  /** As `expireTags`, for a repository that may have come into being by what was written to it. */
  async expireWritten(registryId: string, repository: string): Promise<void> {
    await this.#store.expireTags({ registryId, repository });
    if (!(await this.#store.isListed({ registryId, repository }))) await this.#store.expireRepositories(registryId);
  }

  /** Over all that the principal may see and that has been listed before. */
  async search(principal: Principal, text: string, { limit = 20 }: { limit?: number } = {}): Promise<{ items: SearchHit[] }> {
    return { items: await search(this.#search, principal, text, limit) };
  }

  /** Forgets manifests and configs that nobody has looked at for long, or that are too many. Answers how many went. */
  sweep(bounds?: ContentBounds): Promise<number> {
    return this.#contentStore.sweep(this.#clock.now(), bounds);
  }

  /** Gives up listings that are under way: what was known before stays. */
  async close(): Promise<void> {
    await Promise.all([this.#repositories.close(), this.#tags.close()]);
  }

  async #resolve(source: Source, tag: string, signal: AbortSignal | undefined): Promise<string> {
    const known = (await this.#tags.known(source))?.get(tag)?.tag;
    if (known?.digest !== undefined && (known.resolvedAt ?? 0) > this.#clock.now() - resolvedFor) return known.digest;
    const { client } = await source.open();
    return (await client.repository(source.repository).resolve(tag, signal && { signal })).digest;
  }

  async #source(principal: Principal, registryIdOrName: string, repository: string): Promise<{ registry: Registry; source: Source }> {
    const registry = await this.#registry(principal, registryIdOrName);
    const source = { registryId: registry.id, repository: parseRepositoryName(repository), open: this.#opener(principal, registry) };
    return { registry, source };
  }

  async #registry(principal: Principal, idOrName: string): Promise<Registry> {
    const registry = await this.#registries.get(principal, idOrName);
    await this.#store.claim(registry.id, registry.url);
    return registry;
  }

  #opener(principal: Principal, registry: Registry): () => Promise<ListableRegistry> {
    let opening: Promise<ListableRegistry> | undefined;
    return () => (opening ??= this.#registries.open(principal, registry.id, purpose));
  }
}

/** What references to this registry begin with: Docker Hub's are not those of its URL. */
function hostOf(registry: Registry): string {
  return registry.prefix.split('/', 1)[0] || registry.host;
}

function parseTag(text: string): string {
  if (isTag(text)) return text;
  throw new InvalidReference('This is neither a tag nor a digest.', { reference: text.slice(0, 200) });
}
