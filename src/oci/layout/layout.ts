import { createReadStream } from 'node:fs';
import { readFile, stat } from 'node:fs/promises';
import { basename, join, resolve as resolvePath } from 'node:path';
import type { CallOptions } from '../call-options.ts';
import type { Place, ReadTarget, WriteTarget } from '../copy/target.ts';
import type { Descriptor } from '../descriptor.ts';
import { isDigest, parseDigest } from '../digest.ts';
import type { Manifest } from '../manifest.ts';
import type { Referrers } from '../referrers.ts';
import type { BlobStream } from '../repository.ts';
import type { BlobSource, UploadOptions, UploadOutcome } from '../upload.ts';
import { writeBlobFile } from './blob-file.ts';
import { HashThread } from './hash-thread.ts';
import { LayoutIndex, refName } from './layout-index.ts';
import { LayoutReader } from './layout-reader.ts';

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

  /** @param directory Made when something is written. */
  constructor(directory: string) {
    this.#directory = resolvePath(directory);
    this.#index = new LayoutIndex(this.#directory);
    this.place = { registry: `oci:${this.#directory}`, repository: '' };
    this.label = `oci:${basename(this.#directory)}`;
    this.#reader = new LayoutReader(this.label, {
      entries: () => this.#index.read(),
      size: (digest) => this.#size(digest),
      read: (digest) => readFile(this.#path(digest)),
      stream: (digest, start, signal) =>
        createReadStream(this.#path(digest), { start, highWaterMark: 256 * 1024, ...(signal && { signal }) }),
    });
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
    if (!(await this.hasBlob(digest))) await writeBlobFile(this.#path(digest), { digest, size, open }, { thread: this.#thread });
    this.#reader.learn(manifest);
    const tag = isDigest(reference) ? undefined : reference;
    const subject = (manifest.image ?? manifest.index)?.subject !== undefined;
    if (tag !== undefined || subject) await this.#index.change((entries) => withEntry(entries, manifest, tag));
    return { subject };
  }

  /** Ends the thread that hashes. */
  close(): Promise<void> {
    return this.#thread.close();
  }

  async #size(digest: string): Promise<number | undefined> {
    try {
      return (await stat(this.#path(digest))).size;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
      throw error;
    }
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
