import type { Clock } from '../core/clock.ts';
import { RegistryError } from '../core/errors.ts';

const attempts = 5;
const base = 200;
const longest = 10_000;

/**
 * Repeats a call that a provider's API throttles: after the time it names, else with exponential backoff and jitter. For services
 * that say so with status 200, or whose requests are signed anew for each attempt, so that the connection cannot repeat them.
 *
 * @throws what the last attempt threw; the signal's reason
 */
export async function patiently<T>(
  { clock, signal }: { clock: Clock; signal?: AbortSignal },
  call: () => Promise<T>,
  isBrief: (error: unknown) => boolean = isThrottled,
): Promise<T> {
  for (let attempt = 1; ; attempt++) {
    signal?.throwIfAborted();
    try {
      return await call();
    } catch (error) {
      if (attempt === attempts || !isBrief(error)) throw error;
      const told = error instanceof RegistryError ? error.retryAfter : undefined;
      if (told !== undefined && told > longest) throw error;
      await clock.sleep(told ?? Math.min(longest, base * 2 ** attempt) * (0.5 + Math.random() / 2), signal);
    }
  }
}

/** Whether the provider wants fewer calls. */
export function isThrottled(error: unknown): boolean {
  return error instanceof RegistryError && error.code === 'registry_rate_limited';
}
