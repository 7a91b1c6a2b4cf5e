import { inspect } from 'node:util';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type Credential, RegistryClient } from '../../oci/index.ts';
import type { CredentialScope } from '../../provider/define.ts';
import { type FakeTencent, LoopbackHttp, startTencent } from '../../testing/clouds/index.ts';
import { FakeClock } from '../../testing/fake-clock.ts';
import { provider } from '../tcr-ee.ts';

const secretId = 'AKIDz8krbsJ5yKBZQpn74WFkmLPx3EXAMPLE';
const secretKey = 'Gu5t9xGARNpq86cd98joQYCN3EXAMPLE';
const hour = 3600_000;

let clock: FakeClock;
let cloud: FakeTencent;
let http: LoopbackHttp;

beforeEach(async () => {
  clock = new FakeClock(Date.now());
  cloud = await startTencent({ clock, keys: { [secretId]: { secretKey } }, passwords: { tcr$ci: 'LongTerm' } });
  cloud.instances['tcr-12345678'] = { name: 'acme-hub', region: 'ap-shanghai', domain: 'acme-hub.tencentcloudcr.com' };
  for (const name of ['team/app', 'other/app']) cloud.content.addTag(name, '1.0', clock.now());
  http = new LoopbackHttp();
});
afterEach(async () => {
  await http.close();
  await cloud.close();
});

function scoped(scope: Partial<CredentialScope> = {}, change: Record<string, unknown> = {}): Promise<Credential | undefined> | undefined {
  const context = {
    url: new URL('https://acme-hub.tencentcloudcr.com'),
    settings: {},
    endpoints: { api: cloud.api.origin },
    signIn: { method: 'api-key', secretId, secretKey },
    http,
    clock,
    ...change,
  };
  const wanted = { repositories: ['team/app'], push: false, lifetime: hour, ...scope };
  return provider.issueScoped?.(context, wanted);
}

async function opens(credential: Credential | undefined, repository: string): Promise<boolean> {
  const client = new RegistryClient({ url: cloud.registry.origin, tls: { mode: 'plain' }, retries: 0, credential });
  try {
    await Array.fromAsync(client.repository(repository).listTags());
    return true;
  } catch {
    return false;
  } finally {
    await client.close();
  }
}

describe('a credential of small scope, by TCR Enterprise', () => {
  it('is a service account of the namespace that may pull, and ends when asked', async () => {
    const credential = await scoped();
    expect(credential).toMatchObject({
      username: expect.stringMatching(/^tcr\$tagboat-scoped-[0-9a-f]{16}$/),
      expiresAt: clock.now() + hour,
    });
    expect([...cloud.accounts.accounts.values()]).toMatchObject([{ permissions: [{ Resource: 'team', Actions: ['tcr:PullRepository'] }] }]);
    expect([await opens(credential, 'team/app'), await opens(credential, 'other/app')]).toEqual([true, false]);
    await clock.advance(hour);
    expect(await opens(credential, 'team/app')).toBe(false);
  });

  it('may push, and be for several namespaces or the registry’s own', async () => {
    await scoped({ push: true, repositories: ['team/app', 'other/app'] });
    expect([...cloud.accounts.accounts.values()].at(-1)?.permissions).toEqual([
      { Resource: 'other', Actions: ['tcr:PushRepository', 'tcr:PullRepository'] },
      { Resource: 'team', Actions: ['tcr:PushRepository', 'tcr:PullRepository'] },
    ]);
    expect(await opens(await scoped({ repositories: [] }, { namespace: 'other' }), 'other/app')).toBe(true);
  });

  it('is given again while it stands, and leaves nothing behind that piles up', async () => {
    const first = await scoped();
    expect(await scoped()).toEqual(first);
    cloud.accounts.accounts.clear();
    expect(await opens(await scoped(), 'team/app')).toBe(true);
    for (let round = 0; round < 6; round++) {
      await clock.advance(hour);
      await scoped();
    }
    expect(cloud.accounts.accounts.size).toBe(1);
  });

  it('removes none but its own', async () => {
    const ended = { password: 'x', permissions: [], expiresAt: clock.now() - 1 };
    cloud.accounts.accounts.set('tcr$tagboat-scoped-0123456789abcdef', { ...ended, description: 'somebody’s' });
    cloud.accounts.accounts.set('tcr$old', { ...ended, description: '' });
    await scoped();
    expect(cloud.accounts.accounts.size).toBe(3);
  });

  it('cannot be made for a whole instance, by a password, or by a key without the right', async () => {
    expect(await scoped({ repositories: [] })).toBeUndefined();
    expect(await scoped({}, { signIn: { method: 'password', username: 'tcr$ci', password: 'LongTerm' } })).toBeUndefined();
    for (const denied of ['DescribeServiceAccounts', 'CreateServiceAccount']) {
      cloud.keys[secretId] = { secretKey, denied: [denied] };
      expect(await scoped()).toBeUndefined();
    }
    expect(cloud.accounts.accounts.size).toBe(0);
  });

  it('is refused with a wrong key, which no error shows', async () => {
    const wrong = 'Gu5t9xGARNpq86cd98joQYCN3EXAMPLF';
    const error: unknown = await scoped({}, { signIn: { method: 'api-key', secretId, secretKey: wrong } })?.catch(
      (reason: unknown) => reason,
    );
    expect(error).toMatchObject({ code: 'credential_refused' });
    expect(inspect(error, { depth: 9 })).not.toContain(wrong);
  });
});
