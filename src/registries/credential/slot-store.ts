import type { Selectable } from 'kysely';
import type { CredentialSlotsTable, Queries, Store, Trx } from '../../store/index.ts';
import type { DoctorReport, FieldValue } from '../types.ts';

export type SlotName = 'next' | 'previous';

/** A credential beside the one in use, as it is stored: its secrets sealed as those of the registry, so they move without being opened. */
export interface StoredSlot {
  signIn: string;
  /** Fields of the way of signing in; those of the provider stay with the registry. */
  settings: Record<string, FieldValue>;
  sources: Record<string, string>;
  sealed: Record<string, string>;
  secretEndsAt?: number;
  createdAt: number;
  createdBy?: string;
  createdByName: string;
  test?: SlotTest;
}

/** A test of the next credential. `fingerprint`: of the registry as it was tested, with that credential. */
export interface SlotTest {
  testedAt: number;
  report: DoctorReport;
  fingerprint: string;
}

/** Columns of a registry that make its credential. */
export interface CredentialColumns {
  signIn: string;
  settings: Record<string, FieldValue>;
  sources: Record<string, string>;
  sealed: Readonly<Record<string, string>>;
  secretEndsAt?: number;
}

/** Rows of `credential_slots`, and the columns of `registries` that they change places with. */
export class CredentialSlotStore {
  readonly #store: Store;

  constructor(store: Store) {
    this.#store = store;
  }

  async read(registryId: string, queries: Queries = this.#store.db): Promise<{ [S in SlotName]?: StoredSlot }> {
    const rows = await queries.selectFrom('credential_slots').selectAll().where('registry_id', '=', registryId).execute();
    return Object.fromEntries(rows.map((row) => [row.slot, toSlot(row)]));
  }

  async put(trx: Trx, registryId: string, name: SlotName, slot: StoredSlot): Promise<void> {
    const row = {
      sign_in: slot.signIn,
      settings: JSON.stringify(slot.settings),
      sources: JSON.stringify(slot.sources),
      secrets: JSON.stringify(slot.sealed),
      secret_ends_at: slot.secretEndsAt ?? null,
      created_at: slot.createdAt,
      created_by: slot.createdBy ?? null,
      created_by_name: slot.createdByName,
      tested_at: slot.test?.testedAt ?? null,
      test: slot.test ? testText(slot.test) : null,
    };
    await trx
      .insertInto('credential_slots')
      .values({ registry_id: registryId, slot: name, ...row })
      .onConflict((conflict) => conflict.columns(['registry_id', 'slot']).doUpdateSet(row))
      .execute();
  }

  /** False when there was none. */
  async remove(trx: Trx, registryId: string, name: SlotName): Promise<boolean> {
    const result = await trx
      .deleteFrom('credential_slots')
      .where('registry_id', '=', registryId)
      .where('slot', '=', name)
      .executeTakeFirst();
    return result.numDeletedRows > 0n;
  }

  /** Keeps what a test of the next one found. False when it was replaced meanwhile, or is gone. */
  async saveTest(registryId: string, createdAt: number, test: SlotTest): Promise<boolean> {
    const result = await this.#store.db
      .updateTable('credential_slots')
      .set({ tested_at: test.testedAt, test: testText(test) })
      .where('registry_id', '=', registryId)
      .where('slot', '=', 'next')
      .where('created_at', '=', createdAt)
      .executeTakeFirst();
    return result.numUpdatedRows > 0n;
  }

  /** Ids of registries whose previous credential was replaced before that time. */
  async outlived(before: number): Promise<string[]> {
    const rows = await this.#store.db
      .selectFrom('credential_slots')
      .select('registry_id')
      .where('slot', '=', 'previous')
      .where('created_at', '<', before)
      .execute();
    return rows.map((row) => row.registry_id);
  }

  /** Puts a credential in use. The registry's version counts on. */
  async putInUse(
    trx: Trx,
    registryId: string,
    credential: CredentialColumns,
    by: { updated_at: number; updated_by: string | null },
  ): Promise<void> {
    await trx
      .updateTable('registries')
      .set((eb) => ({
        sign_in: credential.signIn,
        settings: JSON.stringify(credential.settings),
        sources: JSON.stringify(credential.sources),
        secrets: JSON.stringify(credential.sealed),
        secret_ends_at: credential.secretEndsAt ?? null,
        ...by,
        version: eb('version', '+', 1),
      }))
      .where('id', '=', registryId)
      .execute();
  }
}

function toSlot(row: Selectable<CredentialSlotsTable>): StoredSlot {
  return {
    signIn: row.sign_in,
    settings: JSON.parse(row.settings) as Record<string, FieldValue>,
    sources: JSON.parse(row.sources) as Record<string, string>,
    sealed: JSON.parse(row.secrets) as Record<string, string>,
    ...(row.secret_ends_at !== null && { secretEndsAt: row.secret_ends_at }),
    createdAt: row.created_at,
    ...(row.created_by !== null && { createdBy: row.created_by }),
    createdByName: row.created_by_name,
    ...(row.tested_at !== null &&
      row.test !== null && { test: { ...(JSON.parse(row.test) as Omit<SlotTest, 'testedAt'>), testedAt: row.tested_at } }),
  };
}

function testText({ report, fingerprint }: SlotTest): string {
  return JSON.stringify({ report, fingerprint });
}

/** Drops what was issued from settings that are gone, and with `slots` what was prepared for them. */
export async function forgetCredential(trx: Trx, registryId: string, { slots }: { slots: boolean }): Promise<void> {
  await trx.deleteFrom('credential_states').where('registry_id', '=', registryId).execute();
  if (slots) await trx.deleteFrom('credential_slots').where('registry_id', '=', registryId).execute();
}
