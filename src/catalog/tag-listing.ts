import { z } from 'zod';
import { decodeCursor, encodeCursor } from '../store/cursor.ts';
import { type DigestTag, parseDigestTag } from './digest-tag.ts';
import { parseTagFilter } from './tag-filter.ts';
import { compareVersions, parseTagVersion, type TagVersion } from './tag-version.ts';
import type { Partial, TagSort } from './types.ts';

/** What is known of a tag. Times are epoch milliseconds. */
export interface KnownTag {
  name: string;
  digest?: string;
  mediaType?: string;
  artifactType?: string;
  pushedAt?: number;
  createdAt?: number;
  size?: number;
  platforms?: readonly string[];
  /** When it was first seen here. */
  seenAt: number;
  /** When the registry last confirmed the digest. */
  resolvedAt?: number;
}

/** A tag in a listing, with what its name says. `tag` is replaced when more becomes known. */
export interface TagEntry {
  tag: KnownTag;
  readonly version: TagVersion | undefined;
  readonly digestTag: DigestTag | undefined;
}

export interface ListingPage {
  entries: TagEntry[];
  next?: string;
  /** Of all that the filter lets through. */
  total: number;
  unsortable: number;
  sort: TagSort;
}

const sorts = ['pushed', '-pushed', 'semver', '-semver', 'name', '-name'] as const;
/** Order and last tag of the page before; its push time as it was then, so that a later push does not shift the pages. */
const position = z.object({ s: z.enum(sorts), n: z.string().max(128), p: z.number().optional() });

/** All tags of a repository as they were last listed, in any order that is asked for. Orders are kept once made. */
export class TagListing {
  /** Epoch milliseconds. */
  readonly listedAt: number;
  /** Why the listing did not come to its end. */
  readonly partial: Partial | undefined;
  readonly #byName: ReadonlyMap<string, TagEntry>;
  readonly #orders = new Map<TagSort, readonly TagEntry[]>();
  #attached?: ReadonlyMap<string, readonly string[]>;

  constructor(listedAt: number, tags: Iterable<KnownTag>, partial?: Partial) {
    this.listedAt = listedAt;
    this.partial = partial;
    const byName = new Map<string, TagEntry>();
    for (const tag of tags) byName.set(tag.name, toEntry(tag));
    this.#byName = byName;
  }

  get size(): number {
    return this.#byName.size;
  }

  get(name: string): TagEntry | undefined {
    return this.#byName.get(name);
  }

  entries(): Iterable<TagEntry> {
    return this.#byName.values();
  }

  /** By push time where the registry tells it of most versions, else by version; newest first. */
  defaultSort(): TagSort {
    let versions = 0;
    let pushed = 0;
    for (const { tag, digestTag } of this.#byName.values()) {
      if (digestTag) continue;
      versions++;
      if (tag.pushedAt !== undefined) pushed++;
    }
    return pushed * 2 >= versions && pushed > 0 ? '-pushed' : '-semver';
  }

  /** @throws TagboatError `invalid_cursor`; InvalidSettings when the filter is none */
  page(query: { cursor?: string; limit: number; sort?: TagSort; filter?: string }): ListingPage {
    const from = query.cursor === undefined ? undefined : decodeCursor(query.cursor, position);
    const sort = from?.s ?? query.sort ?? this.defaultSort();
    const order = this.#order(sort);
    const matching = query.filter ? order.filter(toPredicate(query.filter)) : order;
    const start = from ? firstAfter(matching, from, comparators[sort]) : 0;
    const entries = matching.slice(start, start + query.limit);
    const last = entries.at(-1);
    return {
      entries,
      ...(last && start + query.limit < matching.length && { next: encodeCursor(positionOf(sort, last)) }),
      total: matching.length,
      unsortable: countUnsortable(matching, sort),
      sort,
    };
  }

  /** Titles of what digest tags say of a digest. */
  attachedTo(digest: string): readonly string[] {
    this.#attached ??= this.#collectAttached();
    return this.#attached.get(digest) ?? [];
  }

  /** Names of versions (no digest tags) that point to a digest, newest version first. */
  namesOf(digest: string): string[] {
    return this.#order('-semver').flatMap(({ tag, digestTag }) => (tag.digest === digest && !digestTag ? [tag.name] : []));
  }

  #order(sort: TagSort): readonly TagEntry[] {
    let order = this.#orders.get(sort);
    if (!order) {
      order = [...this.#byName.values()].sort(comparators[sort]);
      this.#orders.set(sort, order);
    }
    return order;
  }

  #collectAttached(): Map<string, string[]> {
    const attached = new Map<string, string[]>();
    for (const { digestTag } of this.#byName.values()) {
      if (digestTag?.subject === undefined || digestTag.title === 'Referrers list') continue;
      attached.set(digestTag.subject, [...(attached.get(digestTag.subject) ?? []), digestTag.title]);
    }
    return attached;
  }
}

export function toEntry(tag: KnownTag): TagEntry {
  const digestTag = parseDigestTag(tag.name);
  return { tag, digestTag, version: digestTag ? undefined : parseTagVersion(tag.name) };
}

function toPredicate(filter: string): (entry: TagEntry) => boolean {
  const holds = parseTagFilter(filter);
  return (entry) => holds({ name: entry.tag.name, version: entry.version });
}

type Comparator = (a: TagEntry, b: TagEntry) => number;

/** 0: what the order is about; 1: tags that it says nothing of; 2: digest tags. */
function groupOf(entry: TagEntry, sort: TagSort): 0 | 1 | 2 {
  if (entry.digestTag) return 2;
  if (sort === 'semver' || sort === '-semver') return entry.version ? 0 : 1;
  if (sort === 'pushed' || sort === '-pushed') return entry.tag.pushedAt === undefined ? 1 : 0;
  return 0;
}

const byName: Comparator = (a, b) => (a.tag.name < b.tag.name ? -1 : a.tag.name > b.tag.name ? 1 : 0);
const byVersion: Comparator = (a, b) =>
  a.version && b.version ? compareVersions(a.version, b.version) : Number(!!a.version) - Number(!!b.version);
const byPush: Comparator = (a, b) => (a.tag.pushedAt ?? 0) - (b.tag.pushedAt ?? 0);

function ordered(sort: TagSort, key: Comparator, tie: Comparator): Comparator {
  const sign = sort.startsWith('-') ? -1 : 1;
  return (a, b) => {
    const group = groupOf(a, sort);
    const difference = group - groupOf(b, sort);
    if (difference !== 0) return difference;
    if (group === 0) return sign * (key(a, b) || tie(a, b) || byName(a, b));
    return group === 1 ? -byVersion(a, b) || byName(a, b) : byName(a, b);
  };
}

const comparators: Readonly<Record<TagSort, Comparator>> = {
  pushed: ordered('pushed', byPush, byVersion),
  '-pushed': ordered('-pushed', byPush, byVersion),
  semver: ordered('semver', byVersion, byName),
  '-semver': ordered('-semver', byVersion, byName),
  name: ordered('name', byName, byName),
  '-name': ordered('-name', byName, byName),
};

function countUnsortable(entries: readonly TagEntry[], sort: TagSort): number {
  return entries.reduce((count, entry) => count + (groupOf(entry, sort) === 0 ? 0 : 1), 0);
}

function positionOf(sort: TagSort, { tag }: TagEntry): z.output<typeof position> {
  return { s: sort, n: tag.name, ...(sort.endsWith('pushed') && tag.pushedAt !== undefined && { p: tag.pushedAt }) };
}

/** Where the page after `from` begins; the tag itself may have gone meanwhile. */
function firstAfter(order: readonly TagEntry[], from: z.output<typeof position>, compare: Comparator): number {
  const last = toEntry({ name: from.n, seenAt: 0, ...(from.p !== undefined && { pushedAt: from.p }) });
  let low = 0;
  let high = order.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    const entry = order[middle];
    if (entry && compare(entry, last) <= 0) low = middle + 1;
    else high = middle;
  }
  return low;
}
