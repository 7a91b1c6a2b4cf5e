import type { CredentialStatesTable, Queries, Store, Trx } from '../../store/index.ts';
import { type CredentialState, toState } from './status.ts';

/** Rows of `credential_states`: one a registry, of the settings that it has now. */
export class CredentialStateStore {
  readonly #store: Store;

  constructor(store: Store) {
    this.#store = store;
  }

  /** The issued credential goes along sealed. */
  async read(registryId: string, queries: Queries = this.#store.db): Promise<(CredentialState & { sealed?: string }) | undefined> {
    const row = await queries.selectFrom('credential_states').selectAll().where('registry_id', '=', registryId).executeTakeFirst();
    return row && { ...toState(row), ...(row.issued !== null && { sealed: row.issued }) };
  }

  /** Puts a state in the place of what was there. */
  async write(trx: Trx, registryId: string, state: CredentialState, sealed: string | undefined, now: number): Promise<void> {
    const row: Omit<CredentialStatesTable, 'registry_id'> = {
      fingerprint: state.fingerprint,
      kind: state.kind ?? null,
      username: state.username ?? null,
      issued_at: state.issuedAt ?? null,
      expires_at: state.expiresAt ?? null,
      refresh_at: state.refreshAt ?? null,
      refreshed_at: state.refreshedAt ?? null,
      failure: state.failure ? JSON.stringify(state.failure) : null,
      ends: JSON.stringify(state.ends),
      issued: sealed ?? null,
      updated_at: now,
    };
    await trx
      .insertInto('credential_states')
      .values({ registry_id: registryId, ...row })
      .onConflict((conflict) => conflict.column('registry_id').doUpdateSet(row))
      .execute();
  }

  /**
   * Registries whose credential is due to be renewed, and that something besides the hub's own checks used since `usedSince`;
   * longest due first.
   */
  async due(now: number, usedSince: number): Promise<string[]> {
    const rows = await this.#used(usedSince)
      .where('credential_states.refresh_at', '<=', now)
      .orderBy('credential_states.refresh_at')
      .orderBy('credential_states.registry_id')
      .execute();
    return rows.map((row) => row.registry_id);
  }

  /** When the next one is due. */
  async nextDue(usedSince: number): Promise<number | undefined> {
    const row = await this.#used(usedSince).orderBy('credential_states.refresh_at').limit(1).executeTakeFirst();
    return row?.refresh_at ?? undefined;
  }

  /** How many registries have a credential, and of how many it could not be renewed when that was last tried. */
  async counts(): Promise<{ total: number; failing: number }> {
    const row = await this.#store.db
      .selectFrom('credential_states')
      .select((eb) => [eb.fn.countAll<number | string>().as('total'), eb.fn.count<number | string>('failure').as('failing')])
      .executeTakeFirstOrThrow();
    return { total: Number(row.total), failing: Number(row.failing) };
  }

  #used(since: number) {
    return this.#store.db
      .selectFrom('credential_states')
      .select(['credential_states.registry_id', 'credential_states.refresh_at'])
      .where('credential_states.refresh_at', 'is not', null)
      .where((eb) =>
        eb.exists(
          eb
            .selectFrom('credential_uses')
            .select('credential_uses.registry_id')
            .whereRef('credential_uses.registry_id', '=', 'credential_states.registry_id')
            .where('credential_uses.last_at', '>=', since)
            .where('credential_uses.purpose', '!=', ownCheck),
        ),
      );
  }
}

/** Purpose of the hub's own checks. They have a credential issued for themselves, so they are no reason to keep one fresh. */
export const ownCheck = 'background check';
