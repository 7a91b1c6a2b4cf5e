import { createReadStream, createWriteStream } from 'node:fs';
import { open, statfs } from 'node:fs/promises';
import { dirname } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { Transform } from 'node:stream';
import { FileContentError } from '../content-error.ts';
import { FileError } from '../errors.ts';

/** Real archives shrink to a tenth; a thousandth is a bomb. */
const largestRatio = 1000;
const alwaysAllowed = 64 * 1024 * 1024;
/** What a compressed archive may become, in bytes. The largest images known are below; more than that, one can unpack oneself. */
export const maxUnpackedBytes = 64 * 1024 ** 3;

export interface UnpackOptions {
  /** Most bytes that it may become. Default `maxUnpackedBytes`; in any case no more than nine tenths of what is free. */
  maxBytes?: number;
  signal?: AbortSignal;
}

/** How a file is compressed, by its first bytes. */
export async function compressionOf(path: string): Promise<'gzip' | 'zstd' | undefined> {
  await using file = await open(path);
  const start = Buffer.alloc(4);
  const { bytesRead } = await file.read(start, 0, 4, 0);
  if (bytesRead >= 2 && start[0] === 0x1f && start[1] === 0x8b) return 'gzip';
  return bytesRead === 4 && start.readUInt32LE() === 0xfd2fb528 ? 'zstd' : undefined;
}

/**
 * Unpacks a compressed file into another one, and stops what grows out of all proportion, above a bound, or over what the disk has.
 *
 * @throws FileContentError when it is no such file, is cut short, or is too large; FileError when the disk is full nevertheless.
 */
export async function unpack(
  from: string,
  to: string,
  compression: 'gzip' | 'zstd',
  { maxBytes = maxUnpackedBytes, signal }: UnpackOptions = {},
): Promise<void> {
  await using file = await open(from);
  const { size } = await file.stat();
  const { bavail, bsize } = await statfs(dirname(to));
  const bounds: [number, string][] = [
    [Math.max(alwaysAllowed, size * largestRatio), `${largestRatio} times its size; it is not read`],
    [maxBytes, `${maxBytes} bytes; unpack it with ${compression} and name the file that comes out`],
    [Math.floor(bavail * bsize * 0.9), `there is room for in ${dirname(to)}; free some, or name another folder by TMPDIR`],
  ];
  const [most, words] = bounds.reduce((least, bound) => (bound[0] < least[0] ? bound : least));
  let unpacked = 0;
  const bounded = new Transform({
    transform(chunk: Buffer, _encoding, done) {
      unpacked += chunk.length;
      if (unpacked > most) done(new FileContentError(`The archive unpacks to more than ${words}.`));
      else done(null, chunk);
    },
  });
  // Loaded late: most programs that can read archives read none.
  const { createGunzip, createZstdDecompress } = await import('node:zlib');
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
    if (/^Z_|^ZSTD/.test(code)) throw new FileContentError('The archive is compressed, and broken or cut short.', { cause: error });
    if (code === 'ENOSPC' || code === 'EDQUOT') throw new FileError(error as NodeJS.ErrnoException);
    throw error;
  }
}
