import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { inspect } from 'node:util';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { type Credential, RegistryClient } from '../../oci/index.ts';
import type { CredentialScope } from '../../provider/define.ts';
import { type FakeAlibaba, LoopbackHttp, startAlibaba } from '../../testing/clouds/index.ts';
import { FakeClock } from '../../testing/fake-clock.ts';
import { provider } from '../aliyun-ee.ts';

const instanceId = 'cri-kmsiwlxxdcvaduwb';
const role = 'acs:ram::1234567890123456:role/tagboat';
const token = 'eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiJodWIifQ.c2lnbmF0dXJl';
const hour = 3600_000;

let cloud: FakeAlibaba;
let http: LoopbackHttp;
let clock: FakeClock;
let folder: string;

beforeEach(async () => {
  clock = new FakeClock(Date.now());
  cloud = await startAlibaba({
    clock,
    instances: { [instanceId]: 'acme' },
    service: `registry.aliyuncs.com:cn-hangzhou:china:${instanceId}`,
  });
  for (const name of ['team/app', 'team/app-two', 'other/app']) cloud.content.addTag(name, '1.0', clock.now());
  http = new LoopbackHttp();
  folder = await mkdtemp(join(tmpdir(), 'tagboat-rrsa-'));
  await writeFile(join(folder, 'token'), `${token}\n`);
  cloud.webIdentities.set(token, role);
  vi.stubEnv('ALIBABA_CLOUD_ROLE_ARN', role);
  vi.stubEnv('ALIBABA_CLOUD_OIDC_PROVIDER_ARN', 'acs:ram::1234567890123456:oidc-provider/ack-rrsa-c1');
  vi.stubEnv('ALIBABA_CLOUD_OIDC_TOKEN_FILE', join(folder, 'token'));
});
afterEach(async () => {
  vi.unstubAllEnvs();
  await rm(folder, { recursive: true });
  await http.close();
  await cloud.close();
});

function scoped(scope: Partial<CredentialScope> = {}, change: Record<string, unknown> = {}): Promise<Credential | undefined> | undefined {
  const endpoints = { api: cloud.api.origin, sts: cloud.sts.origin, metadata: cloud.metadata.origin };
  const url = new URL('https://acme-registry.cn-hangzhou.cr.aliyuncs.com');
  const settings = { region: 'cn-hangzhou', signature: 'acs3' };
  const context = { url, settings, endpoints, signIn: { method: 'role' }, http, clock, ...change };
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

const policies = () =>
  cloud.sts.calls
    .map(({ body }) => new URLSearchParams(body).get('Policy'))
    .filter((policy) => policy !== null)
    .map((policy) => (JSON.parse(policy) as { Statement: { Action: string[]; Resource: string[] }[] }).Statement[1]);

describe('a credential of small scope, by ACR Enterprise', () => {
  it('is a password issued to the pod’s role, narrowed to the repositories', async () => {
    const credential = await scoped();
    expect(credential).toMatchObject({ kind: 'basic', username: 'cr_temp_user', expiresAt: clock.now() + hour });
    expect(policies()).toEqual([
      { Effect: 'Allow', Action: ['cr:PullRepository'], Resource: [`acs:cr:*:*:repository/${instanceId}/team/app`] },
    ]);
    expect([await opens(credential, 'team/app'), await opens(credential, 'team/app-two'), await opens(credential, 'other/app')]).toEqual([
      true,
      false,
      false,
    ]);
    await clock.advance(hour);
    expect(await opens(credential, 'team/app')).toBe(false);
  });

  it('may push, and be for a namespace or everything', async () => {
    await scoped({ push: true });
    const team = await scoped({ repositories: [] }, { namespace: 'team' });
    const all = await scoped({ repositories: [] });
    expect(policies().map((statement) => [statement?.Action, statement?.Resource])).toEqual([
      [['cr:PullRepository', 'cr:PushRepository'], [`acs:cr:*:*:repository/${instanceId}/team/app`]],
      [['cr:PullRepository'], [`acs:cr:*:*:repository/${instanceId}/team/*`]],
      [['cr:PullRepository'], [`acs:cr:*:*:repository/${instanceId}/*`]],
    ]);
    expect([await opens(team, 'team/app-two'), await opens(team, 'other/app'), await opens(all, 'other/app')]).toEqual([true, false, true]);
  });

  it('lasts for a quarter of an hour to an hour, and is given again for half of that', async () => {
    const first = await scoped({ lifetime: 60_000 });
    expect(first).toMatchObject({ expiresAt: clock.now() + 900_000 });
    expect(await scoped({ lifetime: 60_000 })).toEqual(first);
    expect(await scoped({ lifetime: 12 * hour })).toMatchObject({ expiresAt: clock.now() + hour });
  });

  it('cannot be made by keys and instance roles, nor for more than STS takes', async () => {
    expect(await scoped({ repositories: Array.from({ length: 60 }, (_, index) => `team/app-${index}`) })).toBeUndefined();
    expect(await scoped({}, { signIn: { method: 'password', username: 'a', password: 'b' } })).toBeUndefined();
    const key = { method: 'access-key', accessKeyId: 'LTAI5tExampleExampleExam', accessKeySecret: 'aliSecretExampleExampleExample' };
    expect(await scoped({}, { signIn: key })).toBeUndefined();
    cloud.setMachineRole('tagboat');
    vi.stubEnv('ALIBABA_CLOUD_ROLE_ARN', undefined);
    expect(await scoped()).toBeUndefined();
  });

  it('goes to Alibaba’s own hosts only', async () => {
    await expect(scoped({}, { url: new URL('https://evil.example') })).rejects.toMatchObject({ code: 'invalid_settings' });
    expect(http.requests).toEqual([]);
  });

  it('is refused when STS does not trust the pod, and no error shows its token', async () => {
    cloud.webIdentities.clear();
    const error: unknown = await scoped()?.catch((reason: unknown) => reason);
    expect(error).toMatchObject({ code: 'credential_refused' });
    expect(inspect(error, { depth: 9 })).not.toContain(token);
  });
});
