import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { inspect } from 'node:util';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { RegistryClient } from '../oci/index.ts';
import type { CatalogContext, TagInfo } from '../provider/define.ts';
import { checkFields } from '../provider/settings.ts';
import { type AzureOptions, type FakeAzure, LoopbackHttp, startAzure } from '../testing/clouds/index.ts';
import { describeProvider } from '../testing/describe-provider.ts';
import { FakeClock } from '../testing/fake-clock.ts';
import { provider } from './acr.ts';

const clientId = '11112222-bbbb-3333-cccc-4444dddd5555';
const podId = '22223333-cccc-4444-dddd-5555eeee6666';
const machineId = '33334444-dddd-5555-eeee-6666ffff7777';
const tenantId = 'aaaabbbb-0000-cccc-1111-dddd2222eeee';
const clientSecret = 'abC8Q~dEf.gHiJkLmNoPqRsTuVwXyZ0123456789';
const tokenPassword = 'Zx9+tokenPasswordOfTheScopeMap/ACRB7x0Kq';
const subject = 'system:serviceaccount:tagboat:hub';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tagboat-acr-'));
});
afterEach(async () => {
  vi.unstubAllEnvs();
  await rm(folder, { recursive: true });
});

async function start(clock: FakeClock, change: AzureOptions = {}): Promise<FakeAzure> {
  const azure = await startAzure({
    clock,
    applications: {
      [clientId]: { tenant: tenantId, secret: clientSecret },
      [podId]: { tenant: tenantId, subject },
      [machineId]: { tenant: tenantId },
    },
    admins: { acme: 'adminPassword/0123456789+abcdefghijklmnop' },
    tokens: {
      read: { password: tokenPassword, actions: ['pull', 'metadata_read'] },
      'content-only': { password: tokenPassword, actions: ['pull'] },
    },
    machine: [machineId],
    identityHeader: 'app-service-header',
    ...change,
  });
  for (const name of ['IDENTITY_ENDPOINT', 'IDENTITY_HEADER', 'AZURE_CLIENT_ID', 'AZURE_TENANT_ID']) vi.stubEnv(name, undefined);
  await podToken(azure, 365 * 86_400);
  return azure;
}

async function podToken(azure: FakeAzure, lifetime: number, claims: Record<string, unknown> = {}): Promise<void> {
  const path = join(folder, 'token');
  await writeFile(path, `${azure.cluster.issue({ sub: subject, aud: 'api://AzureADTokenExchange', ...claims }, lifetime)}\n`);
  vi.stubEnv('AZURE_FEDERATED_TOKEN_FILE', path);
}

const endpointsOf = (azure: FakeAzure) => ({
  login: azure.login.origin,
  metadata: azure.metadata.origin,
  registry: azure.registry.origin,
});

describeProvider({
  provider,
  hosts: {
    own: [
      'acmehub.azurecr.io',
      'acmehub-h3k2f9.azurecr.io',
      'acmehub.westeurope.geo.azurecr.io',
      'acmehub.westeurope.data.azurecr.io',
      'acmehub.azurecr.cn',
      'acmehub.azurecr.us',
      'acmehub.azurecr.de',
      'ACMEHUB.AzureCR.io',
    ],
    foreign: [
      'azurecr.io',
      'acmehub.azurecr.io.evil.io',
      'acme.evilazurecr.io',
      'acmehub.evil.azurecr.io',
      'acmehub.azurecr.com',
      'a.b.westeurope.geo.azurecr.io',
      'acmehub-.azurecr.io',
      'acme.blob.core.windows.net',
    ],
  },
  async start() {
    const clock = new FakeClock(Date.now());
    const azure = await start(clock, { anonymousPull: true });
    for (let i = 0; i < 320; i++) azure.content.addRepository(`team/app-${i}`);
    for (let i = 0; i < 310; i++) azure.content.addTag('team/app-0', `1.0.${i}`, clock.now() - i * 1000);
    const principal = { clientId, clientSecret, tenantId };
    const hours = 3 * 3600_000;
    const annotations = { 'azure.workload.identity/client-id': podId, 'azure.workload.identity/tenant-id': tenantId };
    const assertion = (claims: Record<string, unknown>, seconds = 600) =>
      azure.cluster.issue({ sub: subject, aud: 'api://AzureADTokenExchange', ...claims }, seconds);
    return {
      clock,
      url: new URL(azure.registry.origin),
      endpoints: endpointsOf(azure),
      otherRepository: 'team/app-1',
      scoped: {
        'service-principal': { named: true, push: true },
        admin: { named: true, push: true },
        token: { named: true, push: false },
        'managed-identity': { named: true, push: true },
        'workload-identity': { named: true, push: true },
      },
      workload: {
        good: { token: assertion({}), annotations },
        bad: {
          'a changed token': { token: `${assertion({}).slice(0, -4)}AAAA`, annotations },
          'a token that has ended': { token: assertion({}, -1), annotations },
          'another audience': { token: assertion({ aud: 'https://kubernetes.default.svc' }), annotations },
          'another service account': { token: assertion({ sub: 'system:serviceaccount:shop:other' }), annotations },
          'no tenant': { token: assertion({}), annotations: { 'azure.workload.identity/client-id': podId } },
          'no GUID': { token: assertion({}), annotations: { ...annotations, 'azure.workload.identity/client-id': 'pull' } },
        },
      },
      signIns: {
        'service-principal': principal,
        admin: { username: 'acme', password: 'adminPassword/0123456789+abcdefghijklmnop' },
        token: { username: 'read', password: tokenPassword },
        'managed-identity': {},
        'workload-identity': { clientId: podId, tenantId },
        anonymous: {},
      },
      refused: {
        'service-principal': { ...principal, clientSecret: 'abC8Q~wrong.secretOfThatApplication0123' },
        admin: { username: 'acme', password: 'notTheAdminPassword' },
        token: { username: 'read', password: 'notTheTokenPassword' },
        'managed-identity': { clientId },
        'workload-identity': { clientId, tenantId },
      },
      repository: 'team/app-0',
      tags: Array.from({ length: 310 }, (_, index) => `1.0.${index}`),
      repositories: Array.from({ length: 320 }, (_, index) => `team/app-${index}`),
      lifetime: { 'service-principal': hours, 'managed-identity': hours, 'workload-identity': hours },
      close: () => azure.close(),
    };
  },
});

describe('provider acr, in particular', () => {
  let clock: FakeClock;
  let azure: FakeAzure;
  let http: LoopbackHttp;
  const clients: RegistryClient[] = [];
  const principal = { method: 'service-principal', clientId, clientSecret, tenantId };

  beforeEach(async () => {
    clock = new FakeClock(Date.now());
    azure = await start(clock);
    azure.content.addTag('team/a', '1.0', clock.now() - 5000);
    azure.content.addTag('other/b', '1.0', clock.now() - 5000);
    http = new LoopbackHttp();
  });
  afterEach(async () => {
    await Promise.all(clients.splice(0).map((client) => client.close()));
    await http.close();
    await azure.close();
  });

  function context(signIn: Record<string, unknown>, change: Record<string, unknown> = {}): CatalogContext {
    const url = new URL(azure.registry.origin);
    const base = { url, settings: { cloud: 'global' }, endpoints: endpointsOf(azure), signIn, http, clock, ...change };
    return base as unknown as CatalogContext;
  }

  async function signedIn(signIn: Record<string, unknown>, change: Record<string, unknown> = {}): Promise<CatalogContext> {
    const ctx = context(signIn, change);
    const credential = await provider.issueCredential(ctx);
    const client = new RegistryClient({ url: ctx.url, tls: { mode: 'plain' }, retries: 0, traits: provider.traits, credential });
    clients.push(client);
    return { ...ctx, client };
  }

  const failure = async (work: Promise<unknown>): Promise<unknown> =>
    work.then(
      () => expect.unreachable('it was not refused'),
      (error: unknown) => error,
    );
  const explained = async (signIn: Record<string, unknown>, change: Record<string, unknown> = {}) =>
    provider.explain?.(await failure(provider.issueCredential(context(signIn, change))), { signIn: String(signIn['method']) });

  async function tags(ctx: CatalogContext, repository: string): Promise<TagInfo[]> {
    const found: TagInfo[] = [];
    for await (const page of provider.listTags?.(ctx, repository) ?? []) found.push(...page.items);
    return found;
  }
  async function names(ctx: CatalogContext): Promise<string[]> {
    const found: string[] = [];
    for await (const page of provider.listRepositories?.(ctx) ?? []) found.push(...page.items.map(({ name }) => name));
    return found.toSorted();
  }

  it('exchanges as documented, and never sends a client secret to the registry', async () => {
    expect(await provider.issueCredential(context(principal))).toMatchObject({
      kind: 'basic',
      username: '00000000-0000-0000-0000-000000000000',
    });
    const form = Object.fromEntries(new URLSearchParams(azure.registry.calls[0]?.body));
    expect(azure.registry.calls[0]?.url.pathname).toBe('/oauth2/exchange');
    expect(form).toMatchObject({ grant_type: 'access_token', service: new URL(azure.registry.origin).host, tenant: tenantId });
    expect(inspect(azure.registry.calls, { depth: 5 })).not.toContain(clientSecret);
  });

  it.each([
    ['a wrong secret', { clientSecret: 'wrong' }, 'fields.clientSecret', /Value/],
    ['an unknown application', { clientId: 'ffffffff-bbbb-3333-cccc-4444dddd5555' }, 'fields.clientId', /application/],
    ['an unknown tenant', { tenantId: 'other.onmicrosoft.com' }, 'fields.tenantId', /tenant/],
  ])('explains %s at its field', async (_what, change, field, words) => {
    const explanation = await explained({ ...principal, ...change });
    expect(explanation).toMatchObject({ field });
    expect(explanation?.help).toMatch(words);
  });

  it('tells missing roles from wrong secrets', async () => {
    const application = azure.applications[clientId];
    if (application) application.role = false;
    expect(await explained(principal)).toMatchObject({ help: expect.stringContaining('AcrPull'), field: 'signIn' });
  });

  it('gives numbers that it does not know with where they are told', async () => {
    const error = { context: { entraCode: 53_003 } };
    Object.setPrototypeOf(error, (await import('../core/errors.ts')).TagboatError.prototype);
    expect(provider.explain?.(error, { signIn: 'service-principal' })?.help).toContain('53003');
  });

  it('says that a firewalled or down Entra is not a wrong secret', async () => {
    await azure.login.close();
    expect(
      provider.explain?.(await failure(provider.issueCredential(context(principal))), { signIn: 'service-principal' }),
    ).toBeUndefined();
    azure.login.close = () => Promise.resolve();
  });

  describe('by the identity of this machine', () => {
    it('asks App Service where that is what it runs on', async () => {
      vi.stubEnv('IDENTITY_ENDPOINT', `${azure.metadata.origin}/msi/token`);
      vi.stubEnv('IDENTITY_HEADER', 'app-service-header');
      await provider.issueCredential(context({ method: 'managed-identity' }));
      expect(azure.metadata.calls.map(({ url }) => url.pathname)).toEqual(['/msi/token']);
    });

    it('reaches metadata services at link-local and loopback addresses only', async () => {
      vi.stubEnv('IDENTITY_ENDPOINT', 'http://10.0.0.1/msi/token');
      vi.stubEnv('IDENTITY_HEADER', 'app-service-header');
      expect(await failure(provider.issueCredential(context({ method: 'managed-identity' })))).toMatchObject({
        code: 'credential_unavailable',
        message: expect.stringContaining('10.0.0.1'),
      });
    });

    it('says so if there is none', async () => {
      await azure.metadata.close();
      expect(await explained({ method: 'managed-identity' })).toMatchObject({ field: 'signIn' });
      azure.metadata.close = () => Promise.resolve();
      vi.stubEnv('AZURE_FEDERATED_TOKEN_FILE', undefined);
      const error = await failure(provider.issueCredential(context({ method: 'workload-identity', tenantId })));
      expect(error).toMatchObject({ message: expect.stringMatching(/lacks AZURE_FEDERATED_TOKEN_FILE, AZURE_CLIENT_ID\.$/) });
    });

    it('reads the pod’s token anew each time, and knows an ended one by its time', async () => {
      const pod = { method: 'workload-identity', clientId: podId, tenantId };
      await podToken(azure, 600);
      await provider.issueCredential(context(pod));
      await clock.advance(700_000);
      expect((await explained(pod))?.message).toContain('time');
      await podToken(azure, 600);
      await provider.issueCredential(context(pod));
      await podToken(azure, 600, { sub: 'system:serviceaccount:other:hub' });
      expect(await explained(pod)).toMatchObject({ field: 'fields.clientId' });
    });

    it.each([{ method: 'managed-identity' }, { method: 'workload-identity', clientId: podId, tenantId }])(
      'sends none of it to a host that is not Azure’s ($method)',
      async (signIn) => {
        const error = await failure(
          provider.issueCredential(context(signIn, { endpoints: { ...endpointsOf(azure), registry: 'https://acr.example' } })),
        );
        expect(error).toMatchObject({ code: 'invalid_settings', fields: [{ field: 'url' }] });
        expect([...azure.registry.calls, ...azure.login.calls, ...azure.metadata.calls]).toEqual([]);
      },
    );
  });

  it.each([
    ['china', 'login-china', 'https://management.chinacloudapi.cn'],
    ['us-government', 'login-us-government', 'https://management.usgovcloudapi.net'],
  ])('signs in at the authority of the cloud %s, for its audience', async (cloud, login, audience) => {
    const ctx = context(principal, { settings: { cloud }, endpoints: { [login]: azure.login.origin } });
    await failure(provider.issueCredential(ctx));
    expect(new URLSearchParams(azure.login.calls[0]?.body).get('scope')).toBe(`${audience}/.default`);
  });

  it.each([
    ['acmehub.azurecr.io', 'global'],
    ['acmehub.azurecr.cn', 'china'],
    ['acmehub.azurecr.us', 'us-government'],
    ['registry.example.com', undefined],
  ])('knows the cloud of %s', (host, cloud) => {
    expect(provider.inferSettings?.(new URL(`https://${host}`))?.['cloud']).toBe(cloud);
  });

  it.each([
    ['https://acmehub.westeurope.data.azurecr.io/x', 'https://acmehub.azurecr.io/'],
    ['https://acmehub-h3k2.westeurope.geo.azurecr.io', 'https://acmehub-h3k2.azurecr.io/'],
    ['https://acmehub.azurecr.io/team/app', 'https://acmehub.azurecr.io/'],
    ['https://acmehub.x.geo.azurecr.io.evil.io/', 'https://acmehub.x.geo.azurecr.io.evil.io/'],
  ])('takes %s for %s', (pasted, url) => {
    expect(provider.normaliseUrl?.(new URL(pasted)).href).toBe(url);
  });

  it('is recognised behind another name by its challenge', () => {
    const answer = { realm: new URL('https://acmehub.azurecr.io/oauth2/token'), service: 'acmehub.azurecr.io', headers: {} };
    expect(provider.recognises?.(answer)).toBe(true);
    expect(provider.recognises?.({ ...answer, service: 'acmehub.azurecr.io.evil.io' })).toBe(false);
  });

  describe('what people paste', () => {
    const problems = (fields: Record<string, string>) => {
      try {
        const url = new URL('https://acmehub.azurecr.io');
        return checkFields(provider, { signIn: 'service-principal', fields: { clientId, clientSecret, tenantId, ...fields }, url });
      } catch (error) {
        return error;
      }
    };

    it('is taken with blanks and line ends around it', () => {
      expect(problems({ clientId: ` ${clientId}\n`, clientSecret: `${clientSecret}\r\n`, tenantId: `\t${tenantId}` })).toMatchObject({
        settings: { clientId, tenantId },
        secrets: { clientSecret },
      });
    });

    it('is noticed when ID and secret are swapped, or the secret’s ID was taken for it', () => {
      const swapped = problems({ clientId: clientSecret, clientSecret: clientId });
      expect(swapped).toMatchObject({ fields: [{ field: 'fields.clientId' }, { field: 'fields.clientSecret' }] });
      expect(inspect(swapped)).not.toContain(clientSecret);
    });
  });

  it('lists below a namespace', async () => {
    expect(await names(await signedIn(principal))).toEqual(['other/b', 'team/a']);
    expect(await names(await signedIn(principal, { namespace: 'team' }))).toEqual(['team/a']);
  });

  it('names tags for a token whose scope map has no metadata, and dates them for one that has', async () => {
    const token = (username: string) => ({ method: 'token', username, password: tokenPassword });
    expect(await tags(await signedIn(token('read')), 'team/a')).toMatchObject([
      { name: '1.0', digest: expect.stringMatching(/^sha256:/), pushedAt: clock.now() - 5000 },
    ]);
    expect(await tags(await signedIn(token('content-only')), 'team/a')).toEqual([{ name: '1.0' }]);
    const error = await failure(names(await signedIn(token('read'))));
    expect(provider.explain?.(error, { signIn: 'token' })?.help).toContain('pin');
  });

  it('says when to come back if the registry throttles', async () => {
    const ctx = await signedIn(principal);
    azure.throttle(5);
    const error = await failure(tags(ctx, 'team/a'));
    expect(error).toMatchObject({ code: 'registry_rate_limited' });
    expect(provider.explain?.(error, { signIn: 'service-principal' })?.help).toContain('requests per second');
  });
});
