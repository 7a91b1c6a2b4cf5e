import { createHash, type Hash } from 'node:crypto';
import { type CallOptions, calling } from '../call-options.ts';
import type { ClientClock } from '../client-options.ts';
import { type Digest, parseDigest } from '../digest.ts';
import { IntegrityError, RegistryError, TransportError } from '../errors.ts';
import { backoff, maxRetryDelay } from '../retry.ts';
import type { BlobSource } from '../upload.ts';
import { blame } from './sides.ts';
import type { ReadTarget } from './target.ts';

export interface DownloadOptions extends Pick<CallOptions, 'onRequest'> {
  digest: Digest;
  size: number;
  clock: ClientClock;
  /** Hold every byte against the digest here. Default false: the destination does it. */
  verify?: boolean;
  /** Attempts to take up a broken download, each from where it stopped. Default 5; bytes that arrive make them good again. */
  retries?: number;
  /** Bounds how fast bytes are taken. */
  throttle?: (count: number, signal: AbortSignal | undefined) => Promise<void> | undefined;
}

/** A blob of `target` as the source of an upload: a download that breaks goes on by `Range`, without the upload noticing. */
export function blobSource(target: ReadTarget, options: DownloadOptions): BlobSource {
  const { digest, size } = options;
  const read = options.verify ? verified : plain;
  return { digest, size, open: async (start, signal) => blamed(target, digest, read(target, options, start, signal)) };
}

/** Whoever takes the bytes can tell a failure of this side from one of its own. */
async function* blamed(target: ReadTarget, digest: Digest, stream: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  try {
    yield* stream;
  } catch (error) {
    throw blame(error, 'source', target.label, { piece: `blob ${digest}`, isPart: true });
  }
}

async function* plain(
  target: ReadTarget,
  { digest, size, clock, retries = 5, throttle, onRequest }: DownloadOptions,
  start: number,
  signal: AbortSignal | undefined,
): AsyncGenerator<Uint8Array> {
  let position = start;
  let failures = 0;
  while (position < size || size === 0) {
    try {
      const { stream, size: announced } = await target.openBlob(digest, { start: position, ...calling({ signal, onRequest }) });
      if (announced !== undefined && announced !== size) {
        throw new IntegrityError(`${target.label} has a blob ${digest} of ${announced} bytes; its descriptor says ${size}.`, {
          digest,
          size,
          announced,
        });
      }
      for await (const chunk of stream) {
        const pause = throttle?.(chunk.length, signal);
        if (pause) await pause;
        position += chunk.length;
        if (position > size) throw wrongLength(target, digest, size, 'more');
        failures = 0;
        yield chunk;
      }
      if (position < size) throw wrongLength(target, digest, size, `${position}`);
      return;
    } catch (error) {
      const pause = failures < retries && !signal?.aborted ? pauseAfter(error, failures) : undefined;
      if (pause === undefined) throw error;
      failures++;
      await clock.sleep(pause, signal);
    }
  }
}

/** From the beginning always, so that all of it is seen; what lies before `start` is read and not handed on. */
async function* verified(
  target: ReadTarget,
  options: DownloadOptions,
  start: number,
  signal: AbortSignal | undefined,
): AsyncGenerator<Uint8Array> {
  const { digest, size } = options;
  const { algorithm, encoded } = parseDigest(digest);
  const hash: Hash = createHash(algorithm);
  let position = 0;
  let held: Uint8Array | undefined;
  for await (const chunk of plain(target, options, 0, signal)) {
    hash.update(chunk);
    const from = Math.max(0, start - position);
    position += chunk.length;
    if (from >= chunk.length) continue;
    // The last piece is held back until the whole is known to be right: a destination that does not look gets no wrong blob.
    if (held) yield held;
    held = from === 0 ? chunk : chunk.subarray(from);
  }
  const actual = hash.digest('hex');
  if (position === size && actual !== encoded) {
    throw new IntegrityError(
      `${target.label} gave a blob that is not what its digest says: expected ${digest}, received ${algorithm}:${actual}.`,
      {
        expected: digest,
        actual: `${algorithm}:${actual}`,
      },
    );
  }
  if (held) yield held;
}

function wrongLength({ label }: ReadTarget, digest: Digest, size: number, got: string): IntegrityError {
  return new IntegrityError(`${label} gave ${got} bytes of blob ${digest}; its descriptor says ${size}.`, { digest, size });
}

function pauseAfter(error: unknown, failures: number): number | undefined {
  if (error instanceof RegistryError) {
    if (error.retry !== 'backoff' || (error.retryAfter ?? 0) > maxRetryDelay) return undefined;
    return error.retryAfter ?? backoff(failures);
  }
  return error instanceof TransportError && error.retry === 'backoff' ? backoff(failures) : undefined;
}
