import { inspect } from 'node:util';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { RegistryClient } from '../oci/index.ts';
import { TransportError } from '../core/errors.ts';
import type { CatalogContext } from '../provider/define.ts';
import { checkFields } from '../provider/settings.ts';
import { type FakeAlibaba, LoopbackHttp, startAlibaba } from '../testing/clouds/index.ts';
import { describeProvider } from '../testing/describe-provider.ts';
import { FakeClock } from '../testing/fake-clock.ts';
import { provider } from './aliyun-personal.ts';

const accessKeyId = 'LTAI5tExampleExampleExam';
const accessKeySecret = 'aliSecretExampleExampleExample';
const wrongSecret = 'aliSecretExampleExampleExamplf';
const account = { username: 'ci@acme', password: 'Registry-Password-1' };

/** Nothing of the real machine counts. */
function stubEnvironment(): void {
  for (const name of ['ALIBABA_CLOUD_ROLE_ARN', 'ALIBABA_CLOUD_OIDC_PROVIDER_ARN', 'ALIBABA_CLOUD_OIDC_TOKEN_FILE'])
    vi.stubEnv(name, undefined);
}

const start = (clock: FakeClock) =>
  startAlibaba({ clock, keys: { [accessKeyId]: { accessKeySecret } }, passwords: { [account.username]: account.password } });

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
      'registry.cn-hangzhou.aliyuncs.com',
      'registry-vpc.cn-hangzhou.aliyuncs.com',
      'registry-internal.cn-hangzhou.aliyuncs.com',
      'registry-intl.ap-southeast-1.aliyuncs.com',
      'registry-intl-vpc.ap-southeast-1.aliyuncs.com',
      'registry.cn-shanghai-finance-1.aliyuncs.com',
      'crpi-ds0j5gxjdmixc0v8.cn-hangzhou.personal.cr.aliyuncs.com',
      'crpi-ds0j5gxjdmixc0v8-vpc.cn-hangzhou.personal.cr.aliyuncs.com',
      'Registry.CN-Hangzhou.AliyunCS.com',
    ],
    foreign: [
      'registry.cn-hangzhou.aliyuncs.com.evil.io',
      'registry.oss-cn-hangzhou.aliyuncs.com',
      'registry-evil.cn-hangzhou.aliyuncs.com',
      'registry.cn-hangzhou.evilaliyuncs.com',
      'crpi-x.cn-hangzhou.personal.cr.aliyuncs.com.evil.io',
      'evil.cn-hangzhou.personal.cr.aliyuncs.com',
      'acme-registry.cn-hangzhou.cr.aliyuncs.com',
      'a.registry.cn-hangzhou.aliyuncs.com',
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
      namespace: 'team',
      signIns: { 'access-key': key, role: { region }, password: { region, ...account } },
      refused: {
        'access-key': { ...key, accessKeySecret: wrongSecret },
        password: { region, ...account, password: 'Registry-Password-2' },
      },
      repository: 'team/app-0',
      tags: Array.from({ length: 310 }, (_, index) => `1.0.${index}`),
      repositories: Array.from({ length: 320 }, (_, index) => `team/app-${index}`),
      lifetime: { 'access-key': 3600_000, role: 6 * 3600_000 },
      creating: { signIn: 'access-key', repositories: ['fresh/app', 'race/app'], has: (name) => cloud.content.repositories.has(name) },
      async close() {
        vi.unstubAllEnvs();
        await cloud.close();
      },
    };
  },
});

describe('provider aliyun-personal, in particular', () => {
  let clock: FakeClock;
  let cloud: FakeAlibaba;
  let http: LoopbackHttp;
  const key = { method: 'access-key', accessKeyId, accessKeySecret };

  beforeEach(async () => {
    stubEnvironment();
    clock = new FakeClock(Date.now());
    cloud = await start(clock);
    http = new LoopbackHttp();
    cloud.content.addTag('team/app', '1.0', 1_760_000_000_000);
  });
  afterEach(async () => {
    vi.unstubAllEnvs();
    await http.close();
    await cloud.close();
  });

  function context(signIn: Record<string, unknown> = key, change: Record<string, unknown> = {}): CatalogContext {
    return {
      url: new URL('https://registry.cn-hangzhou.aliyuncs.com'),
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

  it.each([
    ['registry.cn-hangzhou.aliyuncs.com', 'https://cr.cn-hangzhou.aliyuncs.com'],
    ['registry-intl.ap-southeast-1.aliyuncs.com', 'https://cr.ap-southeast-1.aliyuncs.com'],
    ['crpi-ds0j5gxjdmixc0v8.cn-shenzhen.personal.cr.aliyuncs.com', 'https://cr.cn-shenzhen.aliyuncs.com'],
  ])('calls for %s the API at %s', async (host, api) => {
    const url = new URL(`https://${host}`);
    const settings = { region: provider.inferSettings?.(url)['region'], signature: 'acs3' };
    await failure(context(key, { url, settings, endpoints: undefined }));
    expect(http.requests).toEqual([`GET ${api}/tokens`]);
  });

  it.each(['acs3', 'hmac-sha1'])('signs by %s, temporary keys too', async (signature) => {
    const settings = { region: 'cn-hangzhou', signature };
    await expect(provider.issueCredential(context(key, { settings }))).resolves.toMatchObject({
      kind: 'basic',
      expiresAt: clock.now() + 3600_000,
    });
    const { AccessKeyId, AccessKeySecret, SecurityToken } = cloud.accounts.issue(900);
    const temporary = { method: 'access-key', accessKeyId: AccessKeyId, accessKeySecret: AccessKeySecret, securityToken: SecurityToken };
    await expect(provider.issueCredential(context(temporary, { settings }))).resolves.toMatchObject({ expiresAt: clock.now() + 900_000 });
    expect(await Array.fromAsync(provider.listTags?.(context(key, { settings }), 'team/app') ?? [])).toHaveLength(1);
  });

  it('tells digest, size and times of tags', async () => {
    expect(await Array.fromAsync(provider.listTags?.(context(), 'team/app') ?? [])).toEqual([
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
  });

  it('lists one namespace, or all', async () => {
    for (const name of ['teams/b', 'other/c']) cloud.content.addRepository(name);
    const names = async (change: object) =>
      (await Array.fromAsync(provider.listRepositories?.(context(key, { ...change })) ?? [])).flatMap(({ items }) =>
        items.map(({ name }) => name),
      );
    expect(await names({ namespace: 'team' })).toEqual(['team/app']);
    expect(await names({})).toEqual(['team/app', 'teams/b', 'other/c']);
    expect(cloud.api.calls.map(({ headers, url }) => `${headers['x-acs-action']} ${url.pathname}`)).toEqual([
      'GetRepoListByNamespace /repos/team',
      'GetRepoList /repos',
    ]);
  });

  it.each([
    ['an AccessKey that is not there', { accessKeyId: 'LTAI5tUnknownUnknownUnkn' }, 'fields.accessKeyId'],
    ['a secret of another key', { accessKeySecret: wrongSecret }, 'fields.accessKeySecret'],
  ])('explains %s', async (_, change, field) => {
    const error = await failure(context({ ...key, ...change }));
    expect(error).toMatchObject({ name: 'CredentialError', code: 'credential_refused' });
    expect(provider.explain?.(error, { signIn: 'access-key' })).toMatchObject({ field });
    expect(inspect(error, { depth: 9 })).not.toContain(wrongSecret);
  });

  it('never sends the password of this machine’s role to a host that is not of Alibaba Cloud', async () => {
    cloud.setMachineRole('tagboat');
    for (const url of ['https://registry.evil.example', 'https://registry.oss-cn-hangzhou.aliyuncs.com'])
      expect(await failure(context({ method: 'role' }, { url: new URL(url) }))).toMatchObject({ fields: [{ field: 'url' }] });
    await expect(provider.issueCredential(context({ method: 'role' }))).resolves.toMatchObject({ kind: 'basic' });
  });

  it('with a password lists tags by the registry, and says what would list repositories', async () => {
    const client = new RegistryClient({
      url: cloud.registry.origin,
      tls: { mode: 'plain' },
      credential: { kind: 'basic', ...account },
      retries: 0,
    });
    const ctx = context({ method: 'password', ...account }, { client });
    expect(await Array.fromAsync(provider.listTags?.(ctx, 'team/app') ?? [])).toEqual([{ items: [{ name: '1.0' }] }]);
    await expect(Array.fromAsync(provider.listRepositories?.(ctx) ?? [])).rejects.toMatchObject({
      code: 'unsupported',
      message: expect.stringContaining('AccessKey'),
    });
    await client.close();
  });

  it('explains a clock that is an hour off, a wrong region, and keys that are swapped', async () => {
    const signIn = { method: 'access-key', accessKeyId, accessKeySecret };
    const late = await failure(context(signIn, { clock: new FakeClock(clock.now() + 3600_000) }));
    expect(provider.explain?.(late, { signIn: 'access-key' })).toMatchObject({ message: expect.stringContaining('clock') });
    const unknown = new TransportError('No such host.', { code: 'dns_not_found', context: { host: 'cr.cn-hangzhoo.aliyuncs.com' } });
    const nowhere = await failure(context(signIn, { http: { send: () => Promise.reject(unknown) } }));
    expect(provider.explain?.(nowhere, { signIn: 'access-key' })).toMatchObject({ field: 'fields.region' });
    const fields = { region: 'cn-hangzhou', accessKeyId: accessKeySecret, accessKeySecret: accessKeyId };
    expect(() => checkFields(provider, { signIn: 'access-key', fields })).toThrow('swapped');
  });

  it('reads region and namespace from a pasted address', () => {
    const url = new URL('https://crpi-ds0j5gxjdmixc0v8-vpc.cn-hangzhou.personal.cr.aliyuncs.com/team/app');
    expect(provider.inferSettings?.(url)).toEqual({ region: 'cn-hangzhou' });
    expect(provider.inferNamespace?.(url)).toBe('team');
    expect(provider.inferSettings?.(new URL('https://registry.example.com'))).toEqual({});
  });
});
