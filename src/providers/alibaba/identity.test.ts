import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { inspect } from 'node:util';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { AcsKey } from '../../provider/signing/acs.ts';
import { type FakeAlibaba, LoopbackHttp, startAlibaba } from '../../testing/clouds/index.ts';
import { FakeClock } from '../../testing/fake-clock.ts';
import { explainAcr } from './explain.ts';
import { acsIdentity } from './identity.ts';

describe('acsIdentity, by this machine’s own role', () => {
  const role = 'acs:ram::1234567890123456:role/tagboat';
  let clock: FakeClock;
  let cloud: FakeAlibaba;
  let http: LoopbackHttp;

  beforeEach(async () => {
    // Nothing of the real machine counts.
    for (const name of ['ALIBABA_CLOUD_ROLE_ARN', 'ALIBABA_CLOUD_OIDC_PROVIDER_ARN', 'ALIBABA_CLOUD_OIDC_TOKEN_FILE'])
      vi.stubEnv(name, undefined);
    clock = new FakeClock(Date.now());
    cloud = await startAlibaba({ clock });
    http = new LoopbackHttp();
  });
  afterEach(async () => {
    vi.unstubAllEnvs();
    await http.close();
    await cloud.close();
  });

  function identity(change: { http?: LoopbackHttp; metadata?: string; signal?: AbortSignal } = {}): Promise<AcsKey> {
    const { metadata = cloud.metadata.origin, ...rest } = change;
    const url = new URL('https://registry.cn-hangzhou.aliyuncs.com');
    return acsIdentity({ url, http, clock, endpoints: { sts: cloud.sts.origin, metadata }, ...rest }, { method: 'role' });
  }
  const failure = (key: Promise<AcsKey>): Promise<unknown> =>
    key.then(
      () => expect.unreachable('it was not refused'),
      (error: unknown) => error,
    );

  it('is that of the ECS instance, by the hardened mode, asked for once and again before its keys end', async () => {
    cloud.setMachineRole('tagboat');
    const sessions = () => cloud.metadata.calls.filter(({ method }) => method === 'PUT').length;
    const [first, second] = await Promise.all([identity(), identity()]);
    expect(first).toEqual(second);
    expect(first).toMatchObject({ accessKeyId: expect.stringMatching(/^STS\./), securityToken: expect.stringMatching(/^CAIS/) });
    expect(sessions()).toBe(1);
    await clock.advance(5 * 3600_000 + 54 * 60_000);
    await identity();
    expect(sessions()).toBe(1);
    await clock.advance(2 * 60_000);
    expect((await identity()).accessKeyId).not.toBe(first.accessKeyId);
    // Nothing of it goes through the registry's connection.
    expect(http.requests).toEqual([]);
  });

  it('says that this machine has none, and where to get one', async () => {
    const error = await failure(identity());
    expect(error).toMatchObject({ code: 'credential_unavailable', fault: 'hub' });
    expect(explainAcr(error, 'role')).toMatchObject({ field: 'signIn', message: expect.stringContaining('no RAM role') });
    expect(await failure(identity({ metadata: 'http://127.0.0.1:1' }))).toMatchObject({ code: 'credential_unavailable', fault: 'hub' });
  });

  it('gives up at once when cancelled', async () => {
    await expect(identity({ signal: AbortSignal.abort(new Error('left')) })).rejects.toThrow('left');
  });

  describe('in a pod with RRSA', () => {
    let folder: string;
    const token = 'eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiJodWIifQ.c2lnbmF0dXJl';

    beforeEach(async () => {
      folder = await mkdtemp(join(tmpdir(), 'tagboat-rrsa-'));
      await writeFile(join(folder, 'token'), `${token}\n`);
      vi.stubEnv('ALIBABA_CLOUD_ROLE_ARN', role);
      vi.stubEnv('ALIBABA_CLOUD_OIDC_PROVIDER_ARN', 'acs:ram::1234567890123456:oidc-provider/ack-rrsa-c1');
      vi.stubEnv('ALIBABA_CLOUD_OIDC_TOKEN_FILE', join(folder, 'token'));
    });
    afterEach(() => rm(folder, { recursive: true }));

    it('is that of the service account, asked for through the registry’s own connection', async () => {
      cloud.webIdentities.set(token, role);
      await expect(identity()).resolves.toMatchObject({ accessKeyId: expect.stringMatching(/^STS\./) });
      expect(http.requests).toEqual([`POST ${cloud.sts.origin}/`]);
      expect(cloud.metadata.calls).toEqual([]);
    });

    it('reads the token anew when the role’s keys are about to end', async () => {
      cloud.webIdentities.set(token, role);
      await identity();
      cloud.webIdentities.clear();
      cloud.webIdentities.set('rotated', role);
      await writeFile(join(folder, 'token'), 'rotated');
      await clock.advance(56 * 60_000);
      await expect(identity()).resolves.toMatchObject({ accessKeyId: expect.stringMatching(/^STS\./) });
    });

    it('explains a refusal without showing the token', async () => {
      const error = await failure(identity());
      expect(error).toMatchObject({ code: 'credential_refused', context: { alibabaCode: 'OidcRefused', role } });
      expect(explainAcr(error, 'role')).toMatchObject({ field: 'signIn', help: expect.stringContaining('OIDC') });
      expect(inspect(error, { depth: 9 })).not.toContain(token);
    });

    it('says that the token cannot be read', async () => {
      vi.stubEnv('ALIBABA_CLOUD_OIDC_TOKEN_FILE', join(folder, 'missing'));
      expect(await failure(identity())).toMatchObject({
        code: 'credential_unavailable',
        message: expect.stringContaining('cannot be read'),
      });
    });
  });
});
