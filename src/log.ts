import { inspect } from 'node:util';
import type { FastifyServerOptions } from 'fastify';
import type { LogLevel } from './config.ts';
import { redact } from './core/redaction.ts';

/** Depth to which causes of an error are logged. */
const longestChain = 5;

/** Fastify's logger: JSON lines on standard error, without host and process, errors in the members that we chose. */
export function loggerOptions(level: LogLevel): FastifyServerOptions['logger'] {
  if (level === 'silent') return false;
  return {
    level,
    stream: process.stderr,
    base: undefined,
    serializers: { err: (error: unknown) => describeError(error) },
  } as FastifyServerOptions['logger'];
}

/**
 * An error for the log: name, code, message, context, stack and causes. Any other members that a library hung on it, among
 * them requests with their headers, are left out; what looks like a secret is redacted.
 */
export function describeError(error: unknown, depth = 0): unknown {
  if (!(error instanceof Error))
    return error === undefined ? undefined : redact(typeof error === 'string' ? error : inspect(error, { depth: 2 }));
  const { code, context } = error as { code?: unknown; context?: unknown };
  return {
    name: error.name,
    ...(code !== undefined && { code }),
    message: redact(error.message),
    ...(context !== undefined && { context: redact(context) }),
    stack: redact(error.stack),
    ...(error.cause !== undefined && depth < longestChain && { cause: describeError(error.cause, depth + 1) }),
  };
}
