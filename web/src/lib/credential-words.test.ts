import { describe, expect, it } from 'vitest';
import type { CredentialSlot } from '../api/types.ts';
import { countWordsOf, endTone, slotVerdict } from './credential-words.ts';

const now = Date.parse('2026-06-01T00:00:00Z');
const slot = (test?: Partial<NonNullable<CredentialSlot['test']>>, state: 'ok' | 'degraded' | 'failing' = 'ok'): CredentialSlot => ({
  signIn: 'password',
  settings: {},
  sources: {},
  secretsSet: ['password'],
  secretsLost: false,
  createdAt: '2026-06-01T00:00:00Z',
  createdBy: 'ana',
  ...(test && {
    test: {
      testedAt: '2026-06-01T00:00:00Z',
      report: { state, startedAt: '2026-06-01T00:00:00Z', durationMs: 1, summary: '', steps: [] },
      outdated: false,
      ...test,
    },
  }),
});

describe('words of credentials', () => {
  it.each([
    ['2026-09-01T00:00:00Z', 'plain'],
    ['2026-06-30T00:00:00Z', 'accent'],
    ['2026-06-07T00:00:00Z', 'warn'],
    ['2026-06-01T20:00:00Z', 'bad'],
    ['2026-05-01T00:00:00Z', 'bad'],
  ])('an end at %s looks %s', (at, tone) => {
    expect(endTone(at, now)).toBe(tone);
  });

  it('a next credential is ready only after a test that passed as things are now', () => {
    expect(slotVerdict(slot()).ready).toBe(false);
    expect(slotVerdict(slot({})).ready).toBe(true);
    expect(slotVerdict(slot({}, 'degraded')).ready).toBe(true);
    expect(slotVerdict(slot({}, 'failing'))).toMatchObject({ ready: false, text: 'test failed' });
    expect(slotVerdict(slot({ outdated: true }))).toMatchObject({ ready: false });
    expect(slotVerdict({ ...slot({}), secretsLost: true }).ready).toBe(false);
  });

  it('counts what depends on it', () => {
    expect(countWordsOf({ watch: 2, user: 1, token: 3, project: 0, 'pull-secret': 1 })).toEqual([
      '2 watches',
      '1 person',
      '3 tokens',
      '1 pull secret',
    ]);
  });
});
