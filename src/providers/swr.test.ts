import { inspect } from 'node:util';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { CatalogContext } from '../provider/define.ts';
import { trustsRealm } from '../provider/realm.ts';
import { checkFields } from '../provider/settings.ts';
import { type FakeHuawei, LoopbackHttp, startHuawei } from '../testing/clouds/index.ts';
import { describeProvider } from '../testing/describe-provider.ts';
import { FakeClock } from '../testing/fake-clock.ts';
import { provider } from './swr.ts';

const accessKey = 'AKEXAMPLE00000000000';
const secretKey = 'SKEXAMPLESECRETKEY0000000000000000000000';
const wrongKey = 'SKEXAMPLESECRETKEY0000000000000000000001';

describeProvider({
  provider,
  hosts: {
    own: [
      'swr.cn-north-4.myhuaweicloud.com',
      'swr.cn-east-3.myhuaweicloud.com',
      'swr-api.cn-north-4.myhuaweicloud.com',
      'swr.eu-west-101.myhuaweicloud.eu',
      'swr.ap-southeast-1.myhuaweicloud.com',
      'swr.my-kualalumpur-1.myhuaweicloud.com',
      'SWR.CN-North-4.MyHuaweiCloud.com',
    ],
    foreign: [
      'swr.cn-north-4.myhuaweicloud.com.evil.io',
      'swr.cn-north-4.evilmyhuaweicloud.com',
      'swr.myhuaweicloud.com',
      'swrxcn-north-4.myhuaweicloud.com',
      'obs.cn-north-4.myhuaweicloud.com',
      'swr.cn-north-4.myhuaweicloud.cn',
      'a.swr.cn-north-4.myhuaweicloud.com',
    ],
  },
  async start() {
    const clock = new FakeClock(Date.now());
    const cloud = await startHuawei({ clock, keys: { [accessKey]: secretKey } });
    for (let i = 0; i < 320; i++) cloud.content.addRepository(`team/app-${i}`);
    for (let i = 0; i < 310; i++) cloud.content.addTag('team/app-0', `1.0.${i}`, clock.now() - i * 1000);
    const good = { region: 'cn-north-4', apiEndpoint: cloud.api.origin, accessKey, secretKey };
    const wrong = { ...good, secretKey: wrongKey };
    return {
      clock,
      url: new URL(cloud.registry.origin),
      signIns: { temporary: good, 'authorization-token': good, 'long-term': good },
      refused: { temporary: wrong, 'authorization-token': wrong, 'long-term': wrong },
      repository: 'team/app-0',
      tags: Array.from({ length: 310 }, (_, index) => `1.0.${index}`),
      repositories: Array.from({ length: 320 }, (_, index) => `team/app-${index}`),
      lifetime: { temporary: 24 * 3600_000, 'authorization-token': 24 * 3600_000 },
      creating: {
        signIn: 'temporary',
        repositories: ['fresh/app', 'race/app'],
        has: (name) => cloud.organizations.has(name.split('/', 1)[0] ?? ''),
      },
      close: () => cloud.close(),
    };
  },
});

describe('provider swr, in particular', () => {
  let clock: FakeClock;
  let cloud: FakeHuawei;
  let http: LoopbackHttp;

  beforeEach(async () => {
    clock = new FakeClock(Date.now());
    cloud = await startHuawei({ clock, keys: { [accessKey]: secretKey } });
    http = new LoopbackHttp();
  });
  afterEach(async () => {
    await http.close();
    await cloud.close();
  });

  function context(method: string, change: Record<string, unknown> = {}): CatalogContext {
    return {
      url: new URL('https://swr.cn-north-4.myhuaweicloud.com'),
      settings: { region: 'cn-north-4' },
      endpoints: { api: cloud.api.origin },
      signIn: { method, accessKey, secretKey },
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

  it('computes the long-term login without asking anybody', async () => {
    expect(await provider.issueCredential(context('long-term'))).toEqual({
      kind: 'basic',
      username: 'cn-north-4@AKEXAMPLE00000000000',
      password: '4c4e416fe053e51dd115d7edfccfeb8136f9015033c273f448b68b7f9883fc68',
    });
    expect(
      await provider.issueCredential(context('long-term', { settings: { region: 'cn-north-4', projectName: 'cn-north-4_team' } })),
    ).toMatchObject({
      username: 'cn-north-4_team@AKEXAMPLE00000000000',
    });
    expect(http.requests).toEqual([]);
  });

  it('has a temporary login issued for the project, and the enhanced one', async () => {
    expect(await provider.issueCredential(context('temporary'))).toMatchObject({
      username: expect.stringMatching(/^cn-north-4@[0-9A-F]{16}$/),
      expiresAt: clock.now() + 24 * 3600_000,
    });
    expect(await provider.issueCredential(context('authorization-token'))).toMatchObject({ username: `bearertoken@${accessKey}` });
    expect(cloud.api.calls.map(({ method, target }) => `${method} ${target}`)).toEqual([
      'POST /v2/manage/utils/secret?projectname=cn-north-4',
      'POST /v2/manage/utils/authorizationtoken',
    ]);
  });

  it('takes the shortest time for an answer that tells none, and refuses one without a login', async () => {
    cloud.alterLogin((answer) => ({ ...answer, headers: {} }));
    expect(await provider.issueCredential(context('temporary'))).toMatchObject({ expiresAt: clock.now() + 6 * 3600_000 });
    cloud.alterLogin((answer) => ({ ...answer, body: { auths: {} } }));
    expect(await failure(context('temporary'))).toMatchObject({ code: 'credential_unavailable' });
  });

  it.each([
    ['web page', '<!doctype html><title>Sign in</title>'],
    ['answer of another shape', '{"auths":[{"auth":"c2VjcmV0LXRva2Vu"}]}'],
    ['login without a colon', '{"auths":{"swr":{"auth":"c2VjcmV0LXRva2Vu"}}}'],
  ])('takes no %s for a login', async (_, text) => {
    const error = await failure(context('temporary', { http: { send: async () => ({ status: 200, headers: {}, text }) } }));
    expect(error).toMatchObject({ code: 'credential_unavailable' });
    expect(inspect(error, { depth: 9 })).not.toMatch(/c2VjcmV0|secret-token/);
  });

  it.each([
    ['swr.cn-north-4.myhuaweicloud.com', 'https://swr-api.cn-north-4.myhuaweicloud.com'],
    ['swr.eu-west-101.myhuaweicloud.eu', 'https://swr-api.eu-west-101.myhuaweicloud.eu'],
    ['registry.acme.example', 'https://swr-api.cn-north-4.myhuaweicloud.com'],
  ])('calls for %s the API at %s', async (host, api) => {
    const url = new URL(`https://${host}`);
    const settings = { region: provider.inferSettings?.(url)['region'] ?? 'cn-north-4' };
    await failure(context('authorization-token', { url, settings, endpoints: undefined }));
    expect(http.requests).toEqual([`POST ${api}/v2/manage/utils/authorizationtoken`]);
  });

  it.each([
    ['an access key that is not there', { accessKey: 'AKUNKNOWN00000000000' }, 'fields.accessKey'],
    ['a secret key of another', { secretKey: wrongKey }, 'fields.secretKey'],
  ])('explains %s', async (_, change, field) => {
    const error = await failure(context('temporary', { signIn: { method: 'temporary', accessKey, secretKey, ...change } }));
    expect(error).toMatchObject({ name: 'CredentialError', code: 'credential_refused', context: { huaweiCode: 'APIGW.0301' } });
    expect(provider.explain?.(error, { signIn: 'temporary' })).toMatchObject({ field });
    expect(inspect(error, { depth: 9 })).not.toContain(wrongKey);
  });

  it('is not put off by a clock that is ten minutes off: Huawei Cloud accepts fifteen', async () => {
    for (const off of [600_000, -600_000])
      await expect(provider.issueCredential(context('temporary', { clock: new FakeClock(clock.now() + off) }))).resolves.toMatchObject({
        kind: 'basic',
      });
  });

  it('explains a clock that is an hour off', async () => {
    const error = await failure(context('temporary', { clock: new FakeClock(clock.now() + 3600_000) }));
    expect(provider.explain?.(error, { signIn: 'temporary' })).toMatchObject({ message: expect.stringContaining('clock') });
  });

  it('explains an organisation that the key may not read, and one that is not there', async () => {
    cloud.closed.add('secret');
    const listing = Array.fromAsync(provider.listRepositories?.(context('temporary', { namespace: 'secret' })) ?? []);
    const error: unknown = await listing.catch((reason: unknown) => reason);
    expect(error).toMatchObject({ code: 'registry_denied', context: { huaweiCode: 'SVCSTG.SWR.4030000' } });
    expect(provider.explain?.(error, { signIn: 'temporary' })).toMatchObject({ field: 'namespace' });
  });

  it('repeats what is throttled, and gives up in the end', async () => {
    cloud.throttle(3);
    const issued = provider.issueCredential(context('temporary'));
    await settle(clock);
    await expect(issued).resolves.toMatchObject({ kind: 'basic' });
    cloud.throttle(99);
    const refused = failure(context('temporary'));
    await settle(clock);
    expect(await refused).toMatchObject({ code: 'credential_unavailable', context: { huaweiCode: 'APIGW.0308' } });
  });

  it('writes a slash in a name as a dollar sign, and tells digest, size and times', async () => {
    cloud.content.addTag('team/sub/app', '1.0', 1_760_000_000_000);
    expect(await Array.fromAsync(provider.listTags?.(context('long-term'), 'team/sub/app') ?? [])).toEqual([
      {
        items: [
          {
            name: '1.0',
            digest: cloud.content.repositories.get('team/sub/app')?.get('1.0')?.digest,
            size: 4321,
            createdAt: Date.UTC(2026, 8, 30, 8),
            pushedAt: 1_760_000_000_000,
          },
        ],
      },
    ]);
    expect(cloud.api.calls[0]?.target).toMatch(/^\/v2\/manage\/namespaces\/team\/repos\/sub%24app\/tags\?/);
  });

  it('lists one organisation, or all', async () => {
    for (const name of ['team/a', 'teams/b']) cloud.content.addRepository(name);
    const names = async (change: object) =>
      (await Array.fromAsync(provider.listRepositories?.(context('temporary', { ...change })) ?? [])).flatMap(({ items }) =>
        items.map(({ name }) => name),
      );
    expect(await names({ namespace: 'team' })).toEqual(['team/a']);
    expect(await names({})).toEqual(['team/a', 'teams/b']);
  });

  it('makes of the API’s address the registry’s, and reads region and organisation', () => {
    expect(provider.normaliseUrl?.(new URL('https://swr-api.cn-north-4.myhuaweicloud.com/v2/')).href).toBe(
      'https://swr.cn-north-4.myhuaweicloud.com/',
    );
    expect(provider.inferNamespace?.(new URL('https://swr.cn-north-4.myhuaweicloud.com/team/app'))).toBe('team');
    expect(provider.inferSettings?.(new URL('https://swr.cn-north-4.myhuaweicloud.com'))).toEqual({ region: 'cn-north-4' });
    expect(provider.inferSettings?.(new URL('https://registry.example.com'))).toEqual({});
    expect(trustsRealm(provider, new URL('https://swr.cn-north-4.myhuaweicloud.com/swr/auth/v2/registry/auth'))).toBe(true);
    expect(trustsRealm(provider, new URL('https://swr.cn-north-4.myhuaweicloud.com.evil.io/'))).toBe(false);
  });

  it('notices swapped and broken keys before anything is sent', () => {
    const url = new URL('https://swr.cn-north-4.myhuaweicloud.com');
    const check = (fields: Record<string, string>) => checkFields(provider, { signIn: 'temporary', fields, url });
    expect(check({ accessKey: `${accessKey}\n`, secretKey: ` ${secretKey}\r\n` }).secrets).toEqual({ secretKey });
    expect(() => check({ accessKey: secretKey, secretKey: accessKey })).toThrow(
      expect.objectContaining({
        fields: [
          { field: 'fields.accessKey', message: expect.stringContaining('swapped') },
          { field: 'fields.secretKey', message: expect.stringContaining('swapped') },
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
