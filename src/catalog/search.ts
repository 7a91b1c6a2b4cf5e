import type { Principal } from '../access/index.ts';
import { searchable } from './searchable.ts';
import type { SearchStore } from './search-store.ts';
import type { SearchHit } from './types.ts';

/** `sha256:` and the beginning of a digest, or that beginning alone. Shorter ones would match by accident. */
const digestPattern = /^(?:(sha256|sha512):)?([a-f0-9]{6,128})$/;

/**
 * Looks for registries, repositories, tags and digests whose names contain, or begin with, what was typed. `shop/api:1.8` and `api 1.8` look for a
 * tag in a repository. Only what has been listed before can be found, and only in registries that exist for the principal.
 */
export async function search(store: SearchStore, principal: Principal, text: string, limit: number): Promise<SearchHit[]> {
  const query = searchable(text).slice(0, 300);
  if (query === '') return [];
  const [byDigest, registries, repositories, tags] = await Promise.all([
    searchDigests(store, principal, query, limit),
    store.registries(principal, query, limit),
    searchRepositories(store, principal, query, limit),
    searchTags(store, principal, query, limit),
  ]);
  const named = registries.map(({ id, name }): SearchHit => ({ kind: 'registry', registryId: id, registry: name, text: name }));
  return fairly([byDigest, named, repositories, tags], limit);
}

async function searchDigests(store: SearchStore, principal: Principal, query: string, limit: number): Promise<SearchHit[]> {
  const at = query.lastIndexOf('@');
  const match = digestPattern.exec(query.slice(at + 1).toLowerCase());
  if (!match) return [];
  const prefix = `${match[1] ?? 'sha256'}:${match[2]}`;
  const tagged = await store.digests(principal, prefix, limit);
  const hits = tagged.map(
    ({ registryId, registry, repository, name, digest }): SearchHit => ({
      kind: 'digest',
      registryId,
      registry,
      repository,
      tag: name,
      digest,
      text: `${repository}:${name}`,
    }),
  );
  const seen = new Set(hits.map((hit) => `${hit.registryId}/${hit.repository}@${hit.digest}`));
  for (const { registryId, registry, repository, digest } of await store.content(principal, prefix, limit)) {
    if (seen.has(`${registryId}/${repository}@${digest}`)) continue;
    hits.push({ kind: 'digest', registryId, registry, repository, digest, text: `${repository}@${digest}` });
  }
  return hits.slice(0, limit);
}

async function searchRepositories(store: SearchStore, principal: Principal, query: string, limit: number): Promise<SearchHit[]> {
  const rows = await store.repositories(principal, withoutHost(query), limit);
  return rows.map(({ registryId, registry, name }) => ({ kind: 'repository', registryId, registry, repository: name, text: name }));
}

async function searchTags(store: SearchStore, principal: Principal, query: string, limit: number): Promise<SearchHit[]> {
  const split = /^(.+?)(?::|\s+)(\S+)$/.exec(withoutHost(query));
  const wanted = split ? { repository: split[1] ?? '', tag: split[2] ?? '' } : { tag: query };
  if (wanted.tag.includes('/')) return [];
  const rows = await store.tags(principal, wanted, limit);
  return rows.map(({ registryId, registry, repository, name, digest }) => ({
    kind: 'tag',
    registryId,
    registry,
    repository,
    tag: name,
    ...(digest !== undefined && { digest }),
    text: `${repository}:${name}`,
  }));
}

/** `ghcr.io/shop/api` → `shop/api`: a first part with a dot or a port is a host. */
function withoutHost(text: string): string {
  const slash = text.indexOf('/');
  return slash > 0 && /[.:]/.test(text.slice(0, slash)) ? text.slice(slash + 1) : text;
}

/** Some of every kind, in the order of the kinds: a flood of tags does not hide the repository. */
function fairly(kinds: readonly SearchHit[][], limit: number): SearchHit[] {
  const share = Math.max(1, Math.floor(limit / kinds.length));
  const counts = kinds.map((hits) => Math.min(hits.length, share));
  let free = limit - counts.reduce((sum, count) => sum + count, 0);
  return kinds
    .flatMap((hits, at) => {
      const more = Math.min(Math.max(0, free), hits.length - (counts[at] ?? 0));
      free -= more;
      return hits.slice(0, (counts[at] ?? 0) + more);
    })
    .slice(0, limit);
}
