import { forEachLimited } from '../../catalog/for-each-limited.ts';
import { type CallOptions, type Descriptor, isIndexType, isTag, RegistryError, type Repository } from '../../oci/index.ts';

/** What a listing tells of a tag. */
export interface ListedTag {
  name: string;
  digest?: string;
  mediaType?: string;
}

/** Pages of the tags of a repository. */
export type TagLister = (options: CallOptions) => AsyncIterable<readonly ListedTag[]>;

/** What every tag of a repository points to. */
export interface RepositoryTags {
  /** Digest → its tags, in the order of the listing. */
  byDigest: ReadonlyMap<string, readonly string[]>;
  /** Tag → the digests of everything below its index. Only of tags that point to an index. */
  indexes: ReadonlyMap<string, readonly string[]>;
  /** Why it is not whole. */
  partial?: string;
}

/** Tags that are listed; those that are asked for one by one, where the listing does not tell what they point to; indexes that are read. */
const mostTags = 20_000;
const mostAsked = 2000;
const mostIndexes = 500;
const parallel = 12;

/**
 * Asks what each tag of a repository points to, and what the indexes among them name.
 *
 * @throws what the registry answered, other than of a tag that went meanwhile: half of an answer is none
 */
export async function readTags(repository: Repository, list: TagLister, call: CallOptions): Promise<RepositoryTags> {
  const names = new Map<string, ListedTag>();
  let partial: string | undefined;
  for await (const page of list(call)) {
    for (const tag of page) if (isTag(tag.name)) names.set(tag.name, tag);
    if (names.size <= mostTags) continue;
    partial = `The repository has more than ${mostTags} tags: not all of them were looked at.`;
    break;
  }
  const found = new Map<string, { digest: string; mediaType: string }>();
  const unknown: string[] = [];
  for (const { name, digest, mediaType } of names.values()) {
    if (digest !== undefined && mediaType !== undefined) found.set(name, { digest, mediaType });
    else unknown.push(name);
  }
  if (unknown.length > mostAsked) {
    // A part of the answer would take as long, and decide nothing.
    partial ??= `The repository has ${unknown.length} tags, and its registry tells of each alone what it points to: they were not looked at.`;
  } else {
    await forEachLimited(unknown, parallel, async (name) => {
      const descriptor = await unlessGone(() => repository.resolve(name, call));
      if (descriptor) found.set(name, descriptor);
    });
  }
  const byDigest = new Map<string, string[]>();
  for (const name of names.keys()) {
    const digest = found.get(name)?.digest;
    if (digest !== undefined) byDigest.set(digest, [...(byDigest.get(digest) ?? []), name]);
  }
  const indexTags = [...byDigest].filter(([, [tag = '']]) => isIndexType(found.get(tag)?.mediaType ?? ''));
  if (indexTags.length > mostIndexes) partial ??= `The repository has more than ${mostIndexes} indexes: not all of them were read.`;
  const below = new IndexReader(repository, call);
  const indexes = new Map<string, readonly string[]>();
  await forEachLimited(indexTags.slice(0, mostIndexes), parallel, async ([digest, tags]) => {
    const digests = await below.read(digest);
    if (digests) for (const tag of tags) indexes.set(tag, digests);
  });
  if (below.isCut) partial ??= `The repository has more than ${mostIndexes} indexes: not all of them were read.`;
  return { byDigest, indexes, ...(partial !== undefined && { partial }) };
}

/** Reads what indexes name, and what is named by the indexes among that: whatever goes of it takes the whole away. */
class IndexReader {
  /** Some were not read, because there are too many. */
  isCut = false;
  readonly #repository: Repository;
  readonly #call: CallOptions;
  readonly #children = new Map<string, Promise<readonly Descriptor[] | undefined>>();

  constructor(repository: Repository, call: CallOptions) {
    this.#repository = repository;
    this.#call = call;
  }

  /** Digests of everything below an index, without the index. Undefined when it is not there. */
  async read(digest: string): Promise<readonly string[] | undefined> {
    const first = await this.#childrenOf(digest);
    if (!first) return undefined;
    const found = new Set<string>();
    const waiting = [...first];
    for (let child = waiting.pop(); child; child = waiting.pop()) {
      if (found.has(child.digest)) continue;
      found.add(child.digest);
      if (isIndexType(child.mediaType)) waiting.push(...((await this.#childrenOf(child.digest)) ?? []));
    }
    return [...found];
  }

  #childrenOf(digest: string): Promise<readonly Descriptor[] | undefined> {
    const known = this.#children.get(digest);
    if (known) return known;
    if (this.#children.size >= 2 * mostIndexes) {
      this.isCut = true;
      return Promise.resolve(undefined);
    }
    const reading = unlessGone(async () => (await this.#repository.manifest(digest, this.#call)).index?.manifests);
    this.#children.set(digest, reading);
    return reading;
  }
}

/** Undefined for what is not there (any more). */
export async function unlessGone<T>(read: () => Promise<T>): Promise<T | undefined> {
  try {
    return await read();
  } catch (error) {
    if (error instanceof RegistryError && error.code === 'registry_not_found') return undefined;
    throw error;
  }
}
