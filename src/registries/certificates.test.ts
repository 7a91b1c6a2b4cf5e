import { X509Certificate } from 'node:crypto';
import { beforeAll, describe, expect, it } from 'vitest';
import { type CertificateAuthority, createAuthority, type KeyPair } from '../../test/support/certificates.ts';
import { InvalidSettings } from '../core/errors.ts';
import { canonicalPem, checkClientCertificate, parseCertificates, readCertificates } from './certificates.ts';

describe('certificates', () => {
  let authority: CertificateAuthority;
  let client: KeyPair;
  beforeAll(async () => {
    authority = await createAuthority('Acme Root CA');
    client = await authority.issue({ names: ['client.test', '10.0.0.1'], usage: 'client' });
  });

  const refusal = (work: () => unknown): { field?: string; message: string } => {
    try {
      work();
    } catch (error) {
      if (error instanceof InvalidSettings) return { field: error.fields[0]?.field, message: error.message };
      throw error;
    }
    throw new Error('was accepted');
  };

  it('says what each certificate is, whatever stands around them', () => {
    const [leaf, root, ...rest] = parseCertificates(`Certificate chain\n 0 s:CN=x\r\n${client.cert}\n\n# the root\n${authority.cert}`);
    expect(rest).toEqual([]);
    expect(leaf).toMatchObject({
      subject: 'CN=client.test',
      issuer: 'CN=Acme Root CA',
      names: ['client.test', '10.0.0.1'],
      isAuthority: false,
    });
    expect(root).toMatchObject({ subject: 'CN=Acme Root CA', isAuthority: true });
    expect(leaf?.fingerprint).toMatch(/^([0-9A-F]{2}:){31}[0-9A-F]{2}$/);
    expect(new Date(leaf?.notAfter ?? '').getTime()).toBeGreaterThan(Date.now());
  });

  it('keeps the certificates alone', () => {
    const pem = canonicalPem(readCertificates(`junk ${authority.cert} junk`));
    expect(pem).toBe(authority.cert.trim());
  });

  it('says what is wrong with everything else', () => {
    expect(refusal(() => parseCertificates(' ')).message).toMatch(/Paste at least one/);
    expect(refusal(() => parseCertificates(client.key, 'connection.ca'))).toMatchObject({
      field: 'connection.ca',
      message: expect.stringMatching(/private key/) as string,
    });
    expect(refusal(() => parseCertificates(Buffer.from(new X509Certificate(authority.cert).raw).toString('latin1'))).message).toMatch(
      /DER/,
    );
    expect(refusal(() => parseCertificates(Buffer.from(new X509Certificate(authority.cert).raw).toString('base64'))).message).toMatch(
      /are missing/,
    );
    expect(refusal(() => parseCertificates(authority.cert.slice(0, 200))).message).toMatch(/no end/);
    expect(refusal(() => parseCertificates(authority.cert.replace(/\n.{30}/, `\n${'A'.repeat(30)}`))).message).toMatch(/damaged/);
    expect(refusal(() => parseCertificates('hello')).message).toMatch(/No certificate/);
    expect(refusal(() => parseCertificates(authority.cert.repeat(101))).message).toMatch(/more than 100/);
    expect(refusal(() => parseCertificates('x'.repeat(300_000))).message).toMatch(/longer than/);
  });

  it('holds a client key against its certificate', async () => {
    expect(checkClientCertificate(client)[0]).toMatchObject({ subject: 'CN=client.test' });
    const other = await authority.issue({ names: ['other.test'] });
    expect(refusal(() => checkClientCertificate({ cert: client.cert, key: other.key })).field).toBe('connection.clientCertificate.key');
    expect(refusal(() => checkClientCertificate({ cert: client.cert, key: 'nonsense-secret' })).message).not.toContain('nonsense');
    expect(refusal(() => checkClientCertificate({ cert: client.cert, key: client.key.replace(/\n.{20}/, '\nAAAA') })).message).toMatch(
      /cannot be read/,
    );
  });
});
