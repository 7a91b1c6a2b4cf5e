import { describe, expect, it } from 'vitest';
import { formatGoDuration, parseGoDuration } from './go-duration.ts';

describe('durations of Go', () => {
  it.each([
    ['10h', 36_000_000],
    ['1h30m', 5_400_000],
    ['1.5h', 5_400_000],
    ['.5s', 500],
    ['300ms', 300],
    ['1µs', 0.001],
    ['-3s', -3000],
    ['0', 0],
  ])('reads %s', (text, milliseconds) => expect(parseGoDuration(text)).toBeCloseTo(milliseconds, 6));

  it.each(['', '10', '1d', '1 h', 'h', '1hour', '--1h', '0x10s'])('refuses %j as Go does', (text) => {
    expect(parseGoDuration(text)).toBeUndefined();
  });

  it('writes what it reads', () => {
    for (const seconds of [1, 59, 60, 90, 3600, 5400, 36_000, 86_399]) {
      expect(parseGoDuration(formatGoDuration(seconds))).toBe(seconds * 1000);
    }
    expect(formatGoDuration(36_000)).toBe('10h');
  });
});
