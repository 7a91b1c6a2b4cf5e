import type { ClientClock } from './client-options.ts';

/** Spaces calls evenly, so that no second sees more than the given number of starts. */
export class RateLimiter {
  readonly #interval: number;
  readonly #clock: ClientClock;
  #next = 0;

  constructor(perSecond: number, clock: ClientClock) {
    this.#interval = 1000 / perSecond;
    this.#clock = clock;
  }

  /** Resolves when the next call may start; undefined when it may start at once. */
  take(signal: AbortSignal): Promise<void> | undefined {
    const now = this.#clock.now();
    const start = Math.max(now, this.#next);
    this.#next = start + this.#interval;
    return start > now ? this.#clock.sleep(start - now, signal) : undefined;
  }
}
