/**
 * Lets concurrent callers of the same thing share one execution. A caller that cancels leaves; the execution itself is
 * canceled only when all have left.
 */
export class SingleFlight<T> {
  readonly #flights = new Map<string, { promise: Promise<T>; waiters: number; controller: AbortController }>();

  async join(key: string, start: (signal: AbortSignal) => Promise<T>, signal?: AbortSignal): Promise<T> {
    signal?.throwIfAborted();
    let flight = this.#flights.get(key);
    if (!flight) {
      const controller = new AbortController();
      const created = { promise: start(controller.signal), waiters: 0, controller };
      const land = () => {
        if (this.#flights.get(key) === created) this.#flights.delete(key);
      };
      created.promise.then(land, land);
      this.#flights.set(key, created);
      flight = created;
    }
    const joined = flight;
    joined.waiters++;
    if (!signal) return joined.promise;
    return new Promise<T>((resolve, reject) => {
      const leave = () => {
        if (--joined.waiters === 0) {
          if (this.#flights.get(key) === joined) this.#flights.delete(key);
          joined.controller.abort(signal.reason);
        }
        reject(signal.reason);
      };
      signal.addEventListener('abort', leave, { once: true });
      joined.promise.then(resolve, reject).finally(() => signal.removeEventListener('abort', leave));
    });
  }

  /** Later callers start anew; those already waiting still get their answer. */
  clear(): void {
    this.#flights.clear();
  }
}
