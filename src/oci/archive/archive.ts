import { createReadStream } from 'node:fs';
import { type FileHandle, mkdtemp, open, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join, resolve as resolvePath } from 'node:path';
import { FileContentError } from '../content-error.ts';
import type { Place, ReadTarget } from '../copy/target.ts';
import type { Descriptor } from '../descriptor.ts';
import { isDigest } from '../digest.ts';
import { parseLayoutIndex } from '../layout/layout-index.ts';
import { LayoutReader, type LayoutStore } from '../layout/layout-reader.ts';
import { type Piece, readDockerArchive } from './docker-archive.ts';
import { indexTar, type TarEntry } from './tar-index.ts';
import { compressionOf, unpack, type UnpackOptions } from './unpack.ts';

/** Files that are read whole: manifests and configurations. */
const largestSmallFile = 32 * 1024 * 1024;

export interface ArchiveOptions {
  /** Of a compressed archive, most bytes that it may become. Default 64 GiB. */
  maxUnpackedBytes?: number;
  signal?: AbortSignal;
}

/**
 * An image archive on disk, to be read: an OCI layout in a tar file, or what `docker save` writes. Where one is both, as with current
 * Docker, the layout is taken, because it keeps digests. Nothing is unpacked to files with names; a compressed archive is unpacked
 * as a whole into one temporary file.
 */
export class ImageArchive extends LayoutReader implements ReadTarget {
  readonly place: Place;
  readonly #close: () => Promise<void>;

  private constructor(path: string, store: LayoutStore, close: () => Promise<void>) {
    super(`archive ${basename(path)}`, store);
    this.place = { registry: `archive:${resolvePath(path)}`, repository: '' };
    this.#close = close;
  }

  /**
   * @throws FileContentError for what is no archive of images, or too much; the file system's errors.
   */
  static async open(path: string, { signal, maxUnpackedBytes }: ArchiveOptions = {}): Promise<ImageArchive> {
    if (!(await stat(path)).isFile())
      throw new FileContentError(`${basename(path)} is no file: an archive is read in many places, which a folder or a pipe cannot be.`);
    await using opened = new AsyncDisposableStack();
    const plain = await plainFile(path, opened, {
      ...(signal && { signal }),
      ...(maxUnpackedBytes !== undefined && { maxBytes: maxUnpackedBytes }),
    });
    const file = opened.adopt(await open(plain), (handle) => handle.close());
    const { size } = await stat(plain);
    const store = await storeOf(file, plain, await indexTar(file, size));
    const closing = opened.move();
    return new ImageArchive(path, store, () => closing.disposeAsync());
  }

  /** Closes the file and removes what was unpacked. */
  close(): Promise<void> {
    return this.#close();
  }
}

async function plainFile(path: string, opened: AsyncDisposableStack, options: UnpackOptions): Promise<string> {
  const compression = await compressionOf(path);
  if (!compression) return path;
  const directory = opened.adopt(await mkdtemp(join(tmpdir(), 'tagboat-archive-')), (made) => rm(made, { recursive: true, force: true }));
  const unpacked = join(directory, 'archive.tar');
  await unpack(path, unpacked, compression, options);
  return unpacked;
}

async function storeOf(file: FileHandle, path: string, files: ReadonlyMap<string, TarEntry>): Promise<LayoutStore> {
  const read = (name: string) => readSmall(file, files, name);
  if (files.has('oci-layout') && files.has('index.json')) {
    const entries = parseLayoutIndex(await read('oci-layout'), await read('index.json'));
    return tarStore(file, path, files, entries, (digest) => ({ name: `blobs/${digest.replace(':', '/')}` }));
  }
  if (!files.has('manifest.json')) {
    throw new FileContentError(
      'The archive is neither an OCI layout nor what docker save writes: it has no index.json and no manifest.json.',
    );
  }
  const { entries, pieces } = await readDockerArchive(await read('manifest.json'), read, (name) => files.get(name)?.size);
  return tarStore(file, path, files, entries, (digest) => pieces.get(digest));
}

function tarStore(
  file: FileHandle,
  path: string,
  files: ReadonlyMap<string, TarEntry>,
  entries: readonly Descriptor[],
  pieceOf: (digest: string) => Piece | undefined,
): LayoutStore {
  const find = (digest: string): Piece | undefined => (isDigest(digest) ? pieceOf(digest) : undefined);
  return {
    entries: async () => entries,
    size: async (digest) => {
      const piece = find(digest);
      if (!piece) return undefined;
      return 'bytes' in piece ? piece.bytes.length : files.get(piece.name)?.size;
    },
    read: async (digest) => {
      const piece = find(digest);
      return piece && 'bytes' in piece ? piece.bytes : readSmall(file, files, piece?.name ?? '');
    },
    stream: (digest, start, signal) => {
      const piece = find(digest);
      if (piece && 'bytes' in piece) return once(piece.bytes.subarray(start));
      const { offset, size } = files.get(piece?.name ?? '') ?? { offset: 0, size: 0 };
      return createReadStream(path, {
        start: offset + start,
        end: offset + size - 1,
        highWaterMark: 128 * 1024,
        ...(signal && { signal }),
      });
    },
  };
}

async function readSmall(file: FileHandle, files: ReadonlyMap<string, TarEntry>, name: string): Promise<Uint8Array> {
  const entry = files.get(name.replace(/^\.\//, ''));
  if (!entry) throw new FileContentError(`The archive lacks its file ${name.slice(0, 100)}.`);
  if (entry.size > largestSmallFile)
    throw new FileContentError(`The archive’s file ${name.slice(0, 100)} has ${entry.size} bytes; at most ${largestSmallFile} are read.`);
  const bytes = Buffer.alloc(entry.size);
  for (let filled = 0; filled < bytes.length; ) {
    const { bytesRead } = await file.read(bytes, filled, bytes.length - filled, entry.offset + filled);
    if (bytesRead === 0) throw new FileContentError('The archive is cut short.');
    filled += bytesRead;
  }
  return bytes;
}

async function* once(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  yield bytes;
}
