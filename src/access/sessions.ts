import { type Clock, systemClock } from '../core/clock.ts';
import { Forbidden, Unauthorized } from '../core/errors.ts';
import { newId, newToken } from '../core/ids.ts';
import type { Store } from '../store/index.ts';
import type { Audit } from './audit.ts';
import { loadMemberships } from './load-principal.ts';
import type { Principal } from './principal.ts';
import { hashToken, sameText } from './token-hash.ts';
import { endSessions, type User, userOf } from './user-row.ts';

/** A browser's sign-in. Times are epoch milliseconds. */
export interface Session {
  id: string;
  userId: string;
  /** To be sent back with every change. */
  csrf: string;
  createdAt: number;
  /** End unless used before; moves with use, up to the longest life. */
  expiresAt: number;
  lastSeenAt: number;
  address: string;
  userAgent: string;
}

export interface SessionLimits {
  /** Milliseconds without use. Default 12 hours. */
  idle?: number;
  /** Milliseconds in all. Default 7 days. */
  absolute?: number;
}

/** How often use is written down, in milliseconds. */
const touchEvery = 60_000;

export class Sessions {
  readonly #store: Store;
  readonly #audit: Audit;
  readonly #clock: Clock;
  readonly #idle: number;
  readonly #absolute: number;

  constructor(deps: { store: Store; audit: Audit; clock?: Clock } & SessionLimits) {
    this.#store = deps.store;
    this.#audit = deps.audit;
    this.#clock = deps.clock ?? systemClock;
    this.#idle = deps.idle ?? 12 * 60 * 60_000;
    this.#absolute = deps.absolute ?? 7 * 24 * 60 * 60_000;
  }

  /**
   * Starts a session for a user who was authenticated just now. `token` goes into the cookie and is known to nobody else: stored
   * is its hash.
   */
  async create(
    user: User,
    from: { address: string; userAgent?: string },
  ): Promise<{ token: string; session: Session; principal: Principal }> {
    const now = this.#clock.now();
    const token = newToken('');
    const session: Session = {
      id: newId('ses', now),
      userId: user.id,
      csrf: newToken(''),
      createdAt: now,
      expiresAt: now + Math.min(this.#idle, this.#absolute),
      lastSeenAt: now,
      address: from.address.slice(0, 100),
      userAgent: (from.userAgent ?? '').replaceAll(/\p{C}/gu, '').slice(0, 300),
    };
    const principal = await this.#store.transaction(async (trx) => {
      await trx
        .insertInto('sessions')
        .values({
          token_hash: hashToken(token),
          id: session.id,
          user_id: user.id,
          csrf: session.csrf,
          created_at: now,
          expires_at: session.expiresAt,
          last_seen_at: now,
          address: session.address,
          user_agent: session.userAgent,
        })
        .execute();
      await trx.updateTable('users').set({ last_seen_at: now }).where('id', '=', user.id).execute();
      const principal = principalOf(user, session, await loadMemberships(trx, user.id), from.address);
      await this.#audit.record({ principal, action: 'session.login', target: { kind: 'user', id: user.id, name: user.name } }, trx);
      return principal;
    });
    return { token, session, principal };
  }

  /**
   * Who holds this cookie, with the role and memberships of this moment. Throws Unauthorized when the session ended or the user was
   * disabled or removed.
   */
  async authenticate(token: string, from: { address?: string } = {}): Promise<{ principal: Principal; session: Session; user: User }> {
    const now = this.#clock.now();
    const row = await this.#store.db
      .selectFrom('sessions')
      .innerJoin('users', 'users.id', 'sessions.user_id')
      .selectAll('users')
      .select([
        'sessions.id as session_id',
        'sessions.csrf',
        'sessions.created_at as session_created_at',
        'sessions.expires_at',
        'sessions.last_seen_at as session_seen_at',
        'sessions.address',
        'sessions.user_agent',
      ])
      .where('sessions.token_hash', '=', hashToken(token))
      .where('sessions.expires_at', '>', now)
      .where('users.disabled', '=', 0)
      .executeTakeFirst();
    if (!row) throw new Unauthorized('The session has ended: sign in again.');
    const session: Session = {
      id: row.session_id,
      userId: row.id,
      csrf: row.csrf,
      createdAt: row.session_created_at,
      expiresAt: row.expires_at,
      lastSeenAt: row.session_seen_at,
      address: row.address,
      userAgent: row.user_agent,
    };
    if (now - session.lastSeenAt >= touchEvery) await this.#touch(session, now);
    const user = userOf(row);
    return { principal: principalOf(user, session, await loadMemberships(this.#store.db, user.id), from.address), session, user };
  }

  /** Throws `csrf_failed` unless the page that sent the request knows the session's token. */
  checkCsrf(session: { csrf: string }, sent: string | undefined): void {
    if (sent === undefined || !sameText(session.csrf, sent)) {
      throw new Forbidden('The request does not carry the token of this session (X-CSRF-Token).', undefined, 'csrf_failed');
    }
  }

  /** Ends the session of a cookie; nothing happens when it ended before. */
  async end(token: string, principal?: Principal): Promise<void> {
    await this.#store.transaction(async (trx) => {
      const ended = await trx.deleteFrom('sessions').where('token_hash', '=', hashToken(token)).returning('id').executeTakeFirst();
      if (ended && principal) await this.#audit.record({ principal, action: 'session.logout' }, trx);
    });
  }

  /** Ends all sessions of a user but, if given, one. */
  async endAll(userId: string, exceptSessionId?: string): Promise<void> {
    await endSessions(this.#store.db, userId, exceptSessionId);
  }

  /** Removes sessions that ended; to be called now and then. */
  async sweep(): Promise<void> {
    await this.#store.db.deleteFrom('sessions').where('expires_at', '<=', this.#clock.now()).execute();
  }

  async #touch(session: Session, now: number): Promise<void> {
    session.lastSeenAt = now;
    session.expiresAt = Math.min(now + this.#idle, session.createdAt + this.#absolute);
    await this.#store.transaction(async (trx) => {
      await trx.updateTable('sessions').set({ last_seen_at: now, expires_at: session.expiresAt }).where('id', '=', session.id).execute();
      await trx.updateTable('users').set({ last_seen_at: now }).where('id', '=', session.userId).execute();
    });
  }
}

function principalOf(user: User, session: Session, projects: Principal['projects'], address: string | undefined): Principal {
  return {
    kind: 'user',
    id: user.id,
    userId: user.id,
    name: user.name,
    role: user.role,
    projects,
    sessionId: session.id,
    address: address ?? session.address,
  };
}
