import { type BuiltContent, descriptorOf, digestOf, type JsonDescriptor } from './built-content.ts';

export interface StoredManifest {
  digest: string;
  mediaType: string;
  bytes: Uint8Array;
  /** Digest of the manifest that this one refers to. */
  subject?: string;
  descriptor: JsonDescriptor;
}

interface RepositoryContent {
  blobs: Set<string>;
  manifests: Map<string, StoredManifest>;
  tags: Map<string, string>;
  /** Subject digest → digests of its referrers, in the order they came. */
  referrers: Map<string, Set<string>>;
  /** Tag names in lexical order, dropped by every change. */
  sortedTags?: readonly string[];
}

/** Repositories, manifests, tags and blobs in memory. Blobs are kept once, however many repositories hold them. */
export class ContentStore {
  readonly #blobs = new Map<string, Uint8Array>();
  readonly #repositories = new Map<string, RepositoryContent>();
  #sortedRepositories?: readonly string[];

  /** Names of all repositories, in lexical order. */
  repositories(): readonly string[] {
    this.#sortedRepositories ??= [...this.#repositories.keys()].sort(byBytes);
    return this.#sortedRepositories;
  }

  has(repository: string): boolean {
    return this.#repositories.has(repository);
  }

  /** Makes an empty repository, unless it exists. */
  createRepository(name: string): void {
    this.#repository(name);
  }

  /** Tag names: in lexical order, or in the order in which they were first pushed. */
  tags(repository: string, order: 'lexical' | 'oldest-first' = 'lexical'): readonly string[] {
    const content = this.#repositories.get(repository);
    if (!content) return [];
    if (order === 'oldest-first') return [...content.tags.keys()];
    content.sortedTags ??= [...content.tags.keys()].sort(byBytes);
    return content.sortedTags;
  }

  /** Digest that a tag points to. */
  resolve(repository: string, tag: string): string | undefined {
    return this.#repositories.get(repository)?.tags.get(tag);
  }

  manifest(repository: string, reference: string): StoredManifest | undefined {
    const content = this.#repositories.get(repository);
    return content?.manifests.get(reference.includes(':') ? reference : (content.tags.get(reference) ?? ''));
  }

  blob(repository: string, digest: string): Uint8Array | undefined {
    return this.#repositories.get(repository)?.blobs.has(digest) ? this.#blobs.get(digest) : undefined;
  }

  putBlob(repository: string, bytes: Uint8Array, digest = digestOf(bytes)): string {
    if (!this.#blobs.has(digest)) this.#blobs.set(digest, bytes);
    this.#repository(repository).blobs.add(digest);
    return digest;
  }

  /** Makes a blob of `from` part of `repository`. False when `from` does not hold it. */
  mountBlob(repository: string, digest: string, from: string): boolean {
    if (!this.blob(from, digest)) return false;
    this.#repository(repository).blobs.add(digest);
    return true;
  }

  deleteBlob(repository: string, digest: string): boolean {
    return this.#repositories.get(repository)?.blobs.delete(digest) ?? false;
  }

  putManifest(repository: string, bytes: Uint8Array, mediaType: string, digest = digestOf(bytes)): StoredManifest {
    const content = this.#repository(repository);
    const json = JSON.parse(Buffer.from(bytes).toString('utf8')) as { subject?: { digest: string } };
    const manifest: StoredManifest = { digest, mediaType, bytes, descriptor: descriptorOf(bytes, mediaType, digest) };
    if (json.subject) {
      manifest.subject = json.subject.digest;
      const known = content.referrers.get(json.subject.digest) ?? new Set<string>();
      content.referrers.set(json.subject.digest, known.add(digest));
    }
    content.manifests.set(digest, manifest);
    return manifest;
  }

  putTag(repository: string, tag: string, digest: string): void {
    const content = this.#repository(repository);
    if (!content.tags.has(tag)) content.sortedTags = undefined;
    content.tags.set(tag, digest);
  }

  deleteTag(repository: string, tag: string): boolean {
    const content = this.#repositories.get(repository);
    if (!content?.tags.delete(tag)) return false;
    content.sortedTags = undefined;
    return true;
  }

  /** Removes a manifest and every tag that points to it. */
  deleteManifest(repository: string, digest: string): boolean {
    const content = this.#repositories.get(repository);
    const manifest = content?.manifests.get(digest);
    if (!content || !manifest) return false;
    content.manifests.delete(digest);
    if (manifest.subject) content.referrers.get(manifest.subject)?.delete(digest);
    for (const [tag, target] of content.tags) if (target === digest) content.tags.delete(tag);
    content.sortedTags = undefined;
    return true;
  }

  deleteRepository(name: string): boolean {
    this.#sortedRepositories = undefined;
    return this.#repositories.delete(name);
  }

  referrers(repository: string, digest: string): StoredManifest[] {
    const content = this.#repositories.get(repository);
    if (!content) return [];
    return [...(content.referrers.get(digest) ?? [])].flatMap((referrer) => content.manifests.get(referrer) ?? []);
  }

  /**
   * Puts what a builder made, with all it consists of, below some tags: as if it had been pushed. Many tags are cheap: a
   * repository of 10 000 tags is one image and `put(name, image, ...names)`.
   */
  put(repository: string, content: BuiltContent, ...tags: readonly string[]): void {
    for (const bytes of content.blobs) this.putBlob(repository, bytes, digestOf(bytes, content.algorithm));
    for (const child of content.children) this.put(repository, child);
    this.putManifest(repository, content.bytes, content.mediaType, content.digest);
    for (const tag of tags) this.putTag(repository, tag, content.digest);
  }

  #repository(name: string): RepositoryContent {
    let content = this.#repositories.get(name);
    if (!content) {
      content = { blobs: new Set(), manifests: new Map(), tags: new Map(), referrers: new Map() };
      this.#repositories.set(name, content);
      this.#sortedRepositories = undefined;
    }
    return content;
  }
}

/** "ASCIIbetical" order of the specification. Names are ASCII, so UTF-16 code units will do. */
function byBytes(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
