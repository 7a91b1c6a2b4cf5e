import { z } from 'zod';
import { decodeCursor, pageOf, type Queries, type Store, type Trx } from '../../store/index.ts';
import type { SyncRule, SyncRun, SyncRunCause, SyncRunKind, SyncRunPage } from './rule-types.ts';
import { brief, type StoredCounts, type StoredDetails, toRun } from './run-row.ts';

/** What a rule shows of its history, without items. */
export type LastRuns = Pick<SyncRule, 'lastRun' | 'lastOutcome' | 'failing'>;

export interface NewRun {
  id: string;
  ruleId: string;
  ruleVersion: number;
  kind: SyncRunKind;
  cause: SyncRunCause;
  by: SyncRun['by'];
  createdAt: number;
}

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
    // One at a time by the index, newest first: a history is 200 runs, and each may be a megabyte.
    const ids = await queries
      .selectFrom('sync_rules')
      .select((eb) => {
        const newest = eb
          .selectFrom('sync_runs')
          .select('sync_runs.id')
          .whereRef('sync_runs.rule_id', '=', 'sync_rules.id')
          .orderBy('sync_runs.created_at', 'desc')
          .orderBy('sync_runs.id', 'desc')
          .limit(1);
        // By state: SQLite would take the index of what is open, and sort the history.
        const newestOutcome = newest.where('sync_runs.kind', '=', 'run').where('sync_runs.state', 'not in', ['queued', 'running']);
        return [newest.as('newest'), newestOutcome.as('outcome')];
      })
      .where('sync_rules.id', 'in', [...ruleIds])
      .execute();
    const wanted = new Set(ids.flatMap(({ newest, outcome }) => [newest, outcome]).filter((id) => id !== null));
    if (wanted.size === 0) return new Map();
    const rows = await this.#select(queries)
      .where('sync_runs.id', 'in', [...wanted])
      .orderBy('sync_runs.created_at')
      .orderBy('sync_runs.id')
      .execute();
    const found = new Map<string, LastRuns>();
    for (const row of rows) {
      const before = found.get(row.rule_id)?.lastRun;
      found.set(row.rule_id, { lastRun: toRun(row), ...(before && { lastOutcome: before }) });
    }
    const failing = [...found].flatMap(([id, { lastRun, lastOutcome }]) =>
      [lastRun, lastOutcome].some((run) => run?.kind === 'run' && run.state === 'failed') ? [id] : [],
    );
    for (const [id, failures] of await this.#failing(failing, queries)) found.set(id, { ...found.get(id), failing: failures });
    return found;
  }

  /** How often in a row the runs of rules failed, those that were canceled left aside, and when that began. */
  async #failing(ruleIds: readonly string[], queries: Queries): Promise<[ruleId: string, failing: NonNullable<SyncRule['failing']>][]> {
    if (ruleIds.length === 0) return [];
    const runs = queries
      .selectFrom('sync_runs')
      .where('sync_runs.rule_id', 'in', [...ruleIds])
      .where('sync_runs.kind', '=', 'run');
    const done = runs
      .where('state', '=', 'done')
      .groupBy('rule_id')
      .select((eb) => ['rule_id', eb.fn.max('created_at').as('at')]);
    const rows = await runs
      .leftJoin(done.as('done'), 'done.rule_id', 'sync_runs.rule_id')
      .where('sync_runs.state', '=', 'failed')
      .where((eb) => eb.or([eb('done.at', 'is', null), eb('sync_runs.created_at', '>', eb.ref('done.at'))]))
      .groupBy('sync_runs.rule_id')
      .select((eb) => ['sync_runs.rule_id', eb.fn.countAll<number | string>().as('runs'), eb.fn.min('sync_runs.created_at').as('since')])
      .execute();
    return rows.map((row) => [row.rule_id, { runs: Number(row.runs), since: Number(row.since) }]);
  }

  /**
   * How many of the newest runs ended `failed` in a row, ten at most.
   *
   * @param options `inVain`: only those that brought nothing into step, and found nothing that was
   */
  async failuresInARow(ruleId: string, { inVain = false }: { inVain?: boolean } = {}): Promise<number> {
    const rows = await this.#store.db
      .selectFrom('sync_runs')
      .select(['state', 'counts'])
      .where('rule_id', '=', ruleId)
      .where('kind', '=', 'run')
      .where('state', 'not in', ['queued', 'running'])
      .orderBy('created_at', 'desc')
      .orderBy('id', 'desc')
      .limit(10)
      .execute();
    const other = rows.findIndex(({ state, counts }) => state !== 'failed' || (inVain && counts !== null && didSomething(counts)));
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

function didSomething(json: string): boolean {
  const { copied, unchanged, deleted } = JSON.parse(json) as StoredCounts;
  return copied + unchanged + deleted > 0;
}
