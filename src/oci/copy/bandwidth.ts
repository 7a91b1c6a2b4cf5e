import type { ClientClock } from '../client-options.ts';
import { systemClock } from '../system-clock.ts';

/** Bounds the bytes a second of everything that asks it, with a burst of at most a tenth of a second. Copies may share one. */
export class Bandwidth {
  readonly #bytesPerMs: number;
  readonly #clock: ClientClock;
  /** Until when the bytes taken so far are paid for. */
  #paidUntil = 0;

  constructor(bytesPerSecond: number, clock: ClientClock = systemClock) {
    this.#bytesPerMs = bytesPerSecond / 1000;
    this.#clock = clock;
  }

  /** To be awaited after `count` bytes were taken; undefined when more may be taken at once. */
  take(count: number, signal: AbortSignal | undefined): Promise<void> | undefined {
    const now = this.#clock.now();
    this.#paidUntil = Math.max(this.#paidUntil, now - 100) + count / this.#bytesPerMs;
    const wait = this.#paidUntil - now;
    return wait > 0 ? this.#clock.sleep(wait, signal) : undefined;
  }
}
