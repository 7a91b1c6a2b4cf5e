import { createHash, randomBytes } from 'node:crypto';
import { mkdir, open, rename, rm, stat } from 'node:fs/promises';
import { basename, dirname } from 'node:path';
import { FileContentError } from '../content-error.ts';
import { parseDigest } from '../digest.ts';
import { IntegrityError } from '../errors.ts';
import type { BlobSource } from '../upload.ts';
import type { HashThread } from './hash-thread.ts';

/** Below it, starting a thread costs more than hashing. */
const worthAThread = 1024 * 1024;

export interface BlobFileOptions {
  thread: HashThread;
  onBytes?: (count: number) => void;
  signal?: AbortSignal;
}

/**
 * Writes a blob to a file: under another name first, renamed once it is whole, hashed and on the disk. Whoever looks sees no file or
 * the right one, whatever happens meanwhile.
 *
 * @throws IntegrityError when the bytes are not what the digest says; what the source or the file system throws.
 */
export async function writeBlobFile(path: string, source: BlobSource, { thread, onBytes, signal }: BlobFileOptions): Promise<void> {
  const { digest, size } = source;
  const { algorithm, encoded } = parseDigest(digest);
  await mkdir(dirname(path), { recursive: true });
  const draft = `${path}.${randomBytes(6).toString('hex')}.part`;
  const file = await open(draft, 'wx', 0o644);
  try {
    const threaded = size >= worthAThread ? await thread.start(algorithm) : undefined;
    const inline = threaded ? undefined : createHash(algorithm);
    let written = 0;
    for await (const chunk of await source.open(0, signal)) {
      signal?.throwIfAborted();
      written += chunk.length;
      if (written > size) throw mismatch(digest, `more than ${size} bytes`);
      inline?.update(chunk);
      const turn = threaded?.update(chunk);
      await writeAll(file, chunk);
      if (turn) await turn;
      onBytes?.(chunk.length);
    }
    const actual = await (threaded?.digest() ?? inline?.digest('hex'));
    if (written !== size || actual !== encoded) throw mismatch(digest, `${algorithm}:${actual} of ${written} bytes`);
    await file.sync();
    await file.close();
    await rename(draft, path);
  } catch (error) {
    await file.close().catch(() => {});
    await rm(draft, { force: true });
    throw error;
  }
}

/**
 * Bytes of a file; undefined when nothing is there.
 *
 * @throws FileContentError for what is no file, such as a pipe that somebody left there and that nobody writes to.
 */
export async function fileSize(path: string): Promise<number | undefined> {
  try {
    const found = await stat(path);
    if (found.isFile()) return found.size;
    throw new FileContentError(`In the layout, ${basename(path)} is no file.`);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}

async function writeAll(file: Awaited<ReturnType<typeof open>>, chunk: Uint8Array): Promise<void> {
  for (let at = 0; at < chunk.length; ) at += (await file.write(chunk, at)).bytesWritten;
}

function mismatch(expected: string, actual: string): IntegrityError {
  return new IntegrityError(`What came is not what the digest says: ${actual} in the place of ${expected}.`, { expected, actual });
}
