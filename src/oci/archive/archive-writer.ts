import { randomBytes } from 'node:crypto';
import { constants } from 'node:fs';
import { type FileHandle, copyFile, link, mkdtemp, open, readdir, rm, stat } from 'node:fs/promises';
import { basename, dirname, join, resolve as resolvePath } from 'node:path';
import type { CallOptions } from '../call-options.ts';
import type { Place, WriteTarget } from '../copy/target.ts';
import type { Descriptor } from '../descriptor.ts';
import { OciLayout } from '../layout/layout.ts';
import { removeStale } from '../layout/stale.ts';
import type { Manifest } from '../manifest.ts';
import type { Referrers } from '../referrers.ts';
import type { BlobSource, UploadOptions, UploadOutcome } from '../upload.ts';

const block = 512;
const chunkBytes = 1024 * 1024;
/** What the size field of ustar holds in octal; larger files have it in GNU's binary form, which every tar reads. */
const largestOctal = 8 ** 11 - 1;
/** What the name field of ustar holds. The blobs of sha512 are longer. */
const longestName = 100;

/**
 * An OCI archive to be written: a layout beside the file to come, which `finish()` packs. Nobody sees a part of it under its name, and
 * an existing file is never replaced.
 */
export class ArchiveWriter implements WriteTarget {
  readonly place: Place;
  readonly label: string;
  readonly verifies = true;
  readonly #path: string;
  readonly #directory: string;
  readonly #layout: OciLayout;

  private constructor(path: string, directory: string) {
    this.#path = path;
    this.#directory = directory;
    this.#layout = new OciLayout(directory);
    this.label = `archive ${basename(path)}`;
    this.place = { registry: `archive:${path}`, repository: '' };
  }

  /** @throws the file system's errors, `EEXIST` when the file is there. */
  static async create(path: string): Promise<ArchiveWriter> {
    const whole = resolvePath(path);
    await refuseExisting(whole);
    const prefix = `.${basename(whole)}-`;
    await removeStale(dirname(whole), (name) => name.startsWith(prefix) && name.length === prefix.length + 6);
    return new ArchiveWriter(whole, await mkdtemp(join(dirname(whole), prefix)));
  }

  resolve(reference: string, options?: CallOptions): Promise<Descriptor> {
    return this.#layout.resolve(reference, options);
  }

  manifest(reference: string, options?: CallOptions): Promise<Manifest> {
    return this.#layout.manifest(reference, options);
  }

  referrers(digest: string, options?: CallOptions): Promise<Referrers> {
    return this.#layout.referrers(digest, options);
  }

  hasBlob(digest: string): Promise<boolean> {
    return this.#layout.hasBlob(digest);
  }

  pushBlob(source: BlobSource, options?: UploadOptions): Promise<UploadOutcome> {
    return this.#layout.pushBlob(source, options);
  }

  pushManifest(manifest: Manifest, reference: string): Promise<{ subject: boolean }> {
    return this.#layout.pushManifest(manifest, reference);
  }

  /** Packs what was brought into the file. */
  async finish(): Promise<void> {
    const draft = join(this.#directory, `${randomBytes(6).toString('hex')}.tar`);
    const file = await open(draft, 'wx', 0o644);
    try {
      for (const name of await filesOf(this.#directory)) await addFile(file, name, join(this.#directory, name));
      await file.write(Buffer.alloc(2 * block));
      await file.sync();
    } finally {
      await file.close();
    }
    await refuseExisting(this.#path);
    // A link does not replace what somebody else made meanwhile; file systems without links copy.
    await link(draft, this.#path).catch(() => copyFile(draft, this.#path, constants.COPYFILE_EXCL));
  }

  /** Removes everything but the finished file. */
  async close(): Promise<void> {
    await this.#layout.close();
    await rm(this.#directory, { recursive: true, force: true });
  }
}

async function refuseExisting(path: string): Promise<void> {
  const found = await stat(path).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return undefined;
    throw error;
  });
  if (found) throw Object.assign(new Error(`${path} exists.`), { code: 'EEXIST', path });
}

/** The marker and the index first, so that a reader that streams knows what comes. */
async function filesOf(directory: string): Promise<string[]> {
  const names = ['oci-layout', 'index.json'];
  for (const algorithm of (await readdir(join(directory, 'blobs'))).toSorted()) {
    const blobs = await readdir(join(directory, 'blobs', algorithm));
    names.push(...blobs.toSorted().map((blob) => `blobs/${algorithm}/${blob}`));
  }
  return names;
}

async function addFile(archive: FileHandle, name: string, path: string): Promise<void> {
  await using file = await open(path);
  const { size } = await file.stat();
  if (name.length > longestName) {
    const record = paxRecord('path', name);
    await archive.write(header('PaxHeaders/path', record.length, 'x'));
    await archive.write(Buffer.concat([record, Buffer.alloc(block)], Math.ceil(record.length / block) * block));
  }
  await archive.write(header(name, size));
  const buffer = Buffer.allocUnsafe(chunkBytes);
  for (let position = 0; position < size; ) {
    const { bytesRead } = await file.read(buffer, 0, buffer.length, position);
    if (bytesRead === 0) throw new Error(`${path} became shorter while it was read.`);
    for (let written = 0; written < bytesRead; ) written += (await archive.write(buffer, written, bytesRead - written)).bytesWritten;
    position += bytesRead;
  }
  const rest = size % block;
  if (rest > 0) await archive.write(Buffer.alloc(block - rest));
}

/** `<length of the whole> <key>=<value>\n` (POSIX pax). */
function paxRecord(key: string, value: string): Buffer {
  const rest = ` ${key}=${value}\n`;
  let length = rest.length + 1;
  while (String(length).length + rest.length > length) length++;
  return Buffer.from(`${length}${rest}`);
}

/** ustar, time zero, owner root: equal content gives equal archives. Of a longer name, a pax header before it says the whole. */
function header(name: string, size: number, type = '0'): Buffer {
  const bytes = Buffer.alloc(block);
  bytes.write(name, 0, 100);
  bytes.write('0000644\0' + '0000000\0' + '0000000\0', 100);
  if (size <= largestOctal) bytes.write(`${size.toString(8).padStart(11, '0')}\0`, 124);
  else {
    bytes[124] = 0x80;
    bytes.writeBigUInt64BE(BigInt(size), 128);
  }
  bytes.write(`00000000000\0        ${type}`, 136);
  bytes.write('ustar\u000000', 257);
  let sum = 0;
  for (const byte of bytes) sum += byte;
  bytes.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148);
  return bytes;
}
