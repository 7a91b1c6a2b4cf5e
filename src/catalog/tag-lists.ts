import type { Clock } from '../core/clock.ts';
import { isTag } from '../oci/index.ts';
import type { TagInfo } from '../provider/define.ts';
import { isFresh, ListingRefresh, type Refreshed } from './listing-refresh.ts';
import { partialOf } from './partial.ts';
import { keyOf, type Source } from './source.ts';
import type { CatalogStore, Place } from './store.ts';
import { type KnownTag, TagListing } from './tag-listing.ts';
import type { Partial } from './types.ts';

/** How long a listing is believed, in milliseconds. */
export const listedFor = 60_000;
/** Names of one repository that are read; beyond it the listing says so. */
const mostTags = 200_000;
/** Tags kept in memory over all listings: about 500 bytes each. */
const mostCached = 50_000;

/** Lists of tags: kept in the store, held sorted in memory while they are looked at, asked for again when they are old. */
export class TagLists {
  readonly #store: CatalogStore;
  readonly #clock: Clock;
  readonly #refresh: ListingRefresh<TagListing>;
  readonly #closing = new AbortController();
  /** In the order of their last use. */
  readonly #cache = new Map<string, TagListing>();

  constructor(store: CatalogStore, clock: Clock) {
    this.#store = store;
    this.#clock = clock;
    this.#refresh = new ListingRefresh(clock);
  }

  /** The listing, asked for again if it is old; see `ListingRefresh`. */
  async current(source: Source, options: { refresh?: boolean; signal?: AbortSignal } = {}): Promise<Refreshed<TagListing>> {
    const known = await this.known(source);
    return this.#refresh.current({
      ...options,
      key: keyOf(source),
      known,
      fresh: isFresh(known, this.#clock.now(), listedFor),
      list: () => this.#list(source),
    });
  }

  /** What was listed last, without asking the registry. Another hub on the same database may have listed it. */
  async known(place: Place): Promise<TagListing | undefined> {
    const state = await this.#store.tagsState(place);
    if (!state) return undefined;
    const key = keyOf(place);
    const cached = this.#cache.get(key);
    if (cached?.listedAt === state.listedAt) {
      this.#cache.delete(key);
      this.#cache.set(key, cached);
      return cached;
    }
    const loaded = new TagListing(state.listedAt, await this.#store.tags(place), state.partial);
    this.#keep(key, loaded);
    return loaded;
  }

  /** Gives up listings that are under way, keeping nothing of them. */
  close(): Promise<void> {
    this.#closing.abort();
    return this.#refresh.settled();
  }

  async #list(source: Source): Promise<TagListing> {
    const { names, partial } = await this.#read(source);
    const at = this.#clock.now();
    const known = await this.known(source);
    const tags = new Map<string, KnownTag>();
    const put: KnownTag[] = [];
    for (const info of names.values()) {
      const before = known?.get(info.name)?.tag;
      const tag = mergeTag(before, info, at);
      if (tag !== before) put.push(tag);
      tags.set(tag.name, tag);
    }
    const remove: string[] = [];
    for (const { tag } of known?.entries() ?? []) {
      if (names.has(tag.name)) continue;
      // What a partial listing does not name may be there all the same.
      if (partial) tags.set(tag.name, tag);
      else remove.push(tag.name);
    }
    const state = { listedAt: at, ...(partial && { partial }) };
    await this.#store.saveTags(source, { put, remove, state });
    const listing = new TagListing(at, tags.values(), partial);
    this.#keep(keyOf(source), listing);
    return listing;
  }

  /** @throws what the registry answered, when nothing was listed before */
  async #read(source: Source): Promise<{ names: Map<string, TagInfo>; partial?: Partial }> {
    const names = new Map<string, TagInfo>();
    let unusable = 0;
    try {
      const registry = await source.open();
      for await (const { items } of registry.listTags(source.repository, this.#closing.signal)) {
        for (const item of items) {
          if (isTag(item.name)) names.set(item.name, item);
          else unusable++;
        }
        if (names.size > mostTags) {
          return {
            names,
            partial: { reason: `The repository has more than ${mostTags} tags; these are the first.`, code: 'invalid_answer' },
          };
        }
      }
    } catch (error) {
      if (this.#closing.signal.aborted || names.size === 0) throw error;
      return { names, partial: partialOf(error, this.#clock.now()) };
    }
    if (unusable === 0) return { names };
    return {
      names,
      partial: { reason: `The registry named ${unusable} tags that cannot be tags; they are left out.`, code: 'invalid_answer' },
    };
  }

  #keep(key: string, listing: TagListing): void {
    this.#cache.delete(key);
    this.#cache.set(key, listing);
    let total = 0;
    for (const one of this.#cache.values()) total += one.size;
    for (const [oldest, one] of this.#cache) {
      if (total <= mostCached || this.#cache.size === 1) break;
      this.#cache.delete(oldest);
      total -= one.size;
    }
  }
}

/** What is known of a tag after a listing said `info` of it. The same object when nothing changed. */
export function mergeTag(before: KnownTag | undefined, info: TagInfo, at: number): KnownTag {
  const moved = info.digest !== undefined && before?.digest !== undefined && info.digest !== before.digest;
  const base: KnownTag = moved || !before ? { name: info.name, seenAt: before?.seenAt ?? at } : before;
  const said = {
    digest: info.digest,
    mediaType: info.mediaType,
    artifactType: info.artifactType,
    pushedAt: info.pushedAt,
    createdAt: info.createdAt,
    size: info.size,
    platforms: info.platforms,
  };
  const news = Object.entries(said).filter(([field, value]) => value !== undefined && !isEqual(base[field as keyof KnownTag], value));
  if (base === before && news.length === 0) return before;
  return { ...base, ...Object.fromEntries(news), ...(info.digest !== undefined && { resolvedAt: at }) };
}

function isEqual(a: unknown, b: unknown): boolean {
  return a === b || (Array.isArray(a) && Array.isArray(b) && a.length === b.length && a.every((item, at) => item === b[at]));
}
