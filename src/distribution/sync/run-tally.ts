import type { SyncRunProgress } from './rule-types.ts';
import type { RunSoFar } from './run-claim-store.ts';
import type { SyncCounts, SyncItem, SyncReport } from './types.ts';
import type { SyncProgress } from './world.ts';

/** Items that are kept of a run. */
const mostItems = 1000;

/** Gathers what a run has done so far, and adds what attempts before it had done, which ended with their hub. */
export class RunTally {
  readonly #before: RunSoFar | undefined;
  readonly #items: SyncItem[] = [];
  #counts: SyncCounts | undefined;
  #progress: SyncRunProgress | undefined;
  #moved = false;
  #savedItems = 0;

  constructor(before?: RunSoFar) {
    this.#before = before;
  }

  readonly onProgress = ({ counts, phase, repositories, tags }: SyncProgress): void => {
    this.#counts = counts;
    this.#progress = { phase, repositories: { ...repositories }, tags: { ...tags } };
    this.#moved = true;
  };

  readonly onItem = (item: SyncItem): void => {
    if (this.#items.length < mostItems) this.#items.push(item);
  };

  /** What there is to write; undefined when nothing moved since it was last asked for. */
  take(): RunSoFar | undefined {
    if (!this.#moved || !this.#counts) return undefined;
    this.#moved = false;
    const { counts, items } = this.report({ counts: this.#counts, items: this.#items, partial: [] });
    const hasNew = this.#items.length > this.#savedItems;
    this.#savedItems = this.#items.length;
    return { counts, ...(this.#progress && { progress: this.#progress }), ...(hasNew && { items }) };
  }

  /** What there is when it ends before its time. */
  soFar(): SyncReport | undefined {
    if (!this.#counts) return this.#before && { counts: this.#before.counts, items: this.#before.items ?? [], partial: [] };
    return this.report({ counts: this.#counts, items: this.#items, partial: [] });
  }

  /** The whole of it: what was copied before its hub ended is in step now, and was no less copied by this run. */
  report(report: SyncReport): SyncReport {
    const before = this.#before;
    if (!before) return report;
    const { counts } = report;
    const done = (before.items ?? []).filter(({ outcome }) => outcome === 'done');
    const sum = (a: { source: number; destination: number }, b: typeof a) => ({
      source: a.source + b.source,
      destination: a.destination + b.destination,
    });
    return {
      ...report,
      counts: {
        ...counts,
        copied: counts.copied + before.counts.copied,
        deleted: counts.deleted + before.counts.deleted,
        unchanged: Math.max(0, counts.unchanged - before.counts.copied),
        bytes: { ...counts.bytes, moved: counts.bytes.moved + before.counts.bytes.moved },
        requests: sum(counts.requests, before.counts.requests),
      },
      items: [...done, ...report.items].slice(0, mostItems),
    };
  }
}
