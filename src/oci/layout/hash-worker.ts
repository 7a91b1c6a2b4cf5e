import { createHash, type Hash } from 'node:crypto';
import { parentPort } from 'node:worker_threads';
import type { HashAnswer, HashOrder } from './hash-thread.ts';

const hashes = new Map<number, Hash>();
const answer = (message: HashAnswer): void => parentPort?.postMessage(message);

parentPort?.on('message', (order: HashOrder) => {
  if ('algorithm' in order) {
    hashes.set(order.job, createHash(order.algorithm));
    return;
  }
  const hash = hashes.get(order.job);
  if (!hash) return;
  if ('chunk' in order) {
    hash.update(order.chunk);
    answer({ job: order.job, taken: order.chunk.length });
    return;
  }
  hashes.delete(order.job);
  answer({ job: order.job, hash: hash.digest('hex') });
});
