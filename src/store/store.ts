import { join, resolve } from 'node:path';
import type { DatabaseSync } from 'node:sqlite';
import { type Dialect, Kysely, sql, type Transaction } from 'kysely';
import { HubError } from '../core/errors.ts';
import { translateFailure } from './failures.ts';
import { guardedDialect } from './guarded-dialect.ts';
import { makeDirectory } from './make-directory.ts';
import { migrate } from './migrate.ts';
import { type Ownership, takeOwnership } from './ownership.ts';
import { describePostgresUrl, postgresDialect } from './postgres.ts';
import type { Database } from './schema.ts';
import { openSqliteFile, sqliteDialect } from './sqlite.ts';
import { TransactionScope } from './transaction-scope.ts';

export type StoreKind = 'sqlite' | 'postgres';
export type Trx = Transaction<Database>;
/** Either the store's `db` or a transaction: for functions that may take part in their caller's transaction. */
export type Queries = Kysely<Database>;

export interface StoreOptions {
  /** `postgres://…`; absent: SQLite in `dataDir`. */
  database?: string;
  /** Directory for `tagboat.db`, `tagboat.lock` and `master.key`; created with mode 0700. */
  dataDir: string;
  /**
   * `hub` (default) migrates, and on SQLite makes this process the only hub on the directory. `tool` does neither: for
   * command-line tools, which may read and write briefly beside a running hub.
   */
  access?: 'hub' | 'tool';
  /** Told of PostgreSQL connections that broke while idle; they are replaced. */
  onIdleFailure?: (error: Error) => void;
}

export interface Store {
  readonly kind: StoreKind;
  /** For messages: the file, or database name and host. Holds no secret. */
  readonly place: string;
  /** Single statements. Inside `transaction`, use what it hands you: `db` throws `store_misused` there. */
  readonly db: Kysely<Database>;
  /**
   * Runs `work` in a transaction, committed when it resolves and rolled back when it rejects. On SQLite transactions run one
   * after another and everything else waits, so `work` must wait for nothing but its own statements. On PostgreSQL they run
   * side by side (read committed): take a `lock` where a rule spans rows.
   */
  transaction<T>(work: (trx: Trx) => Promise<T>): Promise<T>;
  /** Until its end, no other transaction that takes the lock of the same name goes on. Costs nothing on SQLite. */
  lock(trx: Trx, name: string): Promise<void>;
  /** Throws `store_unavailable` when the database does not answer. */
  ping(): Promise<void>;
  close(): Promise<void>;
}

/**
 * Opens, migrates and, on SQLite, takes exclusive ownership. Throws HubError: `store_in_use`, `store_unavailable`,
 * `store_corrupt`, `store_full`, `store_schema_newer`, `store_schema_older` (tools only), `store_migration_failed`,
 * `data_dir_unusable`.
 */
export async function openStore(options: StoreOptions): Promise<Store> {
  const dataDir = resolve(options.dataDir);
  try {
    makeDirectory(dataDir, 0o700);
  } catch (error) {
    throw new HubError(`The data directory ${dataDir} cannot be created: ${reason(error)}.`, 'data_dir_unusable', error, { dataDir });
  }
  return options.database === undefined ? openSqliteStore(dataDir, options) : openPostgresStore(options.database, options);
}

async function openSqliteStore(dataDir: string, options: StoreOptions): Promise<Store> {
  const file = join(dataDir, 'tagboat.db');
  let ownership: Ownership | undefined;
  let database: DatabaseSync;
  try {
    if (options.access !== 'tool') ownership = takeOwnership(dataDir);
    database = openSqliteFile(file);
  } catch (error) {
    ownership?.release();
    if (error instanceof Error && 'code' in error && (error.code === 'EACCES' || error.code === 'EROFS' || error.code === 'EPERM')) {
      throw new HubError(`The data directory ${dataDir} cannot be written: ${reason(error)}.`, 'data_dir_unusable', error, { dataDir });
    }
    throw translateFailure(error, file);
  }
  return openOn(sqliteDialect(database), 'sqlite', file, options, () => {
    if (database.isOpen) database.close();
    ownership?.release();
  });
}

async function openPostgresStore(database: string, options: StoreOptions): Promise<Store> {
  const place = describePostgresUrl(database);
  return openOn(await postgresDialect({ database, onIdleFailure: options.onIdleFailure }), 'postgres', place, options, () => {});
}

async function openOn(dialect: Dialect, kind: StoreKind, place: string, options: StoreOptions, release: () => void): Promise<Store> {
  const scope = new TransactionScope();
  const db = new Kysely<Database>({ dialect: guardedDialect(dialect, { scope, place, single: kind === 'sqlite' }) });
  let closing: Promise<void> | undefined;
  const close = () => {
    closing ??= db.destroy().finally(release);
    return closing;
  };
  try {
    await migrate(db, { kind, place, run: options.access !== 'tool' });
  } catch (error) {
    await close();
    throw error;
  }
  return {
    kind,
    place,
    db,
    transaction: (work) => db.transaction().execute((trx) => scope.run(() => work(trx))),
    async lock(trx, name) {
      if (kind === 'postgres') await sql`select pg_advisory_xact_lock(hashtextextended(${`tagboat:${name}`}, 0))`.execute(trx);
    },
    async ping() {
      await sql`select 1`.execute(db);
    },
    close,
  };
}

function reason(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
