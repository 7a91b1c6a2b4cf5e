import { createReadStream } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { basename, join, resolve as resolvePath } from 'node:path';
import type { CallOptions } from '../call-options.ts';
import type { Place, ReadTarget, WriteTarget } from '../copy/target.ts';
import type { Descriptor } from '../descriptor.ts';
import { isDigest, parseDigest } from '../digest.ts';
import type { Manifest } from '../manifest.ts';
import type { Referrers } from '../referrers.ts';
import type { BlobStream } from '../repository.ts';
import type { BlobSource, UploadOptions, UploadOutcome } from '../upload.ts';
import { fileSize, writeBlobFile } from './blob-file.ts';
import { HashThread } from './hash-thread.ts';
import { LayoutIndex, refName } from './layout-index.ts';
import { LayoutReader } from './layout-reader.ts';
import { removeStale } from './stale.ts';

/**
 * An OCI image layout on disk (image specification, "OCI Image Layout") as one end of a copy. Everything written is hashed, flushed
 * and renamed into its place, blobs before what names them, so that a copy that was broken off leaves a valid layout, and is
 * not sent again what is there.
 */
export class OciLayout implements ReadTarget, WriteTarget {
  readonly place: Place;
  readonly label: string;
  readonly verifies = true;
  readonly #directory: string;
  readonly #index: LayoutIndex;
  readonly #reader: LayoutReader;
  readonly #thread = new HashThread();
  #tidied: Promise<void> | undefined;
  #pinned: readonly Descriptor[] | undefined;

  /** @param directory Made when something is written. */
  constructor(directory: string) {
    this.#directory = resolvePath(directory);
    this.#index = new LayoutIndex(this.#directory);
    this.place = { registry: `oci:${this.#directory}`, repository: '' };
    this.label = `oci:${basename(this.#directory)}`;
    this.#reader = new LayoutReader(this.label, {
      entries: () => this.#entries(),
      size: (digest) => this.#size(digest),
      read: (digest) => readFile(this.#path(digest)),
      stream: (digest, start, signal) =>
        createReadStream(this.#path(digest), { start, highWaterMark: 128 * 1024, ...(signal && { signal }) }),
    });
  }

  /**
   * Takes the index as it is now for all that is read from here on, whatever becomes of its file: for those who check it, and use what
   * they have checked. What is written through this object ends that.
   *
   * @param known Digests of what is there. Entries without a name that point elsewhere are left out: it may come to be there later.
   */
  async pin(known: ReadonlySet<string>): Promise<void> {
    const entries = await this.#index.read();
    this.#pinned = entries.filter(({ digest, annotations }) => annotations?.[refName] !== undefined || known.has(digest));
  }

  /**
   * Names of the index and what they point to. They are tags, or `repository:tag` where images of several repositories lie together;
   * programs that build images write full references.
   */
  async names(): Promise<{ name: string; descriptor: Descriptor }[]> {
    const entries = await this.#entries();
    return entries.flatMap((descriptor) => {
      const name = descriptor.annotations?.[refName];
      return name === undefined ? [] : [{ name, descriptor }];
    });
  }

  /** All that the index names, with and without a name: images, and what refers to them. */
  entries(): Promise<readonly Descriptor[]> {
    return this.#entries();
  }

  /** Takes away entries without a name, such as signatures of images that are gone. */
  removeUnnamed(digests: ReadonlySet<string>): Promise<void> {
    return this.#change((entries) =>
      entries.filter(({ digest, annotations }) => annotations?.[refName] !== undefined || !digests.has(digest)),
    );
  }

  /** Takes a name away if it points to that digest. What it pointed to stays on the disk. False when it does not. */
  async removeName(name: string, digest: string): Promise<boolean> {
    let removed = false;
    await this.#change((entries) =>
      entries.filter((entry) => {
        const isIt = entry.annotations?.[refName] === name && entry.digest === digest;
        removed ||= isIt;
        return !isIt;
      }),
    );
    return removed;
  }

  listTags(options?: CallOptions): AsyncIterable<readonly string[]> {
    return this.#reader.listTags(options);
  }

  resolve(reference: string, options?: CallOptions): Promise<Descriptor> {
    return this.#reader.resolve(reference, options);
  }

  manifest(reference: string, options?: CallOptions): Promise<Manifest> {
    return this.#reader.manifest(reference, options);
  }

  openBlob(digest: string, options?: CallOptions & { start?: number }): Promise<BlobStream> {
    return this.#reader.openBlob(digest, options);
  }

  referrers(digest: string, options?: CallOptions): Promise<Referrers> {
    return this.#reader.referrers(digest, options);
  }

  async hasBlob(digest: string): Promise<boolean> {
    return (await this.#size(digest)) !== undefined;
  }

  async pushBlob(source: BlobSource, { signal, onBytes }: UploadOptions = {}): Promise<UploadOutcome> {
    await this.#tidy();
    await writeBlobFile(this.#path(source.digest), source, {
      thread: this.#thread,
      ...(signal && { signal }),
      ...(onBytes && { onBytes }),
    });
    return 'uploaded';
  }

  /** By digest it becomes a file; by a tag, or as a referrer, the index names it as well. */
  async pushManifest(manifest: Manifest, reference: string): Promise<{ subject: boolean }> {
    const { bytes, digest, size } = manifest;
    const open = async () => once(bytes);
    await this.#tidy();
    if (!(await this.hasBlob(digest))) await writeBlobFile(this.#path(digest), { digest, size, open }, { thread: this.#thread });
    this.#reader.learn(manifest);
    const tag = isDigest(reference) ? undefined : reference;
    const subject = (manifest.image ?? manifest.index)?.subject !== undefined;
    if (tag !== undefined || subject) await this.#change((entries) => withEntry(entries, manifest, tag));
    return { subject };
  }

  /** Ends the thread that hashes. */
  close(): Promise<void> {
    return this.#thread.close();
  }

  async #entries(): Promise<readonly Descriptor[]> {
    return this.#pinned ?? this.#index.read();
  }

  #change(edit: (entries: Descriptor[]) => Descriptor[]): Promise<void> {
    this.#pinned = undefined;
    return this.#index.change(edit);
  }

  #size(digest: string): Promise<number | undefined> {
    return fileSize(this.#path(digest));
  }

  /** Once, before the first write. */
  #tidy(): Promise<void> {
    const isDraft = (name: string): boolean => name.endsWith('.part');
    const places = ['', 'blobs/sha256', 'blobs/sha512'].map((place) => join(this.#directory, place));
    this.#tidied ??= Promise.all(places.map((place) => removeStale(place, isDraft))).then(() => {});
    return this.#tidied;
  }

  #path(digest: string): string {
    // Parsed, so that no digest leads out of the directory.
    const { algorithm, encoded } = parseDigest(digest);
    return join(this.#directory, 'blobs', algorithm, encoded);
  }
}

function withEntry(entries: readonly Descriptor[], { mediaType, digest, size }: Manifest, tag: string | undefined): Descriptor[] {
  const entry: Descriptor = { mediaType, digest, size, ...(tag !== undefined && { annotations: { [refName]: tag } }) };
  if (tag === undefined) return entries.some((one) => one.digest === digest) ? [...entries] : [...entries, entry];
  return [...entries.filter(({ annotations }) => annotations?.[refName] !== tag), entry];
}

async function* once(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  yield bytes;
}
