import { describe, expect, it } from 'vitest';
import { newId, newToken } from './ids.ts';

describe('newId', () => {
  it('sorts by time, and by order of making within a millisecond', () => {
    const ids = [...Array.from({ length: 1000 }, () => newId('aud', 1_700_000_000_000)), newId('aud', 1_700_000_000_001)];
    expect(ids.toSorted()).toEqual(ids);
    expect(new Set(ids).size).toBe(ids.length);
    expect(ids[0]).toMatch(/^aud_[0-9a-z]{25}$/);
  });
});

describe('newToken', () => {
  it('has 256 random bits', () => {
    expect(newToken('tgb_')).toMatch(/^tgb_[A-Za-z0-9_-]{43}$/);
    expect(newToken('')).not.toBe(newToken(''));
  });
});
