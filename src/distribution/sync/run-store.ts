import type { Selectable } from 'kysely';
import { z } from 'zod';
import { decodeCursor, pageOf, type Queries, type Store, type SyncRunsTable, type Trx } from '../../store/index.ts';
import type { CopyFailure } from '../copies/types.ts';
import type { SyncRule, SyncRun, SyncRunCause, SyncRunKind, SyncRunPage, SyncRunProgress } from './rule-types.ts';
import type { SyncCounts, SyncReport } from './types.ts';

/** What a rule shows of its history, without items. */
export type LastRuns = Pick<SyncRule, 'lastRun' | 'lastOutcome'>;

export interface NewRun {
  id: string;
  ruleId: string;
  ruleVersion: number;
  kind: SyncRunKind;
  cause: SyncRunCause;
  by: SyncRun['by'];
  createdAt: number;
}

/** Columns of a run without its items, which are the bulk of it. */
const brief = [
  'sync_runs.id',
  'sync_runs.rule_id',
  'sync_runs.rule_version',
  'sync_runs.kind',
  'sync_runs.state',
  'sync_runs.cause',
  'sync_runs.created_by_kind',
  'sync_runs.created_by',
  'sync_runs.created_by_name',
  'sync_runs.created_at',
  'sync_runs.started_at',
  'sync_runs.finished_at',
  'sync_runs.cancel_requested',
  'sync_runs.counts',
  'sync_runs.failure',
] as const;

type BriefRow = Pick<Selectable<SyncRunsTable>, (typeof brief)[number] extends `sync_runs.${infer C}` ? C & keyof SyncRunsTable : never> & {
  rule_name: string;
};

/** What `items` holds. */
export type StoredDetails = Pick<SyncReport, 'items' | 'partial'>;

const position = z.tuple([z.int(), z.string().max(64)]);
const kept = 90 * 24 * 60 * 60_000;
const keptOfRule = 200;
const keptWithItems = 20;

/** Rows of `sync_runs`. */
export class RunStore {
  readonly #store: Store;

  constructor(store: Store) {
    this.#store = store;
  }

  transaction<T>(work: (trx: Trx) => Promise<T>): Promise<T> {
    return this.#store.transaction(work);
  }

  /** False while another plan or run of the rule is under way. */
  async insert(trx: Trx, run: NewRun): Promise<boolean> {
    const result = await trx
      .insertInto('sync_runs')
      .values({
        id: run.id,
        rule_id: run.ruleId,
        rule_version: run.ruleVersion,
        kind: run.kind,
        state: 'queued',
        cause: run.cause,
        created_by_kind: run.by.kind,
        created_by: run.by.id ?? null,
        created_by_name: run.by.name,
        created_at: run.createdAt,
        open: 1,
        cancel_requested: 0,
      })
      .onConflict((conflict) => conflict.columns(['rule_id', 'open']).doNothing())
      .executeTakeFirst();
    return (result.numInsertedOrUpdatedRows ?? 0n) > 0n;
  }

  /** Takes back what was inserted in the same transaction. */
  async withdraw(trx: Trx, id: string): Promise<void> {
    await trx.deleteFrom('sync_runs').where('id', '=', id).execute();
  }

  /** With its items. */
  async find(id: string, queries: Queries = this.#store.db): Promise<{ run: SyncRun; ruleId: string } | undefined> {
    const row = await this.#select(queries).select('sync_runs.items').where('sync_runs.id', '=', id).executeTakeFirst();
    if (!row) return undefined;
    const details = row.items === null ? undefined : (JSON.parse(row.items) as StoredDetails);
    return { run: { ...toRun(row), ...details }, ruleId: row.rule_id };
  }

  /** The one that is queued or running. */
  async open(ruleId: string, queries: Queries = this.#store.db): Promise<SyncRun | undefined> {
    const row = await this.#select(queries).where('sync_runs.rule_id', '=', ruleId).where('sync_runs.open', '=', 1).executeTakeFirst();
    return row && toRun(row);
  }

  /** Newest first. Throws `invalid_cursor`. */
  async page(ruleId: string, query: { kind?: SyncRunKind; cursor?: string; limit: number }): Promise<SyncRunPage> {
    let select = this.#select(this.#store.db).where('sync_runs.rule_id', '=', ruleId);
    if (query.kind) select = select.where('sync_runs.kind', '=', query.kind);
    if (query.cursor !== undefined) {
      const [at, id] = decodeCursor(query.cursor, position);
      select = select.where((eb) =>
        eb.or([eb('sync_runs.created_at', '<', at), eb.and([eb('sync_runs.created_at', '=', at), eb('sync_runs.id', '<', id)])]),
      );
    }
    const rows = await select
      .orderBy('sync_runs.created_at', 'desc')
      .orderBy('sync_runs.id', 'desc')
      .limit(query.limit + 1)
      .execute();
    return pageOf(rows.map(toRun), query.limit, (last) => [last.createdAt, last.id]);
  }

  /** Of each rule the last one, which is the one under way where there is one; and the last run that ended, where that is another. */
  async last(ruleIds: readonly string[], queries: Queries = this.#store.db): Promise<Map<string, LastRuns>> {
    if (ruleIds.length === 0) return new Map();
    // Ids begin with their time.
    const newest = queries
      .selectFrom('sync_runs')
      .select((eb) => eb.fn.max('sync_runs.id').as('id'))
      .where('sync_runs.rule_id', 'in', [...ruleIds])
      .groupBy('sync_runs.rule_id');
    const newestOutcome = newest.where('sync_runs.kind', '=', 'run').where('sync_runs.open', 'is', null);
    const rows = await this.#select(queries)
      .where((eb) => eb.or([eb('sync_runs.id', 'in', newest), eb('sync_runs.id', 'in', newestOutcome)]))
      .orderBy('sync_runs.id')
      .execute();
    const found = new Map<string, LastRuns>();
    for (const row of rows) {
      const before = found.get(row.rule_id)?.lastRun;
      found.set(row.rule_id, { lastRun: toRun(row), ...(before && { lastOutcome: before }) });
    }
    return found;
  }

  /** How many of the newest runs ended `failed` in a row. */
  async failuresInARow(ruleId: string): Promise<number> {
    const rows = await this.#store.db
      .selectFrom('sync_runs')
      .select('state')
      .where('rule_id', '=', ruleId)
      .where('kind', '=', 'run')
      .where('open', 'is', null)
      .orderBy('created_at', 'desc')
      .orderBy('id', 'desc')
      .limit(10)
      .execute();
    const other = rows.findIndex(({ state }) => state !== 'failed');
    return other < 0 ? rows.length : other;
  }

  /** One that waits ends at once; one that runs is told. False when it has ended. */
  async requestCancel(trx: Trx, id: string, at: number): Promise<boolean> {
    const waiting = await trx
      .updateTable('sync_runs')
      .set({ state: 'canceled', cancel_requested: 1, finished_at: at, open: null })
      .where('id', '=', id)
      .where('open', '=', 1)
      .where('claimed_by', 'is', null)
      .executeTakeFirst();
    if (waiting.numUpdatedRows > 0n) return true;
    const running = await trx
      .updateTable('sync_runs')
      .set({ cancel_requested: 1 })
      .where('id', '=', id)
      .where('open', '=', 1)
      .executeTakeFirst();
    return running.numUpdatedRows > 0n;
  }

  /** Forgets runs that ended 90 days ago, and of each rule all but the last 200; of all but the last 20 the items, which may be a megabyte. */
  async prune(now: number): Promise<void> {
    const { db } = this.#store;
    await db
      .deleteFrom('sync_runs')
      .where('open', 'is', null)
      .where('finished_at', '<', now - kept)
      .execute();
    for (const [ruleId, last] of await this.#lastKept(keptOfRule)) {
      await db.deleteFrom('sync_runs').where('rule_id', '=', ruleId).where('open', 'is', null).where('created_at', '<', last).execute();
    }
    for (const [ruleId, last] of await this.#lastKept(keptWithItems)) {
      await db
        .updateTable('sync_runs')
        .set({ items: null })
        .where('rule_id', '=', ruleId)
        .where('open', 'is', null)
        .where('created_at', '<', last)
        .where('items', 'is not', null)
        .execute();
    }
  }

  /** Of each rule with more runs than that: when the oldest of those that are kept was made. */
  async #lastKept(count: number): Promise<[ruleId: string, createdAt: number][]> {
    const { db } = this.#store;
    const rules = await db
      .selectFrom('sync_runs')
      .select('rule_id')
      .groupBy('rule_id')
      .having((eb) => eb.fn.countAll(), '>', count)
      .execute();
    const found: [string, number][] = [];
    for (const { rule_id: ruleId } of rules) {
      const last = await db
        .selectFrom('sync_runs')
        .select(['created_at'])
        .where('rule_id', '=', ruleId)
        .orderBy('created_at', 'desc')
        .orderBy('id', 'desc')
        .offset(count - 1)
        .limit(1)
        .executeTakeFirst();
      if (last) found.push([ruleId, last.created_at]);
    }
    return found;
  }

  #select(queries: Queries) {
    return queries
      .selectFrom('sync_runs')
      .innerJoin('sync_rules', 'sync_rules.id', 'sync_runs.rule_id')
      .select(brief)
      .select('sync_rules.name as rule_name');
  }
}

/** What `counts` holds. */
export type StoredCounts = SyncCounts & { progress?: SyncRunProgress };

function countsOf(json: string, open: boolean): Pick<SyncRun, 'counts' | 'progress'> {
  const { progress, ...counts } = JSON.parse(json) as StoredCounts;
  return { counts, ...(open && progress && { progress }) };
}

function toRun(row: BriefRow): SyncRun {
  const open = row.state === 'queued' || row.state === 'running';
  return {
    id: row.id,
    rule: { id: row.rule_id, name: row.rule_name },
    ruleVersion: row.rule_version,
    kind: row.kind,
    state: row.state,
    canceling: open && row.cancel_requested === 1,
    cause: row.cause,
    by: { kind: row.created_by_kind, name: row.created_by_name, ...(row.created_by !== null && { id: row.created_by }) },
    createdAt: row.created_at,
    ...(row.started_at !== null && { startedAt: row.started_at }),
    ...(row.finished_at !== null && { finishedAt: row.finished_at }),
    ...(row.counts !== null && countsOf(row.counts, open)),
    ...(row.failure !== null && { failure: JSON.parse(row.failure) as CopyFailure }),
  };
}
