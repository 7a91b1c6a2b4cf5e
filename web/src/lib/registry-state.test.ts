import { describe, expect, it } from 'vitest';
import { stateWords } from './registry-state.ts';

const now = Date.parse('2026-03-04T12:00:00Z');

describe('state words', () => {
  it('tell the age of a good state and the length of a bad one', () => {
    expect(stateWords({ state: 'ok', checkedAt: '2026-03-04T11:58:00Z' }, now)).toBe('ok · 2 min ago');
    expect(stateWords({ state: 'failing', since: '2026-03-04T09:00:00Z', summary: 'Password rejected.' }, now)).toBe(
      'failing for 3 h: password rejected',
    );
    expect(stateWords({ state: 'degraded', summary: 'TLS certificate expires in 3 d' }, now)).toBe(
      'degraded: TLS certificate expires in 3 d',
    );
    expect(stateWords({ state: 'unknown' }, now)).toBe('not checked yet');
  });
});
