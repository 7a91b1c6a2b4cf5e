import { createHash, type Hash } from 'node:crypto';
import { parentPort } from 'node:worker_threads';
import type { HashAnswer, HashOrder } from './hash-thread.ts';

const hashes = new Map<number, Hash>();
const answer = (message: HashAnswer, transfer: ArrayBuffer[] = []): void => parentPort?.postMessage(message, transfer);

parentPort?.on('message', (order: HashOrder) => {
  if ('algorithm' in order) {
    hashes.set(order.job, createHash(order.algorithm));
    return;
  }
  const hash = hashes.get(order.job);
  if (!hash) return;
  if ('slab' in order) {
    const { job, slab, length } = order;
    hash.update(slab.subarray(0, length));
    answer({ job, taken: length, slab }, [slab.buffer]);
    return;
  }
  hashes.delete(order.job);
  answer({ job: order.job, hash: hash.digest('hex') });
});
