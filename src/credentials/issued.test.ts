import { describe, expect, it } from 'vitest';
import { termsOf } from './issued.ts';

const now = Date.UTC(2026, 0, 1);

describe('the times of a credential', () => {
  it.each([
    ['far beyond all dates', 9e18],
    ['infinite', Number.POSITIVE_INFINITY],
    ['no number', Number.NaN],
    ['long before all dates', -9e18],
  ])('are dates also when its issuer says one that is %s', (_what, time) => {
    const { credential, issuedAt, validUntil, refreshAt } = termsOf(
      { kind: 'basic', username: 'u', password: 'p', issuedAt: time, expiresAt: time },
      now,
      0.5,
    );
    for (const one of [credential.issuedAt, credential.expiresAt ?? now, issuedAt, validUntil, refreshAt])
      expect(() => new Date(one ?? Number.NaN).toISOString()).not.toThrow();
  });
});
