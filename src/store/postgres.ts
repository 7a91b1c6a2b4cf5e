import { type Dialect, PostgresDialect } from 'kysely';
import { HubError } from '../core/errors.ts';

/** `postgresql://host:5432/name`, without user and password, for messages. */
export function describePostgresUrl(database: string): string {
  const url = parsePostgresUrl(database);
  return `the PostgreSQL database ${url.pathname.slice(1) || '(default)'} on ${url.host || 'the local socket'}`;
}

function parsePostgresUrl(database: string): URL {
  const url = URL.parse(database);
  if (!url || (url.protocol !== 'postgres:' && url.protocol !== 'postgresql:')) {
    throw new HubError('The database address is not of the form postgres://user:password@host:5432/name.', 'store_unavailable');
  }
  return url;
}

export interface PostgresOptions {
  /** `postgres://user:password@host:5432/name`. */
  database: string;
  /** Most connections. Default 10. */
  connections?: number;
  /** Told of idle connections that broke; the pool replaces them. */
  onIdleFailure?: (error: Error) => void;
}

/** Kysely's PostgreSQL dialect over `pg`, which is loaded only here. 64-bit integers arrive as numbers. */
export async function postgresDialect(options: PostgresOptions): Promise<Dialect> {
  parsePostgresUrl(options.database);
  const { default: pg } = await import('pg');
  const int8 = pg.types.builtins.INT8;
  const pool = new pg.Pool({
    connectionString: options.database,
    max: options.connections ?? 10,
    application_name: 'tagboat',
    connectionTimeoutMillis: 10_000,
    idle_in_transaction_session_timeout: 60_000,
    types: {
      getTypeParser: (type: number, format?: 'text' | 'binary') =>
        type === int8 && format !== 'binary' ? Number : pg.types.getTypeParser(type, format),
    },
  });
  // Without a listener, a server that restarts would take the whole process with it.
  pool.on('error', (error) => options.onIdleFailure?.(error));
  return new PostgresDialect({ pool });
}
