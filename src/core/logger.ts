import { type Clock, systemClock } from './clock.ts';
import { redact, redactText } from './redaction.ts';

export const logLevels = ['debug', 'info', 'warn', 'error', 'silent'] as const;
export type LogLevel = (typeof logLevels)[number];

export type LogFields = Readonly<Record<string, unknown>>;

/** Writes what happens, one line each, never a secret. */
export interface Logger {
  readonly level: LogLevel;
  /** Whether lines of this level are written: to spare the making of costly fields. */
  enabled(level: LogLevel): boolean;
  debug(message: string, fields?: LogFields): void;
  info(message: string, fields?: LogFields): void;
  warn(message: string, fields?: LogFields): void;
  error(message: string, fields?: LogFields): void;
  /** A logger that adds fields to every line. */
  child(fields: LogFields): Logger;
  /** From now on, hides this text wherever it occurs, in this logger and its relatives. */
  hide(secret: string): void;
}

export interface LoggerOptions {
  /** Default `info`. */
  level?: LogLevel;
  /** `json`: one object a line, for machines. `pretty` (default): for people. */
  format?: 'json' | 'pretty';
  /** Takes whole lines. Default: standard error. */
  write?: (line: string) => void;
  /** Whether `pretty` uses colours. Default no. */
  color?: boolean;
  clock?: Clock;
}

interface Shared {
  level: LogLevel;
  format: 'json' | 'pretty';
  write: (line: string) => void;
  color: boolean;
  clock: Clock;
  secrets: Set<string>;
}

/** A logger that redacts every field (see `redact`) before it writes. */
export function createLogger(options: LoggerOptions = {}): Logger {
  return loggerOf(
    {
      level: options.level ?? 'info',
      format: options.format ?? 'pretty',
      write: options.write ?? ((line) => process.stderr.write(line)),
      color: options.color ?? false,
      clock: options.clock ?? systemClock,
      secrets: new Set(),
    },
    {},
  );
}

/** Writes nothing. */
export const silentLogger: Logger = createLogger({ level: 'silent', write: () => {} });

function loggerOf(shared: Shared, base: LogFields): Logger {
  const enabled = (level: LogLevel) => level !== 'silent' && logLevels.indexOf(level) >= logLevels.indexOf(shared.level);
  const log = (level: LogLevel, message: string, fields: LogFields = {}) => {
    if (!enabled(level)) return;
    const clean = redact({ ...base, ...fields }, { known: shared.secrets }) as Record<string, unknown>;
    const text = redactText(message, shared.secrets);
    const time = new Date(shared.clock.now()).toISOString();
    const line =
      shared.format === 'json' ? JSON.stringify({ time, level, message: text, ...clean }) : pretty(time, level, text, clean, shared.color);
    shared.write(`${line}\n`);
  };
  return {
    level: shared.level,
    enabled,
    debug: (message, fields) => log('debug', message, fields),
    info: (message, fields) => log('info', message, fields),
    warn: (message, fields) => log('warn', message, fields),
    error: (message, fields) => log('error', message, fields),
    child: (fields) => loggerOf(shared, { ...base, ...fields }),
    hide: (secret) => {
      if (secret !== '') shared.secrets.add(secret);
    },
  };
}

const colors: Readonly<Record<string, string>> = { debug: '\x1b[2m', info: '\x1b[36m', warn: '\x1b[33m', error: '\x1b[31m' };

function pretty(time: string, level: LogLevel, message: string, fields: Readonly<Record<string, unknown>>, color: boolean): string {
  const label = level.toUpperCase().padEnd(5);
  const shown = Object.entries(fields)
    .filter(([, value]) => value !== undefined)
    .map(([name, value]) => ` ${name}=${typeof value === 'string' && /^[^\s"=]+$/.test(value) ? value : JSON.stringify(value)}`)
    .join('');
  // A line is a line: text from outside must not be able to begin another one or move the cursor.
  const text = `${message}${shown}`.replaceAll(/[\p{Cc}\u2028\u2029]/gu, (character) => JSON.stringify(character).slice(1, -1));
  return color ? `\x1b[2m${time.slice(11, 19)}\x1b[0m ${colors[level] ?? ''}${label}\x1b[0m ${text}` : `${time} ${label} ${text}`;
}
