import { describe, expect, it } from 'vitest';
import { FakeIssuer } from '../../../test/support/credential-bench.ts';
import { Secret } from '../../core/secret.ts';
import { FakeClock } from '../../testing/fake-clock.ts';
import type { RegistryConfiguration } from '../draft.ts';
import type { CertificateInfo, DoctorReport } from '../types.ts';
import { Vault } from '../vault.ts';
import { jwtEnd } from '../../provider/signing/jwt.ts';
import { endsOf } from './ends.ts';

const encode = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url');
const jwt = (claims: unknown) => `${encode({ alg: 'RS256' })}.${encode(claims)}.c2lnbmF0dXJl`;

describe('the end of a token', () => {
  it('is its exp, when it is a JWT', () => {
    expect(jwtEnd(jwt({ exp: 1_800_000_000 }))).toBe(1_800_000_000_000);
    expect(jwtEnd(` ${jwt({ exp: 1_800_000_000.5 })}\n`)).toBe(1_800_000_000_500);
  });

  it.each([
    'ghp_0123456789abcdefghijklmnopqrstuvwxyz',
    'a.b.c',
    'host.domain.example',
    jwt({}),
    jwt({ exp: 'soon' }),
    jwt({ exp: -1 }),
    jwt({ exp: 9e15 }),
    jwt(null),
    jwt([1]),
    `${'a'.repeat(10)}.${'!'.repeat(10)}.x`,
    'x'.repeat(100_000),
  ])('is not known of %.40s', (text) => {
    expect(jwtEnd(text)).toBeUndefined();
  });
});

describe('what ends', () => {
  const vault = new Vault({
    state: 'ready',
    seal: (plain) => plain,
    unseal: (sealed) => new Secret(sealed),
  });
  const certificate = (notAfter: string): CertificateInfo => ({
    subject: 'CN=registry.test',
    issuer: 'CN=ca',
    notBefore: '2025-01-01T00:00:00.000Z',
    notAfter,
    fingerprint: '00',
    names: [],
    isAuthority: false,
  });
  const configuration = (tls: 'verify' | 'ca' | 'insecure' | 'plain'): RegistryConfiguration => ({
    id: 'reg_1',
    name: 'prod',
    provider: new FakeIssuer(new FakeClock(), () => {}).provider,
    url: new URL('https://registry.test'),
    namespace: '',
    signIn: 'token',
    settings: {},
    secrets: { token: { sealed: jwt({ exp: 1_800_000_000 }) } },
    sources: {},
    connection: {
      tls,
      caCertificates: [certificate('2030-01-01T00:00:00.000Z'), certificate('2028-06-01T00:00:00.000Z')],
      clientCertificate: { cert: '', info: [certificate('2027-06-01T00:00:00.000Z')], hasKey: true },
      proxyHasPassword: false,
    },
    pinnedRepositories: [],
    trustedRealms: [],
  });
  const report = {
    steps: [{ id: 'tls', title: 'Certificate', state: 'ok', certificates: [{ ...certificate('2026-12-01T00:00:00.000Z'), pem: '' }] }],
  } as unknown as DoctorReport;
  const fields = (tls: 'verify' | 'ca' | 'insecure' | 'plain', provided = {}) =>
    endsOf(configuration(tls), vault, { stated: Date.UTC(2026, 5, 1), provided, report }).map(({ field, from }) => `${field} ${from}`);

  it('is told soonest first, as far as the way of connecting makes it matter', () => {
    expect(fields('ca')).toEqual([
      'secret stated',
      'server certificate',
      'token token',
      'connection.clientCertificate certificate',
      'connection.ca certificate',
    ]);
    expect(fields('verify')).not.toContain('connection.ca certificate');
    expect(fields('insecure')).not.toContain('server certificate');
    expect(fields('plain')).toEqual(['secret stated', 'token token']);
  });

  it('is what the vendor says rather than what the token says', () => {
    expect(fields('plain', { token: Date.UTC(2026, 0, 1) })).toEqual(['token provider', 'secret stated']);
    expect(fields('plain', { token: undefined })).toEqual(['secret stated']);
  });

  it('leaves out what a vendor calls a date and is none', () => {
    const provided = { a: 9e18, b: Number.NaN, c: -1, d: undefined, e: Date.UTC(2027, 0, 1) };
    expect(endsOf(configuration('plain'), vault, { provided }).filter(({ from }) => from === 'provider')).toMatchObject([{ field: 'e' }]);
  });
});
