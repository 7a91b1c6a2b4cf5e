import { generateKeyPairSync } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { inspect } from 'node:util';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { type FakeGoogle, LoopbackHttp, startGoogle } from '../../testing/clouds/index.ts';
import { FakeClock } from '../../testing/fake-clock.ts';
import { crc32c } from './crc32c.ts';
import { parseGoogleSecretReference, readGoogleSecret } from './google-secret-manager.ts';

const pair = generateKeyPairSync('rsa', { modulusLength: 2048 });
const email = 'hub@acme-prod.iam.gserviceaccount.com';
const pool = 'projects/123456789012/locations/global/workloadIdentityPools/clusters/providers/prod';
const subject = 'system:serviceaccount:tagboat:hub';
const name = 'projects/acme-prod/secrets/registry';
const password = 'hunter2-of-the-registry';

describe('crc32c', () => {
  it.each([
    // RFC 3720, appendix B.4.
    [new Uint8Array(32), 0x8a9136aa],
    [new Uint8Array(32).fill(0xff), 0x62a8ab43],
    [Uint8Array.from({ length: 32 }, (_, index) => index), 0x46dd794e],
    [Buffer.from('123456789'), 0xe3069283],
    [new Uint8Array(0), 0],
  ])('has the published sums', (bytes, sum) => {
    expect(crc32c(bytes)).toBe(sum);
  });
});

describe('parseGoogleSecretReference', () => {
  it.each([
    [name, { project: 'acme-prod', secret: 'registry', version: 'latest' }],
    [`${name}/versions/3#password`, { project: 'acme-prod', secret: 'registry', version: '3', field: 'password' }],
    ['projects/example.com:acme/secrets/a_B', { project: 'example.com:acme', secret: 'a_B', version: 'latest' }],
  ])('reads %s', (text, expected) => {
    expect(parseGoogleSecretReference(text)).toEqual(expected);
  });

  it.each([
    '',
    'registry',
    'acme-prod/registry',
    `${name}/versions/`,
    `${name}/versions/1/x`,
    'projects/../secrets/x',
    'projects/acme/secrets/x?y',
    'projects/acme/secrets/x:access',
    'https://secretmanager.googleapis.com/v1/projects/a/secrets/b',
    'projects/acme/locations/europe-west1/secrets/x',
  ])('does not take %s, and says what it takes', (text) => {
    expect(() => parseGoogleSecretReference(text)).toThrow(/gcp-sm:projects\/acme-prod\/secrets\/registry#password/);
  });
});

describe('readGoogleSecret', () => {
  let clock: FakeClock;
  let google: FakeGoogle;
  let http: LoopbackHttp;
  let folder: string;

  beforeEach(async () => {
    clock = new FakeClock(Date.now());
    folder = await mkdtemp(join(tmpdir(), 'tagboat-adc-'));
    await start(email);
    http = new LoopbackHttp();
    vi.stubEnv('GOOGLE_APPLICATION_CREDENTIALS', undefined);
  });
  afterEach(async () => {
    vi.unstubAllEnvs();
    await http.close();
    await google.close();
    await rm(folder, { recursive: true });
  });

  async function start(machine: string | undefined): Promise<void> {
    google = await startGoogle({
      clock,
      accounts: { [email]: { k1: pair.publicKey } },
      pools: { [pool]: { subject, accounts: [email] } },
      ...(machine && { machine }),
    });
    google.secrets.set(name, [{ data: 'old' }, null, { data: JSON.stringify({ username: 'ci', password }) }]);
  }

  const endpoints = () => {
    const { api, metadata } = google;
    return { secretmanager: api.origin, oauth: api.origin, sts: api.origin, iam: api.origin, metadata: metadata.origin };
  };
  const read = async (text: string) =>
    (await readGoogleSecret(parseGoogleSecretReference(text), { http, endpoints: endpoints(), clock })).reveal();
  const failure = (text: string): Promise<Error> =>
    read(text).then(
      () => expect.unreachable('it was read'),
      (error: Error) => error,
    );

  async function credentials(content: unknown): Promise<void> {
    const path = join(folder, 'adc.json');
    await writeFile(path, JSON.stringify(content));
    vi.stubEnv('GOOGLE_APPLICATION_CREDENTIALS', path);
  }
  const key = (change: Record<string, unknown> = {}) => ({
    type: 'service_account',
    private_key_id: 'k1',
    private_key: pair.privateKey.export({ type: 'pkcs8', format: 'pem' }),
    client_email: email,
    token_uri: 'https://oauth2.googleapis.com/token',
    ...change,
  });
  async function federation(change: Record<string, unknown> = {}): Promise<void> {
    const token = join(folder, 'token');
    const aud = `//iam.googleapis.com/${pool}`;
    await writeFile(token, JSON.stringify({ id_token: google.issuer.issue({ aud, sub: subject }, 600) }));
    await credentials({
      type: 'external_account',
      audience: aud,
      subject_token_type: 'urn:ietf:params:oauth:token-type:jwt',
      token_url: 'https://sts.googleapis.com/v1/token',
      service_account_impersonation_url: `https://iamcredentials.googleapis.com/v1/projects/-/serviceAccounts/${email}:generateAccessToken`,
      credential_source: { file: token, format: { type: 'json', subject_token_field_name: 'id_token' } },
      ...change,
    });
  }

  it('reads the latest version, or the one that is named, by the machine’s service account', async () => {
    expect(JSON.parse(await read(name))).toEqual({ username: 'ci', password });
    expect(await read(`${name}#password`)).toBe(password);
    expect(await read(`${name}/versions/1`)).toBe('old');
  });

  it('asks the metadata server once for several secrets, and again before the token ends', async () => {
    await Promise.all([read(name), read(name)]);
    await read(name);
    expect(google.metadata.calls).toHaveLength(1);
    await clock.advance(56 * 60_000);
    await read(name);
    expect(google.metadata.calls).toHaveLength(2);
  });

  it('uses the key, or the configuration of federation, that GOOGLE_APPLICATION_CREDENTIALS names', async () => {
    await credentials(key());
    expect(await read(`${name}#password`)).toBe(password);
    await clock.advance(3600_000);
    await federation();
    expect(await read(`${name}#password`)).toBe(password);
    expect(google.metadata.calls).toEqual([]);
  });

  it.each([
    ['a hostile token server', () => credentials(key({ token_uri: 'https://evil.example/token' }))],
    ['a person’s own login', () => credentials({ type: 'authorized_user', refresh_token: 'x' })],
    ['a hostile pool', () => federation({ audience: '//evil.example/pool' })],
    ['a hostile impersonation', () => federation({ service_account_impersonation_url: 'https://evil.example/x:generateAccessToken' })],
    ['a command', () => federation({ credential_source: { executable: { command: '/bin/sh' } } })],
  ])('does not use a file with %s', async (_what, prepare) => {
    await prepare();
    const error = await failure(name);
    expect(error).toMatchObject({
      code: 'credential_unavailable',
      fault: 'hub',
      message: expect.stringContaining('GOOGLE_APPLICATION_CREDENTIALS'),
    });
    expect(inspect(error)).not.toContain('PRIVATE KEY');
    expect(http.requests).toEqual([]);
  });

  it('says that this machine has no identity', async () => {
    await google.close();
    await start(undefined);
    expect(await failure(name)).toMatchObject({ code: 'credential_unavailable' });
  });

  it.each([
    ['projects/acme-prod/secrets/other', /roles\/secretmanager\.secretAccessor/],
    [`${name}/versions/9`, /no version 9/],
    [`${name}/versions/2`, /disabled or destroyed/],
    [`${name}#token`, /no field token .*It has: username, password/],
    [`${name}/versions/1#password`, /not a JSON object/],
  ])('says of %s what is wrong, and nothing of what it holds', async (text, words) => {
    const error = await failure(text);
    expect(error).toMatchObject({ code: 'credential_source_failed', message: expect.stringMatching(words) });
    expect(inspect(error, { depth: 10 })).not.toContain(password);
  });

  it('does not take a value whose checksum is another', async () => {
    google.secrets.set(name, [{ data: password, crc: 12_345 }]);
    const error = await failure(name);
    expect(error).toMatchObject({ code: 'credential_source_failed', message: expect.stringContaining('checksum') });
    expect(inspect(error, { depth: 10 })).not.toContain(password);
  });
});
