import type { Selectable } from 'kysely';
import { type Clock, systemClock } from '../core/clock.ts';
import { Forbidden, InvalidSettings, NotFound, Unauthorized } from '../core/errors.ts';
import { newId, newToken } from '../core/ids.ts';
import { nameKey, parseName } from '../core/names.ts';
import type { ApiTokensTable, Queries, Store } from '../store/index.ts';
import type { Audit } from './audit.ts';
import { loadMemberships } from './load-principal.ts';
import { allows, higherRole, lowerRole, requirePermission, type Role, roleWithin, visibleRegistries } from './permissions.ts';
import type { Principal } from './principal.ts';
import { hashToken } from './token-hash.ts';

/** A token for programs, without the token itself. Times are epoch milliseconds. */
export interface ApiToken {
  id: string;
  name: string;
  /** Its first characters, to recognise it by. */
  hint: string;
  userId: string;
  userName: string;
  role: Role;
  /** Registry ids it is limited to. */
  registries?: string[];
  createdAt: number;
  expiresAt?: number;
  lastUsedAt?: number;
}

export interface ApiTokenInput {
  name: string;
  /** Default: the most that its maker may give. */
  role?: Role;
  /** Ids or names; default: all that the user may see. */
  registries?: readonly string[];
  /** Epoch milliseconds or ISO 8601; default: in 90 days. */
  expiresAt?: number | string;
  neverExpires?: boolean;
}

export const apiTokenPrefix = 'tgb_';
const defaultLifetime = 90 * 24 * 60 * 60_000;
/** How often use is written down, in milliseconds. */
const touchEvery = 60_000;

/** Tokens act for their user: with at most the user's present role and memberships, and only while the user is enabled. */
export class ApiTokens {
  readonly #store: Store;
  readonly #audit: Audit;
  readonly #clock: Clock;

  constructor(deps: { store: Store; audit: Audit; clock?: Clock }) {
    this.#store = deps.store;
    this.#audit = deps.audit;
    this.#clock = deps.clock ?? systemClock;
  }

  /** One's own tokens, or everybody's with `all` (permission `user:read`); newest first, revoked ones left out. */
  async list(principal: Principal, options: { all?: boolean } = {}): Promise<ApiToken[]> {
    requirePermission(principal, options.all ? 'user:read' : 'token:read');
    let select = tokensWithUsers(this.#store.db).where('api_tokens.revoked_at', 'is', null);
    if (!options.all) select = select.where('api_tokens.user_id', '=', principal.userId ?? '');
    const rows = await select.orderBy('api_tokens.id', 'desc').execute();
    return rows.map(tokenOf);
  }

  /**
   * Makes a token for the caller. It cannot do more than its maker: role, registries and, when a token makes it, end are bounded by the
   * maker's. `secret` is the token itself; nobody can read it again.
   */
  async create(principal: Principal, input: ApiTokenInput): Promise<{ token: ApiToken; secret: string }> {
    requirePermission(principal, 'token:write');
    const userId = principal.userId;
    if (userId === undefined) throw new Forbidden('The hub itself has no tokens.');
    const name = parseName(input.name);
    // A project may give more than the hub-wide role does; the token's role bounds both.
    const most = [...principal.projects.values()].reduce(higherRole, principal.role);
    const role = input.role ?? most;
    if (!roleWithin(role, most)) throw invalid('role', `A token of ${principal.name} can be ${most} at most.`);
    const now = this.#clock.now();
    const expiresAt = await this.#expiry(principal, input, now);
    const secret = newToken(apiTokenPrefix);

    return this.#store.transaction(async (trx) => {
      const registries = await scopeOf(trx, principal, input.registries);
      const row: ApiTokensTable = {
        id: newId('tok', now),
        token_hash: hashToken(secret),
        hint: secret.slice(0, 8),
        name,
        user_id: userId,
        role,
        registries: registries ? JSON.stringify(registries) : null,
        created_at: now,
        expires_at: expiresAt ?? null,
        last_used_at: null,
        revoked_at: null,
      };
      await trx.insertInto('api_tokens').values(row).execute();
      const user = await trx.selectFrom('users').select('name').where('id', '=', userId).executeTakeFirstOrThrow();
      const token = tokenOf({ ...row, user_name: user.name });
      const after = { role, registries, expiresAt: expiresAt === undefined ? undefined : new Date(expiresAt) };
      await this.#audit.record({ principal, action: 'token.create', target: { kind: 'token', id: row.id, name }, after }, trx);
      return { token, secret };
    });
  }

  /** Ends a token at once: one's own, or anybody's with `user:write`. Others' tokens do not exist for the rest. */
  async revoke(principal: Principal, id: string): Promise<void> {
    requirePermission(principal, 'token:write');
    await this.#store.transaction(async (trx) => {
      const row = await trx.selectFrom('api_tokens').selectAll().where('id', '=', id).where('revoked_at', 'is', null).executeTakeFirst();
      if (!row || (row.user_id !== principal.userId && !allows(principal, 'user:write'))) throw new NotFound(`There is no token ${id}.`);
      await trx.updateTable('api_tokens').set({ revoked_at: this.#clock.now() }).where('id', '=', id).execute();
      await this.#audit.record({ principal, action: 'token.revoke', target: { kind: 'token', id, name: row.name } }, trx);
    });
  }

  /** Who sends this token. Throws Unauthorized when it is unknown, ended, revoked, or its user disabled. */
  async authenticate(secret: string, from: { address?: string } = {}): Promise<Principal> {
    const now = this.#clock.now();
    const row = await tokensWithUsers(this.#store.db)
      .select(['users.role as user_role', 'users.disabled as user_disabled'])
      .where('api_tokens.token_hash', '=', hashToken(secret))
      .executeTakeFirst();
    if (!row || row.revoked_at !== null || row.user_disabled === 1) throw new Unauthorized('The API token is not valid.');
    if (row.expires_at !== null && row.expires_at <= now) {
      throw new Unauthorized(`The API token ${row.name} ended on ${new Date(row.expires_at).toISOString()}.`);
    }
    if (now - (row.last_used_at ?? 0) >= touchEvery) {
      await this.#store.db.updateTable('api_tokens').set({ last_used_at: now }).where('id', '=', row.id).execute();
    }
    const memberships = await loadMemberships(this.#store.db, row.user_id);
    return {
      kind: 'token',
      id: row.id,
      userId: row.user_id,
      name: `${row.user_name}/${row.name}`,
      role: lowerRole(row.role, row.user_role),
      projects: new Map([...memberships].map(([project, role]) => [project, lowerRole(role, row.role)])),
      registries: parseRegistries(row.registries),
      address: from.address,
    };
  }

  async #expiry(principal: Principal, input: ApiTokenInput, now: number): Promise<number | undefined> {
    const bound = principal.kind === 'token' ? await this.#expiryOf(principal.id) : undefined;
    const asked = input.expiresAt === undefined ? undefined : new Date(input.expiresAt).getTime();
    if (asked !== undefined && !(asked > now)) throw invalid('expiresAt', 'The end has to lie in the future.');
    if (asked !== undefined && input.neverExpires) throw invalid('neverExpires', 'A token either has an end or none.');
    if (bound === undefined) return input.neverExpires ? undefined : (asked ?? now + defaultLifetime);
    if (input.neverExpires || (asked !== undefined && asked > bound)) {
      throw invalid('expiresAt', `A token made by another one ends with it at the latest, on ${new Date(bound).toISOString()}.`);
    }
    return asked ?? Math.min(bound, now + defaultLifetime);
  }

  async #expiryOf(id: string): Promise<number | undefined> {
    const row = await this.#store.db.selectFrom('api_tokens').select('expires_at').where('id', '=', id).executeTakeFirst();
    return row?.expires_at ?? undefined;
  }
}

/** Ids of the registries asked for, which have to exist for the caller; a limited caller passes its limits on. */
async function scopeOf(queries: Queries, principal: Principal, asked: readonly string[] | undefined): Promise<string[] | undefined> {
  if (asked === undefined) return principal.registries && [...principal.registries];
  if (asked.length === 0) throw invalid('registries', 'Name at least one registry, or leave it out for all.');
  const keys = asked.map(nameKey);
  const rows = await queries
    .selectFrom('registries')
    .select(['id', 'name_key'])
    .where((eb) => eb.or([eb('id', 'in', asked), eb('name_key', 'in', keys)]))
    .where(visibleRegistries(principal))
    .execute();
  const missing = asked.find((word) => !rows.some((row) => row.id === word || row.name_key === nameKey(word)));
  if (missing !== undefined) throw invalid('registries', `There is no registry ${missing}.`);
  return rows.map((row) => row.id);
}

function tokensWithUsers(queries: Queries) {
  return queries
    .selectFrom('api_tokens')
    .innerJoin('users', 'users.id', 'api_tokens.user_id')
    .selectAll('api_tokens')
    .select('users.name as user_name');
}

function tokenOf(row: Selectable<ApiTokensTable> & { user_name: string }): ApiToken {
  return {
    id: row.id,
    name: row.name,
    hint: row.hint,
    userId: row.user_id,
    userName: row.user_name,
    role: row.role,
    registries: parseRegistries(row.registries),
    createdAt: row.created_at,
    expiresAt: row.expires_at ?? undefined,
    lastUsedAt: row.last_used_at ?? undefined,
  };
}

function parseRegistries(json: string | null): string[] | undefined {
  return json === null ? undefined : (JSON.parse(json) as string[]);
}

function invalid(field: string, message: string): InvalidSettings {
  return new InvalidSettings(message, [{ field, message }]);
}
