import { type CopyResult, TagboatError } from '../../oci/index.ts';
import { failureOf } from '../copies/failure.ts';
import type { SyncCounts, SyncItem, SyncReport } from './types.ts';
import type { SyncOptions, SyncProgress, SyncQuota } from './world.ts';

/** Items of a report. What failed or was left out goes before what was copied: of that there is enough. */
const mostItems = 1000;

/** Keeps account of a plan or run, and tells how far it is. */
export class Ledger {
  readonly counts: SyncCounts = {
    repositories: 0,
    tags: 0,
    unchanged: 0,
    copied: 0,
    deleted: 0,
    failed: 0,
    skipped: 0,
    bytes: { moved: 0, saved: 0 },
    requests: { source: 0, destination: 0 },
  };
  readonly #done: SyncItem[] = [];
  readonly #notable: SyncItem[] = [];
  readonly #partial: { repository: string; reason: string }[] = [];
  readonly #options: Pick<SyncOptions, 'onItem' | 'onProgress'>;
  readonly #progress: SyncProgress = {
    phase: 'listing',
    repositories: { total: 0, done: 0 },
    tags: { total: 0, done: 0 },
    counts: this.counts,
  };

  constructor(options: Pick<SyncOptions, 'onItem' | 'onProgress'>) {
    this.#options = options;
  }

  /** Notes an item and counts it by what became of it. */
  item(item: SyncItem): void {
    if (item.outcome === 'failed') this.counts.failed++;
    else if (item.action === 'copy') this.counts.copied++;
    else if (item.action === 'delete') this.counts.deleted++;
    else this.counts.skipped++;
    const isNotable = item.outcome === 'failed' || item.action !== 'copy';
    const list = isNotable ? this.#notable : this.#done;
    if (list.length < mostItems) list.push(item);
    this.#options.onItem?.(item);
  }

  /** A listing did not come to its end: nothing is chosen from it, and nothing deleted on the strength of it. */
  partial(repository: string, error: unknown): void {
    this.#partial.push({ repository, reason: failure(error).reason });
  }

  /** Adds what a copy cost. */
  cost({ bytes, requests, quota }: Pick<CopyResult, 'bytes' | 'requests' | 'quota'>): void {
    this.counts.bytes.moved += bytes.moved;
    this.counts.bytes.saved += bytes.saved;
    this.counts.requests.source += requests.source.total;
    this.counts.requests.destination += requests.destination.total;
    if (!quota) return;
    const { remaining, limit, window, at, cost } = quota;
    this.quota({ remaining, limit, ...(window !== undefined && { resetsAt: at + window * 1000 }) }, cost);
  }

  quota(told: SyncQuota, cost = 0): void {
    this.counts.quota = { ...told, cost: (this.counts.quota?.cost ?? 0) + cost };
  }

  /** To be told of each request that is no copy's. */
  counter(side: 'source' | 'destination'): () => void {
    return () => void this.counts.requests[side]++;
  }

  move(change: (progress: SyncProgress) => void): void {
    change(this.#progress);
    this.#options.onProgress?.(this.#progress);
  }

  report(): SyncReport {
    return {
      counts: this.counts,
      items: [...this.#notable, ...this.#done].slice(0, mostItems),
      partial: this.#partial,
    };
  }
}

/** Why something failed, as an item says it. */
export function failure(error: unknown): { reason: string; code: string } {
  // What the file system says is for people; other surprises are for the log.
  if (error instanceof Error && 'syscall' in error && !(error instanceof TagboatError)) return { reason: error.message, code: 'internal' };
  const { message, code } = failureOf(error);
  return { reason: message, code };
}
