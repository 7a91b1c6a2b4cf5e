import { RegistryError, TagboatError } from '../core/errors.ts';
import { isoTime, type Partial } from './types.ts';

/**
 * Why a listing ended early, from the error that ended it. Errors that are not ours are bugs and go on.
 *
 * @param at when it happened, epoch milliseconds
 */
export function partialOf(error: unknown, at: number): Partial {
  if (!(error instanceof TagboatError)) throw error;
  const wait = error instanceof RegistryError ? error.retryAfter : undefined;
  const retryAt = wait === undefined ? undefined : isoTime(at + wait);
  return { reason: error.message, code: error.code, ...(retryAt && { retryAt }) };
}

/** Whether the person who asked went away: nothing is wrong then. */
export function isCanceled(error: unknown): boolean {
  return error instanceof TagboatError && error.code === 'canceled';
}
