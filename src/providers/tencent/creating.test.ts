import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { RegistryClient } from '../../oci/index.ts';
import type { AnyProvider, CatalogContext } from '../../provider/define.ts';
import { type FakeTencent, LoopbackHttp, startTencent } from '../../testing/clouds/index.ts';
import { FakeClock } from '../../testing/fake-clock.ts';
import { provider as enterprise } from '../tcr-ee.ts';
import { provider as personal } from '../tcr-personal.ts';

const secretId = 'AKIDz8krbsJ5yKBZQpn74WFkmLPx3EXAMPLE';
const secretKey = 'Gu5t9xGARNpq86cd98joQYCN3EXAMPLE';

let clock: FakeClock;
let cloud: FakeTencent;
let http: LoopbackHttp;

beforeEach(async () => {
  clock = new FakeClock(Date.now());
  cloud = await startTencent({ clock, keys: { [secretId]: { secretKey } }, passwords: { '100012345678': 'Pa55word' } });
  cloud.instances['tcr-12345678'] = { name: 'acme-hub', region: 'ap-shanghai', domain: 'acme-hub.tencentcloudcr.com' };
  cloud.content.addRepository('team/app');
  cloud.content.addRepository('team/app-two');
  http = new LoopbackHttp();
});
afterEach(async () => {
  await http.close();
  await cloud.close();
});

const editions: [string, AnyProvider, string, Record<string, unknown>][] = [
  ['Enterprise', enterprise, 'https://acme-hub.tencentcloudcr.com', { method: 'api-key', secretId, secretKey }],
  [
    'Personal',
    personal,
    'https://ccr.ccs.tencentyun.com',
    { method: 'password', username: '100012345678', password: 'Pa55word', secretId, secretKey },
  ],
];

describe.each(editions)('a repository of the %s edition of TCR', (_edition, provider, url, signIn) => {
  function create(repository: string, change: Record<string, unknown> = {}): Promise<'created' | 'exists'> | undefined {
    const context = { url: new URL(url), settings: { region: 'ap-guangzhou' }, endpoints: { api: cloud.api.origin }, signIn, http, clock };
    return provider.createRepository?.({ ...context, ...change } as unknown as CatalogContext, repository);
  }

  it('is made with its namespace, once', async () => {
    expect(await create('fresh/app')).toBe('created');
    expect(cloud.content.repositories.has('fresh/app')).toBe(true);
    expect(await create('fresh/app')).toBe('exists');
    expect(await create('fresh/other')).toBe('created');
    expect(await create('team/app')).toBe('exists');
    // Part of another's name is not its name.
    expect(await create('tea/app')).toBe('created');
    expect(await create('team/ap')).toBe('created');
  });

  it('is made by one of several callers at once, and all succeed', async () => {
    const answers = await Promise.all([create('race/app'), create('race/app'), create('race/app')]);
    expect(answers.filter((answer) => answer === 'created')).toHaveLength(1);
  });

  it('is found among many whose names begin like it', async () => {
    cloud.content.addRepository('team/app-last');
    for (let i = 0; i < 150; i++) cloud.content.addRepository(`many/app-${i}`);
    cloud.content.addRepository('many/app');
    expect(await create('many/app')).toBe('exists');
  });

  it('is private', async () => {
    await create('fresh/app');
    const bodies = cloud.api.calls.map(({ body }) => JSON.parse(body) as Record<string, unknown>);
    expect(bodies.some(({ IsPublic, Public }) => IsPublic === true || Public === 1)).toBe(false);
    expect(bodies.some(({ IsPublic, Public }) => IsPublic === false || Public === 0)).toBe(true);
  });

  it('is refused with the API’s own reason', async () => {
    cloud.keys[secretId] = { secretKey, denied: ['CreateNamespace', 'CreateNamespacePersonal'] };
    const error: unknown = await create('fresh/app')?.catch((reason: unknown) => reason);
    expect(error).toMatchObject({ code: 'registry_denied' });
    expect(provider.explain?.(error, { signIn: String(signIn['method']) })?.message).toContain('may not call CreateNamespace');
  });

  it('is made by an API key alone; a password finds what is there', async () => {
    const login = { method: 'password', username: '100012345678', password: 'Pa55word' };
    const credential = { kind: 'basic', username: login.username, password: login.password } as const;
    const client = new RegistryClient({ url: cloud.registry.origin, tls: { mode: 'plain' }, retries: 0, credential });
    try {
      expect(await create('team/app', { signIn: login, client })).toBe('exists');
      await expect(create('fresh/app', { signIn: login, client })).rejects.toMatchObject({
        code: 'unsupported',
        message: expect.stringContaining('An API key'),
      });
    } finally {
      await client.close();
    }
    expect(cloud.api.calls).toEqual([]);
  });
});

describe('a namespace of the Personal edition', () => {
  it('that is another account’s stays theirs', async () => {
    cloud.places.foreign.add('theirs');
    const [, , url, signIn] = editions[1] as (typeof editions)[number];
    const context = { url: new URL(url), settings: { region: 'ap-guangzhou' }, endpoints: { api: cloud.api.origin }, signIn, http, clock };
    await expect(personal.createRepository?.(context as unknown as CatalogContext, 'theirs/app')).rejects.toThrow('already exists');
  });
});
