import { isIPv6 } from 'node:net';
import { type Clock, systemClock } from '../core/clock.ts';
import { TooManyRequests } from '../core/errors.ts';

interface Limit {
  /** Failures that cost nothing. */
  free: number;
  /** Longest pause, in milliseconds. */
  max: number;
}

/** By name it is milder, so that nobody can lock another out for long. */
const byName: Limit = { free: 5, max: 2 * 60_000 };
const byAddress: Limit = { free: 20, max: 15 * 60_000 };

/** Failures are forgotten this long after the last one. */
const memory = 60 * 60_000;
/** Most names and addresses remembered; the one longest quiet is forgotten first. */
const capacity = 10_000;

interface Record {
  failures: number;
  last: number;
  /** No attempt before this time. */
  until: number;
}

/**
 * Slows down guessing: after some failed sign-ins for a name, or from an address, each further one doubles a pause. In memory
 * of this process only, and bounded.
 */
export class LoginLimiter {
  readonly #clock: Clock;
  readonly #records = new Map<string, Record>();

  constructor(deps: { clock?: Clock } = {}) {
    this.#clock = deps.clock ?? systemClock;
  }

  /**
   * Call before looking at the password. Throws `login_limited` during a pause. Counts the attempt as failed until `succeeded`
   * says otherwise, so that many at once do not slip through.
   */
  attempt(nameKey: string, address: string): void {
    const now = this.#clock.now();
    const keys = recordKeys(nameKey, address);
    const wait = Math.max(...keys.map(([key]) => (this.#current(key, now)?.until ?? 0) - now));
    if (wait > 0) {
      const seconds = Math.ceil(wait / 1000);
      throw new TooManyRequests(`Too many sign-ins failed: wait ${seconds} s.`, 'login_limited', wait);
    }
    for (const [key, limit] of keys) this.#count(key, limit, now);
  }

  /** The attempt was right: forgets the failures of the name and this attempt of the address. */
  succeeded(nameKey: string, address: string): void {
    const [name, from] = recordKeys(nameKey, address);
    this.#records.delete(name[0]);
    const record = this.#records.get(from[0]);
    if (!record) return;
    record.failures -= 1;
    record.until = 0;
    if (record.failures <= 0) this.#records.delete(from[0]);
  }

  #current(key: string, now: number): Record | undefined {
    const record = this.#records.get(key);
    if (record && now - record.last > memory) {
      this.#records.delete(key);
      return undefined;
    }
    return record;
  }

  #count(key: string, limit: Limit, now: number): void {
    const failures = (this.#current(key, now)?.failures ?? 0) + 1;
    const pause = failures > limit.free ? Math.min(1000 * 2 ** Math.min(failures - limit.free - 1, 30), limit.max) : 0;
    this.#records.delete(key);
    this.#records.set(key, { failures, last: now, until: now + pause });
    if (this.#records.size > capacity) {
      const oldest = this.#records.keys().next().value;
      if (oldest !== undefined) this.#records.delete(oldest);
    }
  }
}

function recordKeys(nameKey: string, address: string): [[string, Limit], [string, Limit]] {
  return [
    [`name ${nameKey.slice(0, 200)}`, byName],
    [`address ${network(address)}`, byAddress],
  ];
}

/** Whoever has one IPv6 address usually has the whole /64. */
function network(address: string): string {
  if (!isIPv6(address) || address.toLowerCase().startsWith('::ffff:')) return address;
  const [head = '', tail] = address.split('%', 1)[0]?.split('::') ?? [];
  const groups = head.split(':').filter(Boolean);
  if (tail !== undefined) while (groups.length < 8 - tail.split(':').filter(Boolean).length) groups.push('0');
  return groups
    .slice(0, 4)
    .map((group) => Number.parseInt(group, 16).toString(16))
    .join(':');
}
