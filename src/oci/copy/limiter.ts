import { ending } from './ending.ts';

/** Lets at most `limit` pieces of work run at a time, in the order in which they came. */
export class Limiter {
  readonly #limit: number;
  readonly #waiting = new Set<() => void>();
  #running = 0;

  constructor(limit: number) {
    this.#limit = limit;
  }

  /** Whether nothing runs or waits. */
  get isIdle(): boolean {
    return this.#running === 0;
  }

  /** @param signal Ends the waiting. */
  async run<T>(work: () => Promise<T>, signal?: AbortSignal): Promise<T> {
    if (this.#running >= this.#limit) await this.#turn(signal);
    else this.#running++;
    try {
      return await work();
    } finally {
      const [next] = this.#waiting;
      if (next) {
        // The place is handed on, so that nobody who comes now gets in between.
        this.#waiting.delete(next);
        next();
      } else this.#running--;
    }
  }

  /** Entering and leaving take effect at once: a place must not be handed to somebody who is about to leave. */
  #turn(signal: AbortSignal | undefined): Promise<void> {
    return new Promise<void>((resolve, reject) => {
      const enter = (): void => {
        signal?.removeEventListener('abort', leave);
        resolve();
      };
      const leave = (): void => {
        this.#waiting.delete(enter);
        if (signal) reject(ending(signal));
      };
      if (signal?.aborted) return leave();
      this.#waiting.add(enter);
      signal?.addEventListener('abort', leave, { once: true });
    });
  }
}
