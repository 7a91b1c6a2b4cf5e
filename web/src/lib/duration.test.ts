import { describe, expect, it } from 'vitest';
import { parseDuration, writeDuration } from './duration.ts';

describe('durations', () => {
  it('reads what people write', () => {
    expect(['10h', '90 m', '1h 30m', '2d', '3600', '1.5h'].map(parseDuration)).toEqual([36_000, 5400, 5400, 172_800, 3600, 5400]);
  });
  it('refuses the rest', () => {
    expect(['', 'soon', '10x', 'h', '-1h', '1h later'].map(parseDuration)).toEqual(Array(6).fill(undefined));
  });
  it('writes what it reads', () => {
    for (const text of ['10h', '1h30m', '2d', '45s']) expect(writeDuration(parseDuration(text) ?? -1)).toBe(text);
    expect(writeDuration(0)).toBe('0s');
  });
});
