import { beforeAll, describe, expect, it } from 'vitest';
import type { ProviderContext } from '../../provider/define.ts';
import { loadProviders } from '../../provider/load.ts';
import type { ProviderSet } from '../../provider/set.ts';

/** Ways whose registries take user and password as they are. */
const ways: readonly (readonly [provider: string, method: string])[] = [
  ['dockerhub', 'token'],
  ['dockerhub', 'organization'],
  ['quay', 'robot'],
  ['quay', 'user'],
  ['harbor', 'user'],
  ['harbor', 'robot'],
  ['artifactory', 'user'],
  ['nexus', 'user'],
  ['nexus', 'user-token'],
  ['aliyun-personal', 'password'],
  ['aliyun-ee', 'password'],
  ['tcr-personal', 'password'],
  ['tcr-ee', 'password'],
  ['generic', 'password'],
];

describe('a ready pair of user and password', () => {
  let providers: ProviderSet;
  beforeAll(async () => {
    providers = await loadProviders();
  });

  it.each(ways)('is presented by %s, %s, as it is', async (id, method) => {
    const provider = providers.require(id);
    const [user = '', password = ''] = provider.signIn[method]?.pair ?? [];
    const signIn = { method, [user]: 'ci', [password]: 'a secret' };
    const context = { signIn, settings: {}, clock: { now: () => 0 }, url: new URL('https://registry.test') };
    expect(await provider.issueCredential(context as unknown as ProviderContext)).toMatchObject({
      kind: 'basic',
      username: 'ci',
      password: 'a secret',
    });
  });
});
