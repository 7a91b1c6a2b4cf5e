import type { ExpressionBuilder } from 'kysely';
import { z } from 'zod';
import { type Principal, visibleRegistries } from '../../access/index.ts';
import type { ReferenceTo } from '../../core/errors.ts';
import { containsText, type Database, decodeCursor, pageOf, type Queries, type Store, type Trx } from '../../store/index.ts';
import { type StoredCopy, toStored } from './row.ts';
import type { Copy, CopyQuery } from './types.ts';

const position = z.tuple([z.int(), z.string().max(64)]);

/** Where a person's text is looked for. */
const textColumns = [
  'source_registry',
  'source_repository',
  'source_reference',
  'destination_registry',
  'destination_repository',
  'destination_tags',
] as const;

/** Most copies named as what refers to a registry. */
const mostReferences = 100;

export type NewCopy = Pick<Copy, 'id' | 'group' | 'source' | 'destination' | 'settings' | 'cause' | 'retryOf' | 'by' | 'createdAt'>;

/** Rows of copies; who makes them has `CopyClaims`. */
export class CopyStore {
  readonly #store: Store;

  constructor(store: Store) {
    this.#store = store;
  }

  transaction<T>(work: (trx: Trx) => Promise<T>): Promise<T> {
    return this.#store.transaction(work);
  }

  /** Whoever holds it is the only one to add copies; and no registry is removed meanwhile. */
  async lock(trx: Trx): Promise<void> {
    await this.#store.lock(trx, 'registries');
    await this.#store.lock(trx, 'copies');
  }

  async insert(trx: Trx, copies: readonly NewCopy[]): Promise<void> {
    await trx
      .insertInto('copies')
      .values(
        copies.map(({ id, group, source, destination, settings, cause, retryOf, by, createdAt }) => ({
          id,
          group_id: group,
          state: 'queued' as const,
          source_registry_id: source.registryId ?? null,
          source_registry: source.registry,
          source_repository: source.repository,
          source_reference: source.reference,
          destination_registry_id: destination.registryId ?? null,
          destination_registry: destination.registry,
          destination_repository: destination.repository,
          destination_tags: JSON.stringify(destination.tags),
          settings: JSON.stringify(settings),
          cause,
          retry_of: retryOf ?? null,
          created_by_kind: by.kind,
          created_by: by.id ?? null,
          created_by_name: by.name,
          created_at: createdAt,
          started_at: null,
          finished_at: null,
          attempts: 0,
          due_at: createdAt,
          cancel_requested: 0 as const,
          claimed_by: null,
          claimed_until: null,
          progress: null,
          result: null,
          failure: null,
        })),
      )
      .execute();
  }

  /** Those that are there of these registries. */
  async presentRegistries(trx: Trx, ids: readonly string[]): Promise<Set<string>> {
    const rows = await trx.selectFrom('registries').select('id').where('id', 'in', ids).execute();
    return new Set(rows.map(({ id }) => id));
  }

  /** How many have not ended. */
  async countOpen(queries: Queries): Promise<number> {
    const { count } = await queries
      .selectFrom('copies')
      .select((eb) => eb.fn.countAll<number | string>().as('count'))
      .where('due_at', 'is not', null)
      .executeTakeFirstOrThrow();
    return Number(count);
  }

  /** For operations. */
  async counts(): Promise<{ queued: number; running: number }> {
    const rows = await this.#store.db
      .selectFrom('copies')
      .select((eb) => ['state', eb.fn.countAll<number | string>().as('count')])
      .where('due_at', 'is not', null)
      .groupBy('state')
      .execute();
    const of = (state: string): number => Number(rows.find((row) => row.state === state)?.count ?? 0);
    return { queued: of('queued'), running: of('running') };
  }

  /** As far as the principal may see it; without one, in any case. */
  async find(id: string, principal?: Principal, queries: Queries = this.#store.db): Promise<StoredCopy | undefined> {
    let query = queries.selectFrom('copies').selectAll().where('id', '=', id);
    if (principal) query = query.where(visible(principal));
    const row = await query.executeTakeFirst();
    return row && toStored(row);
  }

  /** Newest first. Throws `invalid_cursor`. */
  async list(principal: Principal, query: CopyQuery): Promise<{ items: StoredCopy[]; next?: string; total: number }> {
    const limit = Math.min(Math.max(query.limit ?? 100, 1), 1000);
    const { state, registry, repository, group, q, cursor } = query;
    let matching = this.#store.db.selectFrom('copies').where(visible(principal));
    if (state === 'open' || state === 'ended') matching = matching.where('due_at', state === 'open' ? 'is not' : 'is', null);
    else if (state !== undefined) matching = matching.where('state', '=', state);
    if (registry !== undefined) {
      matching = matching.where((eb) =>
        eb.or(
          (['source_registry_id', 'source_registry', 'destination_registry_id', 'destination_registry'] as const).map((c) =>
            eb(c, '=', registry),
          ),
        ),
      );
    }
    if (repository !== undefined) {
      matching = matching.where((eb) => eb.or([eb('source_repository', '=', repository), eb('destination_repository', '=', repository)]));
    }
    if (group !== undefined) matching = matching.where('group_id', '=', group);
    if (q !== undefined && q !== '') matching = matching.where((eb) => eb.or(textColumns.map((column) => containsText(eb.ref(column), q))));
    const { count } = await matching.select((eb) => eb.fn.countAll<number | string>().as('count')).executeTakeFirstOrThrow();
    let page = matching.selectAll();
    if (cursor !== undefined) {
      const [at, id] = decodeCursor(cursor, position);
      page = page.where('created_at', '<=', at).where((eb) => eb.or([eb('created_at', '<', at), eb('id', '<', id)]));
    }
    const rows = await page
      .orderBy('created_at', 'desc')
      .orderBy('id', 'desc')
      .limit(limit + 1)
      .execute();
    const { items, next } = pageOf(rows, limit, (last) => [last.created_at, last.id]);
    return { items: items.map(toStored), ...(next !== undefined && { next }), total: Number(count) };
  }

  /** What keeps a registry from being removed: copies from or to it that have not ended. Names nothing of their other ends. */
  async referencing(registryId: string, queries: Queries): Promise<ReferenceTo[]> {
    const rows = await queries
      .selectFrom('copies')
      .select(['id', 'source_registry_id', 'source_repository', 'destination_repository'])
      .where('due_at', 'is not', null)
      .where((eb) => eb.or([eb('source_registry_id', '=', registryId), eb('destination_registry_id', '=', registryId)]))
      .orderBy('created_at')
      .limit(mostReferences)
      .execute();
    return rows.map((row) => {
      const isSource = row.source_registry_id === registryId;
      return { kind: 'copy', id: row.id, name: isSource ? `from ${row.source_repository}` : `to ${row.destination_repository}` };
    });
  }

  /** A registry may have got another name: copies from and to it are found, and shown, by that. */
  async rename(registryId: string): Promise<void> {
    for (const end of ['source', 'destination'] as const) {
      const name = (eb: ExpressionBuilder<Database, 'copies'>) =>
        eb.selectFrom('registries').select('registries.name').where('registries.id', '=', registryId);
      await this.#store.db
        .updateTable('copies')
        .set((eb) => ({ [`${end}_registry`]: name(eb) }))
        .where(`${end}_registry_id`, '=', registryId)
        .where((eb) => eb(`${end}_registry`, '!=', name(eb)))
        .execute();
    }
  }

  /** Ends what nobody is at; else leaves word for the one who is. Undefined when it has ended before. */
  async cancel(trx: Trx, id: string, now: number): Promise<'canceled' | 'requested' | undefined> {
    const ended = await trx
      .updateTable('copies')
      .set({ state: 'canceled', cancel_requested: 1, finished_at: now, due_at: null })
      .where('id', '=', id)
      .where('due_at', 'is not', null)
      .where('claimed_by', 'is', null)
      .executeTakeFirst();
    if (ended.numUpdatedRows > 0n) return 'canceled';
    const asked = await trx
      .updateTable('copies')
      .set({ cancel_requested: 1 })
      .where('id', '=', id)
      .where('due_at', 'is not', null)
      .executeTakeFirst();
    return asked.numUpdatedRows > 0n ? 'requested' : undefined;
  }

  /** Forgets copies that ended before a time, and the oldest of those beyond a number. */
  async prune(before: number, keep: number): Promise<void> {
    const { db } = this.#store;
    await db.deleteFrom('copies').where('finished_at', '<', before).execute();
    const last = await db
      .selectFrom('copies')
      .select(['created_at', 'id'])
      .where('finished_at', 'is not', null)
      .orderBy('created_at', 'desc')
      .orderBy('id', 'desc')
      .offset(keep)
      .limit(1)
      .executeTakeFirst();
    if (!last) return;
    await db
      .deleteFrom('copies')
      .where('finished_at', 'is not', null)
      .where('created_at', '<=', last.created_at)
      .where((eb) => eb.or([eb('created_at', '<', last.created_at), eb('id', '<=', last.id)]))
      .execute();
  }
}

/**
 * Whether a copy exists for the principal: they see the registries at both ends. Of a registry that was removed nobody can tell any more
 * who saw it: administrators see the copy, and whoever asked for it.
 */
function visible(principal: Principal) {
  const mayKnow = principal.role === 'administrator' && !principal.registries;
  return (eb: ExpressionBuilder<Database, 'copies'>) =>
    eb.and(
      (['source_registry_id', 'destination_registry_id'] as const).map((column) =>
        eb.or([
          eb(column, 'in', eb.selectFrom('registries').select('registries.id').where(visibleRegistries(principal))),
          eb.and([eb(column, 'is', null), ...(mayKnow ? [] : [eb('created_by', '=', principal.id)])]),
        ]),
      ),
    );
}
