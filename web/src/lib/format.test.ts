import { describe, expect, it } from 'vitest';
import { formatBytes, formatCount, formatDuration, formatRelative, formatSpan, plural, shortDigest, shortPlatform } from './format.ts';

const now = Date.parse('2026-03-04T12:00:00Z');
const ago = (milliseconds: number) => formatRelative(now - milliseconds, now);
const minute = 60_000;
const hour = 60 * minute;
const day = 24 * hour;

describe('sizes and counts', () => {
  it('uses binary units with at most three digits', () => {
    expect([0, 512, 1024, 1536, 64_113_868, 1024 ** 4].map(formatBytes)).toEqual([
      '0 B',
      '512 B',
      '1.0 KiB',
      '1.5 KiB',
      '61.1 MiB',
      '1.0 TiB',
    ]);
  });
  it('separates thousands and knows the singular', () => {
    expect(formatCount(9036)).toBe('9,036');
    expect(plural(1, 'tag')).toBe('1 tag');
    expect(plural(2, 'repository', 'repositories')).toBe('2 repositories');
  });
});

describe('times', () => {
  it('says how long ago in one unit', () => {
    expect([10_000, 2 * minute, 3 * hour, 9 * day, 100 * day, 800 * day].map(ago)).toEqual([
      'just now',
      '2 min ago',
      '3 h ago',
      '9 d ago',
      '3 months ago',
      '2 years ago',
    ]);
  });
  it('never rounds up into the next unit', () => {
    expect(ago(59.4 * minute)).toBe('59 min ago');
    expect(ago(59.6 * minute)).toBe('1 h ago');
    expect(ago(23.6 * hour)).toBe('1 d ago');
  });
  it('looks ahead', () => {
    expect(formatRelative(now + 12 * hour, now)).toBe('in 12 h');
  });
  it('writes spans in two units', () => {
    expect([45_000, 20 * minute, 11 * hour + 20 * minute, 2 * hour, 3 * day + 4 * hour, 212 * day + hour].map(formatSpan)).toEqual([
      '45 s',
      '20 m',
      '11 h 20 m',
      '2 h',
      '3 d 4 h',
      '212 d',
    ]);
  });
  it('writes durations of steps', () => {
    expect([0.2, 12.4, 1310, 130_000].map(formatDuration)).toEqual(['<1 ms', '12 ms', '1.3 s', '2 m']);
  });
});

describe('content', () => {
  it('abbreviates digests and platforms', () => {
    expect(shortDigest(`sha256:4f0c1a2b3c4d${'0'.repeat(52)}`)).toBe('sha256:4f0c1a2b3c4d');
    expect(shortPlatform('linux/arm64/v8')).toBe('arm64/v8');
    expect(shortPlatform('windows/amd64')).toBe('windows/amd64');
  });
});
