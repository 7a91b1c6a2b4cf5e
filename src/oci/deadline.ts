import { TransportError } from './errors.ts';

/** One call's end: when its caller cancels it, or when its total time is over. */
export class Deadline {
  readonly #outer: AbortSignal | undefined;
  readonly #endsAt: number;
  #controller: AbortController | undefined;
  #stop: ((reason: Error) => void) | undefined;
  #timer: NodeJS.Timeout | undefined;
  #cause: 'canceled' | 'total_timeout' | undefined;

  /** @param total Milliseconds; 0 for no limit. */
  constructor(total: number, outer?: AbortSignal) {
    this.#outer = outer;
    this.#endsAt = total > 0 ? performance.now() + total : Number.POSITIVE_INFINITY;
    if (outer?.aborted) {
      this.#cancel();
      return;
    }
    outer?.addEventListener('abort', this.#cancel, { once: true });
    if (total > 0) this.#timer = setTimeout(() => this.#end('total_timeout'), total);
  }

  /** Aborted when the call ends from here. Made when it is asked for: the many calls that need none are cheaper. */
  get signal(): AbortSignal {
    if (!this.#controller) {
      this.#controller = new AbortController();
      if (this.#cause !== undefined) this.#controller.abort(new Error(this.#cause));
    }
    return this.#controller.signal;
  }

  /** Whether the call was ended from here. */
  get hasEnded(): boolean {
    return this.#cause !== undefined;
  }

  /** @throws when the call was ended from here. */
  check(): void {
    if (this.#cause !== undefined) throw new Error(this.#cause);
  }

  /** Milliseconds until the total time is over. */
  get remaining(): number {
    return this.#endsAt - performance.now();
  }

  /**
   * As `signal`, for the one exchange that is under way, and without a signal.
   *
   * @param stop Called when the call ends from here.
   * @returns takes it back.
   */
  readonly whenEnded = (stop: (reason: Error) => void): (() => void) => {
    this.#stop = stop;
    return () => {
      this.#stop = undefined;
    };
  };

  /** The error of the call if it was ended from here, whatever error that caused further down. */
  error(what: string): TransportError | undefined {
    if (this.#cause === 'canceled') {
      return new TransportError(`${what} was canceled.`, { code: 'canceled', fault: 'caller', retry: 'never', cause: this.#outer?.reason });
    }
    if (this.#cause === 'total_timeout') {
      return new TransportError(`${what} took longer than it may in total.`, { code: 'total_timeout' });
    }
    return undefined;
  }

  /** The answer has begun to stream: from here only the caller ends the call. */
  untime(): void {
    clearTimeout(this.#timer);
  }

  /** To be called at the end, so that no timer or listener stays behind. */
  dispose(): void {
    clearTimeout(this.#timer);
    this.#outer?.removeEventListener('abort', this.#cancel);
  }

  readonly #cancel = (): void => this.#end('canceled');

  #end(cause: 'canceled' | 'total_timeout'): void {
    if (this.#cause !== undefined) return;
    this.#cause = cause;
    clearTimeout(this.#timer);
    const reason = new Error(cause);
    this.#controller?.abort(reason);
    this.#stop?.(reason);
  }
}
