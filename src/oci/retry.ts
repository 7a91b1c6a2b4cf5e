/** Longest time that a server's `Retry-After` is waited for within a call; beyond it the caller gets the error and the time. */
export const maxRetryDelay = 60_000;

/** Statuses after which the same idempotent request may succeed. */
export function isRetryableStatus(status: number): boolean {
  return status === 408 || status === 429 || (status >= 500 && status !== 501 && status !== 505 && status !== 507);
}

/**
 * Milliseconds to wait, from `Retry-After` (seconds or a date, RFC 9110) or `X-Retry-After` (Docker Hub: seconds or epoch
 * seconds). Undefined when neither is there or readable.
 */
export function readRetryAfter(headers: Readonly<Record<string, string>>, now: number): number | undefined {
  return parseRetryAfter(headers['retry-after'], now) ?? parseRetryAfter(headers['x-retry-after'], now);
}

function parseRetryAfter(value: string | undefined, now: number): number | undefined {
  if (value === undefined || value.length > 64) return undefined;
  const text = value.trim();
  if (/^[0-9]{1,12}(?:\.[0-9]{1,6})?$/.test(text)) {
    const seconds = Number(text);
    // More than ten years cannot be a delay: it is a point in time.
    return Math.max(0, seconds > 315_360_000 ? seconds * 1000 - now : seconds * 1000);
  }
  const date = Date.parse(text);
  return Number.isNaN(date) ? undefined : Math.max(0, date - now);
}

/** Exponential backoff with jitter: 125–250 ms, then twice that each time, at most 10 s. */
export function backoff(attempt: number, random: () => number = Math.random): number {
  return Math.min(10_000, 250 * 2 ** attempt) * (0.5 + random() / 2);
}
