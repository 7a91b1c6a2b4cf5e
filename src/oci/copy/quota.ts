import type { ClientClock, Quota } from '../client-options.ts';
import { CopyError, RegistryError } from '../errors.ts';
import { maxRetryDelay } from '../retry.ts';
import type { ReadTarget } from './target.ts';

/** What a copy costs of the source's quota, which is as the registry last told. */
export interface QuotaCost extends Quota {
  /** Requests that are counted: those for manifests. HEAD is free. */
  cost: number;
}

/**
 * To be called before each manifest that is fetched. A quota that is renewed within a minute is left to the waiting that follows a 429.
 *
 * @throws CopyError `quota_reserved` when no more is left than `reserve`, with `retryAfter` in its cause.
 */
export function spareQuota({ label, quota }: ReadTarget, reserve: number, clock: ClientClock): void {
  if (!quota || quota.window === undefined || quota.remaining > reserve) return;
  const milliseconds = quota.window * 1000;
  const resetsAt = quota.at + milliseconds;
  const now = clock.now();
  if (milliseconds <= maxRetryDelay || resetsAt <= now) return;
  const left = `${quota.remaining} of ${quota.limit} requests were left at ${timeOf(quota.at)}`;
  const kept = reserve > 0 ? `, and ${reserve} are kept in reserve` : '';
  const cause = new RegistryError(
    `${left}${kept}; all of them are there again by ${timeOf(resetsAt)}. Nothing more is fetched until then.`,
    {
      code: 'quota_reserved',
      method: 'GET',
      url: label,
      retry: 'backoff',
      retryAfter: resetsAt - now,
      context: { limit: quota.limit, remaining: quota.remaining, reserve, resetsAt: new Date(resetsAt).toISOString() },
    },
  );
  throw new CopyError('source', label, cause);
}

function timeOf(at: number): string {
  return `${new Date(at).toISOString().slice(0, 16).replace('T', ' ')} UTC`;
}
