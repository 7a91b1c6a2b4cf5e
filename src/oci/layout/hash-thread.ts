import { Worker } from 'node:worker_threads';
import type { DigestAlgorithm } from '../digest.ts';

/** Bytes on their way to the thread at most: the reader waits then, so memory stays flat. */
const mostPending = 8 * 1024 * 1024;

interface Job {
  pending: number;
  resume?: () => void;
  /** The thread ended: nothing that is sent to it is answered any more. */
  failed?: Error;
  finish: PromiseWithResolvers<string>;
}

/** What the thread answers: bytes that it has taken in, or the hash at the end. */
export type HashAnswer = { job: number; taken: number } | { job: number; hash: string };
export type HashOrder = { job: number; algorithm: DigestAlgorithm } | { job: number; chunk: Uint8Array } | { job: number; end: true };

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
  #worker: Worker | undefined;
  #next = 0;

  start(algorithm: DigestAlgorithm): ThreadedHash {
    const worker = this.#open();
    const id = this.#next++;
    const job: Job = { pending: 0, finish: Promise.withResolvers<string>() };
    // Whoever gave up on the blob does not ask for its hash.
    job.finish.promise.catch(() => {});
    this.#jobs.set(id, job);
    worker.postMessage({ job: id, algorithm } satisfies HashOrder);
    return {
      update: (chunk) => {
        if (job.failed) return Promise.reject(job.failed);
        const copy = new Uint8Array(chunk);
        job.pending += copy.length;
        worker.postMessage({ job: id, chunk: copy } satisfies HashOrder, [copy.buffer]);
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
    await worker?.terminate();
  }

  #open(): Worker {
    if (this.#worker) return this.#worker;
    // Run from source the neighbour is TypeScript, compiled it is JavaScript.
    const extension = import.meta.url.endsWith('.ts') ? 'ts' : 'js';
    const worker = new Worker(new URL(`./hash-worker.${extension}`, import.meta.url));
    worker.unref();
    worker.on('message', (answer: HashAnswer) => this.#take(answer));
    worker.on('error', (error) => this.#fail(error instanceof Error ? error : new Error(String(error))));
    this.#worker = worker;
    return worker;
  }

  #take(answer: HashAnswer): void {
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
