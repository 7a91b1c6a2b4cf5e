import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { CatalogContext } from '../../provider/define.ts';
import { type FakeHuawei, LoopbackHttp, startHuawei } from '../../testing/clouds/index.ts';
import { FakeClock } from '../../testing/fake-clock.ts';
import { provider } from '../swr.ts';

const accessKey = 'AKEXAMPLE00000000000';
const secretKey = 'SKEXAMPLESECRETKEY0000000000000000000000';

let cloud: FakeHuawei;
let http: LoopbackHttp;
let clock: FakeClock;

beforeEach(async () => {
  clock = new FakeClock(Date.now());
  cloud = await startHuawei({ clock, keys: { [accessKey]: secretKey } });
  cloud.content.addRepository('team/app');
  http = new LoopbackHttp();
});
afterEach(async () => {
  await http.close();
  await cloud.close();
});

const create = (repository: string, method = 'temporary') =>
  provider.createRepository?.(
    {
      url: new URL('https://swr.cn-north-4.myhuaweicloud.com'),
      settings: { region: 'cn-north-4' },
      endpoints: { api: cloud.api.origin },
      signIn: { method, accessKey, secretKey },
      http,
      clock,
    } as unknown as CatalogContext,
    repository,
  );

describe('an organisation of SWR', () => {
  it.each(['temporary', 'authorization-token', 'long-term'])('is made before a push, once (%s)', async (method) => {
    expect(await create('fresh/a/b', method)).toBe('created');
    expect([...cloud.organizations]).toEqual(['fresh']);
    expect(await create('fresh/c', method)).toBe('exists');
    expect(await create('team/other', method)).toBe('exists');
  });

  it('is made by one of several callers at once, and all succeed', async () => {
    const answers = await Promise.all([create('race/a'), create('race/b'), create('race/c')]);
    expect(answers.filter((answer) => answer === 'created')).toHaveLength(1);
  });

  it('that is another account’s is said to be', async () => {
    cloud.closed.add('theirs');
    const error: unknown = await create('theirs/app')?.catch((reason: unknown) => reason);
    expect(error).toMatchObject({ status: 409 });
    expect(provider.explain?.(error, { signIn: 'temporary' })).toMatchObject({
      field: 'namespace',
      message: expect.stringContaining('not yours'),
    });
  });
});
