import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { RegistryClient } from '../../oci/index.ts';
import type { AnyProvider, CatalogContext } from '../../provider/define.ts';
import { type FakeAlibaba, LoopbackHttp, startAlibaba } from '../../testing/clouds/index.ts';
import { FakeClock } from '../../testing/fake-clock.ts';
import { provider as enterprise } from '../aliyun-ee.ts';
import { provider as personal } from '../aliyun-personal.ts';

const accessKeyId = 'LTAI5tExampleExampleExam';
const accessKeySecret = 'aliSecretExampleExampleExample';

let cloud: FakeAlibaba;
let http: LoopbackHttp;
let clock: FakeClock;

beforeEach(async () => {
  clock = new FakeClock(Date.now());
  cloud = await startAlibaba({
    clock,
    keys: { [accessKeyId]: { accessKeySecret } },
    instances: { 'cri-kmsiwlxxdcvaduwb': 'acme' },
    passwords: { 'ci@acme': 'Registry-Password-1' },
  });
  cloud.content.addRepository('team/app');
  http = new LoopbackHttp();
});
afterEach(async () => {
  await http.close();
  await cloud.close();
});

const editions: [string, AnyProvider, string][] = [
  ['Enterprise', enterprise, 'https://acme-registry.cn-hangzhou.cr.aliyuncs.com'],
  ['Personal', personal, 'https://registry.cn-hangzhou.aliyuncs.com'],
];

describe.each(editions)('a repository of the %s edition of ACR', (edition, provider, url) => {
  const key = { method: 'access-key', accessKeyId, accessKeySecret };
  interface Change {
    signature?: string;
    signIn?: Record<string, unknown>;
    client?: RegistryClient;
  }
  function create(repository: string, { signature = 'acs3', signIn = key, client }: Change = {}) {
    const settings = { region: 'cn-hangzhou', signature };
    const context = { url: new URL(url), settings, endpoints: { api: cloud.api.origin }, signIn, http, clock, client };
    return provider.createRepository?.(context as unknown as CatalogContext, repository);
  }

  it.each(['acs3', 'hmac-sha1'])('can be pushed to once its namespace is there (%s)', async (signature) => {
    expect(await create('fresh/app', { signature })).toBe('created');
    expect(cloud.namespaces.automatic.has('fresh')).toBe(true);
    expect(cloud.namespaces.automatic.get('fresh') || cloud.content.repositories.has('fresh/app')).toBe(true);
    expect(await create('fresh/app', { signature })).toBe('exists');
  });

  it('is made where the namespace makes none by itself, and left to it where it does', async () => {
    expect(await create('team/app')).toBe('exists');
    expect(await create('team/other')).toBe('created');
    expect(cloud.content.repositories.has('team/other')).toBe(true);
    cloud.namespaces.automatic.set('auto', true);
    expect(await create('auto/app')).toBe('exists');
    expect(cloud.content.repositories.has('auto/app')).toBe(false);
  });

  it('is made by one of several callers at once, and all succeed', async () => {
    const answers = await Promise.all([create('race/app'), create('race/app'), create('race/app')]);
    expect(answers.filter((answer) => answer === 'created')).toHaveLength(1);
    await Promise.all([create('team/new'), create('team/new')]);
    expect(cloud.content.repositories.has('team/new')).toBe(true);
  });

  it('is refused with the API’s own reason: a right that lacks, a namespace that is another account’s', async () => {
    cloud.accounts.keys[accessKeyId] = { accessKeySecret, denied: ['CreateNamespace'] };
    const error: unknown = await create('fresh/app')?.catch((reason: unknown) => reason);
    expect(provider.explain?.(error, { signIn: 'access-key' })?.message).toBe('This identity may not call CreateNamespace.');
    cloud.accounts.keys[accessKeyId] = { accessKeySecret };
    cloud.namespaces.foreign.add('theirs');
    await expect(create('theirs/app')).rejects.toThrow('NAMESPACE_ALREADY_EXIST');
  });

  it('is made by more than a registry password, which finds what is there', async () => {
    const signIn = { method: 'password', username: 'ci@acme', password: 'Registry-Password-1' };
    const credential = { kind: 'basic', username: signIn.username, password: signIn.password } as const;
    const client = new RegistryClient({ url: cloud.registry.origin, tls: { mode: 'plain' }, retries: 0, credential });
    try {
      expect(await create('team/app', { signIn, client })).toBe('exists');
      await expect(create('fresh/app', { signIn, client })).rejects.toMatchObject({ code: 'unsupported' });
    } finally {
      await client.close();
    }
    expect(cloud.api.calls, edition).toEqual([]);
  });
});
