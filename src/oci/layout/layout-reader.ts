import type { CallOptions } from '../call-options.ts';
import { FileContentError } from '../content-error.ts';
import type { ReadTarget } from '../copy/target.ts';
import type { Descriptor } from '../descriptor.ts';
import { type Digest, isDigest } from '../digest.ts';
import { RegistryError } from '../errors.ts';
import { artifactTypeOf, type Manifest, maxManifestBytes, parseManifest } from '../manifest.ts';
import { isTag } from '../reference.ts';
import type { Referrers } from '../referrers.ts';
import type { BlobStream } from '../repository.ts';
import { findTagged, refName } from './layout-index.ts';

/** Where the pieces of a layout lie: a directory, or an archive. */
export interface LayoutStore {
  /** Entries of `index.json`. */
  entries(): Promise<readonly Descriptor[]>;
  /** Bytes of a blob; undefined when it is not there. */
  size(digest: string): Promise<number | undefined>;
  read(digest: string): Promise<Uint8Array>;
  stream(digest: string, start: number, signal: AbortSignal | undefined): AsyncIterable<Uint8Array>;
}

/** Referrers are found by looking at every entry of the index, so there is a bound. */
const mostEntries = 20_000;

/** What a manifest says of itself as a referrer. */
interface Reference {
  subject?: Digest;
  artifactType?: string;
}

/** Reads an OCI image layout, wherever it lies. */
export class LayoutReader implements Omit<ReadTarget, 'place'> {
  readonly label: string;
  readonly #store: LayoutStore;
  /** Media types of manifests that a parent named: a manifest file alone need not say it. */
  readonly #types = new Map<string, string>();
  readonly #references = new Map<string, Reference>();

  constructor(label: string, store: LayoutStore) {
    this.label = label;
    this.#store = store;
  }

  /** What a manifest is that was written just now. */
  learn({ digest, mediaType }: Pick<Descriptor, 'digest' | 'mediaType'>): void {
    this.#types.set(digest, mediaType);
  }

  /** Tags of the layout, as its index names them. */
  async *listTags(_options?: CallOptions): AsyncGenerator<readonly string[], void, undefined> {
    const entries = await this.#store.entries();
    const names = entries.flatMap(({ annotations }) => annotations?.[refName] ?? []);
    // A full reference stands there at times: `docker.io/library/alpine:3.22`.
    yield names.map((name) => (isTag(name) ? name : name.slice(name.lastIndexOf(':') + 1))).filter(isTag);
  }

  async resolve(reference: string, _options?: CallOptions): Promise<Descriptor> {
    const entries = await this.#store.entries();
    const found = isDigest(reference) ? entries.find(({ digest }) => digest === reference) : this.#tagged(entries, reference);
    if (!found) {
      if (!isDigest(reference)) throw this.#missing(reference);
      const { mediaType, digest, size } = await this.manifest(reference);
      return { mediaType, digest, size };
    }
    const { mediaType, digest, size } = found;
    // An index may name more than there is.
    if ((await this.#store.size(digest)) === undefined) throw this.#missing(digest);
    this.learn(found);
    return { mediaType, digest, size };
  }

  async manifest(reference: string, options?: CallOptions): Promise<Manifest> {
    const digest = isDigest(reference) ? reference : (await this.resolve(reference, options)).digest;
    const size = await this.#store.size(digest);
    if (size === undefined) throw this.#missing(digest);
    if (size > maxManifestBytes) throw this.#missing(digest, `has ${size} bytes, more than a manifest may`);
    const manifest = parseManifest(await this.#store.read(digest), this.#types.get(digest), digest);
    for (const child of manifest.index?.manifests ?? []) this.learn(child);
    return manifest;
  }

  async openBlob(digest: string, { start = 0, signal }: CallOptions & { start?: number } = {}): Promise<BlobStream> {
    const size = await this.#store.size(digest);
    if (size === undefined) throw this.#missing(digest);
    return { stream: start >= size ? noBytes() : this.#store.stream(digest, start, signal), size };
  }

  /** Manifests of the index whose subject it is. */
  async referrers(digest: string, options?: CallOptions): Promise<Referrers> {
    const entries = await this.#store.entries();
    if (entries.length > mostEntries)
      throw new FileContentError(
        `The index of ${this.label} has more than ${mostEntries} entries: too many to look for what refers to something.`,
      );
    const manifests: Descriptor[] = [];
    for (const { digest: one, mediaType, size } of entries) {
      const { subject, artifactType } = await this.#reference(one, mediaType, options);
      if (subject === digest) manifests.push({ mediaType, digest: one, size, ...(artifactType !== undefined && { artifactType }) });
    }
    return { via: 'api', manifests };
  }

  /** What a manifest refers to. Read once: content does not change below its digest. */
  async #reference(digest: Digest, mediaType: string, options: CallOptions | undefined): Promise<Reference> {
    const known = this.#references.get(digest);
    if (known) return known;
    // An index may name more than there is.
    if ((await this.#store.size(digest)) === undefined) return {};
    this.learn({ digest, mediaType });
    const manifest = await this.manifest(digest, options);
    const subject = (manifest.image ?? manifest.index)?.subject?.digest;
    const artifactType = artifactTypeOf(manifest);
    const reference: Reference = { ...(subject && { subject }), ...(artifactType !== undefined && { artifactType }) };
    this.#references.set(digest, reference);
    return reference;
  }

  /** A layout with one image need not name it: whatever tag is asked for, that is meant. */
  #tagged(entries: readonly Descriptor[], tag: string): Descriptor | undefined {
    const [only, ...more] = entries;
    const unnamed = only && more.length === 0 && only.annotations?.[refName] === undefined;
    return findTagged(entries, tag) ?? (unnamed && tag === 'latest' ? only : undefined);
  }

  #missing(reference: string, what = 'is not there'): RegistryError {
    return new RegistryError(`In ${this.label}, ${reference} ${what}.`, {
      code: 'registry_not_found',
      method: 'GET',
      url: this.label,
      retry: 'never',
    });
  }
}

async function* noBytes(): AsyncGenerator<Uint8Array> {}
