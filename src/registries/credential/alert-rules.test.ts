import { describe, expect, it } from 'vitest';
import type { CredentialEnd } from '../types.ts';
import { dependents, wantedAlerts } from './alert-rules.ts';
import type { CredentialState } from './status.ts';

const now = Date.UTC(2026, 0, 1);
const day = 24 * 3_600_000;
const iso = (at: number) => new Date(at).toISOString();
const registry = { name: 'prod' };

function endIn(time: number, more: Partial<CredentialEnd> = {}): CredentialState {
  return { fingerprint: 'f', ends: [{ field: 'password', label: 'Password', at: iso(now + time), from: 'provider', ...more }] };
}

describe('alerts of ends', () => {
  it.each([
    [30 * day + 1, undefined, undefined],
    [30 * day, 'notice', 'secret_ends'],
    [7 * day + 1, 'notice', 'secret_ends'],
    [7 * day, 'warning', 'secret_ends'],
    [day + 1, 'warning', 'secret_ends'],
    [day, 'critical', 'secret_ends'],
    [1, 'critical', 'secret_ends'],
    [0, 'critical', 'secret_ended'],
    [-100 * day, 'critical', 'secret_ended'],
  ])('%s ms before: %s', (time, level, code) => {
    expect(wantedAlerts(registry, endIn(time), now)[0]).toEqual(
      level && expect.objectContaining({ kind: 'credential-ends', subject: 'password', level, code, dueAt: now + time }),
    );
  });

  it('name what ends and when', () => {
    expect(wantedAlerts(registry, endIn(6 * day), now)[0]?.message).toBe('Password of “prod” ends on 2026-01-07.');
    expect(wantedAlerts(registry, endIn(-2 * day), now)[0]?.message).toBe('Password of “prod” ended on 2025-12-30.');
  });

  it('are of another kind for certificates, and spare those of servers the notice', () => {
    const certificate = { from: 'certificate', field: 'connection.ca' } as const;
    expect(wantedAlerts(registry, endIn(20 * day, certificate), now)[0]).toMatchObject({
      kind: 'certificate-ends',
      level: 'notice',
      code: 'certificate_ends',
    });
    const server = { from: 'certificate', field: 'server' } as const;
    expect(wantedAlerts(registry, endIn(20 * day, server), now)).toEqual([]);
    expect(wantedAlerts(registry, endIn(6 * day, server), now)[0]).toMatchObject({ level: 'warning' });
    expect(wantedAlerts(registry, endIn(-1, server), now)[0]).toMatchObject({ code: 'certificate_ended' });
  });
});

describe('alerts of failures', () => {
  const failing = (more: Partial<CredentialState>, lasted = 0, code = 'credential_refused'): CredentialState => ({
    fingerprint: 'f',
    kind: 'basic',
    issuedAt: now - 8 * 3_600_000,
    expiresAt: now + 4 * 3_600_000,
    ends: [],
    failure: { code, message: 'The key was refused', since: iso(now - lasted), at: iso(now) },
    ...more,
  });
  const level = (state: CredentialState) => wantedAlerts(registry, state, now)[0]?.level;

  it('are warnings, and critical when less than a quarter of the validity is left or it ended', () => {
    expect(level(failing({}))).toBe('warning');
    expect(level(failing({ expiresAt: now + 2 * 3_600_000 }))).toBe('critical');
    expect(level(failing({ expiresAt: now - 1 }))).toBe('critical');
    expect(level(failing({ kind: undefined, issuedAt: undefined, expiresAt: undefined }))).toBe('critical');
  });

  it('wait a minute for an issuer that may be back, but not when nothing is left', () => {
    expect(level(failing({}, 0, 'connection_refused'))).toBeUndefined();
    expect(level(failing({}, 60_000, 'connection_refused'))).toBe('warning');
    expect(level(failing({ expiresAt: now - 1 }, 0, 'connection_refused'))).toBe('critical');
  });

  it('say what the issuer said and until when it holds', () => {
    expect(wantedAlerts(registry, failing({}), now)[0]?.message).toBe(
      'The credential of “prod” could not be renewed since 2026-01-01 00:00 UTC: The key was refused. The one in use is valid until 2026-01-01 04:00 UTC.',
    );
  });
});

describe('what depends on it', () => {
  it('is counted in words', () => {
    expect(dependents({ total: 0, counts: {} })).toBe('');
    expect(dependents({ total: 1, counts: { user: 1 } })).toBe(' 1 user depends on it.');
    expect(dependents({ total: 6, counts: { token: 1, watch: 3, user: 2 } })).toBe(' 3 watches, 2 users and 1 token depend on it.');
  });
});
