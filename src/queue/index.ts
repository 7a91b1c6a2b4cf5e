import type { Clock } from '../core/clock.ts';
import type { Store } from '../store/index.ts';
import { MemoryQueue } from './memory-queue.ts';
import type { Queue, QueueFailure } from './queue.ts';

export type { Lease, Queue, QueueFailure, WakeUpHandler } from './queue.ts';

export interface QueueOptions {
  store: Store;
  /** The PostgreSQL URL that the store was opened with. */
  database?: string;
  clock?: Clock;
  onFailure?: QueueFailure;
}

/** In this process beside SQLite, through pg-boss (loaded only then) on PostgreSQL. Throws `queue_unavailable`. */
export async function openQueue(options: QueueOptions): Promise<Queue> {
  if (options.database === undefined) return new MemoryQueue(options);
  const { PostgresQueue } = await import('./postgres-queue.ts');
  return PostgresQueue.open({ store: options.store, database: options.database, onFailure: options.onFailure });
}
