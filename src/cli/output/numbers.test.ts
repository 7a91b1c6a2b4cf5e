import { describe, expect, it } from 'vitest';
import { formatCount, formatSize } from './size.ts';
import { formatDuration, parseDuration, relativeTime } from './time.ts';

const second = 1000;
const hour = 3600 * second;
const day = 24 * hour;

describe('sizes', () => {
  it.each([
    [0, '0 B'],
    [512, '512 B'],
    [1023, '1023 B'],
    [1024, '1.0 KiB'],
    [1536, '1.5 KiB'],
    [10 * 1024, '10 KiB'],
    [1024 ** 2 - 1, '1.0 MiB'],
    [64_000_000, '61 MiB'],
    [3.6 * 1024 ** 3, '3.6 GiB'],
    [2 * 1024 ** 6, '2048 PiB'],
  ])('%d bytes are %s', (bytes, text) => expect(formatSize(bytes)).toBe(text));

  it('sets thousands apart', () => expect(formatCount(9036)).toBe('9,036'));
});

describe('times', () => {
  const now = Date.UTC(2026, 10, 21, 12);
  it.each([
    [now - 2 * second, 'just now'],
    [now - 40 * second, '40 s ago'],
    [now - 2 * hour - 1, '2 h ago'],
    [now - 9 * day, '9 d ago'],
    [now - 119 * day, '119 d ago'],
    [now - 200 * day, '6 mo ago'],
    [now - 800 * day, '2 y ago'],
    [now + 12 * hour + 1, 'in 12 h'],
  ])('%d is %s', (at, text) => expect(relativeTime(at, now)).toBe(text));

  it('reads ISO times, and does not invent one', () => {
    expect(relativeTime('2026-11-21T10:00:00Z', now)).toBe('2 h ago');
    expect(relativeTime('yesterday', now)).toBe('–');
  });

  it.each([
    [12.3, '12 ms'],
    [1300, '1.3 s'],
    [31_000, '31 s'],
    [250_000, '4 min 10 s'],
    [11 * hour + 20 * 60 * second, '11 h 20 min'],
    [3 * day, '3 d'],
  ])('%d ms last %s', (milliseconds, text) => expect(formatDuration(milliseconds)).toBe(text));

  it('reads durations and refuses everything else', () => {
    expect(parseDuration('90s')).toBe(90 * second);
    expect(parseDuration('12h')).toBe(12 * hour);
    expect(parseDuration('30d')).toBe(30 * day);
    expect(parseDuration('1y')).toBe(365 * day);
    for (const text of ['', '12', 'h', '-1h', '1.5h', '1 month']) expect(parseDuration(text)).toBeUndefined();
  });
});
