import { beforeAll, describe, expect, it } from 'vitest';
import { type CertificateAuthority, createAuthority, type KeyPair } from '../../test/support/certificates.ts';
import { InvalidSettings } from '../core/errors.ts';
import { Secret } from '../core/secret.ts';
import { loadProviders, type ProviderSet } from '../provider/index.ts';
import type { RegistryDraft } from './draft.ts';
import { resolveInput } from './input.ts';
import type { RegistryInput, RegistryPatch, SecretValue } from './types.ts';
import { urlText } from './url.ts';

let providers: ProviderSet;
let authority: CertificateAuthority;
let client: KeyPair;
beforeAll(async () => {
  providers = await loadProviders();
  authority = await createAuthority();
  client = await authority.issue({ names: ['hub'], usage: 'client' });
});

const reveal = (_name: string, value: SecretValue) => ('fresh' in value ? value.fresh : new Secret(value.sealed.replace(/^sealed:/, '')));
const resolve = (input: RegistryInput | RegistryPatch, stored?: RegistryDraft, administrator = true) =>
  resolveInput(input, { providers, administrator, reveal, ...(stored && { stored }) });

/** As it comes back from the store. */
function saved(draft: RegistryDraft): RegistryDraft {
  const secrets = Object.entries(draft.secrets).map(([name, value]) => [
    name,
    'fresh' in value ? { sealed: `sealed:${value.fresh.reveal()}` } : value,
  ]);
  return { ...draft, id: 'reg_1', secrets: Object.fromEntries(secrets) as Record<string, SecretValue> };
}

const basic = (more: Partial<RegistryInput> = {}): RegistryInput => ({
  name: 'x',
  url: 'registry.test',
  signIn: 'password',
  fields: { username: 'ci', password: 'pw' },
  ...more,
});

function fieldsAtFault(work: () => unknown): string[] {
  try {
    work();
  } catch (error) {
    if (error instanceof InvalidSettings) return error.fields.map(({ field }) => field);
    throw error;
  }
  return [];
}

describe('address, prefix and namespace', () => {
  const shown = (draft: RegistryDraft) => [draft.provider.id, urlText(draft.url), draft.prefix, draft.namespace];

  it('takes a path as part of the URL, except where the API is known to be at the root', () => {
    expect(shown(resolve(basic({ url: 'art.test/artifactory/api/docker/team' })))).toEqual([
      'generic',
      'https://art.test/artifactory/api/docker/team',
      'art.test/artifactory/api/docker/team',
      '',
    ]);
    const ecr = '000000000000.dkr.ecr.eu-west-1.amazonaws.com';
    const keys = { accessKeyId: 'AKIAIOSFODNN7EXAMPLE', secretAccessKey: 'wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY' };
    expect(shown(resolve({ name: 'e', url: `${ecr}/shop/api`, fields: keys }))).toEqual([
      'ecr',
      `https://${ecr}`,
      `${ecr}/shop/api`,
      'shop/api',
    ]);
  });

  it('lets the prefix follow the address only while nobody chose it', () => {
    const plain = saved(resolve(basic()));
    expect(resolve({ url: 'other.test', fields: { password: 'new' } }, plain).prefix).toBe('other.test');
    const chosen = saved(resolve(basic({ prefix: 'pull.test/team' })));
    expect(resolve({ url: 'other.test', fields: { password: 'new' } }, chosen).prefix).toBe('pull.test/team');
    expect(resolve({ prefix: '' }, chosen).prefix).toBe('registry.test');
  });

  it('needs an address, unless the provider has but one', () => {
    expect(fieldsAtFault(() => resolve(basic({ url: '' })))).toEqual(['url']);
    expect(urlText(resolve({ name: 'hub', provider: 'dockerhub' }).url)).toBe('https://registry-1.docker.io');
    expect(fieldsAtFault(() => resolve(basic({ provider: 'nonsense' })))).toEqual(['provider']);
  });

  it('moves between http and https with the TLS mode', () => {
    const dev = saved(resolve(basic({ url: 'http://dev.test:5000' })));
    expect(dev.connection.tls).toBe('plain');
    expect(urlText(resolve({ connection: { tls: 'verify' } }, dev).url)).toBe('https://dev.test:5000');
    expect(resolve({ url: 'https://dev.test:5000' }, dev).connection.tls).toBe('verify');
    expect(fieldsAtFault(() => resolve({ url: 'https://dev.test', connection: { tls: 'plain' } }))).toContain('connection.tls');
  });
});

describe('connection', () => {
  it('takes an own authority, and asks for one that is missing', () => {
    const draft = resolve(basic({ connection: { ca: `text\n${authority.cert}` } }));
    expect(draft.connection).toMatchObject({ tls: 'ca', ca: authority.cert.trim(), caCertificates: [{ isAuthority: true }] });
    expect(fieldsAtFault(() => resolve({ connection: { ca: '' } }, saved(draft)))).toEqual(['connection.ca']);
  });

  it('keeps the key of a client certificate that is not entered again', async () => {
    const draft = saved(resolve(basic({ connection: { clientCertificate: client } })));
    expect(draft.connection.clientCertificate).toMatchObject({ hasKey: true, info: [{ subject: 'CN=hub' }] });
    expect(JSON.stringify(draft.connection)).not.toContain('PRIVATE KEY');
    const kept = resolve({ connection: { clientCertificate: { cert: client.cert, key: '' } } }, draft);
    expect(kept.secrets['connection.clientKey']).toEqual(draft.secrets['connection.clientKey']);
    const other = await authority.issue({ names: ['other'], usage: 'client' });
    expect(fieldsAtFault(() => resolve({ connection: { clientCertificate: { cert: other.cert } } }, draft))).toEqual([
      'connection.clientCertificate.key',
    ]);
    expect(resolve({ connection: { clientCertificate: null } }, draft).secrets).not.toHaveProperty('connection.clientKey');
    expect(fieldsAtFault(() => resolve(basic({ connection: { clientCertificate: { cert: client.cert } } })))).toEqual([
      'connection.clientCertificate.key',
    ]);
  });

  it('keeps the password of the same proxy only', () => {
    const draft = saved(resolve(basic({ connection: { proxy: 'http://corp:pw@proxy.test:3128' } })));
    expect(draft.connection).toMatchObject({ proxy: 'http://corp@proxy.test:3128', proxyHasPassword: true });
    expect(resolve({ connection: { proxy: 'http://corp@proxy.test:3128' } }, draft).connection.proxyHasPassword).toBe(true);
    expect(resolve({ connection: { proxy: 'http://corp@evil.test:3128' } }, draft).connection.proxyHasPassword).toBe(false);
    expect(resolve({ connection: { proxy: '' } }, draft).secrets).not.toHaveProperty('connection.proxyPassword');
  });
});

describe('what a stored secret is protected from', () => {
  const weakened = (input: Partial<RegistryInput>, patch: RegistryPatch, administrator = false) =>
    fieldsAtFault(() => resolve(patch, saved(resolve(basic(input))), administrator));
  const exposed = ['fields.password'];

  it('another server, for everybody', () => {
    for (const administrator of [true, false]) {
      expect(weakened({}, { url: 'evil.test' }, administrator)).toEqual(exposed);
      expect(weakened({}, { url: 'registry.test:444' }, administrator)).toEqual(exposed);
      expect(weakened({ url: 'http://registry.test:5000' }, { url: 'http://registry.test:5001' }, administrator)).toEqual(exposed);
      expect(weakened({}, { url: 'registry.test/path' }, administrator)).toEqual([]);
      expect(weakened({ url: 'http://registry.test' }, { url: 'https://registry.test' }, administrator)).toEqual([]);
    }
    expect(weakened({}, { provider: 'harbor', signIn: 'user', namespace: 'p' }, true).length).toBeGreaterThan(0);
  });

  it('a weaker connection, except by administrators', () => {
    const ca = { tls: 'ca' as const, ca: authority.cert };
    for (const connection of [{ tls: 'insecure' as const }, { tls: 'plain' as const }, ca]) {
      expect(weakened({}, { connection })).toEqual(exposed);
      expect(weakened({}, { connection }, true)).toEqual([]);
      expect(weakened({}, { connection, fields: { password: 'entered again' } })).toEqual([]);
    }
    expect(weakened({ connection: { tls: 'insecure' } }, { connection: { tls: 'verify' } })).toEqual([]);
    expect(weakened({ connection: { tls: 'insecure' } }, { connection: { proxy: 'proxy.test:3128' } })).toEqual(exposed);
    expect(weakened({}, { connection: { proxy: 'proxy.test:3128' } })).toEqual([]);
  });

  it('realms that nobody confirmed for the new address', () => {
    const draft = saved(resolve(basic({ trustedRealms: ['https://auth.test'] })));
    expect(resolve({ url: 'other.test', fields: { password: 'new' } }, draft).trustedRealms).toEqual([]);
    expect(fieldsAtFault(() => resolve(basic({ trustedRealms: ['http://auth.test'] })))).toEqual(['trustedRealms']);
    expect(resolve(basic({ url: 'http://registry.test', trustedRealms: ['http://auth.test/token?x=1'] })).trustedRealms).toEqual([
      'http://auth.test',
    ]);
  });
});
