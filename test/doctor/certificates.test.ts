import { X509Certificate } from 'node:crypto';
import { beforeAll, describe, expect, it } from 'vitest';
import { type CertificateAuthority, createAuthority, createSelfSigned, type KeyPair } from '../support/certificates.ts';
import { examine } from './examine.ts';
import { serve, tinyRegistry } from './servers.ts';

const anonymous = { signIn: 'anonymous' };
const day = 86_400_000;

describe('the doctor, at the certificate', () => {
  let authority: CertificateAuthority;
  let pair: KeyPair;

  beforeAll(async () => {
    authority = await createAuthority('Acme Root CA');
    pair = await authority.issue({ days: 90 });
  });

  const at = (tls: KeyPair, headers: Record<string, string> = {}) => serve(tinyRegistry({ headers }), tls);

  it('accepts an own authority and shows the chain', async () => {
    await using registry = await at(pair);
    const { report, step } = await examine({ url: registry.host, ...anonymous, connection: { tls: 'ca', ca: authority.cert } });
    expect(report.state).toBe('ok');
    expect(step('tls').summary).toMatch(/Issued by Acme Root CA, ends in (89|90) days/);
    expect(step('tls').certificates?.[0]).toMatchObject({ subject: 'CN=localhost', names: ['localhost', '127.0.0.1', '0:0:0:0:0:0:0:1'] });
    expect(step('tls').evidence?.find(({ label }) => label === 'Protocol')?.value).toMatch(/TLSv1\.3/);
  });

  it('offers the root of an unknown authority, when the server shows it', async () => {
    await using registry = await at({ cert: `${pair.cert}\n${authority.cert}`, key: pair.key });
    const { report, step } = await examine({ url: registry.host, ...anonymous });
    expect(report).toMatchObject({ state: 'failing', code: 'tls_unknown_authority' });
    expect(step('tls').summary).toContain('“Acme Root CA”');
    const { offer } = step('tls');
    if (offer?.kind !== 'trust-ca') throw new Error('nothing was offered');
    expect(offer.subject).toBe('Acme Root CA');
    expect(new X509Certificate(offer.pem).fingerprint256).toBe(new X509Certificate(authority.cert).fingerprint256);
    expect(step('v2').summary).toBe('waits for the certificate');
    // The offer keeps its promise.
    expect((await examine({ url: registry.host, ...anonymous, connection: { tls: 'ca', ca: offer.pem } })).report.state).toBe('ok');
  });

  it('offers nothing that would not help', async () => {
    await using registry = await at(pair);
    const { step } = await examine({ url: registry.host, ...anonymous });
    expect(step('tls')).toMatchObject({ code: 'tls_unknown_authority' });
    expect(step('tls').offer).toBeUndefined();
    expect(step('tls').help).toMatch(/Acme Root CA/);
    const other = await createAuthority('Another CA');
    const wrong = await examine({ url: registry.host, ...anonymous, connection: { tls: 'ca', ca: other.cert } });
    expect(wrong.step('tls')).toMatchObject({ code: 'tls_unknown_authority', field: 'connection.ca' });
  });

  it('finds a self-signed certificate and offers it', async () => {
    await using registry = await at(await createSelfSigned());
    const { step } = await examine({ url: registry.host, ...anonymous });
    expect(step('tls')).toMatchObject({ code: 'tls_self_signed', offer: { kind: 'trust-ca', subject: 'localhost' } });
    const { offer } = step('tls');
    const pem = offer?.kind === 'trust-ca' ? offer.pem : '';
    expect((await examine({ url: registry.host, ...anonymous, connection: { tls: 'ca', ca: pem } })).report.state).toBe('ok');
  });

  it('finds a certificate for another name', async () => {
    await using registry = await at(await authority.issue({ names: ['registry.acme.test', '*.apps.acme.test'] }));
    const { step } = await examine({ url: registry.host, ...anonymous, connection: { tls: 'ca', ca: authority.cert } });
    expect(step('tls')).toMatchObject({ state: 'failed', code: 'tls_name_mismatch', field: 'url' });
    expect(step('tls').summary).toBe('The certificate is for registry.acme.test, *.apps.acme.test, not for 127.0.0.1');
    expect(step('tls').help).toContain('registry.acme.test');
  });

  it('finds an expired certificate, and one that ends soon', async () => {
    await using expired = await at(await authority.issue({ days: -3 }));
    const { step } = await examine({ url: expired.host, ...anonymous, connection: { tls: 'ca', ca: authority.cert } });
    expect(step('tls')).toMatchObject({ state: 'failed', code: 'tls_certificate_expired' });
    expect(step('tls').summary).toMatch(/expired 3 days ago/);
    await using ending = await at(await authority.issue({ days: 5 }));
    const soon = await examine({ url: ending.host, ...anonymous, connection: { tls: 'ca', ca: authority.cert } });
    expect(soon.report).toMatchObject({ state: 'degraded', code: 'tls_certificate_expiring' });
  });

  it('finds a certificate that is not valid yet', async () => {
    await using registry = await at(await authority.issue({ startsIn: 2, days: 30 }));
    const { step } = await examine({ url: registry.host, ...anonymous, connection: { tls: 'ca', ca: authority.cert } });
    expect(step('tls')).toMatchObject({ state: 'failed', code: 'tls_certificate_not_yet_valid' });
  });

  it('tells a wrong clock from an expired certificate by the date of the answer', async () => {
    const then = new Date(Date.now() - 10 * day);
    await using registry = await at(await authority.issue({ days: -3 }), { date: then.toUTCString() });
    const { step } = await examine({ url: registry.host, ...anonymous, connection: { tls: 'ca', ca: authority.cert } });
    expect(step('tls')).toMatchObject({ state: 'failed', code: 'clock_skew' });
    expect(step('tls').summary).toMatch(/10 days ahead of/);
    const ahead = { now: () => Date.now() + 200 * day, sleep: async () => {} };
    await using right = await at(pair);
    const skewed = await examine({ url: right.host, ...anonymous, connection: { tls: 'ca', ca: authority.cert } }, { clock: ahead });
    expect(skewed.step('tls')).toMatchObject({ state: 'failed', code: 'clock_skew' });
    expect(skewed.step('tls').summary).toMatch(/200 days ahead of/);
  });

  it('warns of clocks that differ while the certificate is still good', async () => {
    const behind = { now: () => Date.now() - 20 * 60_000, sleep: async () => {} };
    await using registry = await at(pair);
    const { report, step } = await examine(
      { url: registry.host, ...anonymous, connection: { tls: 'ca', ca: authority.cert } },
      { clock: behind },
    );
    expect(step('v2')).toMatchObject({ state: 'warning', code: 'clock_skew' });
    expect(step('read').state).toBe('ok');
    expect(report).toMatchObject({ state: 'degraded', code: 'clock_skew' });
  });

  it('checks nothing when told so, and says what it saw', async () => {
    await using registry = await at(await createSelfSigned(['elsewhere.test']));
    const { report, step } = await examine({ url: registry.host, ...anonymous, connection: { tls: 'insecure' } });
    expect(report.state).toBe('ok');
    expect(step('tls').summary).toMatch(/Not checked, as configured\. It would fail: .*self-signed/);
  });

  it('finds plain HTTP on a port that was meant for https, and the reverse', async () => {
    await using plain = await serve(tinyRegistry());
    const tlsToPlain = await examine({ url: plain.host, ...anonymous });
    expect(tlsToPlain.step('tls')).toMatchObject({
      code: 'plain_http_on_https_port',
      field: 'connection.tls',
      offer: { kind: 'use-plain-http' },
    });
    await using secure = await at(pair);
    const plainToTls = await examine({ url: `http://${secure.host}`, ...anonymous });
    expect(plainToTls.step('v2')).toMatchObject({ state: 'failed', code: 'https_on_plain_http_port', offer: { kind: 'use-https' } });
    await using polite = await serve((_request, response) =>
      response.writeHead(400).end('Client sent an HTTP request to an HTTPS server.\n'),
    );
    const answered = await examine({ url: `http://${polite.host}`, ...anonymous });
    expect(answered.step('v2')).toMatchObject({ code: 'https_on_plain_http_port' });
  });

  it('presents a client certificate, and finds that one is asked for', async () => {
    const client = await authority.issue({ names: ['hub'], usage: 'client' });
    await using registry = await serve(tinyRegistry(), { ...pair, ca: authority.cert, requestCert: true });
    const connection = { tls: 'ca' as const, ca: authority.cert };
    const without = await examine({ url: registry.host, ...anonymous, connection });
    expect(without.report.state).toBe('failing');
    expect(without.report.code).toBe('tls_client_certificate_required');
    const presented = await examine({ url: registry.host, ...anonymous, connection: { ...connection, clientCertificate: client } });
    expect(presented.report.state).toBe('ok');
    expect(JSON.stringify(presented.report)).not.toContain('PRIVATE KEY');
  });
});
