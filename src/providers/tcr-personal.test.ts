import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { RegistryClient } from '../oci/index.ts';
import type { CatalogContext } from '../provider/define.ts';
import { checkFields } from '../provider/settings.ts';
import { type FakeTencent, LoopbackHttp, startTencent } from '../testing/clouds/index.ts';
import { describeProvider } from '../testing/describe-provider.ts';
import { FakeClock } from '../testing/fake-clock.ts';
import { provider } from './tcr-personal.ts';

const secretId = 'AKIDz8krbsJ5yKBZQpn74WFkmLPx3EXAMPLE';
const secretKey = 'Gu5t9xGARNpq86cd98joQYCN3EXAMPLE';
const account = { username: '100011112222', password: 'Registry-Password-1' };

const start = (clock: FakeClock) =>
  startTencent({ clock, keys: { [secretId]: { secretKey } }, passwords: { [account.username]: account.password } });

describeProvider({
  provider,
  hosts: {
    own: [
      'ccr.ccs.tencentyun.com',
      'hkccr.ccs.tencentyun.com',
      'uswccr.ccs.tencentyun.com',
      'useccr.ccs.tencentyun.com',
      'shjrccr.ccs.tencentyun.com',
      'tpeccr.ccs.tencentyun.com',
      'CCR.CCS.TencentYun.com',
    ],
    foreign: [
      'mirror.ccs.tencentyun.com',
      'ccr.ccs.tencentyun.com.evil.io',
      'ccr.ccs.eviltencentyun.com',
      'a.ccr.ccs.tencentyun.com',
      'x-ccr.ccs.tencentyun.com',
      'tencentyun.com',
      'acme-hub.tencentcloudcr.com',
    ],
  },
  async start() {
    const clock = new FakeClock(Date.now());
    const cloud = await start(clock);
    for (let i = 0; i < 320; i++) cloud.content.addRepository(`team/app-${i}`);
    for (let i = 0; i < 310; i++) cloud.content.addTag('team/app-0', `1.0.${i}`, clock.now() - i * 1000);
    const key = { apiEndpoint: cloud.api.origin, secretId, secretKey };
    return {
      clock,
      url: new URL(cloud.registry.origin),
      signIns: { password: { ...account, ...key } },
      refused: { password: { ...account, ...key, password: 'Registry-Password-2' } },
      repository: 'team/app-0',
      tags: Array.from({ length: 310 }, (_, index) => `1.0.${index}`),
      repositories: Array.from({ length: 320 }, (_, index) => `team/app-${index}`),
      creating: { signIn: 'password', repositories: ['fresh/app', 'race/app'], has: (name) => cloud.content.repositories.has(name) },
      close: () => cloud.close(),
    };
  },
});

describe('provider tcr-personal, in particular', () => {
  let clock: FakeClock;
  let cloud: FakeTencent;
  let http: LoopbackHttp;

  beforeEach(async () => {
    clock = new FakeClock(Date.now());
    cloud = await start(clock);
    http = new LoopbackHttp();
    cloud.content.addTag('team/app', '1.0', 1_760_000_000_000);
  });
  afterEach(async () => {
    await http.close();
    await cloud.close();
  });

  function context(
    signIn: Record<string, unknown> = { ...account, secretId, secretKey },
    change: Record<string, unknown> = {},
  ): CatalogContext {
    const settings = { region: 'ap-guangzhou', apiEndpoint: cloud.api.origin };
    return {
      url: new URL('https://ccr.ccs.tencentyun.com'),
      settings,
      signIn: { method: 'password', ...signIn },
      http,
      clock,
      ...change,
    } as unknown as CatalogContext;
  }
  const failure = async (listing: AsyncIterable<unknown> | undefined): Promise<unknown> =>
    Array.fromAsync(listing ?? []).then(
      () => expect.unreachable('it was not refused'),
      (error: unknown) => error,
    );

  it.each([
    ['ccr.ccs.tencentyun.com', 'ap-guangzhou'],
    ['hkccr.ccs.tencentyun.com', 'ap-hongkong'],
    ['uswccr.ccs.tencentyun.com', 'na-siliconvalley'],
    ['shjrccr.ccs.tencentyun.com', 'ap-shanghai-fsi'],
  ])('reads the region of %s: %s', (host, expected) => {
    expect(provider.inferSettings?.(new URL(`https://${host}`))).toEqual({ region: expected });
  });

  it('knows no region of other hosts', () => {
    for (const host of ['registry.example.com', 'xxccr.ccs.tencentyun.com'])
      expect(provider.inferSettings?.(new URL(`https://${host}`))).toEqual({});
  });

  it('tells digest, size and times of tags, in the account’s region', async () => {
    expect(await Array.fromAsync(provider.listTags?.(context(), 'team/app') ?? [])).toEqual([
      {
        total: 1,
        items: [
          {
            name: '1.0',
            digest: cloud.content.repositories.get('team/app')?.get('1.0')?.digest,
            size: 4321,
            createdAt: Date.UTC(2026, 8, 30),
            pushedAt: 1_760_000_000_000,
          },
        ],
      },
    ]);
    expect(cloud.api.calls[0]?.headers).toMatchObject({ 'x-tc-action': 'DescribeImagePersonal', 'x-tc-region': 'ap-guangzhou' });
  });

  it('lists only what is below the namespace', async () => {
    for (const name of ['teams/b', 'other/c']) cloud.content.addRepository(name);
    const found = await Array.fromAsync(provider.listRepositories?.(context(undefined, { namespace: 'team' })) ?? []);
    expect(found).toMatchObject([{ items: [{ name: 'team/app', tagCount: 1, public: false }] }]);
    expect(found[0]?.total).toBeUndefined();
  });

  it('explains a key that Tencent Cloud does not know, and a SecretKey of another', async () => {
    const unknown = await failure(provider.listRepositories?.(context({ ...account, secretId: `${secretId}2`, secretKey })));
    expect(provider.explain?.(unknown, { signIn: 'password' })).toMatchObject({ field: 'fields.secretId' });
    const wrong = await failure(provider.listRepositories?.(context({ ...account, secretId, secretKey: `${secretKey}2` })));
    expect(wrong).toMatchObject({ code: 'registry_unauthorized' });
    expect(provider.explain?.(wrong, { signIn: 'password' })).toMatchObject({ field: 'fields.secretKey' });
  });

  it('explains a clock that is ten minutes off, and a region that is wrong', async () => {
    const late = context(undefined, { clock: new FakeClock(clock.now() + 600_000) });
    const error = await failure(provider.listRepositories?.(late));
    expect(provider.explain?.(error, { signIn: 'password' })).toMatchObject({ message: expect.stringContaining('clock') });
    const text = '{"Response":{"Error":{"Code":"UnsupportedRegion","Message":"No such region"},"RequestId":"1"}}';
    const nowhere = context(undefined, { http: { send: async () => ({ status: 200, headers: {}, text }) } });
    const elsewhere = await failure(provider.listRepositories?.(nowhere));
    expect(provider.explain?.(elsewhere, { signIn: 'password' })).toMatchObject({ field: 'fields.region' });
  });

  it('notices swapped and broken keys before anything is sent', () => {
    const fields = { ...account, secretId: secretKey, secretKey: secretId };
    expect(() => checkFields(provider, { signIn: 'password', fields })).toThrow('swapped');
    const copied = { ...account, secretId: `${secretId}\r\n`, secretKey: ` ${secretKey}\n` };
    expect(checkFields(provider, { signIn: 'password', fields: copied })).toMatchObject({ settings: { secretId }, secrets: { secretKey } });
  });

  it('wants both halves of an API key', async () => {
    await expect(provider.issueCredential(context({ ...account, secretId }))).rejects.toMatchObject({
      fields: [{ field: 'fields.secretKey' }],
    });
    await expect(provider.issueCredential(context({ ...account, secretKey }))).rejects.toMatchObject({
      fields: [{ field: 'fields.secretId' }],
    });
  });

  it('without an API key lists tags by the registry, and says what would list repositories', async () => {
    const client = new RegistryClient({
      url: cloud.registry.origin,
      tls: { mode: 'plain' },
      credential: { kind: 'basic', ...account },
      retries: 0,
    });
    const ctx = context(account, { client });
    expect(await Array.fromAsync(provider.listTags?.(ctx, 'team/app') ?? [])).toEqual([{ items: [{ name: '1.0' }] }]);
    expect(await failure(provider.listRepositories?.(ctx))).toMatchObject({
      code: 'unsupported',
      message: expect.stringContaining('Enter an API key'),
    });
    expect(cloud.api.calls).toEqual([]);
    await client.close();
  });

  it('keeps the blanks of a password that somebody made up, and not line ends', () => {
    const { secrets } = checkFields(provider, { signIn: 'password', fields: { username: '100011112222', password: ' a b \n' } });
    expect(secrets).toEqual({ password: ' a b ' });
  });
});
