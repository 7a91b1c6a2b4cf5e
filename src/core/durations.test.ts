import { describe, expect, it } from 'vitest';
import { formatDuration, parseDuration } from './durations.ts';

describe('parseDuration', () => {
  it.each([
    ['12h', 43_200_000],
    ['11 h 20 m', 40_800_000],
    ['1h30m', 5_400_000],
    ['1.5h', 5_400_000],
    ['90s', 90_000],
    ['250ms', 250],
    [' 7 D ', 604_800_000],
    ['2w', 1_209_600_000],
    ['0s', 0],
  ])('reads %s', (text, milliseconds) => {
    expect(parseDuration(text)).toBe(milliseconds);
  });

  it.each(['', '12', 'h', '12 hours', '-1h', '1h x', '1e9w', `${'9'.repeat(30)}w`, 'PT1H'])('refuses %s', (text) => {
    expect(() => parseDuration(text, 'credentialExpiry')).toThrow(
      expect.objectContaining({ code: 'invalid_settings', fields: [expect.objectContaining({ field: 'credentialExpiry' })] }),
    );
  });
});

describe('formatDuration', () => {
  it.each([
    [40_800_000, '11 h 20 m'],
    [43_200_000, '12 h'],
    [259_200_000, '3 d'],
    [90_061_000, '1 d 1 h'],
    [86_460_000, '1 d'],
    [45_400, '45 s'],
    [59_999, '1 m'],
    [250, '250 ms'],
    [0, '0 ms'],
    [-90_000, '−1 m 30 s'],
  ])('writes %d as %s', (milliseconds, text) => {
    expect(formatDuration(milliseconds)).toBe(text);
  });
});
