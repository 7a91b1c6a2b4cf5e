import { createHash } from 'node:crypto';
import type { Clock } from '../core/clock.ts';
import { TagboatError } from '../core/errors.ts';
import type { ProviderHttp } from './http.ts';

interface Entry {
  value: Promise<unknown>;
  /** Epoch milliseconds; infinite while the value is being made. */
  until: number;
}

const memories = new WeakMap<ProviderHttp, Map<string, Entry>>();
const maxEntries = 256;

/**
 * Remembers a short-lived session of a provider's API (a Hub token, an assumed role) between calls, in memory only. It is
 * kept with the registry's own connection and goes with it, so that an edit of the registry forgets it; the key holds a
 * digest of `secrets`, so that no other credential can reach it. Callers at the same time share one issue; failures are not kept.
 *
 * @param until how long the value is good, epoch milliseconds
 */
export async function remember<T>(
  { http, clock }: { http: ProviderHttp; clock: Clock },
  name: string,
  secrets: readonly (string | undefined)[],
  make: () => Promise<{ value: T; until: number }>,
): Promise<T> {
  const key = `${name}:${createHash('sha256').update(JSON.stringify(secrets)).digest('hex')}`;
  let memory = memories.get(http);
  if (!memory) memories.set(http, (memory = new Map()));
  const known = memory.get(key);
  if (known && known.until > clock.now()) {
    try {
      return (await known.value) as T;
    } catch (error) {
      // The one who began it went away: that is no reason for the others, who make their own.
      if (!isCancellation(error)) throw error;
    }
  }

  const made = make();
  const shared = made.then(({ value }) => value);
  // Whoever waits for it sees the failure; with nobody waiting it must not count as unhandled.
  shared.catch(() => {});
  const entry: Entry = { value: shared, until: Number.POSITIVE_INFINITY };
  memory.set(key, entry);
  if (memory.size > maxEntries) memory.delete(memory.keys().next().value as string);
  try {
    const { value, until } = await made;
    entry.until = until;
    return value;
  } catch (error) {
    if (memory.get(key) === entry) memory.delete(key);
    throw error;
  }
}

function isCancellation(error: unknown): boolean {
  return error instanceof Error && (error.name === 'AbortError' || (error instanceof TagboatError && error.code === 'canceled'));
}

/** Forgets what `remember` holds of this name, e.g. after the service refused it. */
export function forget(http: ProviderHttp, name: string): void {
  const memory = memories.get(http);
  for (const key of memory?.keys() ?? []) if (key.startsWith(`${name}:`)) memory?.delete(key);
}
