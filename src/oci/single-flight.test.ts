import { describe, expect, it } from 'vitest';
import { SingleFlight } from './single-flight.ts';
import { failure } from './testing/loopback.ts';

describe('SingleFlight', () => {
  it('runs once for all who ask while it runs, and anew after', async () => {
    const flights = new SingleFlight<number>();
    let runs = 0;
    const start = async () => ++runs;
    expect(await Promise.all([flights.join('a', start), flights.join('a', start), flights.join('b', start)])).toEqual([1, 1, 2]);
    expect(await flights.join('a', start)).toBe(3);
  });

  it('gives a failure to all, and does not keep it', async () => {
    const flights = new SingleFlight<number>();
    const fail = () => Promise.reject(new Error('no'));
    const all = await Promise.allSettled([flights.join('a', fail), flights.join('a', fail)]);
    expect(all.map(({ status }) => status)).toEqual(['rejected', 'rejected']);
    expect(await flights.join('a', () => Promise.resolve(1))).toBe(1);
  });

  it('is canceled when the last has left, not before', async () => {
    const flights = new SingleFlight<number>();
    const signals: AbortSignal[] = [];
    const start = (signal: AbortSignal) => {
      signals.push(signal);
      return new Promise<number>((_resolve, reject) => signal.addEventListener('abort', () => reject(new Error('aborted'))));
    };
    const [one, two] = [new AbortController(), new AbortController()];
    const first = failure(flights.join('a', start, one.signal));
    const second = failure(flights.join('a', start, two.signal));
    one.abort(new Error('one'));
    expect((await first).message).toBe('one');
    expect(signals[0]?.aborted).toBe(false);
    two.abort(new Error('two'));
    expect((await second).message).toBe('two');
    expect(signals[0]?.aborted).toBe(true);
    expect(await flights.join('a', () => Promise.resolve(5))).toBe(5);
  });
});
