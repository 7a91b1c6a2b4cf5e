import { generateKeyPairSync } from 'node:crypto';
import { inspect } from 'node:util';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { CatalogContext } from '../../provider/define.ts';
import { type FakeGitHub, LoopbackHttp, serve, startGitHub } from '../../testing/clouds/index.ts';
import { FakeClock } from '../../testing/fake-clock.ts';
import { provider } from '../ghcr.ts';

const pair = generateKeyPairSync('rsa', { modulusLength: 2048 });
const privateKey = pair.privateKey.export({ type: 'pkcs1', format: 'pem' });
const token = 'ghp_16C7e42F292c6912E7710c838347Ae178B4a';

describe('provider ghcr, issuing for others', () => {
  let clock: FakeClock;
  let http: LoopbackHttp;
  let github: FakeGitHub;

  beforeEach(async () => {
    clock = new FakeClock(Date.now());
    http = new LoopbackHttp();
    github = await startGitHub({ clock, apps: { '1': { key: pair.publicKey, installations: ['2'] } } });
  });
  afterEach(async () => {
    await http.close();
    await github.close();
  });

  const app = { method: 'app', appId: '1', installationId: '2', privateKey };
  const classic = { method: 'token', username: 'octocat', token };
  function context(signIn: Record<string, unknown>, change: Record<string, unknown> = {}): CatalogContext {
    const url = new URL(github.registry.origin);
    return { url, settings: {}, endpoints: { api: github.api.origin }, signIn, http, clock, ...change } as unknown as CatalogContext;
  }

  it('limits an installation’s token to packages: reading, or writing too', async () => {
    const scope = { repositories: [], push: false, lifetime: 1800_000 };
    await provider.issueScoped?.(context(app), scope);
    await provider.issueScoped?.(context(app), { ...scope, push: true });
    await provider.issueCredential(context(app));
    expect(await provider.issueScoped?.(context(app, { namespace: 'acme/team' }), scope)).toBeUndefined();
    expect(github.api.calls.map(({ body }) => body)).toEqual([
      '{"permissions":{"packages":"read"}}',
      '{"permissions":{"packages":"write"}}',
      '',
    ]);
  });

  it.each([600_000, -900_000])('says that it is the clock when it is %i ms off', async (off) => {
    const error: unknown = await provider
      .issueCredential(context(app, { clock: new FakeClock(clock.now() + off) }))
      .catch((reason: unknown) => reason);
    expect(error).toMatchObject({ code: 'credential_refused' });
    expect(provider.explain?.(error, { signIn: 'app' })?.message).toContain('clock');
    expect(inspect(error, { depth: 10 })).not.toContain('PRIVATE KEY');
  });

  it.each([
    ['2027-10-12 09:00:00 UTC', Date.UTC(2027, 9, 12, 9)],
    ['2027-10-12 09:00:00 -0500', Date.UTC(2027, 9, 12, 14)],
    ['2027-10-12T09:00:00Z', Date.UTC(2027, 9, 12, 9)],
    [undefined, undefined],
  ])('reads the end of a token from %s', async (told, end) => {
    const headers = told === undefined ? undefined : { 'GitHub-Authentication-Token-Expiration': told };
    const api = await serve(() => ({ status: 200, headers, body: { login: 'octocat' } }));
    const ends = await provider.secretEnds?.(context(classic, { endpoints: { api: api.origin } }));
    expect(ends).toStrictEqual({ token: end });
    expect(api.calls.map(({ target, headers: sent }) => [target, sent['authorization']])).toEqual([['/user', `Bearer ${token}`]]);
    await api.close();
  });

  it('takes no end that cannot be read for none', async () => {
    const api = await serve(() => ({ status: 200, headers: { 'github-authentication-token-expiration': 'soon' }, body: { login: 'x' } }));
    await expect(provider.secretEnds?.(context(classic, { endpoints: { api: api.origin } }))).rejects.toMatchObject({
      code: 'invalid_answer',
    });
    await api.close();
  });

  it('says that a token has ended already', async () => {
    const error: unknown = await provider.secretEnds?.(context(classic)).catch((reason: unknown) => reason);
    expect(error).toMatchObject({ code: 'registry_unauthorized' });
    expect(inspect(error, { depth: 10 })).not.toContain(token);
  });
});
