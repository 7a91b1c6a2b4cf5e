import type { Clock } from '../core/clock.ts';
import { Refusal } from './exchange.ts';

/** Counts within fixed windows and announces the count as Docker Hub does: `ratelimit-limit: 100;w=21600`. */
export class RateLimit {
  readonly #limit: number;
  readonly #window: number;
  readonly #clock: Clock;
  #used = 0;
  #ends: number;

  /** @param options `window` in seconds */
  constructor(options: { limit: number; window: number }, clock: Clock) {
    this.#limit = options.limit;
    this.#window = options.window;
    this.#clock = clock;
    this.#ends = clock.now() + options.window * 1000;
  }

  /** @throws Refusal 429 with `Retry-After` when the window is used up */
  take(): void {
    this.#roll();
    if (this.#used >= this.#limit) {
      const wait = Math.max(1, Math.ceil((this.#ends - this.#clock.now()) / 1000));
      throw new Refusal(429, 'TOOMANYREQUESTS', 'pull rate limit reached', {
        headers: { ...this.headers(), 'retry-after': String(wait) },
      });
    }
    this.#used++;
  }

  headers(): Record<string, string> {
    this.#roll();
    return {
      'ratelimit-limit': `${this.#limit};w=${this.#window}`,
      'ratelimit-remaining': `${this.#limit - this.#used};w=${this.#window}`,
    };
  }

  #roll(): void {
    if (this.#clock.now() < this.#ends) return;
    this.#used = 0;
    this.#ends = this.#clock.now() + this.#window * 1000;
  }
}
