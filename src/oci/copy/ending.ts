import { TagboatError, TransportError } from '../errors.ts';

/** What a piece of a copy that is ended by `signal` fails with: what ended it if that was a failure, else `canceled`. */
export function ending({ reason }: AbortSignal): TagboatError {
  if (reason instanceof TagboatError) return reason;
  return new TransportError('The copy was canceled.', { code: 'canceled', fault: 'caller', retry: 'never', cause: reason });
}

/** What `promise` gives, unless `signal` ends before it. */
export function untilAborted<T>(promise: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  if (!signal) return promise;
  if (signal.aborted) return Promise.reject(ending(signal));
  const aborted = Promise.withResolvers<never>();
  const leave = (): void => aborted.reject(ending(signal));
  signal.addEventListener('abort', leave, { once: true });
  return Promise.race([promise, aborted.promise]).finally(() => signal.removeEventListener('abort', leave));
}
