import type { Selectable } from 'kysely';
import { Conflict, InvalidSettings } from '../core/errors.ts';
import { nameKey, parseName } from '../core/names.ts';
import type { Queries, Trx, UsersTable } from '../store/index.ts';
import { hashPassword, parsePassword } from './passwords.ts';
import type { Role } from './permissions.ts';

const maxDisplayName = 200;

/** A person who can sign in. Times are epoch milliseconds. */
export interface User {
  id: string;
  name: string;
  displayName?: string;
  role: Role;
  disabled: boolean;
  createdAt: number;
  updatedAt: number;
  lastSeenAt?: number;
  version: number;
}

export interface UserInput {
  name: string;
  displayName?: string;
  password: string;
  /** Default `viewer`. */
  role?: Role;
}

/** A user to be inserted. */
export interface PreparedUser {
  name: string;
  displayName?: string;
  passwordHash: string;
  role: Role;
}

/** Checks the input and hashes the password: outside a transaction, because that takes its time. */
export async function prepareUser(input: UserInput): Promise<PreparedUser> {
  const name = parseName(input.name);
  const displayName = parseDisplayName(input.displayName ?? '');
  return { name, displayName, passwordHash: await hashPassword(parsePassword(input.password, name)), role: input.role ?? 'viewer' };
}

/** By id or name. */
export async function findUser(queries: Queries, idOrName: string): Promise<Selectable<UsersTable> | undefined> {
  return queries
    .selectFrom('users')
    .selectAll()
    .where((eb) => eb.or([eb('id', '=', idOrName), eb('name_key', '=', nameKey(idOrName))]))
    .executeTakeFirst();
}

export function userOf(row: Selectable<UsersTable>): User {
  return {
    id: row.id,
    name: row.name,
    displayName: row.display_name ?? undefined,
    role: row.role,
    disabled: row.disabled === 1,
    createdAt: row.created_at,
    updatedAt: row.updated_at,
    lastSeenAt: row.last_seen_at ?? undefined,
    version: row.version,
  };
}

export function parseDisplayName(text: string): string | undefined {
  const tidy = text.normalize('NFC').trim();
  const refuse = (message: string) => new InvalidSettings(message, [{ field: 'displayName', message }]);
  if (tidy.length > maxDisplayName) throw refuse(`A display name has at most ${maxDisplayName} characters.`);
  if (/\p{C}/u.test(tidy)) throw refuse('A display name has no control characters.');
  return tidy || undefined;
}

/** Columns of a name that somebody chose. */
export function nameColumns(name: string): Pick<UsersTable, 'name' | 'name_key'> {
  const tidy = parseName(name);
  return { name: tidy, name_key: nameKey(tidy) };
}

export function isAdministrator(row: Pick<UsersTable, 'role' | 'disabled'>): boolean {
  return row.role === 'administrator' && row.disabled === 0;
}

/** Call under the lock `users`, or two administrators could demote each other at once. */
export async function requireAnotherAdministrator(trx: Trx, row: UsersTable): Promise<void> {
  const other = await trx
    .selectFrom('users')
    .select('id')
    .where('role', '=', 'administrator')
    .where('disabled', '=', 0)
    .where('id', '!=', row.id)
    .limit(1)
    .executeTakeFirst();
  if (!other) throw new Conflict(`${row.name} is the last administrator.`, 'last_administrator');
}

/** Ends the sessions of a user but, if given, one. */
export async function endSessions(queries: Queries, userId: string, except: string | undefined): Promise<void> {
  let deletion = queries.deleteFrom('sessions').where('user_id', '=', userId);
  if (except !== undefined) deletion = deletion.where('id', '!=', except);
  await deletion.execute();
}
