import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { inspect } from 'node:util';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { type AzureOptions, type FakeAzure, LoopbackHttp, startAzure } from '../../testing/clouds/index.ts';
import { FakeClock } from '../../testing/fake-clock.ts';
import { parseAzureSecretReference, readAzureSecret } from './azure-key-vault.ts';

const vm = '00001111-aaaa-2222-bbbb-3333cccc4444';
const pod = '11112222-bbbb-3333-cccc-4444dddd5555';
const tenant = 'aaaabbbb-0000-cccc-1111-dddd2222eeee';
const subject = 'system:serviceaccount:tagboat:hub';
const base = 'https://acme.vault.azure.net/secrets/registry';
const version = '4387e9f3d6e14c459867679a90fd0f79';
const password = 'hunter2-of-the-registry';

describe('parseAzureSecretReference', () => {
  it.each([
    [base, { cloud: 'global', host: 'acme.vault.azure.net', name: 'registry' }],
    [`${base}/${version}#password`, { cloud: 'global', host: 'acme.vault.azure.net', name: 'registry', version, field: 'password' }],
    ['https://Acme.vault.azure.cn/secrets/r/', { cloud: 'china', host: 'acme.vault.azure.cn', name: 'r' }],
    ['https://acme.vault.usgovcloudapi.net:443/secrets/r', { cloud: 'us-government', host: 'acme.vault.usgovcloudapi.net', name: 'r' }],
  ])('reads %s', (text, expected) => {
    expect(parseAzureSecretReference(text)).toEqual(expected);
  });

  it.each([
    '',
    'acme/registry',
    'http://acme.vault.azure.net/secrets/registry',
    'https://acme.vault.azure.net.evil.example/secrets/registry',
    'https://evil.example/secrets/registry',
    'https://evil.example/.vault.azure.net/secrets/registry',
    'https://acme.vault.azure.net@evil.example/secrets/registry',
    'https://user:pw@acme.vault.azure.net/secrets/registry',
    'https://acme.evilvault.azure.net/secrets/registry',
    'https://a.b.vault.azure.net/secrets/registry',
    'https://acme.vault.azure.net:8443/secrets/registry',
    'https://acme.vault.azure.net/keys/registry',
    'https://acme.vault.azure.net/secrets/registry/../x',
    'https://acme.vault.azure.net/secrets/registry?x=y',
  ])('does not take %s, and says what it takes', (text) => {
    expect(() => parseAzureSecretReference(text)).toThrow(/azure-kv:https:\/\/acme\.vault\.azure\.net\/secrets\/registry#password/);
  });
});

describe('readAzureSecret', () => {
  let clock: FakeClock;
  let azure: FakeAzure;
  let http: LoopbackHttp;
  let folder: string;

  beforeEach(async () => {
    clock = new FakeClock(Date.now());
    folder = await mkdtemp(join(tmpdir(), 'tagboat-kv-'));
    await start({});
    http = new LoopbackHttp();
    for (const name of ['IDENTITY_ENDPOINT', 'IDENTITY_HEADER', 'AZURE_CLIENT_ID', 'AZURE_TENANT_ID', 'AZURE_FEDERATED_TOKEN_FILE'])
      vi.stubEnv(name, undefined);
  });
  afterEach(async () => {
    vi.unstubAllEnvs();
    await http.close();
    await azure.close();
    await rm(folder, { recursive: true });
  });

  async function start(change: AzureOptions): Promise<void> {
    azure = await startAzure({ clock, machine: [vm], applications: { [pod]: { tenant, subject } }, ...change });
    azure.secrets.set('registry', JSON.stringify({ username: 'ci', password }));
    azure.secrets.set(`registry/${version}`, 'old');
  }

  const endpoints = () => ({ vault: azure.vault.origin, login: azure.login.origin, metadata: azure.metadata.origin });
  const read = async (text: string, change: Record<string, string> = {}) =>
    (await readAzureSecret(parseAzureSecretReference(text), { http, endpoints: { ...endpoints(), ...change }, clock })).reveal();
  const failure = (text: string): Promise<Error> =>
    read(text).then(
      () => expect.unreachable('it was read'),
      (error: Error) => error,
    );

  it('reads the newest version, or the one that is named, by the machine’s managed identity', async () => {
    expect(JSON.parse(await read(base))).toEqual({ username: 'ci', password });
    expect(await read(`${base}#password`)).toBe(password);
    expect(await read(`${base}/${version}`)).toBe('old');
    expect(azure.metadata.calls).toHaveLength(1);
    expect(azure.metadata.calls[0]?.url.searchParams.get('resource')).toBe('https://vault.azure.net');
  });

  it('uses the pod’s workload identity where its token is mounted', async () => {
    const path = join(folder, 'token');
    await writeFile(path, azure.cluster.issue({ sub: subject, aud: 'api://AzureADTokenExchange' }, 600));
    vi.stubEnv('AZURE_FEDERATED_TOKEN_FILE', path);
    vi.stubEnv('AZURE_CLIENT_ID', pod);
    vi.stubEnv('AZURE_TENANT_ID', tenant);
    expect(await read(`${base}#username`)).toBe('ci');
    expect(azure.metadata.calls).toEqual([]);
  });

  it('asks for tokens of the vault’s own cloud, and sends them to the vault that is named', async () => {
    const { vault: _vault, ...rest } = endpoints();
    await expect(readAzureSecret(parseAzureSecretReference(base), { http, endpoints: rest, clock })).rejects.toThrow();
    // Refused by the test's connection, before any packet.
    expect(http.requests.at(-1)).toBe(`GET ${base}?api-version=7.4`);
    const china = parseAzureSecretReference('https://acme.vault.azure.cn/secrets/registry');
    await expect(readAzureSecret(china, { http, endpoints: endpoints(), clock })).rejects.toThrow();
    expect(azure.metadata.calls.at(-1)?.url.searchParams.get('resource')).toBe('https://vault.azure.cn');
  });

  it('says that this machine has no identity', async () => {
    await azure.metadata.close();
    expect(await failure(base)).toMatchObject({ code: 'credential_unavailable' });
    azure = { ...azure, close: () => Promise.all([azure.login.close(), azure.registry.close(), azure.vault.close()]).then(() => {}) };
  });

  it.each([
    ['https://acme.vault.azure.net/secrets/other', /no such secret or version/],
    [`${base}#token`, /no field token .*It has: username, password/],
    [`${base}/${version}#password`, /not a JSON object/],
  ])('says of %s what is wrong, and nothing of what it holds', async (text, words) => {
    const error = await failure(text);
    expect(error).toMatchObject({ code: 'credential_source_failed', message: expect.stringMatching(words) });
    expect(inspect(error, { depth: 10 })).not.toContain(password);
  });

  it('names the role that the identity lacks', async () => {
    await azure.close();
    await start({ readers: [] });
    expect(await failure(base)).toMatchObject({
      code: 'credential_source_failed',
      message: expect.stringContaining('Key Vault Secrets User'),
    });
  });
});
