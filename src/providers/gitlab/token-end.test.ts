import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { CatalogContext } from '../../provider/define.ts';
import { type Answer, type FakeService, LoopbackHttp, serve } from '../../testing/clouds/index.ts';
import { FakeClock } from '../../testing/fake-clock.ts';
import { provider } from '../gitlab.ts';

const token = 'glpat-personalToken0123456789';

describe('provider gitlab, when a token ends', () => {
  let gitlab: FakeService;
  let http: LoopbackHttp;
  let answer: Answer;

  beforeEach(async () => {
    gitlab = await serve(() => answer);
    http = new LoopbackHttp();
  });
  afterEach(async () => {
    await http.close();
    await gitlab.close();
  });

  function ends(change: Record<string, unknown> = {}, signIn: Record<string, unknown> = { method: 'token', username: 'ana', token }) {
    const base = {
      url: new URL('https://registry.example.com'),
      settings: { gitlabUrl: `${gitlab.origin}/` },
      signIn,
      http,
      clock: new FakeClock(),
    };
    return provider.secretEnds?.({ ...base, ...change } as unknown as CatalogContext);
  }

  it.each([
    ['2027-03-04', Date.UTC(2027, 2, 4)],
    [null, undefined],
  ])('is told as %s', async (expires, end) => {
    answer = { status: 200, body: { id: 1, name: 'hub', active: true, expires_at: expires } };
    expect(await ends()).toStrictEqual({ token: end });
    expect(await ends({}, { method: 'access-token', accessToken: token })).toStrictEqual({ accessToken: end });
    expect(gitlab.calls[0]?.target).toBe('/api/v4/personal_access_tokens/self');
    expect(gitlab.calls[0]?.headers['private-token']).toBe(token);
  });

  it('is asked of gitlab.com for its registry', async () => {
    answer = { status: 200, body: { expires_at: null } };
    await ends({ url: new URL('https://registry.gitlab.com'), settings: {}, endpoints: { gitlab: gitlab.origin } });
    expect(gitlab.calls).toHaveLength(1);
  });

  it.each([403, 404])('is not known where GitLab answers %i', async (status) => {
    answer = { status, body: { message: 'no' } };
    expect(await ends()).toStrictEqual({});
  });

  it('is not asked of a GitLab that nobody has named', async () => {
    expect(await ends({ settings: {} })).toStrictEqual({});
    expect(http.requests).toEqual([]);
  });

  it.each(['soon', '04.03.2027'])('is not taken for never when it is %s', async (expires) => {
    answer = { status: 200, body: { expires_at: expires } };
    await expect(ends()).rejects.toMatchObject({ code: 'invalid_answer' });
  });

  it('is not told of a token that was revoked', async () => {
    answer = { status: 401, body: { message: '401 Unauthorized' } };
    await expect(ends()).rejects.toMatchObject({ code: 'registry_unauthorized' });
  });
});
