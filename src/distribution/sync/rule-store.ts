import type { Selectable } from 'kysely';
import { z } from 'zod';
import { type Principal, visibleRegistries } from '../../access/index.ts';
import type { ReferenceTo } from '../../core/errors.ts';
import { containsText, decodeCursor, pageOf, type Queries, type Store, type SyncRulesTable, type Trx } from '../../store/index.ts';
import type { SyncRule, SyncRuleFilter } from './rule-types.ts';
import type { SyncSpec } from './types.ts';

/** A rule, without what its runs say of it. */
export type StoredRule = Omit<SyncRule, 'lastRun' | 'lastOutcome' | 'failing'> & {
  /** The version of which a plan was made last; 0 for none. */
  plannedVersion: number;
};

export interface RuleColumns {
  name: string;
  nameKey: string;
  enabled: boolean;
  spec: SyncSpec;
  plannedVersion: number;
  /** Null for none; in an edit, absent: as it is. */
  nextRunAt?: number | null;
}

export interface RuleQuery extends Omit<SyncRuleFilter, 'registry'> {
  /** As source or destination. */
  registryId?: string;
  cursor?: string;
  limit: number;
}

const position = z.tuple([z.string().max(1000)]);

/** In place of the name of a rule of which somebody does not see both registries: it would tell of the other one. */
export const ruleOutOfSight = 'of registries that you do not see';

type RuleRow = Selectable<SyncRulesTable> & { source_name: string; destination_name: string };

/** Rows of `sync_rules`. */
export class RuleStore {
  readonly #store: Store;

  constructor(store: Store) {
    this.#store = store;
  }

  transaction<T>(work: (trx: Trx) => Promise<T>): Promise<T> {
    return this.#store.transaction(work);
  }

  /** Whoever saves or enables a rule waits for the other: two halves of a loop are not saved at the same time. */
  lock(trx: Trx): Promise<void> {
    return this.#store.lock(trx, 'sync-rules');
  }

  /** Of those of which the principal sees both registries. */
  async visibleIds(principal: Principal): Promise<Set<string>> {
    return new Set((await this.#visible(this.#store.db, principal).execute()).map(({ id }) => id));
  }

  /** By name; those of which the principal sees both registries. Throws `invalid_cursor`. */
  async page(principal: Principal, query: RuleQuery): Promise<{ items: StoredRule[]; next?: string; total: number }> {
    const { registryId, enabled, q, cursor, limit } = query;
    let matching = this.#visible(this.#store.db, principal);
    if (enabled !== undefined) matching = matching.where('sync_rules.enabled', '=', enabled ? 1 : 0);
    if (q) matching = matching.where((eb) => containsText(eb.ref('sync_rules.name'), q));
    if (registryId !== undefined) {
      matching = matching.where((eb) =>
        eb.or([eb('sync_rules.source_registry_id', '=', registryId), eb('sync_rules.destination_registry_id', '=', registryId)]),
      );
    }
    const { count } = await matching
      .clearSelect()
      .select((eb) => eb.fn.countAll<number | string>().as('count'))
      .executeTakeFirstOrThrow();
    if (cursor !== undefined) matching = matching.where('sync_rules.name_key', '>', decodeCursor(cursor, position)[0]);
    const rows = await matching
      .orderBy('sync_rules.name_key')
      .limit(limit + 1)
      .execute();
    const { items, ...page } = pageOf(rows, limit, (last) => [last.name_key]);
    return { ...page, items: items.map(toRule), total: Number(count) };
  }

  /** By id, else by name in any case; undefined too for one of which the principal does not see both registries. */
  async find(principal: Principal, idOrName: string, nameKey: string, queries: Queries = this.#store.db): Promise<StoredRule | undefined> {
    const rows = await this.#visible(queries, principal)
      .where((eb) => eb.or([eb('sync_rules.id', '=', idOrName), eb('sync_rules.name_key', '=', nameKey)]))
      .execute();
    const row = rows.find((candidate) => candidate.id === idOrName) ?? rows[0];
    return row && toRule(row);
  }

  /** Whoever asks. */
  async byId(id: string, queries: Queries = this.#store.db): Promise<StoredRule | undefined> {
    const row = await selectRules(queries).where('sync_rules.id', '=', id).executeTakeFirst();
    return row && toRule(row);
  }

  /** All that run by themselves, whoever asks. */
  async enabled(queries: Queries = this.#store.db): Promise<StoredRule[]> {
    const rows = await selectRules(queries).where('sync_rules.enabled', '=', 1).orderBy('sync_rules.name_key').execute();
    return rows.map(toRule);
  }

  /** False when the name is taken. */
  async insert(trx: Trx, id: string, rule: RuleColumns, by: { id?: string; name: string; at: number }): Promise<boolean> {
    const result = await trx
      .insertInto('sync_rules')
      .values({
        id,
        version: 1,
        ...toColumns(rule),
        created_at: by.at,
        created_by: by.id ?? null,
        created_by_name: by.name,
        updated_at: by.at,
        updated_by_name: by.name,
      })
      .onConflict((conflict) => conflict.column('name_key').doNothing())
      .executeTakeFirst();
    return (result.numInsertedOrUpdatedRows ?? 0n) > 0n;
  }

  /** False when the row's version is not the expected one any more. */
  async update(trx: Trx, id: string, version: number, rule: RuleColumns, by: { name: string; at: number }): Promise<boolean> {
    const result = await trx
      .updateTable('sync_rules')
      .set({ ...toColumns(rule), version: version + 1, updated_at: by.at, updated_by_name: by.name })
      .where('id', '=', id)
      .where('version', '=', version)
      .executeTakeFirst();
    return result.numUpdatedRows > 0n;
  }

  async nameTaken(trx: Trx, nameKey: string, exceptId?: string): Promise<boolean> {
    const row = await trx.selectFrom('sync_rules').select('id').where('name_key', '=', nameKey).executeTakeFirst();
    return row !== undefined && row.id !== exceptId;
  }

  /** Its runs, and what it saw, go along. */
  async delete(trx: Trx, id: string, version: number): Promise<boolean> {
    const result = await trx.deleteFrom('sync_rules').where('id', '=', id).where('version', '=', version).executeTakeFirst();
    return result.numDeletedRows > 0n;
  }

  /** A plan of that version was made. Nothing happens when the rule was edited meanwhile. */
  async markPlanned(queries: Queries, id: string, version: number): Promise<void> {
    await queries.updateTable('sync_rules').set({ planned_version: version }).where('id', '=', id).where('version', '=', version).execute();
  }

  /** Rules that are due, longest first, and have no plan or run under way. */
  async due(now: number, limit: number): Promise<StoredRule[]> {
    const rows = await this.#waiting(selectRules(this.#store.db))
      .where('sync_rules.next_run_at', '<=', now)
      .orderBy('sync_rules.next_run_at')
      .limit(limit)
      .execute();
    return rows.map(toRule);
  }

  /** When the next one is due. */
  async nextDue(): Promise<number | undefined> {
    const row = await this.#waiting(selectRules(this.#store.db)).orderBy('sync_rules.next_run_at').limit(1).executeTakeFirst();
    return row?.next_run_at ?? undefined;
  }

  /** Moves a due rule on, so that of several hubs one takes it up. False when another one did, or it was edited. */
  async takeDue(rule: StoredRule, next: number | undefined, queries: Queries = this.#store.db): Promise<boolean> {
    const result = await queries
      .updateTable('sync_rules')
      .set({ next_run_at: next ?? null })
      .where('id', '=', rule.id)
      .where('version', '=', rule.version)
      .where('enabled', '=', 1)
      .where('next_run_at', '=', rule.nextRunAt ?? null)
      .executeTakeFirst();
    return result.numUpdatedRows > 0n;
  }

  /** Has an enabled rule looked at by `at`, if that is sooner than planned. */
  async hasten(id: string, at: number): Promise<void> {
    await this.#store.db
      .updateTable('sync_rules')
      .set({ next_run_at: at })
      .where('id', '=', id)
      .where('enabled', '=', 1)
      .where('next_run_at', '>', at)
      .execute();
  }

  /** Rules that read from the registry and run by themselves. */
  async readingFrom(registryId: string): Promise<StoredRule[]> {
    const rows = await selectRules(this.#store.db)
      .where('sync_rules.source_registry_id', '=', registryId)
      .where('sync_rules.enabled', '=', 1)
      .execute();
    return rows.map(toRule);
  }

  /** Rules that name the registry: it cannot be removed while there are any. Those that do not exist for the principal are not named. */
  async referencesTo(registryId: string, queries: Queries, principal?: Principal): Promise<ReferenceTo[]> {
    const rows = await queries
      .selectFrom('sync_rules')
      .select(['id', 'name'])
      .where((eb) => eb.or([eb('source_registry_id', '=', registryId), eb('destination_registry_id', '=', registryId)]))
      .orderBy('name_key')
      .execute();
    return this.nameVisible(rows, principal, queries);
  }

  /** Rules as references to show: without a name those that do not exist for the principal, though they count all the same. */
  async nameVisible(
    rules: readonly { id: string; name: string }[],
    principal: Principal | undefined,
    queries: Queries = this.#store.db,
  ): Promise<ReferenceTo[]> {
    if (rules.length === 0) return [];
    const visible = principal && new Set((await this.#visible(queries, principal).execute()).map(({ id }) => id));
    return rules.map(({ id, name }) => ({ kind: 'sync-rule', id, name: !visible || visible.has(id) ? name : ruleOutOfSight }));
  }

  #visible(queries: Queries, principal: Principal) {
    const visible = () => queries.selectFrom('registries').select('registries.id').where(visibleRegistries(principal));
    return selectRules(queries)
      .where('sync_rules.source_registry_id', 'in', visible())
      .where('sync_rules.destination_registry_id', 'in', visible());
  }

  /** Enabled, with a time, and nothing of it under way. */
  #waiting(query: ReturnType<typeof selectRules>) {
    return query
      .where('sync_rules.enabled', '=', 1)
      .where('sync_rules.next_run_at', 'is not', null)
      .where((eb) =>
        eb.not(
          eb.exists(
            eb
              .selectFrom('sync_runs')
              .select('sync_runs.id')
              .whereRef('sync_runs.rule_id', '=', 'sync_rules.id')
              .where('sync_runs.open', '=', 1),
          ),
        ),
      );
  }
}

function selectRules(queries: Queries) {
  return queries
    .selectFrom('sync_rules')
    .innerJoin('registries as source', 'source.id', 'sync_rules.source_registry_id')
    .innerJoin('registries as destination', 'destination.id', 'sync_rules.destination_registry_id')
    .selectAll('sync_rules')
    .select(['source.name as source_name', 'destination.name as destination_name']);
}

function toColumns(rule: RuleColumns) {
  return {
    name: rule.name,
    name_key: rule.nameKey,
    enabled: rule.enabled ? (1 as const) : (0 as const),
    spec: JSON.stringify(rule.spec),
    source_registry_id: rule.spec.source.registry,
    destination_registry_id: rule.spec.destination.registry,
    planned_version: rule.plannedVersion,
    ...(rule.nextRunAt !== undefined && { next_run_at: rule.nextRunAt }),
  };
}

function toRule(row: RuleRow): StoredRule {
  return {
    id: row.id,
    name: row.name,
    version: row.version,
    enabled: row.enabled === 1,
    spec: JSON.parse(row.spec) as SyncSpec,
    source: { id: row.source_registry_id, name: row.source_name },
    destination: { id: row.destination_registry_id, name: row.destination_name },
    planned: row.planned_version === row.version,
    plannedVersion: row.planned_version,
    ...(row.next_run_at !== null && { nextRunAt: row.next_run_at }),
    createdAt: row.created_at,
    createdBy: row.created_by_name,
    updatedAt: row.updated_at,
    updatedBy: row.updated_by_name,
  };
}
