import { type RawBuilder, sql } from 'kysely';
import type { Store, Trx } from '../../store/index.ts';
import { type StoredCopy, type StoredFailure, type StoredProgress, toStored } from './row.ts';
import type { CopyOutcome } from './types.ts';

/** How a copy ended. */
export interface CopyEnding {
  state: 'done' | 'failed' | 'canceled';
  at: number;
  progress?: StoredProgress;
  result?: CopyOutcome;
  failure?: StoredFailure;
}

/**
 * Copies in the hands of those who make them. Whether a claim has passed is told by the database's clock where hubs share one: their own
 * differ.
 */
export class CopyClaims {
  readonly #store: Store;

  constructor(store: Store) {
    this.#store = store;
  }

  /** Where one process owns the database, whoever made copies before it is gone: their claims are, too. */
  async dropClaims(): Promise<void> {
    if (this.#store.kind !== 'sqlite') return;
    await this.#store.db.updateTable('copies').set({ claimed_until: 0 }).where('claimed_by', 'is not', null).execute();
  }

  /** Ids of what may be taken up now, longest due first. */
  async due(now: number, limit: number): Promise<string[]> {
    const rows = await this.#store.db
      .selectFrom('copies')
      .select('id')
      .where('due_at', '<=', now)
      .where((eb) => eb.or([eb('claimed_until', 'is', null), eb('claimed_until', '<=', this.#now(now))]))
      .orderBy('due_at')
      .orderBy('id')
      .limit(limit)
      .execute();
    return rows.map(({ id }) => id);
  }

  /** When the next one may be taken up that this runner is not at, epoch milliseconds: about, where hubs share a database. */
  async nextDue(runner: string): Promise<number | undefined> {
    const row = await this.#store.db
      .selectFrom('copies')
      .select((eb) => eb.fn.min(eb.fn.coalesce('claimed_until', 'due_at')).as('next'))
      .where('due_at', 'is not', null)
      .where((eb) => eb.or([eb('claimed_by', 'is', null), eb('claimed_by', '!=', runner)]))
      .executeTakeFirst();
    return row?.next ?? undefined;
  }

  /** Takes a copy for `ttl` milliseconds; undefined when somebody else was faster. */
  async claim(id: string, runner: string, now: number, ttl: number): Promise<StoredCopy | undefined> {
    const row = await this.#store.db
      .updateTable('copies')
      .set((eb) => ({
        state: 'running',
        claimed_by: runner,
        claimed_until: this.#until(now, ttl),
        started_at: eb.fn.coalesce('started_at', eb.val(now)),
        attempts: eb('attempts', '+', 1),
      }))
      .where('id', '=', id)
      .where('due_at', '<=', now)
      .where((eb) => eb.or([eb('claimed_until', 'is', null), eb('claimed_until', '<=', this.#now(now))]))
      .returningAll()
      .executeTakeFirst();
    return row && toStored(row);
  }

  /** Prolongs a claim and keeps the progress. Undefined when the claim is lost. */
  async renew(
    { id, runner, now, ttl }: { id: string; runner: string; now: number; ttl: number },
    progress?: StoredProgress,
  ): Promise<{ cancelRequested: boolean } | undefined> {
    const row = await this.#store.db
      .updateTable('copies')
      .set({ claimed_until: this.#until(now, ttl), ...(progress && { progress: JSON.stringify(progress) }) })
      .where('id', '=', id)
      .where('claimed_by', '=', runner)
      .returning('cancel_requested')
      .executeTakeFirst();
    return row && { cancelRequested: row.cancel_requested === 1 };
  }

  /** Puts a copy back into the queue. False when the claim is lost. */
  async release(
    id: string,
    runner: string,
    { dueAt, begun, progress, failure }: { dueAt: number; begun: boolean; progress?: StoredProgress; failure?: StoredFailure },
  ): Promise<boolean> {
    const changed = await this.#store.db
      .updateTable('copies')
      .set((eb) => ({
        state: 'queued',
        claimed_by: null,
        claimed_until: null,
        due_at: dueAt,
        ...(!begun && { attempts: eb('attempts', '-', 1) }),
        ...(progress && { progress: JSON.stringify(progress) }),
        ...(failure && { failure: JSON.stringify(failure) }),
      }))
      .where('id', '=', id)
      .where('claimed_by', '=', runner)
      .executeTakeFirst();
    return changed.numUpdatedRows > 0n;
  }

  /** False when the claim is lost. */
  async finish(trx: Trx, id: string, runner: string, { state, at, progress, result, failure }: CopyEnding): Promise<boolean> {
    const changed = await trx
      .updateTable('copies')
      .set({
        state,
        finished_at: at,
        due_at: null,
        claimed_by: null,
        claimed_until: null,
        ...(progress && { progress: JSON.stringify(progress) }),
        result: result ? JSON.stringify(result) : null,
        failure: failure ? JSON.stringify(failure) : null,
      })
      .where('id', '=', id)
      .where('claimed_by', '=', runner)
      .executeTakeFirst();
    return changed.numUpdatedRows > 0n;
  }

  #now(now: number): RawBuilder<number> {
    return this.#store.kind === 'postgres' ? sql<number>`(extract(epoch from clock_timestamp()) * 1000)::bigint` : sql<number>`${now}`;
  }

  #until(now: number, ttl: number): RawBuilder<number> {
    return sql<number>`${this.#now(now)} + ${sql.lit(Math.round(ttl))}`;
  }
}
