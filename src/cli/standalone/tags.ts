import { forEachLimited } from '../../catalog/for-each-limited.ts';
import { presentTag } from '../../catalog/present-tag.ts';
import { TagDetails } from '../../catalog/tag-details.ts';
import { parseTagFilter } from '../../catalog/tag-filter.ts';
import { type TagEntry, TagListing } from '../../catalog/tag-listing.ts';
import { InvalidSettings } from '../../core/errors.ts';
import { type RegistryClient, RegistryError, type Repository, TagboatError } from '../../oci/index.ts';
import type { Tag } from '../../sdk/index.ts';
import { UsageError } from '../errors.ts';
import { DirectContent } from './content.ts';

export interface DirectTagQuery {
  limit: number;
  sort: 'semver' | '-semver' | 'name' | '-name';
  filter?: string;
  /** Read digest, size and platforms: `false` nothing of it, `auto` as far as it does not use up a quota. */
  details: boolean | 'auto';
  now: () => number;
  signal: AbortSignal;
}

export interface DirectTags {
  items: Tag[];
  /** Tags that passed the filter. */
  total: number;
  /** Why the list is not whole. */
  interrupted?: TagboatError;
  /** Why some tags are without details. */
  partial?: { reason: string; code: string; retryAt?: string };
  /** Sizes and platforms were left unread, since reading manifests counts against this quota. */
  spared?: { remaining: number; limit: number };
}

const maxNames = 500_000;
const atOnce = 6;

/** Lists, filters, sorts and completes the tags of a repository by asking its registry, with the rules of the hub. */
export async function listTagsDirect(client: RegistryClient, repository: Repository, query: DirectTagQuery): Promise<DirectTags> {
  if (query.filter !== undefined) checkFilter(query.filter);
  const { names, interrupted } = await readNames(client, repository, query.signal);
  const listedAt = query.now();
  const listing = new TagListing(
    listedAt,
    names.map((name) => ({ name, seenAt: listedAt })),
  );
  const { entries, total } = listing.page(query);
  const listed: DirectTags = { items: [], total, ...(interrupted && { interrupted }) };
  const [first] = entries;
  const isSpared = first && query.details !== false ? await sparesQuota(client, repository, first.tag.name, query) : true;
  if (!isSpared) {
    const content = new DirectContent(client, repository.name, query.signal);
    const details = new TagDetails({ completeTags: async () => {} }, content, { now: query.now });
    const partial = await details.complete(content.source, entries, { listedAt, signal: query.signal });
    if (partial) listed.partial = partial;
  } else if (query.details !== false && client.quota) {
    await resolveOnly(entries, repository, query.signal);
    listed.spared = { remaining: client.quota.remaining, limit: client.quota.limit };
  }
  listed.items = entries.map((entry) => presentTag(entry, listing));
  if (listed.spared) listed.items = listed.items.map(withoutGuess);
  return listed;
}

function checkFilter(filter: string): void {
  try {
    parseTagFilter(filter);
  } catch (error) {
    if (!(error instanceof InvalidSettings)) throw error;
    throw new UsageError(error.message, 'Write a part of the tag, a glob (1.4.*), a range (>=1.4 <2), or /RE2/.');
  }
}

async function readNames(
  client: RegistryClient,
  repository: Repository,
  signal: AbortSignal,
): Promise<{ names: string[]; interrupted?: TagboatError }> {
  const names: string[] = [];
  try {
    for await (const page of repository.listTags({ signal })) {
      names.push(...page);
      if (names.length > maxNames)
        throw new RegistryError(`The registry lists more than ${maxNames} tags.`, {
          code: 'invalid_answer',
          method: 'GET',
          url: client.url.href,
        });
    }
    return { names };
  } catch (error) {
    if (names.length === 0 || signal.aborted || !(error instanceof TagboatError)) throw error;
    return { names, interrupted: error };
  }
}

/** The first answer tells whether manifests are counted: HEAD is free everywhere, GET is not on Docker Hub. */
async function sparesQuota(client: RegistryClient, repository: Repository, name: string, query: DirectTagQuery): Promise<boolean> {
  await repository.resolve(name, { signal: query.signal }).catch(passMissing);
  return query.details === 'auto' && client.quota !== undefined;
}

/** Completes entries as far as HEAD tells. */
async function resolveOnly(entries: readonly TagEntry[], repository: Repository, signal: AbortSignal): Promise<void> {
  await forEachLimited(entries, atOnce, async (entry) => {
    const found = await repository.resolve(entry.tag.name, { signal }).catch(passMissing);
    if (found) entry.tag = { ...entry.tag, digest: found.digest, mediaType: found.mediaType };
  });
}

/** An image, a chart and an artifact have the same media type: only reading the manifest tells them apart. */
function withoutGuess(tag: Tag): Tag {
  return tag.kind === 'image' ? { ...tag, kind: 'unknown' } : tag;
}

/** Takes a tag that is not there any more for what it is; any other failure goes on. */
function passMissing(error: unknown): undefined {
  if (error instanceof RegistryError && error.status === 404) return undefined;
  throw error;
}
