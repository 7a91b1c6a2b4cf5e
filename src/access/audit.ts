import { isDeepStrictEqual } from 'node:util';
import type { Selectable } from 'kysely';
import { z } from 'zod';
import { type Clock, systemClock } from '../core/clock.ts';
import { newId } from '../core/ids.ts';
import { redact } from '../core/redaction.ts';
import { Secret } from '../core/secret.ts';
import { type AuditTable, decodeCursor, pageOf, type Queries, type Store } from '../store/index.ts';
import type { Principal } from './principal.ts';

type Fields = Readonly<Record<string, unknown>>;

/** Something that happened, to be recorded. */
export interface AuditRecord {
  /** Default `system`. */
  principal?: Principal | 'anonymous' | 'system';
  /** Default: the principal's. */
  address?: string;
  /** `<kind>.<what>`: `registry.create`, `registry.secret-used`, `session.login-failed`, … */
  action: string;
  target?: { kind: string; id?: string; name?: string };
  /**
   * The thing before and after; given both, only fields that differ are kept. Secrets among them are replaced by a mark, so
   * a changed password shows as changed and as nothing more.
   */
  before?: Fields;
  after?: Fields;
  /** `ok` (default) or an error code. */
  outcome?: string;
  /** A sentence for people, free of secrets. */
  detail?: string;
  /** Names of further fields that are secret, e.g. those that the provider declares. */
  secretFields?: Iterable<string>;
}

/** Something that was recorded. Times are epoch milliseconds. */
export interface AuditEntry {
  id: string;
  at: number;
  actor: { kind: 'user' | 'token' | 'system' | 'anonymous'; id?: string; name: string };
  address?: string;
  action: string;
  target?: { kind: string; id?: string; name?: string };
  before?: Record<string, unknown>;
  after?: Record<string, unknown>;
  outcome: string;
  detail?: string;
}

export interface AuditQuery {
  cursor?: string;
  /** Default 100, at most 1 000. */
  limit?: number;
  /** Id or exact name of who did it. */
  actor?: string;
  /** An action, or a group of them by its first part: `registry` for `registry.create`, `registry.remove`, … */
  action?: string;
  /** Id or exact name of what it was done to. */
  target?: string;
  /** Epoch milliseconds, inclusive. */
  from?: number;
  /** Epoch milliseconds, exclusive. */
  to?: number;
}

export interface AuditPage {
  /** Newest first. */
  items: AuditEntry[];
  next?: string;
}

const position = z.tuple([z.int(), z.string().max(64)]);

/** Who did what, when, from where. Entries are never changed or removed; the database refuses it. */
export class Audit {
  readonly #store: Store;
  readonly #clock: Clock;

  constructor(deps: { store: Store; clock?: Clock }) {
    this.#store = deps.store;
    this.#clock = deps.clock ?? systemClock;
  }

  /**
   * Records an entry. Give the transaction of the change itself, so that there is no change without its entry and no entry
   * without its change.
   */
  async record(entry: AuditRecord, queries: Queries = this.#store.db): Promise<void> {
    const at = this.#clock.now();
    const principal = entry.principal ?? 'system';
    const known = typeof principal === 'object';
    const { before, after } = changedFields(entry.before, entry.after);
    const json = (fields: Fields | undefined) =>
      fields === undefined ? null : JSON.stringify(redact(fields, { fields: entry.secretFields ?? [], maxText: 2000 }));
    await queries
      .insertInto('audit')
      .values({
        id: newId('aud', at),
        at,
        actor_kind: known ? principal.kind : principal,
        actor_id: known ? principal.id : null,
        actor_name: known ? principal.name : principal === 'system' ? 'Tagboat' : 'anonymous',
        address: entry.address ?? (known ? principal.address : undefined) ?? null,
        action: entry.action,
        target_kind: entry.target?.kind ?? null,
        target_id: entry.target?.id ?? null,
        target_name: entry.target?.name ?? null,
        before: json(before),
        after: json(after),
        outcome: entry.outcome ?? 'ok',
        detail: entry.detail === undefined ? null : String(redact(entry.detail, { maxText: 2000 })),
      })
      .execute();
  }

  /** Lists entries, newest first. Throws `invalid_cursor`. */
  async list(query: AuditQuery = {}): Promise<AuditPage> {
    const limit = Math.min(Math.max(query.limit ?? 100, 1), 1000);
    const { cursor, actor, action, target, from, to } = query;
    let select = this.#store.db.selectFrom('audit').selectAll();
    if (actor !== undefined) select = select.where((eb) => eb.or([eb('actor_id', '=', actor), eb('actor_name', '=', actor)]));
    if (target !== undefined) select = select.where((eb) => eb.or([eb('target_id', '=', target), eb('target_name', '=', target)]));
    // '/' follows '.' in byte order: everything that begins with "registry.".
    if (action?.includes('.')) select = select.where('action', '=', action);
    else if (action !== undefined) select = select.where('action', '>=', `${action}.`).where('action', '<', `${action}/`);
    if (from !== undefined) select = select.where('at', '>=', from);
    if (to !== undefined) select = select.where('at', '<', to);
    if (cursor !== undefined) {
      const [at, id] = decodeCursor(cursor, position);
      select = select.where('at', '<=', at).where((eb) => eb.or([eb('at', '<', at), eb('id', '<', id)]));
    }
    const rows = await select
      .orderBy('at', 'desc')
      .orderBy('id', 'desc')
      .limit(limit + 1)
      .execute();
    const page = pageOf(rows, limit, (last) => [last.at, last.id]);
    return { items: page.items.map(entryOf), next: page.next };
  }
}

function changedFields(before?: Fields, after?: Fields): { before?: Fields; after?: Fields } {
  if (!before || !after) return { before, after };
  const differing = new Set([...Object.keys(before), ...Object.keys(after)].filter((name) => !equal(before[name], after[name])));
  const only = (fields: Fields) => Object.fromEntries(Object.entries(fields).filter(([name]) => differing.has(name)));
  return { before: only(before), after: only(after) };
}

function equal(a: unknown, b: unknown): boolean {
  // Node does not look into private members: two different Secrets would pass for equal.
  return a instanceof Secret && b instanceof Secret ? a.equals(b) : isDeepStrictEqual(a, b);
}

function entryOf(row: Selectable<AuditTable>): AuditEntry {
  const fields = (json: string | null) => (json === null ? undefined : (JSON.parse(json) as Record<string, unknown>));
  return {
    id: row.id,
    at: row.at,
    actor: { kind: row.actor_kind, id: row.actor_id ?? undefined, name: row.actor_name },
    address: row.address ?? undefined,
    action: row.action,
    target:
      row.target_kind === null ? undefined : { kind: row.target_kind, id: row.target_id ?? undefined, name: row.target_name ?? undefined },
    before: fields(row.before),
    after: fields(row.after),
    outcome: row.outcome,
    detail: row.detail ?? undefined,
  };
}
