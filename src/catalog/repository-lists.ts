import { z } from 'zod';
import type { Clock } from '../core/clock.ts';
import { TagboatError } from '../core/errors.ts';
import { parseRepositoryName } from '../oci/index.ts';
import type { RepositoryInfo } from '../provider/define.ts';
import type { Registry } from '../registries/index.ts';
import { decodeCursor, encodeCursor } from '../store/index.ts';
import { isFresh, ListingRefresh } from './listing-refresh.ts';
import { partialOf } from './partial.ts';
import { searchable } from './searchable.ts';
import type { ListableRegistry } from './source.ts';
import type { CatalogStore, KnownRepository, ListingState } from './store.ts';
import type { Partial } from './types.ts';

/** How long a listing of repositories is believed, in milliseconds. */
const listedFor = 5 * 60_000;
const mostRepositories = 100_000;
const position = z.object({ n: z.string().regex(/^[a-z0-9._/-]{1,255}$/) });

/** Answers that mean "this is not offered" or "not to you", as opposed to failures that pass. */
const refusals: ReadonlySet<string> = new Set([
  'registry_unauthorized',
  'registry_denied',
  'registry_not_found',
  'registry_unexpected_status',
  'unsupported',
]);

export interface RepositoriesQuery {
  cursor?: string;
  limit: number;
  q?: string;
  refresh?: boolean;
  signal?: AbortSignal;
}

export interface ListedRepositories {
  rows: RepositoryInfo[];
  next?: string;
  total: number;
  listedAt: number;
  partial?: Partial;
}

/** Lists of repositories, kept in the store. Pinned names belong to them, whatever the registry lists. */
export class RepositoryLists {
  readonly #store: CatalogStore;
  readonly #clock: Clock;
  readonly #refresh: ListingRefresh<ListingState>;
  readonly #closing = new AbortController();

  constructor(store: CatalogStore, clock: Clock) {
    this.#store = store;
    this.#clock = clock;
    this.#refresh = new ListingRefresh(clock);
  }

  async page(registry: Registry, open: () => Promise<ListableRegistry>, query: RepositoriesQuery): Promise<ListedRepositories> {
    const after = query.cursor === undefined ? undefined : decodeCursor(query.cursor, position).n;
    const known = await this.#store.repositoriesState(registry.id);
    const { listing, stale } = await this.#refresh.current({
      key: registry.id,
      known,
      fresh: known?.registryVersion === registry.version && isFresh(known, this.#clock.now(), listedFor),
      refresh: query.refresh,
      signal: query.signal,
      list: () => this.#list(registry, open),
    });
    const { rows, total } = await this.#store.pageOfRepositories(registry.id, {
      after,
      limit: query.limit + 1,
      q: query.q && searchable(query.q),
    });
    const shown = rows.slice(0, query.limit);
    const last = shown.at(-1);
    const partial = stale ?? listing.partial;
    return {
      rows: shown,
      ...(rows.length > query.limit && last && { next: encodeCursor({ n: last.name }) }),
      total,
      listedAt: listing.listedAt,
      ...(partial && { partial }),
    };
  }

  /** Gives up listings that are under way, keeping nothing of them. */
  close(): Promise<void> {
    this.#closing.abort();
    return this.#refresh.settled();
  }

  async #list(registry: Registry, open: () => Promise<ListableRegistry>): Promise<ListingState> {
    const { listed, partial } = await this.#read(open);
    const at = this.#clock.now();
    for (const name of registry.pinnedRepositories) if (!listed.has(name)) listed.set(name, { name });
    const known = await this.#store.knownRepositories(registry.id);
    const put: KnownRepository[] = [];
    for (const info of listed.values()) {
      const before = known.get(info.name);
      if (!before || JSON.stringify(before.info) !== JSON.stringify({ ...info })) put.push({ info, seenAt: before?.seenAt ?? at });
    }
    const remove = partial ? [] : [...known.keys()].filter((name) => !listed.has(name));
    const state = { listedAt: at, ...(partial && { partial }) };
    await this.#store.saveRepositories(registry.id, registry.version, { put, remove, state });
    return state;
  }

  async #read(open: () => Promise<ListableRegistry>): Promise<{ listed: Map<string, RepositoryInfo>; partial?: Partial }> {
    const listed = new Map<string, RepositoryInfo>();
    let unusable = 0;
    try {
      const registry = await open();
      for await (const { items } of registry.listRepositories(this.#closing.signal)) {
        for (const item of items) {
          if (isRepositoryName(item.name)) listed.set(item.name, tidy(item));
          else unusable++;
        }
        if (listed.size > mostRepositories) {
          const reason = `The registry has more than ${mostRepositories} repositories; these are the first.`;
          return { listed, partial: { reason, code: 'invalid_answer' } };
        }
      }
    } catch (error) {
      // A registry that lists nothing, or not to us, still has the repositories that were pinned or seen.
      const refused = error instanceof TagboatError && refusals.has(error.code);
      if (this.#closing.signal.aborted || (listed.size === 0 && !refused)) throw error;
      const partial = partialOf(error, this.#clock.now());
      const reason = refused
        ? `The registry does not list its repositories: ${partial.reason} Pinned repositories are shown.`
        : partial.reason;
      return { listed, partial: { ...partial, reason } };
    }
    if (unusable === 0) return { listed };
    const reason = `The registry named ${unusable} repositories whose names cannot be used; they are left out.`;
    return { listed, partial: { reason, code: 'invalid_answer' } };
  }
}

function isRepositoryName(name: string): boolean {
  try {
    parseRepositoryName(name);
    return true;
  } catch (error) {
    if (error instanceof TagboatError) return false;
    throw error;
  }
}

/** Known fields in one order, so that equal infos are equal texts; the name last, as the store gives it back. */
function tidy({ name, createdAt, updatedAt, tagCount, pullCount, description, public: open }: RepositoryInfo): RepositoryInfo {
  return {
    ...(createdAt !== undefined && { createdAt }),
    ...(updatedAt !== undefined && { updatedAt }),
    ...(tagCount !== undefined && { tagCount }),
    ...(pullCount !== undefined && { pullCount }),
    ...(description && { description: description.slice(0, 2000) }),
    ...(open !== undefined && { public: open }),
    name,
  };
}
