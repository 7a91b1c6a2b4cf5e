import { sql } from 'kysely';
import { type Principal, visibleRegistries } from '../access/index.ts';
import { containsText, type Queries, type Store, type Trx } from '../store/index.ts';
import { lastUses } from './credential/use-store.ts';
import { projectsOf, selectRegistries } from './query-store.ts';
import { type RegistryColumns, type RegistryRow, type StoredRegistry, toStored } from './row.ts';
import type { DoctorReport } from './types.ts';

export interface RegistryFilter {
  provider?: string;
  state?: 'unknown' | 'ok' | 'degraded' | 'failing';
  /** Project id. */
  project?: string;
  /** Part of name, host, prefix or description. */
  q?: string;
}

export interface CheckRow {
  registryId: string;
  /** Version of the registry that was checked: what was found of an older one says nothing of this one. */
  version?: number;
  state: 'ok' | 'degraded' | 'failing';
  checkedAt: number;
  nextAt: number;
  report: DoctorReport;
}

/** The only SQL of this stage. Functions that take a transaction have to run in one. */
export class RegistryStore {
  readonly #store: Store;

  constructor(store: Store) {
    this.#store = store;
  }

  transaction<T>(work: (trx: Trx) => Promise<T>): Promise<T> {
    return this.#store.transaction(work);
  }

  /** Keeps rules that span rows (one default, who is first) while another hub edits too. */
  lock(trx: Trx): Promise<void> {
    return this.#store.lock(trx, 'registries');
  }

  /** By name. */
  async list(principal: Principal, filter: RegistryFilter = {}): Promise<StoredRegistry[]> {
    const db = this.#store.db;
    let query = selectRegistries(db).where(visibleRegistries(principal));
    if (filter.provider !== undefined) query = query.where('registries.provider', '=', filter.provider);
    if (filter.state === 'unknown') query = query.where('registry_checks.state', 'is', null);
    else if (filter.state !== undefined) query = query.where('registry_checks.state', '=', filter.state);
    if (filter.project !== undefined) {
      const { project } = filter;
      query = query.where((eb) =>
        eb.or([
          eb('registries.all_projects', '=', 1),
          eb('registries.id', 'in', eb.selectFrom('registry_projects').select('registry_id').where('project_id', '=', project)),
        ]),
      );
    }
    if (filter.q) {
      const { q } = filter;
      query = query.where((eb) =>
        eb.or(
          (['name', 'url', 'prefix', 'namespace', 'description'] as const).map((column) => containsText(eb.ref(`registries.${column}`), q)),
        ),
      );
    }
    const rows = (await query.orderBy('registries.name_key').execute()) as RegistryRow[];
    const [projects, uses] = [await projectsOf(db), await lastUses(db)];
    return rows.map((row) => toStored(row, projects.get(row.id) ?? [], uses.get(row.id)));
  }

  /** By id, else by name in any case. */
  async find(idOrName: string, queries: Queries = this.#store.db): Promise<StoredRegistry | undefined> {
    const rows = (await selectRegistries(queries)
      .where((eb) => eb.or([eb('registries.id', '=', idOrName), eb('registries.name_key', '=', idOrName.toLowerCase())]))
      .execute()) as RegistryRow[];
    const row = rows.find((candidate) => candidate.id === idOrName) ?? rows[0];
    if (!row) return undefined;
    const [projects, uses] = [await projectsOf(queries, row.id), await lastUses(queries, row.id)];
    return toStored(row, projects.get(row.id) ?? [], uses.get(row.id));
  }

  async count(trx: Trx): Promise<number> {
    const { count } = await trx
      .selectFrom('registries')
      .select((eb) => eb.fn.countAll<number | string>().as('count'))
      .executeTakeFirstOrThrow();
    return Number(count);
  }

  /** False when the name is taken. */
  async insert(
    trx: Trx,
    row: RegistryColumns & { id: string; is_default: 0 | 1; created_at: number; updated_by: string | null },
  ): Promise<boolean> {
    const result = await trx
      .insertInto('registries')
      .values({ ...row, updated_at: row.created_at, version: 1 })
      .onConflict((conflict) => conflict.column('name_key').doNothing())
      .executeTakeFirst();
    return (result.numInsertedOrUpdatedRows ?? 0n) > 0n;
  }

  /** False when the row's version is not the expected one any more. */
  async update(
    trx: Trx,
    id: string,
    version: number,
    row: RegistryColumns & { updated_at: number; updated_by: string | null },
  ): Promise<boolean> {
    const result = await trx
      .updateTable('registries')
      .set({ ...row, version: version + 1 })
      .where('id', '=', id)
      .where('version', '=', version)
      .executeTakeFirst();
    return result.numUpdatedRows > 0n;
  }

  async nameTaken(trx: Trx, nameKey: string, exceptId?: string): Promise<boolean> {
    const row = await trx.selectFrom('registries').select('id').where('name_key', '=', nameKey).executeTakeFirst();
    return row !== undefined && row.id !== exceptId;
  }

  async takenNames(): Promise<Set<string>> {
    const rows = await this.#store.db.selectFrom('registries').select('name_key').execute();
    return new Set(rows.map((row) => row.name_key));
  }

  /** Makes it the one default; undefined makes none. */
  async setDefault(trx: Trx, id: string | undefined): Promise<void> {
    await trx.updateTable('registries').set({ is_default: 0 }).where('is_default', '=', 1).execute();
    if (id !== undefined) await trx.updateTable('registries').set({ is_default: 1 }).where('id', '=', id).execute();
  }

  async touch(trx: Trx, id: string, by: { updated_at: number; updated_by: string | null }): Promise<void> {
    await trx
      .updateTable('registries')
      .set((eb) => ({ ...by, version: eb('version', '+', 1) }))
      .where('id', '=', id)
      .execute();
  }

  /** Everything that belongs to it goes along, by the tables' own rules. */
  async delete(trx: Trx, id: string, version: number): Promise<boolean> {
    const result = await trx.deleteFrom('registries').where('id', '=', id).where('version', '=', version).executeTakeFirst();
    return result.numDeletedRows > 0n;
  }

  async setProjects(trx: Trx, id: string, projects: readonly string[]): Promise<void> {
    await trx.deleteFrom('registry_projects').where('registry_id', '=', id).execute();
    if (projects.length === 0) return;
    await trx
      .insertInto('registry_projects')
      .values(projects.map((project) => ({ registry_id: id, project_id: project })))
      .execute();
  }

  /** Projects by id or, in any case, by name: what was asked for → id. */
  async projectIds(idsOrNames: readonly string[], queries: Queries = this.#store.db): Promise<Map<string, string>> {
    if (idsOrNames.length === 0) return new Map();
    const rows = await queries
      .selectFrom('projects')
      .select(['id', 'name_key'])
      .where((eb) =>
        eb.or([
          eb('id', 'in', idsOrNames),
          eb(
            'name_key',
            'in',
            idsOrNames.map((name) => name.toLowerCase()),
          ),
        ]),
      )
      .execute();
    const found = new Map<string, string>();
    for (const text of idsOrNames) {
      const row = rows.find((candidate) => candidate.id === text) ?? rows.find((candidate) => candidate.name_key === text.toLowerCase());
      if (row) found.set(text, row.id);
    }
    return found;
  }

  async report(id: string): Promise<DoctorReport | undefined> {
    const row = await this.#store.db.selectFrom('registry_checks').select('report').where('registry_id', '=', id).executeTakeFirst();
    return row && (JSON.parse(row.report) as DoctorReport);
  }

  /** Keeps `since` while the state stays the same. Answers false when the registry was removed or edited meanwhile. */
  async saveCheck(check: CheckRow): Promise<boolean> {
    return this.#store.transaction(async (trx) => {
      const registry = await trx.selectFrom('registries').select('version').where('id', '=', check.registryId).executeTakeFirst();
      if (!registry || (check.version !== undefined && registry.version !== check.version)) return false;
      const before = await trx
        .selectFrom('registry_checks')
        .select(['state', 'since', 'credential', 'quota'])
        .where('registry_id', '=', check.registryId)
        .executeTakeFirst();
      const { report } = check;
      const row = {
        state: check.state,
        since: before?.state === check.state ? before.since : check.checkedAt,
        checked_at: check.checkedAt,
        next_at: check.nextAt,
        summary: report.summary,
        code: report.code ?? null,
        report: JSON.stringify(report),
        credential: report.credential ? JSON.stringify(report.credential) : null,
        quota: report.quota ? JSON.stringify(report.quota) : null,
      };
      await trx
        .insertInto('registry_checks')
        .values({ registry_id: check.registryId, ...row })
        .onConflict((conflict) => conflict.column('registry_id').doUpdateSet(row))
        .execute();
      return true;
    });
  }

  /** Ids of registries whose check is due, longest due first; those never checked come before. */
  async due(now: number, limit: number): Promise<string[]> {
    const rows = await this.#store.db
      .selectFrom('registries')
      .leftJoin('registry_checks', 'registry_checks.registry_id', 'registries.id')
      .select('registries.id')
      .where((eb) => eb.or([eb('registry_checks.next_at', 'is', null), eb('registry_checks.next_at', '<=', now)]))
      .orderBy(sql`coalesce(registry_checks.next_at, 0)`)
      .orderBy('registries.id')
      .limit(limit)
      .execute();
    return rows.map((row) => row.id);
  }

  /** When the next check is due; undefined when none is planned. 0 when a registry was never checked. */
  async nextDue(): Promise<number | undefined> {
    const row = await this.#store.db
      .selectFrom('registries')
      .leftJoin('registry_checks', 'registry_checks.registry_id', 'registries.id')
      .select(sql<number | string | null>`min(coalesce(registry_checks.next_at, 0))`.as('next'))
      .executeTakeFirst();
    return row?.next === null || row?.next === undefined ? undefined : Number(row.next);
  }

  /** Moves a due check to `until`, so that of several hubs one takes it. False when another one did. */
  async claimCheck(id: string, now: number, until: number): Promise<boolean> {
    const row = await this.#store.db.selectFrom('registry_checks').select('next_at').where('registry_id', '=', id).executeTakeFirst();
    if (!row) return true;
    const result = await this.#store.db
      .updateTable('registry_checks')
      .set({ next_at: until })
      .where('registry_id', '=', id)
      .where('next_at', '<=', now)
      .executeTakeFirst();
    return result.numUpdatedRows > 0n;
  }

  async planCheck(queries: Queries, id: string, at: number): Promise<void> {
    await queries.updateTable('registry_checks').set({ next_at: at }).where('registry_id', '=', id).execute();
  }
}
