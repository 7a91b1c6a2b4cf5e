import { TransportError } from '../core/errors.ts';

/** Runs one piece of work a key at a time; whoever asks meanwhile gets the same result. */
export class Flights<T> {
  readonly #running = new Map<string, Promise<T>>();

  run(key: string, work: () => Promise<T>): Promise<T> {
    const running = this.#running.get(key);
    if (running) return running;
    const started = work().finally(() => this.#running.delete(key));
    this.#running.set(key, started);
    return started;
  }

  /** Ends when all that runs now has ended, well or not. */
  async settled(): Promise<void> {
    await Promise.allSettled(this.#running.values());
  }
}

/** Waits for work that others wait for, too: the signal ends the waiting, not the work. */
export async function waitFor<T>(work: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  if (!signal) return work;
  // Once nobody waits any more, a failure has nobody to tell it to.
  work.catch(() => {});
  throwIfCanceled(signal);
  let onAbort = () => {};
  const aborted = new Promise<never>((_, reject) => {
    onAbort = () => reject(canceled(signal));
    signal.addEventListener('abort', onAbort, { once: true });
  });
  try {
    return await Promise.race([work, aborted]);
  } finally {
    signal.removeEventListener('abort', onAbort);
  }
}

/** @throws TransportError `canceled` */
export function throwIfCanceled(signal: AbortSignal | undefined): void {
  if (signal?.aborted) throw canceled(signal);
}

function canceled(signal: AbortSignal): TransportError {
  return new TransportError('The request was canceled.', { code: 'canceled', fault: 'caller', retry: 'never', cause: signal.reason });
}
