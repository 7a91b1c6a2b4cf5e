import { createHash } from 'node:crypto';
import type { Principal } from '../../access/index.ts';
import type { Clock } from '../../core/clock.ts';
import type { SyncSpec } from './types.ts';

/** How long a plan of what is not saved counts as seen, in milliseconds. */
const validFor = 60 * 60_000;
const most = 500;

/** What of a spec a plan depends on: not when it runs. */
export function planRelevant({ schedule: _schedule, ...rest }: SyncSpec): string {
  return JSON.stringify(sorted(rest));
}

/**
 * Which specs somebody has just seen a plan of, so that saving one that way counts as planned. Kept in this process only: after a
 * restart, or at another hub, the plan has to be made again.
 */
export class RecentPlans {
  readonly #clock: Clock;
  readonly #seen = new Map<string, number>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** @param spec with registries as ids */
  remember(principal: Principal, spec: SyncSpec): void {
    const key = keyOf(principal, spec);
    this.#seen.delete(key);
    this.#seen.set(key, this.#clock.now());
    const [oldest] = this.#seen.keys();
    if (this.#seen.size > most && oldest !== undefined) this.#seen.delete(oldest);
  }

  has(principal: Principal, spec: SyncSpec): boolean {
    const at = this.#seen.get(keyOf(principal, spec));
    return at !== undefined && this.#clock.now() - at < validFor;
  }
}

function keyOf(principal: Principal, spec: SyncSpec): string {
  const hash = createHash('sha256').update(planRelevant(spec)).digest('base64url');
  return `${principal.userId ?? principal.id} ${hash}`;
}

/** The same whatever the order of members, without those that are undefined. */
function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value).filter(([, member]) => member !== undefined);
  return Object.fromEntries(entries.toSorted(([a], [b]) => (a < b ? -1 : 1)).map(([name, member]) => [name, sorted(member)]));
}
