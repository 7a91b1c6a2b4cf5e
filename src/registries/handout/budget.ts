import type { Clock } from '../../core/clock.ts';
import { TooManyRequests } from '../../core/errors.ts';

export interface BudgetOptions {
  clock: Clock;
  /** Demands at once that cost no wait. */
  burst: number;
  /** Demands a second that can go on for ever. */
  perSecond: number;
}

/** Most names remembered; the one longest quiet is forgotten first, and has its whole budget again. */
const capacity = 10_000;

/** How often one may ask: a token bucket for each name. In memory of this process only, and bounded. */
export class Budget {
  readonly #options: BudgetOptions;
  readonly #buckets = new Map<string, { left: number; at: number }>();

  constructor(options: BudgetOptions) {
    this.#options = options;
  }

  /** Takes one; throws TooManyRequests `handout_limited` with the time to wait when there is none. */
  take(name: string): void {
    const { clock, burst, perSecond } = this.#options;
    const now = clock.now();
    const bucket = this.#buckets.get(name) ?? { left: burst, at: now };
    const left = Math.min(burst, bucket.left + (Math.max(now - bucket.at, 0) / 1000) * perSecond);
    this.#buckets.delete(name);
    if (this.#buckets.size >= capacity) {
      const [oldest] = this.#buckets.keys();
      if (oldest !== undefined) this.#buckets.delete(oldest);
    }
    this.#buckets.set(name, { left: left < 1 ? left : left - 1, at: now });
    if (left >= 1) return;
    const wait = Math.ceil(((1 - left) / perSecond) * 1000);
    throw new TooManyRequests('Credentials are asked for too often.', 'handout_limited', wait);
  }
}
