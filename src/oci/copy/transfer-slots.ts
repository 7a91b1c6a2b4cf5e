import { Limiter } from './limiter.ts';

/** Bounds how many blobs move from or to one registry at a time, over all copies that share it. */
export class TransferSlots {
  readonly #limit: number;
  readonly #registries = new Map<string, Limiter>();

  constructor(limit: number) {
    this.#limit = limit;
  }

  /** Runs `work` once there is room at each of `registries`. */
  run<T>(registries: readonly string[], work: () => Promise<T>, signal: AbortSignal): Promise<T> {
    // In one order always: two copies in opposite directions would else wait for each other.
    const [first, ...others] = [...new Set(registries)].toSorted();
    if (first === undefined) return work();
    return this.#at(first, () => this.run(others, work, signal), signal);
  }

  async #at<T>(registry: string, work: () => Promise<T>, signal: AbortSignal): Promise<T> {
    let limiter = this.#registries.get(registry);
    if (!limiter) this.#registries.set(registry, (limiter = new Limiter(this.#limit)));
    try {
      return await limiter.run(work, signal);
    } finally {
      if (limiter.isIdle) this.#registries.delete(registry);
    }
  }
}
