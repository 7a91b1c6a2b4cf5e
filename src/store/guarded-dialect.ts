import type { DatabaseConnection, Dialect, Driver, TransactionSettings } from 'kysely';
import { HubError } from '../core/errors.ts';
import { translateFailure } from './failures.ts';
import type { TransactionScope } from './transaction-scope.ts';

export interface GuardOptions {
  scope: TransactionScope;
  /** Names the database in messages, without a secret. */
  place: string;
  /** Only one user of the connection at a time (SQLite). */
  single: boolean;
  /** Milliseconds to wait for the single connection. Default 30 000. */
  patience?: number;
}

/**
 * Wraps a dialect: refuses to get a connection inside an open transaction, lets one user at a time have SQLite's connection
 * (first come, first served, never waiting for ever), and translates failures of the database into HubErrors.
 */
export function guardedDialect(dialect: Dialect, options: GuardOptions): Dialect {
  return {
    createAdapter: () => dialect.createAdapter(),
    createDriver: () => new GuardedDriver(dialect.createDriver(), options),
    createIntrospector: (db) => dialect.createIntrospector(db),
    createQueryCompiler: () => dialect.createQueryCompiler(),
  };
}

class GuardedDriver implements Driver {
  readonly #inner: Driver;
  readonly #options: GuardOptions;
  readonly #turns: Turns | undefined;
  readonly #known = new WeakSet<DatabaseConnection>();

  constructor(inner: Driver, options: GuardOptions) {
    this.#inner = inner;
    this.#options = options;
    this.#turns = options.single ? new Turns(options.place, options.patience ?? 30_000) : undefined;
  }

  async init(): Promise<void> {
    await this.#translated(() => this.#inner.init());
  }

  async acquireConnection(): Promise<DatabaseConnection> {
    this.#options.scope.assertOutside();
    await this.#turns?.take();
    try {
      const connection = await this.#translated(() => this.#inner.acquireConnection());
      this.#translateFailuresOf(connection);
      return connection;
    } catch (error) {
      this.#turns?.pass();
      throw error;
    }
  }

  async releaseConnection(connection: DatabaseConnection): Promise<void> {
    try {
      await this.#inner.releaseConnection(connection);
    } finally {
      this.#turns?.pass();
    }
  }

  beginTransaction(connection: DatabaseConnection, settings: TransactionSettings): Promise<void> {
    return this.#inner.beginTransaction(connection, settings);
  }

  commitTransaction(connection: DatabaseConnection): Promise<void> {
    return this.#inner.commitTransaction(connection);
  }

  rollbackTransaction(connection: DatabaseConnection): Promise<void> {
    return this.#inner.rollbackTransaction(connection);
  }

  destroy(): Promise<void> {
    return this.#inner.destroy();
  }

  /** In place, because Kysely's drivers know their connections by identity and by private members. */
  #translateFailuresOf(connection: DatabaseConnection): void {
    if (this.#known.has(connection)) return;
    this.#known.add(connection);
    const executeQuery = connection.executeQuery.bind(connection);
    connection.executeQuery = (query, options) => this.#translated(() => executeQuery(query, options));
  }

  async #translated<T>(work: () => Promise<T>): Promise<T> {
    try {
      return await work();
    } catch (error) {
      throw translateFailure(error, this.#options.place);
    }
  }
}

/** First come, first served, with a limit to the wait. */
class Turns {
  readonly #place: string;
  readonly #patience: number;
  readonly #waiting = new Set<() => void>();
  #taken = false;

  constructor(place: string, patience: number) {
    this.#place = place;
    this.#patience = patience;
  }

  async take(): Promise<void> {
    if (!this.#taken) {
      this.#taken = true;
      return;
    }
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const timer = setTimeout(() => {
      this.#waiting.delete(resolve);
      const seconds = this.#patience / 1000;
      reject(
        new HubError(`A transaction kept the database ${this.#place} for more than ${seconds} s.`, 'store_busy', undefined, {}, 'backoff'),
      );
    }, this.#patience);
    this.#waiting.add(resolve);
    try {
      await promise;
    } finally {
      clearTimeout(timer);
    }
  }

  pass(): void {
    const next = this.#waiting.values().next().value;
    if (next) {
      this.#waiting.delete(next);
      next();
    } else {
      this.#taken = false;
    }
  }
}
