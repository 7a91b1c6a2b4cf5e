import { inspect } from 'node:util';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { CatalogContext } from '../provider/define.ts';
import { trustsRealm } from '../provider/realm.ts';
import { checkFields } from '../provider/settings.ts';
import { type FakeAlibaba, LoopbackHttp, startAlibaba } from '../testing/clouds/index.ts';
import { describeProvider } from '../testing/describe-provider.ts';
import { FakeClock } from '../testing/fake-clock.ts';
import { provider } from './aliyun-ee.ts';

const accessKeyId = 'LTAI5tExampleExampleExam';
const accessKeySecret = 'aliSecretExampleExampleExample';
const wrongSecret = 'aliSecretExampleExampleExamplf';
const instanceId = 'cri-kmsiwlxxdcvaduwb';
const rrsa = ['ALIBABA_CLOUD_ROLE_ARN', 'ALIBABA_CLOUD_OIDC_PROVIDER_ARN', 'ALIBABA_CLOUD_OIDC_TOKEN_FILE'];

/** Nothing of the real machine counts. */
function stubEnvironment(): void {
  for (const name of rrsa) vi.stubEnv(name, undefined);
}

const start = (clock: FakeClock, service = `registry.aliyuncs.com:cn-hangzhou:china:${instanceId}`) =>
  startAlibaba({
    clock,
    keys: { [accessKeyId]: { accessKeySecret } },
    instances: { [instanceId]: 'acme', 'cri-0000000000000two': 'acme-two' },
    passwords: { 'ci@acme': 'Registry-Password-1' },
    service,
  });

const standIns = (cloud: FakeAlibaba) => ({
  api: cloud.api.origin,
  sts: cloud.sts.origin,
  metadata: cloud.metadata.origin,
  registry: cloud.registry.origin,
});

describeProvider({
  provider,
  hosts: {
    own: [
      'acme-registry.cn-hangzhou.cr.aliyuncs.com',
      'acme-registry-vpc.cn-hangzhou.cr.aliyuncs.com',
      'acme-registry.distributed.cn-hangzhou.cr.aliyuncs.com',
      'acme-registry-vpc.distributed.ap-southeast-1.cr.aliyuncs.com',
      'a-b-c-registry.cn-shanghai-finance-1.cr.aliyuncs.com',
      'ACME-Registry.cn-hangzhou.cr.aliyuncs.com',
    ],
    foreign: [
      'acme-registry.cn-hangzhou.cr.aliyuncs.com.evil.io',
      'acme-registry.cn-hangzhou.cr.evilaliyuncs.com',
      'acme-registry.oss-cn-hangzhou.aliyuncs.com',
      '-registry.cn-hangzhou.cr.aliyuncs.com',
      'acme.cn-hangzhou.cr.aliyuncs.com',
      'registry.cn-hangzhou.aliyuncs.com',
      'x.acme-registry.cn-hangzhou.cr.aliyuncs.com',
    ],
  },
  async start() {
    stubEnvironment();
    const clock = new FakeClock(Date.now());
    const cloud = await start(clock);
    cloud.setMachineRole('tagboat');
    for (let i = 0; i < 320; i++) cloud.content.addRepository(`team/app-${i}`);
    for (let i = 0; i < 310; i++) cloud.content.addTag('team/app-0', `1.0.${i}`, clock.now() - i * 1000);
    const region = 'cn-hangzhou';
    const key = { region, accessKeyId, accessKeySecret };
    return {
      clock,
      url: new URL(cloud.registry.origin),
      endpoints: standIns(cloud),
      signIns: { 'access-key': key, role: { region }, password: { region, username: 'ci@acme', password: 'Registry-Password-1' } },
      refused: {
        'access-key': { ...key, accessKeySecret: wrongSecret },
        password: { region, username: 'ci@acme', password: 'Registry-Password-2' },
      },
      repository: 'team/app-0',
      tags: Array.from({ length: 310 }, (_, index) => `1.0.${index}`),
      repositories: Array.from({ length: 320 }, (_, index) => `team/app-${index}`),
      lifetime: { 'access-key': 3600_000, role: 6 * 3600_000 },
      creating: {
        signIn: 'access-key',
        repositories: ['fresh/app', 'race/app'],
        has: (name) => cloud.namespaces.automatic.get(name.split('/', 1)[0] ?? '') === true,
      },
      // Passwords are narrowed for a pod's role only, which has its own tests.
      scoped: {},
      async close() {
        vi.unstubAllEnvs();
        await cloud.close();
      },
    };
  },
});

describe('provider aliyun-ee, in particular', () => {
  let clock: FakeClock;
  let cloud: FakeAlibaba;
  let http: LoopbackHttp;
  const key = { method: 'access-key', accessKeyId, accessKeySecret };

  beforeEach(async () => {
    stubEnvironment();
    clock = new FakeClock(Date.now());
    cloud = await start(clock);
    http = new LoopbackHttp();
  });
  afterEach(async () => {
    vi.unstubAllEnvs();
    await http.close();
    await cloud.close();
  });

  function context(signIn: Record<string, unknown> = key, change: Record<string, unknown> = {}): CatalogContext {
    return {
      url: new URL('https://acme-registry.cn-hangzhou.cr.aliyuncs.com'),
      settings: { region: 'cn-hangzhou', signature: 'acs3' },
      endpoints: standIns(cloud),
      signIn,
      http,
      clock,
      ...change,
    } as unknown as CatalogContext;
  }
  const failure = async (ctx: CatalogContext): Promise<unknown> =>
    provider.issueCredential(ctx).then(
      () => expect.unreachable('it was not refused'),
      (error: unknown) => error,
    );
  const actions = () => cloud.api.calls.map(({ headers, body }) => headers['x-acs-action'] ?? new URLSearchParams(body).get('Action'));

  it('finds out the instance by the name in its address, once an hour', async () => {
    const ctx = context();
    await expect(provider.issueCredential(ctx)).resolves.toMatchObject({
      kind: 'basic',
      username: 'cr_temp_user',
      expiresAt: clock.now() + 3600_000,
    });
    await provider.issueCredential(ctx);
    expect(actions()).toEqual(['ListInstance', 'GetAuthorizationToken', 'GetAuthorizationToken']);
    expect(cloud.api.calls[1]?.url.searchParams.get('InstanceId')).toBe(instanceId);
  });

  it('with a domain of one’s own takes the instance’s ID from its challenge, or asks for it', async () => {
    const url = new URL(cloud.registry.origin);
    await provider.issueCredential(context(key, { url }));
    expect(actions()).toEqual(['GetAuthorizationToken']);
    await cloud.close();
    cloud = await start(clock, 'registry.aliyuncs.com:cn-hangzhou:26842');
    const silent = context(key, { url: new URL(cloud.registry.origin), endpoints: standIns(cloud) });
    expect(await failure(silent)).toMatchObject({ code: 'invalid_settings', fields: [{ field: 'fields.instanceId' }] });
    await expect(provider.issueCredential({ ...silent, signIn: { ...key, instanceId } })).resolves.toMatchObject({
      kind: 'basic',
    });
  });

  it('signs by HMAC-SHA1 where that is chosen, with the security token in the body', async () => {
    const { AccessKeyId, AccessKeySecret, SecurityToken } = cloud.accounts.issue(900);
    const signIn = { method: 'access-key', accessKeyId: AccessKeyId, accessKeySecret: AccessKeySecret, securityToken: SecurityToken };
    for (const signature of ['acs3', 'hmac-sha1']) {
      const ctx = context(signIn, { settings: { region: 'cn-hangzhou', signature } });
      // As long as the key.
      const { expiresAt } = await provider.issueCredential(ctx);
      expect(expiresAt).toBe(clock.now() + 900_000);
    }
    expect(http.requests.join('\n')).not.toContain(encodeURIComponent(SecurityToken));
  });

  it.each([
    ['acme-registry.cn-shanghai.cr.aliyuncs.com', 'https://cr.cn-shanghai.aliyuncs.com'],
    ['acme-registry-vpc.ap-southeast-1.cr.aliyuncs.com', 'https://cr.ap-southeast-1.aliyuncs.com'],
  ])('calls for %s the API at %s', async (host, api) => {
    const url = new URL(`https://${host}`);
    const settings = { region: provider.inferSettings?.(url)['region'], signature: 'acs3' };
    await failure(context({ ...key, instanceId }, { url, settings, endpoints: undefined }));
    expect(http.requests).toEqual([`POST ${api}/?InstanceId=${instanceId}`]);
  });

  it('never sends the password of this machine’s role to a host that is not of Alibaba Cloud', async () => {
    cloud.setMachineRole('tagboat');
    for (const url of [
      'https://registry.evil.example',
      'https://acme-registry.cn-hangzhou.cr.aliyuncs.com.evil.io',
      'https://registry.oss-cn-hangzhou.aliyuncs.com',
      'http://127.0.0.1:1',
    ]) {
      expect(await failure(context({ method: 'role' }, { url: new URL(url) }))).toMatchObject({
        code: 'invalid_settings',
        fields: [{ field: 'url' }],
      });
    }
    expect(http.requests).toEqual([]);
  });

  it('signs by this machine’s role for Alibaba’s own API alone: the older signatures do not cover the host', async () => {
    cloud.setMachineRole('tagboat');
    const using = (apiEndpoint: string) =>
      context({ method: 'role' }, { settings: { region: 'cn-hangzhou', signature: 'hmac-sha1', apiEndpoint } });
    for (const endpoint of [
      'https://cr.evil.example',
      'http://cr.cn-hangzhou.aliyuncs.com',
      'https://cr.cn-hangzhou.aliyuncs.com.evil.io',
    ]) {
      expect(await failure(using(endpoint))).toMatchObject({ code: 'invalid_settings', fields: [{ field: 'fields.apiEndpoint' }] });
      await expect(Array.fromAsync(provider.listRepositories?.(using(endpoint)) ?? [])).rejects.toMatchObject({ code: 'invalid_settings' });
    }
    expect(http.requests).toEqual([]);
    await failure(using('https://cr-vpc.cn-hangzhou.aliyuncs.com'));
    expect(http.requests[0]).toBe('POST https://cr-vpc.cn-hangzhou.aliyuncs.com/');
  });

  it.each([
    ['an AccessKey that is not there', { accessKeyId: 'LTAI5tUnknownUnknownUnkn' }, 'fields.accessKeyId'],
    ['a secret of another key', { accessKeySecret: wrongSecret }, 'fields.accessKeySecret'],
    ['an instance that is not there', { instanceId: 'cri-missing00000' }, 'fields.instanceId'],
    ['a security token of another key', { securityToken: 'CAIStokenThatEnded' }, 'fields.securityToken'],
  ])('explains %s', async (_, change, field) => {
    const error = await failure(context({ ...key, instanceId, ...change }));
    expect(error).toMatchObject({ name: 'CredentialError', code: 'credential_refused' });
    expect(provider.explain?.(error, { signIn: 'access-key' })).toMatchObject({ field });
    for (const secret of [accessKeySecret, wrongSecret, 'CAIStokenThatEnded']) expect(inspect(error, { depth: 9 })).not.toContain(secret);
  });

  it('lets no security token out of what Alibaba says of a wrong signature', async () => {
    const { AccessKeyId, SecurityToken } = cloud.accounts.issue(900);
    const signIn = { method: 'access-key', accessKeyId: AccessKeyId, accessKeySecret: wrongSecret, securityToken: SecurityToken };
    const error = await failure(context({ ...signIn, instanceId }));
    expect(error).toMatchObject({ context: { alibabaCode: 'SignatureDoesNotMatch' } });
    expect(inspect(error, { depth: 9 })).not.toContain(SecurityToken);
    expect(inspect(error, { depth: 9 })).not.toContain('string to sign');
  });

  it('explains temporary keys that have ended, and wants their token before it asks', async () => {
    const { AccessKeyId, AccessKeySecret, SecurityToken } = cloud.accounts.issue(900);
    const signIn = { method: 'access-key', accessKeyId: AccessKeyId, accessKeySecret: AccessKeySecret };
    expect(await failure(context({ ...signIn, instanceId }))).toMatchObject({ fields: [{ field: 'fields.securityToken' }] });
    expect(http.requests).toEqual([]);
    await clock.advance(901_000);
    const error = await failure(context({ ...signIn, instanceId, securityToken: SecurityToken }));
    expect(provider.explain?.(error, { signIn: 'access-key' })).toMatchObject({ field: 'fields.securityToken' });
  });

  it('names the action that a policy lacks', async () => {
    cloud.accounts.keys[accessKeyId] = { accessKeySecret, denied: ['GetAuthorizationToken'] };
    const error = await failure(context());
    expect(provider.explain?.(error, { signIn: 'access-key' })).toMatchObject({
      message: expect.stringContaining('GetAuthorizationToken'),
    });
  });

  it('is not put off by a clock that is ten minutes off: Alibaba Cloud accepts fifteen', async () => {
    for (const off of [600_000, -600_000])
      await expect(provider.issueCredential(context(key, { clock: new FakeClock(clock.now() + off) }))).resolves.toMatchObject({
        kind: 'basic',
      });
  });

  it('explains a clock that is an hour off', async () => {
    const error = await failure(context(key, { clock: new FakeClock(clock.now() + 3600_000) }));
    expect(provider.explain?.(error, { signIn: 'access-key' })).toMatchObject({ message: expect.stringContaining('clock') });
  });

  it('repeats what is throttled, signed anew, and gives up in the end', async () => {
    const ctx = context({ ...key, instanceId });
    cloud.throttle(3);
    const issued = provider.issueCredential(ctx);
    await settle(clock);
    await expect(issued).resolves.toMatchObject({ kind: 'basic' });
    const nonces = cloud.api.calls.map(({ headers }) => headers['x-acs-signature-nonce']);
    expect(new Set(nonces).size).toBe(4);
    cloud.throttle(99);
    const refused = failure(ctx);
    await settle(clock);
    expect(await refused).toMatchObject({ code: 'credential_unavailable', context: { alibabaCode: 'Throttling.User' } });
  });

  it('asks for the region when the address does not tell it, and for a password never', async () => {
    const url = new URL('https://registry.acme.example');
    const change = { url, settings: { signature: 'acs3' }, endpoints: undefined };
    expect(await failure(context({ ...key, instanceId }, change))).toMatchObject({ fields: [{ field: 'fields.region' }] });
    expect(checkFields(provider, { signIn: 'password', fields: { username: 'ci@acme', password: 'p' }, url }).settings).toEqual({
      username: 'ci@acme',
    });
  });

  it.each([
    ['a web page', '<!doctype html><title>Sign in</title>'],
    ['another shape', '{"IsSuccess":true,"AuthorizationToken":"secret-token"}'],
    ['a token without its end', '{"IsSuccess":true,"AuthorizationToken":"secret-token","TempUsername":"u"}'],
  ])('takes no %s for a password', async (_, text) => {
    const error = await failure(context({ ...key, instanceId }, { http: { send: async () => ({ status: 200, headers: {}, text }) } }));
    expect(error).toMatchObject({ code: 'credential_unavailable', cause: { code: 'invalid_answer' } });
    expect(inspect(error, { depth: 9 })).not.toContain('secret-token');
  });

  it('tells digest, size and times of tags, and lists one namespace', async () => {
    cloud.content.addTag('team/app', '1.0', 1_760_000_000_000);
    cloud.content.addRepository('other/app');
    const ctx = context({ ...key, instanceId }, { namespace: 'team' });
    expect(await Array.fromAsync(provider.listTags?.(ctx, 'team/app') ?? [])).toEqual([
      {
        total: 1,
        items: [
          {
            name: '1.0',
            digest: cloud.content.repositories.get('team/app')?.get('1.0')?.digest,
            size: 4321,
            createdAt: 1_759_999_999_000,
            pushedAt: 1_760_000_000_000,
          },
        ],
      },
    ]);
    expect(await Array.fromAsync(provider.listRepositories?.(ctx) ?? [])).toMatchObject([
      { total: 1, items: [{ name: 'team/app', public: false, createdAt: 1_564_153_576_000, updatedAt: 1_564_153_577_000 }] },
    ]);
  });

  it('is recognised by the challenge of an instance, and trusts Alibaba’s token servers, not buckets', () => {
    const recognises = (service: string) => provider.recognises?.({ service, headers: {} });
    expect(recognises(`registry.aliyuncs.com:cn-hangzhou:china:${instanceId}`)).toBe(true);
    expect(recognises('registry.aliyuncs.com:cn-hangzhou:26842')).toBe(false);
    for (const host of [
      'dockerauth.cn-hangzhou.aliyuncs.com',
      'dockerauth-ee.cn-shanghai.aliyuncs.com',
      'dockerauth-vpc.ap-southeast-1.aliyuncs.com',
      'dockerauth-cn-zhangjiakou.aliyuncs.com',
      'dockerauth.aliyuncs.com',
    ])
      expect(trustsRealm(provider, new URL(`https://${host}/auth`)), host).toBe(true);
    for (const realm of [
      'https://dockerauth.oss-cn-hangzhou.aliyuncs.com/auth',
      'https://dockerauth.cn-hangzhou.aliyuncs.com.evil.io/auth',
      'https://evil.aliyuncs.com/auth',
      'http://dockerauth.cn-hangzhou.aliyuncs.com/auth',
      'https://dockerauthx.cn-hangzhou.aliyuncs.com/auth',
    ])
      expect(trustsRealm(provider, new URL(realm)), realm).toBe(false);
  });

  it('notices swapped and broken keys before anything is sent', () => {
    const url = new URL('https://acme-registry.cn-hangzhou.cr.aliyuncs.com');
    const check = (fields: Record<string, string>) => checkFields(provider, { signIn: 'access-key', fields, url });
    expect(check({ accessKeyId: ` ${accessKeyId}\n`, accessKeySecret: `${accessKeySecret}\r\n` }).secrets).toEqual({ accessKeySecret });
    expect(() => check({ accessKeyId: accessKeySecret, accessKeySecret: accessKeyId })).toThrow(
      expect.objectContaining({
        fields: [
          { field: 'fields.accessKeyId', message: expect.stringContaining('swapped') },
          { field: 'fields.accessKeySecret', message: expect.stringContaining('swapped') },
        ],
      }),
    );
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
