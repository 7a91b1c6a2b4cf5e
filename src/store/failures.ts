import { HubError } from '../core/errors.ts';

interface SqliteFailure extends Error {
  code: 'ERR_SQLITE_ERROR';
  /** Extended result code, https://sqlite.org/rescode.html */
  errcode: number;
}

function isSqliteFailure(error: unknown): error is SqliteFailure {
  return (
    error instanceof Error &&
    'code' in error &&
    error.code === 'ERR_SQLITE_ERROR' &&
    'errcode' in error &&
    typeof error.errcode === 'number'
  );
}

/** SQLSTATE (PostgreSQL) or system error code (`ECONNREFUSED`) of a failure from `pg`. */
function failureCode(error: unknown): string | undefined {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : undefined;
}

/**
 * Whether a statement failed because a unique or primary key already has the value. Inside a transaction PostgreSQL refuses
 * every further statement after it: there, use `onConflict(…)` and look at what was changed instead of catching.
 */
export function isUniqueViolation(error: unknown): boolean {
  // SQLITE_CONSTRAINT_UNIQUE and SQLITE_CONSTRAINT_PRIMARYKEY; unique_violation.
  if (isSqliteFailure(error)) return error.errcode === 2067 || error.errcode === 1555;
  return failureCode(error) === '23505';
}

/** Whether a statement failed because the row it names is gone, or still referred to. */
export function isForeignKeyViolation(error: unknown): boolean {
  if (isSqliteFailure(error)) return error.errcode === 787;
  return failureCode(error) === '23503';
}

/**
 * Turns failures of the database itself (disk full, damage, connection lost) into HubErrors. Anything else, such as a
 * constraint that refused, comes back as it was.
 */
export function translateFailure(error: unknown, place: string): unknown {
  if (error instanceof HubError) return error;
  if (isSqliteFailure(error)) return translateSqlite(error, place);
  return translatePostgres(error, place);
}

function translateSqlite(error: SqliteFailure, place: string): unknown {
  switch (error.errcode & 0xff) {
    case 5: // SQLITE_BUSY
    case 6: // SQLITE_LOCKED
      return new HubError(`Another process kept the database ${place} locked for too long.`, 'store_busy', error, { place }, 'backoff');
    case 8: // SQLITE_READONLY
      return new HubError(`The database ${place} cannot be written.`, 'store_read_only', error, { place });
    case 10: // SQLITE_IOERR
    case 14: // SQLITE_CANTOPEN
      return new HubError(`The database ${place} cannot be read or written: ${error.message}.`, 'store_unavailable', error, { place });
    case 11: // SQLITE_CORRUPT
    case 26: // SQLITE_NOTADB
      return new HubError(`The database ${place} is damaged or not a database: ${error.message}.`, 'store_corrupt', error, { place });
    case 13: // SQLITE_FULL
      return new HubError(`The disk with the database ${place} is full; the change was not made.`, 'store_full', error, { place });
    default:
      return error;
  }
}

const connectionFailures = new Set([
  'ECONNREFUSED',
  'ECONNRESET',
  'EPIPE',
  'ENOTFOUND',
  'EAI_AGAIN',
  'ETIMEDOUT',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'ENOENT',
  'EACCES',
]);

function translatePostgres(error: unknown, place: string): unknown {
  const code = failureCode(error);
  const text = error instanceof Error ? error.message : String(error);
  if (code === undefined) {
    // pg reports these without a code.
    const lost =
      /^(Connection terminated|timeout exceeded when trying to connect|Client has encountered a connection error|The server does not support SSL)/i;
    if (lost.test(text)) return unreachable(error, place, text);
    return error;
  }
  // https://www.postgresql.org/docs/current/errcodes-appendix.html
  if (code === '53100') return new HubError(`The disk of ${place} is full; the change was not made.`, 'store_full', error, { place });
  if (code === 'XX001' || code === 'XX002') return new HubError(`${place} is damaged: ${text}.`, 'store_corrupt', error, { place });
  if (code === '25006') return new HubError(`${place} cannot be written: ${text}.`, 'store_read_only', error, { place });
  if (code === '40001' || code === '40P01' || code === '55P03') {
    return new HubError(
      `${place} had to give up the change, because another one was in its way.`,
      'store_busy',
      error,
      { place },
      'backoff',
    );
  }
  const class_ = code.slice(0, 2);
  if (connectionFailures.has(code) || class_ === '08' || class_ === '28' || class_ === '57' || class_ === '53' || code === '3D000') {
    return unreachable(error, place, text);
  }
  return error;
}

function unreachable(error: unknown, place: string, text: string): HubError {
  return new HubError(`${place} cannot be reached: ${text || 'no reason given'}.`, 'store_unavailable', error, { place }, 'backoff');
}
