import type { Worker } from 'node:worker_threads';
import type { DigestAlgorithm } from '../digest.ts';

/** Bytes of one blob on their way to the thread at most: the reader waits then, so memory stays flat. */
const mostPending = 1024 * 1024;
/** Bytes of one message. The memory of messages goes back and forth: as garbage it would pile up on both sides. */
const slabBytes = 64 * 1024;
/** Slabs that are kept for the next messages. */
const mostSlabs = 32;

interface Job {
  pending: number;
  resume?: () => void;
  /** The thread ended: nothing that is sent to it is answered any more. */
  failed?: Error;
  finish: PromiseWithResolvers<string>;
}

/** What the thread answers: bytes that it has taken in, or the hash at the end. */
export type HashAnswer = { job: number; taken: number; slab: Uint8Array<ArrayBuffer> } | { job: number; hash: string };
export type HashOrder =
  | { job: number; algorithm: DigestAlgorithm }
  /** The first `length` bytes of the slab, which comes back. */
  | { job: number; slab: Uint8Array<ArrayBuffer>; length: number }
  | { job: number; end: true };

/** One hash that is being made in the thread. */
export interface ThreadedHash {
  /** Resolves when more bytes are wanted. The bytes are copied. */
  update(chunk: Uint8Array): Promise<void> | undefined;
  /** Lower-case hexadecimal. */
  digest(): Promise<string>;
}

/**
 * Hashes on a thread of its own, so that writing large blobs to disk neither blocks the program nor competes with the network for one
 * core. The thread starts with the first hash and does not keep the program alive.
 */
export class HashThread {
  readonly #jobs = new Map<number, Job>();
  readonly #slabs: Uint8Array<ArrayBuffer>[] = [];
  #worker: Promise<Worker> | undefined;
  #next = 0;

  async start(algorithm: DigestAlgorithm): Promise<ThreadedHash> {
    this.#worker ??= this.#open().catch((error: unknown) => {
      this.#worker = undefined; // The next one may be able to start a thread.
      throw error;
    });
    const worker = await this.#worker;
    const id = this.#next++;
    const job: Job = { pending: 0, finish: Promise.withResolvers<string>() };
    // Whoever gave up on the blob does not ask for its hash.
    job.finish.promise.catch(() => {});
    this.#jobs.set(id, job);
    worker.postMessage({ job: id, algorithm } satisfies HashOrder);
    return {
      update: (chunk) => {
        if (job.failed) return Promise.reject(job.failed);
        job.pending += chunk.length;
        for (let at = 0; at < chunk.length; at += slabBytes) {
          const piece = chunk.subarray(at, at + slabBytes);
          const slab = this.#slabs.pop() ?? new Uint8Array(slabBytes);
          slab.set(piece);
          worker.postMessage({ job: id, slab, length: piece.length } satisfies HashOrder, [slab.buffer]);
        }
        return job.pending < mostPending ? undefined : new Promise<void>((resolve) => (job.resume = resolve));
      },
      digest: () => {
        worker.postMessage({ job: id, end: true } satisfies HashOrder);
        return job.finish.promise;
      },
    };
  }

  async close(): Promise<void> {
    const worker = this.#worker;
    this.#worker = undefined;
    await (await worker)?.terminate();
  }

  /** `node:worker_threads` is loaded late: most programs that can write to disk do not. */
  async #open(): Promise<Worker> {
    const { Worker } = await import('node:worker_threads');
    // Run from source the neighbour is TypeScript, compiled it is JavaScript.
    const extension = import.meta.url.endsWith('.ts') ? 'ts' : 'js';
    const worker = new Worker(new URL(`./hash-worker.${extension}`, import.meta.url));
    worker.unref();
    worker.on('message', (answer: HashAnswer) => this.#take(answer));
    worker.on('error', (error) => this.#fail(error instanceof Error ? error : new Error(String(error))));
    return worker;
  }

  #take(answer: HashAnswer): void {
    if ('slab' in answer && this.#slabs.length < mostSlabs) this.#slabs.push(answer.slab);
    const job = this.#jobs.get(answer.job);
    if (!job) return;
    if ('hash' in answer) {
      this.#jobs.delete(answer.job);
      job.finish.resolve(answer.hash);
      return;
    }
    job.pending -= answer.taken;
    if (job.pending < mostPending / 2) {
      job.resume?.();
      job.resume = undefined;
    }
  }

  #fail(error: Error): void {
    this.#worker = undefined;
    for (const job of this.#jobs.values()) {
      job.failed = error;
      job.finish.reject(error);
      job.resume?.();
    }
    this.#jobs.clear();
  }
}
