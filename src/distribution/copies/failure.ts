import { describeErrorCode } from '../../core/error-codes.ts';
import { CopyError, HubError, RegistryError, TagboatError } from '../../core/errors.ts';
import { redactText } from '../../core/redaction.ts';
import type { CopyFailure } from './types.ts';

const longestMessage = 4000;

/** Why a copy failed, in words for people and codes for programs. Of an error that nobody expected only that there was one. */
export function failureOf(error: unknown): CopyFailure {
  const code = error instanceof TagboatError ? error.code : 'internal';
  const { title, help } = describeErrorCode(code);
  // Where the database is, and the like, is for the log.
  const known = error instanceof TagboatError && !(error instanceof HubError);
  const message = known ? redactText(error.message, []).slice(0, longestMessage) : `${title}.`;
  const given = error instanceof TagboatError ? error.context['help'] : undefined;
  return {
    code,
    ...(error instanceof CopyError && { side: error.side }),
    message,
    help: typeof given === 'string' ? given : help,
  };
}

/** Pauses before the second and the third attempt, in milliseconds. */
const pauses = [30_000, 2 * 60_000];
/** A registry that asks for longer than this is not waited for. */
const longestPause = 6 * 3600_000;

/**
 * Milliseconds until the next attempt; undefined when there is none: what failed does not mend itself, or was tried often enough.
 *
 * @param failures attempts that failed, this one included
 */
export function pauseBeforeNext(error: unknown, failures: number): number | undefined {
  const pause = pauses[failures - 1];
  if (pause === undefined || !(error instanceof TagboatError) || error.retry !== 'backoff') return undefined;
  const asked = retryAfterOf(error);
  if (asked !== undefined && asked > longestPause) return undefined;
  return Math.max(pause, asked ?? 0);
}

function retryAfterOf(error: TagboatError): number | undefined {
  if (error instanceof RegistryError) return error.retryAfter;
  return error.cause instanceof TagboatError ? retryAfterOf(error.cause) : undefined;
}
