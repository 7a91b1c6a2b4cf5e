import type { Digest } from './digest.ts';
import { IntegrityError } from './errors.ts';

/** A blob that can be read, from any byte on, as often as need be. */
export interface BlobSource {
  digest: Digest;
  /** Bytes. */
  size: number;
  /** The bytes from `start` on. Errors of the stream end the upload, and are thrown by it as they are. */
  open(start: number, signal: AbortSignal | undefined): Promise<AsyncIterable<Uint8Array>>;
}

/**
 * Hands out the bytes of a source request by request. It is opened once for all chunks of an upload, and again only where bytes have to
 * be sent again. A source of another length than it said is not taken for the blob.
 */
export class SourceReader {
  readonly #source: BlobSource;
  readonly #signal: AbortSignal | undefined;
  #stream: AsyncIterator<Uint8Array> | undefined;
  /** Of the byte that comes next. */
  #position = 0;
  /** Bytes that were read and belong to the next request. */
  #held: Uint8Array | undefined;
  #failure: { error: unknown } | undefined;
  /** Counts readings: one that was left when its request broke must not touch what the next one reads. */
  #readings = 0;

  constructor(source: BlobSource, signal: AbortSignal | undefined) {
    this.#source = source;
    this.#signal = signal;
  }

  /** What the source failed with: the registry is not to blame, and asking it again does not help. */
  get failure(): { error: unknown } | undefined {
    return this.#failure;
  }

  /**
   * The bytes from `start` to before `end`.
   *
   * @throws IntegrityError when there are fewer, or more behind the last; what the source throws.
   */
  async *read(start: number, end: number): AsyncGenerator<Uint8Array, void, undefined> {
    const reading = ++this.#readings;
    let isWhole = false;
    try {
      await this.#goTo(start);
      for (let chunk = await this.#next(); chunk; chunk = await this.#next()) {
        const left = end - this.#position;
        if (chunk.length > left) {
          if (end === this.#source.size) throw wrongLength(this.#source, `more than ${end} bytes`);
          this.#held = chunk.subarray(left);
          chunk = chunk.subarray(0, left);
        }
        this.#position += chunk.length;
        yield chunk;
        if (reading !== this.#readings) return;
        if (this.#position === end && end < this.#source.size) break;
      }
      if (this.#position < end) throw wrongLength(this.#source, `${this.#position} of ${this.#source.size} bytes`);
      isWhole = true;
    } catch (error) {
      if (reading === this.#readings) this.#failure = { error };
      throw error;
    } finally {
      // Broken off: what was handed out last may not have arrived.
      if (!isWhole && reading === this.#readings) await this.close();
    }
  }

  async close(): Promise<void> {
    const stream = this.#stream;
    this.#stream = undefined;
    this.#held = undefined;
    await stream?.return?.();
  }

  async #goTo(start: number): Promise<void> {
    if (this.#stream && this.#position === start) return;
    await this.close();
    const stream = await this.#source.open(start, this.#signal);
    this.#stream = stream[Symbol.asyncIterator]();
    this.#position = start;
  }

  /** The next bytes, never none; undefined at the end. */
  async #next(): Promise<Uint8Array | undefined> {
    const held = this.#held;
    this.#held = undefined;
    if (held) return held;
    for (;;) {
      const result = await this.#stream?.next();
      if (!result || result.done) return undefined;
      if (result.value.length > 0) return result.value;
    }
  }
}

function wrongLength({ digest, size }: BlobSource, got: string): IntegrityError {
  return new IntegrityError(`The source of blob ${digest} gave ${got}; its descriptor says ${size}.`, { digest, size });
}
