import { sql } from 'kysely';
import type { Queries, Store } from '../../store/index.ts';
import type { CredentialUse } from './types.ts';

export interface UseKey {
  registryId: string;
  kind: CredentialUse['by']['kind'];
  id: string;
  purpose: string;
}

export interface UseCount extends UseKey {
  name: string;
  firstAt: number;
  lastAt: number;
  uses: number;
}

/** Rows of `credential_uses`. */
export class CredentialUseStore {
  readonly #store: Store;

  constructor(store: Store) {
    this.#store = store;
  }

  /** Adds to what was counted before. Nothing happens when the registry was removed meanwhile. */
  async add(use: UseCount): Promise<void> {
    const { registryId, kind, id, purpose, name, firstAt, lastAt, uses } = use;
    await this.#store.db
      .insertInto('credential_uses')
      .columns(['registry_id', 'actor_kind', 'actor_id', 'purpose', 'actor_name', 'first_at', 'last_at', 'uses'])
      .expression((eb) =>
        eb
          .selectFrom('registries')
          .select([
            'registries.id',
            sql<typeof kind>`cast(${kind} as text)`.as('actor_kind'),
            sql<string>`cast(${id} as text)`.as('actor_id'),
            sql<string>`cast(${purpose} as text)`.as('purpose'),
            sql<string>`cast(${name} as text)`.as('actor_name'),
            sql<number>`cast(${firstAt} as bigint)`.as('first_at'),
            sql<number>`cast(${lastAt} as bigint)`.as('last_at'),
            sql<number>`cast(${uses} as bigint)`.as('uses'),
          ])
          .where('registries.id', '=', registryId),
      )
      .onConflict((conflict) =>
        conflict.columns(['registry_id', 'actor_kind', 'actor_id', 'purpose']).doUpdateSet((eb) => ({
          actor_name: eb.ref('excluded.actor_name'),
          last_at: eb.ref('excluded.last_at'),
          uses: eb('credential_uses.uses', '+', eb.ref('excluded.uses')),
        })),
      )
      .execute();
  }

  /** Last first. */
  async list(registryId: string, since: number, limit: number): Promise<CredentialUse[]> {
    const rows = await this.#store.db
      .selectFrom('credential_uses')
      .selectAll()
      .where('registry_id', '=', registryId)
      .where('last_at', '>=', since)
      .orderBy('last_at', 'desc')
      .orderBy('actor_id')
      .limit(limit)
      .execute();
    return rows.map((row) => ({
      by: { kind: row.actor_kind, id: row.actor_id, name: row.actor_name },
      purpose: row.purpose,
      firstAt: row.first_at,
      lastAt: row.last_at,
      uses: row.uses,
    }));
  }

  /** API tokens that are limited to some registries, this one among them, and can still be used. */
  async limitedTokens(registryId: string, now: number): Promise<{ id: string; name: string; lastUsedAt?: number }[]> {
    const rows = await this.#store.db
      .selectFrom('api_tokens')
      .select(['id', 'name', 'registries', 'last_used_at'])
      .where('registries', 'is not', null)
      .where('revoked_at', 'is', null)
      .where((eb) => eb.or([eb('expires_at', 'is', null), eb('expires_at', '>', now)]))
      .orderBy('id')
      .execute();
    return rows
      .filter((row) => (JSON.parse(row.registries ?? '[]') as string[]).includes(registryId))
      .map((row) => ({ id: row.id, name: row.name, ...(row.last_used_at !== null && { lastUsedAt: row.last_used_at }) }));
  }

  /** Users who see the registry because they are members of a project that it is limited to. */
  async members(projects: readonly string[]): Promise<{ id: string; name: string }[]> {
    if (projects.length === 0) return [];
    return this.#store.db
      .selectFrom('project_members')
      .innerJoin('users', 'users.id', 'project_members.user_id')
      .select(['users.id', 'users.name'])
      .distinct()
      .where('project_members.project_id', 'in', projects)
      .where('users.disabled', '=', 0)
      .orderBy('users.id')
      .execute();
  }

  /** Forgets uses of before that time, and of each registry those that are not among its last `most`: purposes come from outside. */
  async forget(before: number, most: number): Promise<void> {
    const { db } = this.#store;
    await db.deleteFrom('credential_uses').where('last_at', '<', before).execute();
    const key = ['registry_id', 'actor_kind', 'actor_id', 'purpose'] as const;
    const ranked = db
      .selectFrom('credential_uses')
      .select([...key, sql<number>`row_number() over (partition by registry_id order by last_at desc, actor_id, purpose)`.as('place')])
      .as('ranked');
    await db
      .deleteFrom('credential_uses')
      .where((eb) => {
        const tooMany = db.selectFrom(ranked).select(key).where('place', '>', most);
        return eb(eb.refTuple(...key), 'in', tooMany.$asTuple(...key));
      })
      .execute();
  }
}

/** The last use of each registry, or of one. */
export async function lastUses(queries: Queries, registryId?: string): Promise<Map<string, { by: string; purpose: string; at: number }>> {
  let query = queries
    .selectFrom('credential_uses')
    .select(['registry_id', 'actor_name', 'purpose', 'last_at'])
    .where('last_at', '=', (eb) =>
      eb
        .selectFrom('credential_uses as other')
        .select((max) => max.fn.max('other.last_at').as('last'))
        .whereRef('other.registry_id', '=', 'credential_uses.registry_id'),
    );
  if (registryId !== undefined) query = query.where('registry_id', '=', registryId);
  const rows = await query.execute();
  return new Map(rows.map((row) => [row.registry_id, { by: row.actor_name, purpose: row.purpose, at: row.last_at }]));
}
