import { inspect } from 'node:util';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { RegistryClient } from '../oci/index.ts';
import { loadProviders } from '../provider/load.ts';
import type { CatalogContext } from '../provider/define.ts';
import { checkFields } from '../provider/settings.ts';
import { trustsRealm } from '../provider/realm.ts';
import { type FakeTencent, LoopbackHttp, startTencent } from '../testing/clouds/index.ts';
import { describeProvider } from '../testing/describe-provider.ts';
import { FakeClock } from '../testing/fake-clock.ts';
import { provider } from './tcr-ee.ts';

const secretId = 'AKIDz8krbsJ5yKBZQpn74WFkmLPx3EXAMPLE';
const secretKey = 'Gu5t9xGARNpq86cd98joQYCN3EXAMPLE';
const wrongKey = 'Gu5t9xGARNpq86cd98joQYCN3EXAMPLF';
const registryId = 'tcr-12345678';

async function start(clock: FakeClock): Promise<FakeTencent> {
  const cloud = await startTencent({
    clock,
    keys: { [secretId]: { secretKey } },
    passwords: { tcr$ci: 'kX9sYh2LongTermPassword' },
  });
  cloud.instances[registryId] = { name: 'acme-hub', region: 'ap-shanghai', domain: 'acme-hub.tencentcloudcr.com' };
  cloud.instances['tcr-87654321'] = { name: 'acme-two', region: 'ap-guangzhou', domain: 'acme-two.tencentcloudcr.com' };
  return cloud;
}

describeProvider({
  provider,
  hosts: {
    own: [
      'acme-hub.tencentcloudcr.com',
      'acme-hub-vpc.tencentcloudcr.com',
      'koderover-zadig.tencentcloudcr.com',
      'ACME-Hub.TencentCloudCR.com',
    ],
    foreign: [
      'tencentcloudcr.com',
      'acme-hub.tencentcloudcr.com.evil.io',
      'acme.eviltencentcloudcr.com',
      'a.b.tencentcloudcr.com',
      '-acme-hub.tencentcloudcr.com',
      'acme-hub.tencentcloudcr.cn',
      'ccr.ccs.tencentyun.com',
    ],
  },
  async start() {
    const clock = new FakeClock(Date.now());
    const cloud = await start(clock);
    for (let i = 0; i < 320; i++) cloud.content.addRepository(`team/app-${i}`);
    for (let i = 0; i < 310; i++) cloud.content.addTag('team/app-0', `1.0.${i}`, clock.now() - i * 1000);
    const key = { apiEndpoint: cloud.api.origin, registryId, secretId, secretKey };
    return {
      clock,
      url: new URL(cloud.registry.origin),
      signIns: { 'api-key': key, password: { username: 'tcr$ci', password: 'kX9sYh2LongTermPassword' } },
      refused: {
        'api-key': { ...key, secretKey: wrongKey },
        password: { username: 'tcr$ci', password: 'kX9sYh2WrongPassword' },
      },
      repository: 'team/app-0',
      tags: Array.from({ length: 310 }, (_, index) => `1.0.${index}`),
      repositories: Array.from({ length: 320 }, (_, index) => `team/app-${index}`),
      lifetime: { 'api-key': 3600_000 },
      creating: { signIn: 'api-key', repositories: ['fresh/app', 'race/app'], has: (name) => cloud.content.repositories.has(name) },
      scoped: { 'api-key': { named: true, push: true } },
      // Namespaces are the finest that a service account knows.
      otherRepository: 'hidden/secret',
      secretEnds: { 'api-key': {}, password: {} },
      close: () => cloud.close(),
    };
  },
});

describe('provider tcr-ee, in particular', () => {
  let clock: FakeClock;
  let cloud: FakeTencent;
  let http: LoopbackHttp;
  const key = { method: 'api-key', secretId, secretKey };

  beforeEach(async () => {
    clock = new FakeClock(Date.now());
    cloud = await start(clock);
    http = new LoopbackHttp();
  });
  afterEach(async () => {
    await http.close();
    await cloud.close();
  });

  function context(change: Record<string, unknown> = {}): CatalogContext {
    const url = new URL('https://acme-hub.tencentcloudcr.com');
    return { url, settings: {}, endpoints: { api: cloud.api.origin }, signIn: key, http, clock, ...change } as unknown as CatalogContext;
  }
  const failure = async (ctx: CatalogContext): Promise<unknown> =>
    provider.issueCredential(ctx).then(
      () => expect.unreachable('it was not refused'),
      (error: unknown) => error,
    );
  const explained = async (ctx: CatalogContext) => provider.explain?.(await failure(ctx), { signIn: 'api-key' });
  const actions = () => cloud.api.calls.map(({ headers }) => `${headers['x-tc-action']} ${headers['x-tc-region']}`);

  it.each(['acme-hub.tencentcloudcr.com', 'acme-hub-vpc.tencentcloudcr.com', 'ACME-HUB.tencentcloudcr.com'])(
    'finds out instance and region by %s, once an hour',
    async (host) => {
      const ctx = context({ url: new URL(`https://${host}`) });
      await expect(provider.issueCredential(ctx)).resolves.toMatchObject({ kind: 'basic', username: '100012345678' });
      await provider.issueCredential(ctx);
      expect(actions()).toEqual(['DescribeInstances ap-guangzhou', 'CreateInstanceToken ap-shanghai', 'CreateInstanceToken ap-shanghai']);
      expect(JSON.parse(cloud.api.calls[1]?.body ?? '')).toEqual({ RegistryId: registryId, TokenType: 'temp' });
    },
  );

  it('is told from Harbor, which it is made of, where its token server is at its own domain', async () => {
    const providers = await loadProviders();
    const service = 'harbor-registry';
    const realm = new URL('https://acme-hub.tencentcloudcr.com/service/token');
    expect(providers.detectByAnswer({ realm, service, headers: {} })?.id).toBe('tcr-ee');
    // Behind a domain of one's own nothing tells the two apart.
    const own = new URL('https://registry.acme.com/service/token');
    expect(providers.detectByAnswer({ realm: own, service, headers: {} })).toMatchObject({
      id: 'harbor',
      lookalikes: [expect.stringContaining('TCR Enterprise')],
    });
  });

  it('tells the end of an access credential that has one, and of no other', async () => {
    const end = (signIn: Record<string, unknown>) => provider.secretEnds?.(context({ signIn }));
    const token = `eyJhbGciOiJSUzI1NiJ9.${Buffer.from('{"exp":1900000000}').toString('base64url')}.c2ln`;
    expect(await end({ method: 'password', username: '100012345678', password: token })).toEqual({ password: 1_900_000_000_000 });
    expect(await end({ method: 'password', username: 'tcr$ci', password: 'kX9sYh2LongTermPassword' })).toEqual({});
    expect(await end(key)).toEqual({});
  });

  it('takes an instance that is really called “…-vpc” for itself', async () => {
    cloud.instances['tcr-0000vpc0'] = { name: 'acme-hub-vpc', region: 'ap-beijing', domain: 'acme-hub-vpc.tencentcloudcr.com' };
    await provider.issueCredential(context({ url: new URL('https://acme-hub-vpc.tencentcloudcr.com') }));
    expect(actions().at(-1)).toBe('CreateInstanceToken ap-beijing');
  });

  it('asks for the instance’s ID with a domain of one’s own, and for nothing when ID and region are given', async () => {
    const url = new URL('https://registry.acme.example');
    expect(await failure(context({ url }))).toMatchObject({ code: 'invalid_settings', fields: [{ field: 'fields.registryId' }] });
    await provider.issueCredential(context({ url, signIn: { ...key, registryId, region: 'ap-shanghai' } }));
    expect(actions()).toEqual(['CreateInstanceToken ap-shanghai']);
  });

  it('calls Tencent’s public API by default', async () => {
    await failure(context({ endpoints: undefined }));
    expect(http.requests).toEqual(['POST https://tcr.tencentcloudapi.com/']);
  });

  it.each([
    ['an unknown SecretId', { secretId: 'AKIDunknown00000000000000000000000000' }, 'fields.secretId'],
    ['a SecretKey of another key', { secretKey: wrongKey }, 'fields.secretKey'],
    ['a session token that is not the key’s', { sessionToken: 'token-that-ended' }, 'fields.sessionToken'],
    ['an instance that is not there', { registryId: 'tcr-99999999' }, 'fields.registryId'],
    ['a wrong region', { registryId, region: 'ap-beijing' }, 'fields.registryId'],
  ])('explains %s', async (_, change, field) => {
    const error = await failure(context({ signIn: { ...key, ...change } }));
    expect(error).toMatchObject({ name: 'CredentialError', code: 'credential_refused' });
    expect(provider.explain?.(error, { signIn: 'api-key' })).toMatchObject({ field });
    for (const secret of [secretKey, wrongKey, 'token-that-ended']) expect(inspect(error, { depth: 9 })).not.toContain(secret);
  });

  it('names the action that a policy lacks', async () => {
    cloud.keys[secretId] = { secretKey, denied: ['CreateInstanceToken'] };
    expect(await explained(context())).toMatchObject({ message: expect.stringContaining('CreateInstanceToken'), field: 'fields.secretId' });
  });

  it('explains a clock that is ten minutes off', async () => {
    expect(await explained(context({ clock: new FakeClock(clock.now() + 600_000) }))).toMatchObject({
      message: expect.stringContaining('clock'),
    });
  });

  it('signs with the session token of a temporary key', async () => {
    cloud.keys[secretId] = { secretKey, sessionToken: 'session-token' };
    await expect(provider.issueCredential(context({ signIn: { ...key, sessionToken: 'session-token' } }))).resolves.toMatchObject({
      kind: 'basic',
    });
  });

  it('repeats what is throttled, and gives up in the end', async () => {
    const ctx = context({ signIn: { ...key, registryId, region: 'ap-shanghai' } });
    cloud.throttle(3);
    const issued = provider.issueCredential(ctx);
    await settle(clock);
    await expect(issued).resolves.toMatchObject({ kind: 'basic' });
    cloud.throttle(99);
    const refused = failure(ctx);
    await settle(clock);
    expect(await refused).toMatchObject({ code: 'credential_unavailable', context: { tencentCode: 'RequestLimitExceeded' } });
  });

  it.each([
    ['web page', '<!doctype html><title>Sign in</title>'],
    ['answer without an end', '{"Response":{"Username":"u","Token":"secret-token"}}'],
    ['answer without a username', '{"Response":{"Username":null,"Token":"secret-token","ExpTime":1700003600000}}'],
  ])('takes no %s for a password', async (_, text) => {
    const signIn = { ...key, registryId, region: 'ap-shanghai' };
    const error = await failure(context({ signIn, http: { send: async () => ({ status: 200, headers: {}, text }) } }));
    expect(error).toMatchObject({ code: 'credential_unavailable' });
    expect(inspect(error, { depth: 9 })).not.toContain('secret-token');
  });

  it('reads an end in seconds, too', async () => {
    const text = '{"Response":{"Username":1,"Token":"t","ExpTime":1700003600}}';
    const signIn = { ...key, registryId, region: 'ap-shanghai' };
    const ctx = context({ signIn, http: { send: async () => ({ status: 200, headers: {}, text }) } });
    await expect(provider.issueCredential(ctx)).resolves.toMatchObject({ expiresAt: 1_700_003_600_000 });
  });

  it('tells digest, size and push time of tags, and lists one namespace', async () => {
    cloud.content.addTag('team/sub/app', '1.0', 1_760_000_000_123);
    cloud.content.addRepository('other/app');
    const ctx = context({ namespace: 'team' });
    expect(await Array.fromAsync(provider.listTags?.(ctx, 'team/sub/app') ?? [])).toEqual([
      { total: 1, items: [{ name: '1.0', digest: expect.stringMatching(/^sha256:/), size: 4321, pushedAt: 1_760_000_000_123 }] },
    ]);
    expect(await Array.fromAsync(provider.listRepositories?.(ctx) ?? [])).toMatchObject([
      { total: 1, items: [{ name: 'team/sub/app', public: false, createdAt: Date.UTC(2026, 0, 1, 19, 4, 5, 678) }] },
    ]);
  });

  it('says of a listing by password what would open it', async () => {
    const signIn = { method: 'password', username: 'tcr$ci', password: 'kX9sYh2LongTermPassword' };
    const client = new RegistryClient({
      url: cloud.registry.origin,
      tls: { mode: 'plain' },
      credential: { kind: 'basic', ...signIn },
      retries: 0,
    });
    const listing = Array.fromAsync(provider.listRepositories?.(context({ signIn, client })) ?? []);
    await expect(listing).rejects.toMatchObject({ code: 'unsupported', message: expect.stringContaining('API key') });
    await client.close();
  });

  it('notices swapped, broken and foreign values before anything is sent', () => {
    const faults = (fields: Record<string, string>) => {
      try {
        checkFields(provider, { signIn: 'api-key', fields });
        return [];
      } catch (error) {
        return (error as { fields: { field: string; message: string }[] }).fields;
      }
    };
    expect(faults({ secretId: `${secretId}\n`, secretKey: ` ${secretKey} ` })).toEqual([]);
    expect(faults({ secretId: secretKey, secretKey: secretId })).toEqual([
      { field: 'fields.secretId', message: expect.stringContaining('swapped') },
      { field: 'fields.secretKey', message: expect.stringContaining('swapped') },
    ]);
    expect(faults({ secretId, secretKey, registryId: 'acme', region: 'Shanghai' }).map(({ field }) => field)).toEqual([
      'fields.registryId',
      'fields.region',
    ]);
  });

  it('reads the namespace from a pasted address, and trusts token servers of instances alone', () => {
    expect(provider.inferNamespace?.(new URL('https://acme-hub.tencentcloudcr.com/team/app'))).toBe('team');
    expect(provider.inferNamespace?.(new URL('https://acme-hub.tencentcloudcr.com/v2/'))).toBeUndefined();
    expect(trustsRealm(provider, new URL('https://acme-hub.tencentcloudcr.com/service/token'))).toBe(true);
    for (const realm of [
      'https://acme-hub.tencentcloudcr.com.evil.io/',
      'http://acme-hub.tencentcloudcr.com/',
      'https://acme-hub.tencentcloudcr.com:8443/',
    ])
      expect(trustsRealm(provider, new URL(realm))).toBe(false);
  });
});

/** Lets time pass while somebody sleeps, until nobody does. */
async function settle(clock: FakeClock): Promise<void> {
  for (let quiet = 0; quiet < 20; ) {
    await new Promise((resolve) => setTimeout(resolve, 2));
    quiet = clock.sleeping > 0 ? 0 : quiet + 1;
    if (clock.sleeping > 0) await clock.advance(10_000);
  }
}
