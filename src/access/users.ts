import type { Selectable, Updateable } from 'kysely';
import { type Clock, systemClock } from '../core/clock.ts';
import { Conflict, NotFound, Unauthorized } from '../core/errors.ts';
import { newId } from '../core/ids.ts';
import { nameKey } from '../core/names.ts';
import { isUniqueViolation, type Store, type Trx, type UsersTable } from '../store/index.ts';
import type { Audit } from './audit.ts';
import { LoginLimiter } from './login-limiter.ts';
import { hashPassword, parsePassword, verifyDecoy, verifyPassword } from './passwords.ts';
import { type Role, requirePermission } from './permissions.ts';
import type { Principal } from './principal.ts';
import {
  endSessions,
  findUser,
  isAdministrator,
  nameColumns,
  parseDisplayName,
  type PreparedUser,
  prepareUser,
  requireAnotherAdministrator,
  type User,
  type UserInput,
  userOf,
} from './user-row.ts';

/** Absent members stay as they are; an empty display name removes it. */
export interface UserPatch {
  name?: string;
  displayName?: string;
  password?: string;
  role?: Role;
  disabled?: boolean;
}

export class Users {
  readonly #store: Store;
  readonly #audit: Audit;
  readonly #clock: Clock;
  readonly #limiter: LoginLimiter;

  constructor(deps: { store: Store; audit: Audit; clock?: Clock; limiter?: LoginLimiter }) {
    this.#store = deps.store;
    this.#audit = deps.audit;
    this.#clock = deps.clock ?? systemClock;
    this.#limiter = deps.limiter ?? new LoginLimiter({ clock: this.#clock });
  }

  /** All users by name. */
  async list(principal: Principal): Promise<User[]> {
    requirePermission(principal, 'user:read');
    const rows = await this.#store.db.selectFrom('users').selectAll().orderBy('name_key').execute();
    return rows.map(userOf);
  }

  /** By id or name. Everybody may read themselves. */
  async get(principal: Principal, idOrName: string): Promise<User> {
    const row = await findUser(this.#store.db, idOrName);
    if (!row || row.id !== principal.userId) requirePermission(principal, 'user:read');
    return userOf(existing(row, idOrName));
  }

  /** Throws `already_exists`, `invalid_settings`. */
  async create(principal: Principal, input: UserInput): Promise<User> {
    requirePermission(principal, 'user:write');
    const prepared = await prepareUser(input);
    return this.#store.transaction(async (trx) => {
      const user = await this.#insert(trx, prepared);
      await this.#audit.record({ principal, action: 'user.create', target: targetOf(user), after: auditOf(user) }, trx);
      return user;
    });
  }

  /** The first administrator; only for Setup, which checks that there is none. @internal */
  async createFirst(trx: Trx, prepared: PreparedUser, address: string | undefined): Promise<User> {
    const user = await this.#insert(trx, { ...prepared, role: 'administrator' });
    await this.#audit.record({ principal: 'anonymous', address, action: 'hub.setup', target: targetOf(user), after: auditOf(user) }, trx);
    return user;
  }

  /**
   * Edits. A new password, another role, or disabling ends the user's sessions. Throws `precondition_failed` when the version is not
   * the expected one, `last_administrator` when nobody would be left to administer.
   */
  async update(principal: Principal, idOrName: string, patch: UserPatch, expectedVersion?: number): Promise<User> {
    requirePermission(principal, 'user:write');
    const password = patch.password ? await hashPassword(parsePassword(patch.password, patch.name ?? '')) : undefined;
    const changed = this.#store.transaction(async (trx) => {
      await this.#store.lock(trx, 'users');
      const row = existing(await findUser(trx, idOrName), idOrName);
      checkVersion(row, expectedVersion);
      const changes: Updateable<UsersTable> = {};
      if (patch.name !== undefined) Object.assign(changes, nameColumns(patch.name));
      if (patch.displayName !== undefined) changes.display_name = parseDisplayName(patch.displayName) ?? null;
      if (patch.role !== undefined) changes.role = patch.role;
      if (patch.disabled !== undefined) changes.disabled = patch.disabled ? 1 : 0;
      if (password !== undefined) changes.password_hash = password;

      const after = { ...row, ...changes, updated_at: this.#clock.now(), version: row.version + 1 };
      if (isAdministrator(row) && !isAdministrator(after)) await requireAnotherAdministrator(trx, row);
      await trx
        .updateTable('users')
        .set({ ...changes, updated_at: after.updated_at, version: after.version })
        .where('id', '=', row.id)
        .execute();
      const sensitive = password !== undefined || after.role !== row.role || after.disabled !== row.disabled;
      if (sensitive) await endSessions(trx, row.id, row.id === principal.userId ? principal.sessionId : undefined);

      const user = userOf(after);
      await this.#audit.record(
        {
          principal,
          action: 'user.update',
          target: targetOf(user),
          before: auditOf(userOf(row)),
          after: { ...auditOf(user), ...(password !== undefined && { passwordChanged: true }) },
        },
        trx,
      );
      return user;
    });
    return changed.catch((error: unknown) => {
      throw isUniqueViolation(error) ? nameTaken(patch.name ?? idOrName) : error;
    });
  }

  /** Removes a user with sessions, tokens and memberships; the name can be used again. Throws like `update`. */
  async remove(principal: Principal, idOrName: string, expectedVersion?: number): Promise<void> {
    requirePermission(principal, 'user:write');
    await this.#store.transaction(async (trx) => {
      await this.#store.lock(trx, 'users');
      const row = existing(await findUser(trx, idOrName), idOrName);
      checkVersion(row, expectedVersion);
      if (isAdministrator(row)) await requireAnotherAdministrator(trx, row);
      await trx.deleteFrom('users').where('id', '=', row.id).execute();
      await this.#audit.record({ principal, action: 'user.remove', target: targetOf(userOf(row)), before: auditOf(userOf(row)) }, trx);
    });
  }

  /**
   * Checks name and password. Takes as long for names that do not exist. Throws `login_failed` without saying which of the two
   * is wrong, and `login_limited` after too many failures. Both are recorded.
   */
  async authenticate(name: string, password: string, from: { address: string }): Promise<User> {
    const key = nameKey(name);
    const row = await this.#store.db.selectFrom('users').selectAll().where('name_key', '=', key).executeTakeFirst();
    const refuse = async (outcome: string, detail: string) => {
      // An unknown name is not recorded: people type passwords into the wrong field.
      const target = row ? targetOf(userOf(row)) : undefined;
      await this.#audit.record({ principal: 'anonymous', address: from.address, action: 'session.login', target, outcome, detail });
    };
    try {
      this.#limiter.attempt(key, from.address);
    } catch (error) {
      await refuse('login_limited', 'Too many sign-ins failed before.');
      throw error;
    }
    const result = row ? await verifyPassword(row.password_hash, password) : await verifyDecoy(password);
    if (!row || !result?.ok || row.disabled) {
      await refuse(
        'login_failed',
        row ? (row.disabled ? 'The account is disabled.' : 'The password is wrong.') : 'There is no user of that name.',
      );
      throw new Unauthorized('The name or the password is wrong.', undefined, 'login_failed');
    }
    this.#limiter.succeeded(key, from.address);
    if (result.outdated) {
      const hash = await hashPassword(password);
      await this.#store.db
        .updateTable('users')
        .set({ password_hash: hash })
        .where('id', '=', row.id)
        .where('password_hash', '=', row.password_hash)
        .execute();
    }
    return userOf(row);
  }

  /** Changes one's own password and ends one's other sessions. Throws `login_failed` when the current one is wrong. */
  async changePassword(principal: Principal, change: { current: string; password: string }): Promise<void> {
    const row = existing(principal.userId === undefined ? undefined : await findUser(this.#store.db, principal.userId), principal.name);
    const address = principal.address ?? 'unknown';
    this.#limiter.attempt(row.name_key, address);
    if (!(await verifyPassword(row.password_hash, change.current)).ok) {
      const detail = 'The current password is wrong.';
      await this.#audit.record({ principal, action: 'user.password', target: targetOf(userOf(row)), outcome: 'login_failed', detail });
      throw new Unauthorized('The current password is wrong.', undefined, 'login_failed');
    }
    this.#limiter.succeeded(row.name_key, address);
    const hash = await hashPassword(parsePassword(change.password, row.name));
    await this.#store.transaction(async (trx) => {
      await trx
        .updateTable('users')
        .set((eb) => ({ password_hash: hash, updated_at: this.#clock.now(), version: eb('version', '+', 1) }))
        .where('id', '=', row.id)
        .execute();
      await endSessions(trx, row.id, principal.sessionId);
      await this.#audit.record({ principal, action: 'user.password', target: targetOf(userOf(row)) }, trx);
    });
  }

  async #insert(trx: Trx, prepared: PreparedUser): Promise<User> {
    const now = this.#clock.now();
    const row: UsersTable = {
      id: newId('usr', now),
      name: prepared.name,
      name_key: nameKey(prepared.name),
      display_name: prepared.displayName ?? null,
      password_hash: prepared.passwordHash,
      role: prepared.role,
      disabled: 0,
      created_at: now,
      updated_at: now,
      last_seen_at: null,
      version: 1,
    };
    const result = await trx
      .insertInto('users')
      .values(row)
      .onConflict((conflict) => conflict.column('name_key').doNothing())
      .executeTakeFirst();
    if (Number(result.numInsertedOrUpdatedRows) === 0) throw nameTaken(row.name);
    return userOf(row);
  }
}

function existing(row: Selectable<UsersTable> | undefined, idOrName: string): Selectable<UsersTable> {
  if (!row) throw new NotFound(`There is no user ${idOrName}.`);
  return row;
}

function checkVersion(row: UsersTable, expected: number | undefined): void {
  if (expected !== undefined && expected !== row.version) {
    throw new Conflict(`${row.name} was changed by somebody else meanwhile.`, 'precondition_failed', { version: row.version });
  }
}

function nameTaken(name: string): Conflict {
  return new Conflict(`There already is a user ${name}.`, 'already_exists', { field: 'name' });
}

const targetOf = (user: User) => ({ kind: 'user', id: user.id, name: user.name });
const auditOf = ({ name, displayName, role, disabled }: User) => ({ name, displayName, role, disabled });
