import { type RawBuilder, sql } from 'kysely';
import { type Clock, systemClock } from '../../core/clock.ts';
import type { Store, Trx } from '../../store/index.ts';
import type { CopyFailure } from '../copies/types.ts';
import type { SyncRun, SyncRunProgress, SyncRunState } from './rule-types.ts';
import type { StoredCounts, StoredDetails } from './run-row.ts';
import type { RunStore } from './run-store.ts';
import type { SyncCounts, SyncReport } from './types.ts';

export interface EndedRun {
  state: Extract<SyncRunState, 'done' | 'failed' | 'canceled'>;
  finishedAt: number;
  report?: SyncReport;
  failure?: CopyFailure;
  /** For the audit log in place of the failure's message, which those who see the rule may read. */
  record?: string;
}

/** What is kept of a run while it is under way. */
export interface RunSoFar {
  counts: SyncCounts;
  progress?: SyncRunProgress;
  /** Absent: as they are. */
  items?: SyncReport['items'];
}

/** A run that a runner has taken up. */
export interface ClaimedRun {
  run: SyncRun;
  ruleId: string;
  /** How often it was begun, this time included, without its hub having ended as it should. */
  attempts: number;
  /** What an earlier attempt, which ended with its hub, had done. */
  before?: RunSoFar;
}

const longestReason = 1000;
const mostPartial = 1000;

/** Who is at which run. Whether a claim has passed is told by the database's clock where hubs share one: their own differ. */
export class RunClaims {
  readonly #store: Store;
  readonly #runs: RunStore;
  readonly #clock: Clock;

  constructor(store: Store, runs: RunStore, clock: Clock = systemClock) {
    this.#store = store;
    this.#runs = runs;
    this.#clock = clock;
  }

  /** Runs that wait, or whose runner is gone; first come, first served. */
  async claimable(limit: number): Promise<string[]> {
    const rows = await this.#store.db
      .selectFrom('sync_runs')
      .select('id')
      .where('open', '=', 1)
      .where((eb) => eb.or([eb('claimed_until', 'is', null), eb('claimed_until', '<=', this.#now())]))
      .orderBy('created_at')
      .orderBy('id')
      .limit(limit)
      .execute();
    return rows.map(({ id }) => id);
  }

  /** Takes a run up for `time` milliseconds; undefined when another runner has it, or it has ended. */
  async claim(id: string, by: string, time: number, startedAt: number): Promise<ClaimedRun | undefined> {
    return this.#store.transaction(async (trx) => {
      const claimed = await trx
        .updateTable('sync_runs')
        .set((eb) => ({
          state: 'running',
          claimed_by: by,
          claimed_until: this.#after(time),
          started_at: eb.fn.coalesce('started_at', eb.val(startedAt)),
          attempts: eb('attempts', '+', 1),
        }))
        .where('id', '=', id)
        .where('open', '=', 1)
        .where((eb) => eb.or([eb('claimed_until', 'is', null), eb('claimed_until', '<=', this.#now())]))
        .returning('attempts')
        .executeTakeFirst();
      if (!claimed) return undefined;
      const found = await this.#runs.find(id, trx);
      if (!found) return undefined;
      const { items, partial: _partial, ...run } = found.run;
      return {
        run,
        ruleId: found.ruleId,
        attempts: claimed.attempts,
        ...(run.counts && { before: { counts: run.counts, items: items ?? [] } }),
      };
    });
  }

  /** The rule was edited between the demand and the run: what runs is what it is now. */
  async setVersion(id: string, by: string, version: number): Promise<void> {
    await this.#store.db
      .updateTable('sync_runs')
      .set({ rule_version: version })
      .where('id', '=', id)
      .where('claimed_by', '=', by)
      .execute();
  }

  /** Prolongs a claim, and keeps how far it is. Undefined when it is somebody else's now, or the row is gone. */
  async renew(id: string, by: string, time: number, soFar?: RunSoFar): Promise<{ cancel: boolean } | undefined> {
    const row = await this.#store.db
      .updateTable('sync_runs')
      .set({
        claimed_until: this.#after(time),
        ...soFarColumns(soFar),
      })
      .where('id', '=', id)
      .where('claimed_by', '=', by)
      .where('open', '=', 1)
      .returning('cancel_requested')
      .executeTakeFirst();
    return row && { cancel: row.cancel_requested === 1 };
  }

  /** False when it is somebody else's now, or the row is gone. */
  async end(trx: Trx, id: string, by: string, ended: EndedRun): Promise<boolean> {
    const { report, failure } = ended;
    const result = await trx
      .updateTable('sync_runs')
      .set({
        state: ended.state,
        finished_at: ended.finishedAt,
        open: null,
        claimed_by: null,
        claimed_until: null,
        failure: failure ? JSON.stringify(failure) : null,
        ...(report && {
          counts: JSON.stringify(report.counts),
          items: detailsJson(report),
        }),
      })
      .where('id', '=', id)
      .where('claimed_by', '=', by)
      .where('open', '=', 1)
      .executeTakeFirst();
    return result.numUpdatedRows > 0n;
  }

  /** Puts it back for the next start, or for another hub. */
  async release(id: string, by: string, soFar?: RunSoFar): Promise<void> {
    await this.#store.db
      .updateTable('sync_runs')
      .set((eb) => ({
        state: 'queued',
        claimed_by: null,
        claimed_until: null,
        attempts: eb('attempts', '-', 1),
        ...soFarColumns(soFar),
      }))
      .where('id', '=', id)
      .where('claimed_by', '=', by)
      .where('open', '=', 1)
      .execute();
  }

  /** At the start on SQLite, which one hub has for itself: whoever had claimed something is gone. */
  async releaseAll(): Promise<void> {
    if (this.#store.kind !== 'sqlite') return;
    await this.#store.db
      .updateTable('sync_runs')
      .set({ state: 'queued', claimed_by: null, claimed_until: null })
      .where('open', '=', 1)
      .execute();
  }

  #now(): RawBuilder<number> {
    return this.#store.kind === 'postgres'
      ? sql<number>`(extract(epoch from clock_timestamp()) * 1000)::bigint`
      : sql<number>`${this.#clock.now()}`;
  }

  #after(time: number): RawBuilder<number> {
    return this.#store.kind === 'postgres' ? sql<number>`${this.#now()} + ${time}::bigint` : sql<number>`${this.#clock.now() + time}`;
  }
}

function soFarColumns(soFar: RunSoFar | undefined) {
  if (!soFar) return {};
  const { counts, progress, items } = soFar;
  return {
    counts: JSON.stringify({ ...counts, ...(progress && { progress }) } satisfies StoredCounts),
    ...(items && { items: detailsJson({ items, partial: [] }) }),
  };
}

/** A row stays below a megabyte or two, whatever a registry answers. */
function detailsJson({ items, partial }: StoredDetails): string {
  const short = <T extends { reason?: string }>(one: T): T =>
    one.reason !== undefined && one.reason.length > longestReason ? { ...one, reason: `${one.reason.slice(0, longestReason)}…` } : one;
  return JSON.stringify({ items: items.map(short), partial: partial.slice(0, mostPartial).map(short) } satisfies StoredDetails);
}
