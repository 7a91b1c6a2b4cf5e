import type { Selectable } from 'kysely';
import { type Principal, visibleRegistries } from '../../access/index.ts';
import type { AlertsTable, Queries, Store, Trx } from '../../store/index.ts';
import type { Alert, AlertLevel } from './types.ts';

/** Rows of `alerts`. */
export class AlertStore {
  readonly #store: Store;

  constructor(store: Store) {
    this.#store = store;
  }

  transaction<T>(work: (trx: Trx) => Promise<T>): Promise<T> {
    return this.#store.transaction(work);
  }

  /** Two hubs never raise the same alert at once. */
  lock(trx: Trx): Promise<void> {
    return this.#store.lock(trx, 'alerts');
  }

  /** Those of registries that the principal may see. */
  async list(principal: Principal): Promise<Alert[]> {
    const rows = await select(this.#store.db).where(visibleRegistries(principal)).execute();
    return rows.map(toAlert);
  }

  async find(principal: Principal, id: string, queries: Queries = this.#store.db): Promise<Alert | undefined> {
    const row = await select(queries).where(visibleRegistries(principal)).where('alerts.id', '=', id).executeTakeFirst();
    return row && toAlert(row);
  }

  async ofRegistry(registryId: string, queries: Queries = this.#store.db): Promise<Alert[]> {
    const rows = await select(queries).where('alerts.registry_id', '=', registryId).execute();
    return rows.map(toAlert);
  }

  async put(trx: Trx, alert: Alert): Promise<void> {
    const row = {
      level: alert.level,
      code: alert.code,
      message: alert.message,
      due_at: alert.dueAt ?? null,
      raised_at: alert.raisedAt,
      updated_at: alert.updatedAt,
      acknowledged_at: alert.acknowledgedAt ?? null,
      acknowledged_by_name: alert.acknowledgedBy ?? null,
    };
    await trx
      .insertInto('alerts')
      .values({ id: alert.id, registry_id: alert.registry.id, kind: alert.kind, subject: alert.subject, ...row })
      .onConflict((conflict) => conflict.columns(['registry_id', 'kind', 'subject']).doUpdateSet(row))
      .execute();
  }

  async remove(trx: Trx, id: string): Promise<void> {
    await trx.deleteFrom('alerts').where('id', '=', id).execute();
  }

  /** How many there are of each kind and level, for all registries. */
  async counts(): Promise<{ kind: string; level: AlertLevel; count: number }[]> {
    const rows = await this.#store.db
      .selectFrom('alerts')
      .select(['kind', 'level', (eb) => eb.fn.countAll<number | string>().as('count')])
      .groupBy(['kind', 'level'])
      .orderBy('kind')
      .orderBy('level')
      .execute();
    return rows.map(({ kind, level, count }) => ({ kind, level, count: Number(count) }));
  }
}

function select(queries: Queries) {
  return queries
    .selectFrom('alerts')
    .innerJoin('registries', 'registries.id', 'alerts.registry_id')
    .selectAll('alerts')
    .select('registries.name as registry_name');
}

function toAlert(row: Selectable<AlertsTable> & { registry_name: string }): Alert {
  return {
    id: row.id,
    registry: { id: row.registry_id, name: row.registry_name },
    kind: row.kind,
    subject: row.subject,
    level: row.level,
    code: row.code,
    message: row.message,
    ...(row.due_at !== null && { dueAt: row.due_at }),
    raisedAt: row.raised_at,
    updatedAt: row.updated_at,
    ...(row.acknowledged_at !== null && { acknowledgedAt: row.acknowledged_at }),
    ...(row.acknowledged_by_name !== null && { acknowledgedBy: row.acknowledged_by_name }),
  };
}
