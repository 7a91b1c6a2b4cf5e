import { Conflict, Forbidden } from '../core/errors.ts';
import { newToken } from '../core/ids.ts';
import type { Queries, Store } from '../store/index.ts';
import { hashToken, sameText } from './token-hash.ts';
import { prepareUser, type User } from './user-row.ts';
import type { Users } from './users.ts';

export interface SetupInput {
  /** From the link that the hub printed. */
  token: string;
  name: string;
  displayName?: string;
  password: string;
}

const row = 'setup-token-hash';

/** The way to the first administrator: a link that works once. */
export class Setup {
  readonly #store: Store;
  readonly #users: Users;

  constructor(deps: { store: Store; users: Users }) {
    this.#store = deps.store;
    this.#users = deps.users;
  }

  /** Whether there is no user yet. */
  async needed(): Promise<boolean> {
    return !(await anyUser(this.#store.db));
  }

  /**
   * Makes the token for the set-up link, to be printed at start; undefined once set-up was done. Only its hash is stored, so each start makes
   * a new one and the links before are void.
   */
  async begin(): Promise<string | undefined> {
    return this.#store.transaction(async (trx) => {
      await this.#store.lock(trx, 'setup');
      if (await anyUser(trx)) return undefined;
      const token = newToken('');
      const value = hashToken(token);
      await trx
        .insertInto('hub')
        .values({ key: row, value })
        .onConflict((conflict) => conflict.column('key').doUpdateSet({ value }))
        .execute();
      return token;
    });
  }

  /**
   * Creates the first administrator and uses up the token, both or neither. Throws `setup_token_invalid`, `setup_done`,
   * `invalid_settings`.
   */
  async complete(input: SetupInput, from: { address?: string } = {}): Promise<User> {
    // Before the password is hashed, which takes its time, and again where it counts.
    await checkToken(this.#store.db, input.token);
    const prepared = await prepareUser({ ...input, role: 'administrator' });
    return this.#store.transaction(async (trx) => {
      await this.#store.lock(trx, 'setup');
      await checkToken(trx, input.token);
      await trx.deleteFrom('hub').where('key', '=', row).execute();
      return this.#users.createFirst(trx, prepared, from.address);
    });
  }
}

async function checkToken(queries: Queries, token: string): Promise<void> {
  if (await anyUser(queries)) throw new Conflict('The hub was set up before.', 'setup_done');
  const stored = await queries.selectFrom('hub').select('value').where('key', '=', row).executeTakeFirst();
  if (!stored || !sameText(stored.value, hashToken(token))) {
    throw new Forbidden('This set-up link is not, or no longer, valid.', undefined, 'setup_token_invalid');
  }
}

async function anyUser(queries: Queries): Promise<boolean> {
  return (await queries.selectFrom('users').select('id').limit(1).executeTakeFirst()) !== undefined;
}
