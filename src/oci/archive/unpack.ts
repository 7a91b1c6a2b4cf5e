import { createReadStream, createWriteStream } from 'node:fs';
import { open } from 'node:fs/promises';
import { pipeline } from 'node:stream/promises';
import { Transform } from 'node:stream';
import { createGunzip, createZstdDecompress } from 'node:zlib';
import { ContentError } from '../content-error.ts';

/** Real archives shrink to a tenth; a thousandth is a bomb. */
const largestRatio = 1000;
const alwaysAllowed = 64 * 1024 * 1024;

/** How a file is compressed, by its first bytes. */
export async function compressionOf(path: string): Promise<'gzip' | 'zstd' | undefined> {
  await using file = await open(path);
  const start = Buffer.alloc(4);
  const { bytesRead } = await file.read(start, 0, 4, 0);
  if (bytesRead >= 2 && start[0] === 0x1f && start[1] === 0x8b) return 'gzip';
  return bytesRead === 4 && start.readUInt32LE() === 0xfd2fb528 ? 'zstd' : undefined;
}

/**
 * Unpacks a compressed file into another one, and stops what grows out of all proportion.
 *
 * @throws ContentError when it is no such file, is cut short, or is a bomb.
 */
export async function unpack(from: string, to: string, compression: 'gzip' | 'zstd', signal?: AbortSignal): Promise<void> {
  await using file = await open(from);
  const { size } = await file.stat();
  const most = Math.max(alwaysAllowed, size * largestRatio);
  let unpacked = 0;
  const bounded = new Transform({
    transform(chunk: Buffer, _encoding, done) {
      unpacked += chunk.length;
      if (unpacked > most) done(new ContentError(`The archive unpacks to more than ${largestRatio} times its size; it is not read.`));
      else done(null, chunk);
    },
  });
  const decompress = compression === 'gzip' ? createGunzip() : createZstdDecompress();
  try {
    await pipeline(
      createReadStream(from),
      decompress,
      bounded,
      createWriteStream(to, { flags: 'wx', mode: 0o600 }),
      signal ? { signal } : {},
    );
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code ?? '';
    if (/^Z_|^ZSTD/.test(code)) throw new ContentError('The archive is compressed, and broken or cut short.', { cause: error });
    throw error;
  }
}
