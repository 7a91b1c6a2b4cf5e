import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { password, startTestHub, type TestHub } from './harness.ts';

let test: TestHub;
beforeAll(async () => {
  test = await startTestHub();
});
afterAll(() => test.close());

describe('set-up', () => {
  it('is over once there is an administrator', async () => {
    const state = await test.request({ url: '/api/v1/setup' });
    expect(state.json()).toEqual({ needed: false });
    const again = await test.request({ method: 'POST', url: '/api/v1/setup', payload: { token: 'x', name: 'eve', password } });
    expect(again.statusCode).toBe(409);
    expect(again.json()).toMatchObject({ code: 'setup_done', fault: 'caller' });
  });

  it('needs the token of the printed link', async () => {
    const { hub, app, close } = await startTestHub();
    await hub.services.store.db.deleteFrom('users').execute();
    const token = await hub.services.setup.begin();
    const wrong = await app.inject({ method: 'POST', url: '/api/v1/setup', payload: { token: 'x', name: 'eve', password } });
    expect(wrong.statusCode).toBe(403);
    expect(wrong.json()).toMatchObject({ code: 'setup_token_invalid' });
    const right = await app.inject({ method: 'POST', url: '/api/v1/setup', payload: { token, name: 'eve', password } });
    expect(right.statusCode).toBe(201);
    expect(right.json()).toMatchObject({ user: { name: 'eve', role: 'administrator' }, via: 'session' });
    await close();
  });
});

describe('session', () => {
  it('is a cookie that scripts cannot read', async () => {
    const answer = await test.request({ method: 'POST', url: '/api/v1/session', payload: { name: 'ana', password } });
    expect(answer.statusCode).toBe(200);
    const [cookie] = answer.cookies;
    expect(cookie).toMatchObject({ name: 'tagboat_session', httpOnly: true, sameSite: 'Lax', path: '/' });
    expect(cookie?.secure).toBeUndefined();
  });

  it('has a Secure cookie where people come over https', async () => {
    const secure = await startTestHub({ publicUrl: new URL('https://hub.example') }, { publicUrl: new URL('https://hub.example') });
    const answer = await secure.request({ method: 'POST', url: '/api/v1/session', payload: { name: 'ana', password } });
    expect(answer.cookies[0]?.secure).toBe(true);
    expect(answer.headers['strict-transport-security']).toContain('max-age=');
    await secure.close();
  });

  it('has a Secure cookie when a trusted proxy says https, and not when anybody says so', async () => {
    const proxied = await startTestHub({}, { trustProxy: '127.0.0.1' });
    const login = {
      method: 'POST',
      url: '/api/v1/session',
      payload: { name: 'ana', password },
      headers: { 'x-forwarded-proto': 'https' },
    } as const;
    expect((await proxied.request(login)).cookies[0]?.secure).toBe(true);
    expect((await test.request(login)).cookies[0]?.secure).toBeUndefined();
    await proxied.close();
  });

  it('says who is signed in and what they may do', async () => {
    const answer = await test.request({ url: '/api/v1/session', as: test.administrator });
    expect(answer.json()).toMatchObject({ user: { name: 'ana' }, csrf: test.administrator.csrf, via: 'session' });
    expect(answer.json<{ permissions: string[] }>().permissions).toContain('user:write');
  });

  it('ends on signing out', async () => {
    const person = await test.addPerson('leaver', 'viewer');
    const out = await test.request({ method: 'DELETE', url: '/api/v1/session', as: person });
    expect(out.statusCode).toBe(204);
    expect(out.cookies[0]).toMatchObject({ name: 'tagboat_session', value: '' });
    const after = await test.request({ url: '/api/v1/session', as: person });
    expect(after.statusCode).toBe(401);
    expect(after.headers['www-authenticate']).toBe('Bearer realm="Tagboat"');
  });

  it('tells neither name nor password apart when signing in fails', async () => {
    const wrong = await test.request({ method: 'POST', url: '/api/v1/session', payload: { name: 'ana', password: 'not the password' } });
    const unknown = await test.request({
      method: 'POST',
      url: '/api/v1/session',
      payload: { name: 'nobody', password: 'not the password' },
    });
    expect(wrong.statusCode).toBe(401);
    expect({ ...wrong.json<object>(), requestId: '' }).toEqual({ ...unknown.json<object>(), requestId: '' });
  });

  it('slows down guessing, and says for how long', async () => {
    const guess = () =>
      test.request({
        method: 'POST',
        url: '/api/v1/session',
        payload: { name: 'guessed', password: 'wrong password' },
        remoteAddress: '192.0.2.7',
      });
    let answer = await guess();
    for (let tries = 0; tries < 8 && answer.statusCode === 401; tries++) answer = await guess();
    expect(answer.statusCode).toBe(429);
    expect(answer.json()).toMatchObject({ code: 'login_limited' });
    expect(Number(answer.headers['retry-after'])).toBeGreaterThan(0);
  });

  it('is refused changes without its CSRF token, or with another one', async () => {
    const change = { method: 'POST', url: '/api/v1/projects', payload: { name: 'sneaked' } } as const;
    for (const csrf of [undefined, 'wrong', `${test.administrator.csrf}x`]) {
      const answer = await test.request({
        ...change,
        headers: { cookie: test.administrator.cookie, ...(csrf && { 'x-csrf-token': csrf }) },
      });
      expect(answer.statusCode).toBe(403);
      expect(answer.json()).toMatchObject({ code: 'csrf_failed' });
    }
  });

  it.each([
    ['sec-fetch-site', { 'sec-fetch-site': 'cross-site' }],
    ['sec-fetch-site of a sibling host', { 'sec-fetch-site': 'same-site' }],
    ['Origin', { origin: 'https://evil.example' }],
    ['opaque Origin', { origin: 'null' }],
  ])('is refused changes that come from another site, by %s', async (_what, headers) => {
    const change = await test.request({
      method: 'POST',
      url: '/api/v1/projects',
      as: test.administrator,
      payload: { name: 'sneaked' },
      headers,
    });
    expect(change.json()).toMatchObject({ status: 403, code: 'csrf_failed' });
    const login = await test.request({ method: 'POST', url: '/api/v1/session', payload: { name: 'ana', password }, headers });
    expect(login.json()).toMatchObject({ status: 403, code: 'csrf_failed' });
  });

  it('accepts changes from its own origin', async () => {
    const headers = { host: 'hub.local:7330', origin: 'http://hub.local:7330' };
    const answer = await test.request({
      method: 'POST',
      url: '/api/v1/projects',
      as: test.administrator,
      payload: { name: 'own-origin' },
      headers,
    });
    expect(answer.statusCode).toBe(201);
  });

  it('that ended does not stand in the way of a new one', async () => {
    const answer = await test.request({
      method: 'POST',
      url: '/api/v1/session',
      payload: { name: 'ana', password },
      headers: { cookie: 'tagboat_session=gone' },
    });
    expect(answer.statusCode).toBe(200);
  });

  it('changes the own password and ends the other sessions', async () => {
    const person = await test.addPerson('changer', 'viewer');
    const elsewhere = await test.request({ method: 'POST', url: '/api/v1/session', payload: { name: 'changer', password } });
    const next = 'another long password';
    const wrong = await test.request({
      method: 'PATCH',
      url: '/api/v1/session/password',
      as: person,
      payload: { current: 'nope nope nope', password: next },
    });
    expect(wrong.json()).toMatchObject({ status: 401, code: 'login_failed' });
    const changed = await test.request({
      method: 'PATCH',
      url: '/api/v1/session/password',
      as: person,
      payload: { current: password, password: next },
    });
    expect(changed.statusCode).toBe(204);
    expect((await test.request({ url: '/api/v1/session', as: person })).statusCode).toBe(200);
    const old = await test.request({ url: '/api/v1/session', headers: { cookie: `tagboat_session=${elsewhere.cookies[0]?.value}` } });
    expect(old.statusCode).toBe(401);
  });
});

describe('API tokens', () => {
  it('act for their user without cookie and CSRF token, and are shown once', async () => {
    const created = await test.request({
      method: 'POST',
      url: '/api/v1/tokens',
      as: test.administrator,
      payload: { name: 'ci', role: 'operator' },
    });
    expect(created.statusCode).toBe(201);
    const { secret, token } = created.json<{ secret: string; token: { id: string; hint: string } }>();
    expect(secret).toMatch(/^tgb_/);
    const headers = { authorization: `Bearer ${secret}` };

    const self = await test.request({ url: '/api/v1/session', headers });
    expect(self.json()).toMatchObject({ via: 'token', user: { name: 'ana', role: 'operator' }, csrf: '' });
    expect((await test.request({ url: '/api/v1/users', headers })).statusCode).toBe(403);

    const listed = await test.request({ url: '/api/v1/tokens', as: test.administrator });
    expect(listed.body).toContain(token.id);
    expect(listed.body).not.toContain(secret);

    const revoked = await test.request({ method: 'DELETE', url: `/api/v1/tokens/${token.id}`, as: test.administrator });
    expect(revoked.statusCode).toBe(204);
    expect((await test.request({ url: '/api/v1/session', headers })).json()).toMatchObject({ status: 401, code: 'unauthorized' });
  });

  it('that are not valid are refused even where nobody has to be signed in', async () => {
    const answer = await test.request({ url: '/api/v1/about', headers: { authorization: 'Bearer tgb_wrong' } });
    expect(answer.statusCode).toBe(401);
    expect(answer.body).not.toContain('tgb_wrong');
  });

  it('cannot be given more than their maker has', async () => {
    const person = await test.addPerson('climber', 'viewer');
    const answer = await test.request({
      method: 'POST',
      url: '/api/v1/tokens',
      as: person,
      payload: { name: 'up', role: 'administrator' },
    });
    expect(answer.json()).toMatchObject({ status: 422, fields: [{ field: 'role' }] });
  });
});

describe('people', () => {
  it('are added, read, changed and removed', async () => {
    const as = test.administrator;
    const created = await test.request({
      method: 'POST',
      url: '/api/v1/users',
      as,
      payload: { name: 'Bea', displayName: 'Bea B.', password },
    });
    expect(created.statusCode).toBe(201);
    const { id } = created.json<{ id: string }>();
    expect(created.headers.location).toBe(`/api/v1/users/${id}`);
    expect(created.json()).toMatchObject({ name: 'Bea', role: 'viewer', disabled: false, version: 1 });

    const read = await test.request({ url: '/api/v1/users/bea', as });
    expect(read.headers.etag).toBe('"1"');
    const changed = await test.request({
      method: 'PATCH',
      url: `/api/v1/users/${id}`,
      as,
      payload: { role: 'operator' },
      headers: { 'if-match': '"1"' },
    });
    expect(changed.json()).toMatchObject({ role: 'operator', version: 2 });
    const stale = await test.request({
      method: 'PATCH',
      url: `/api/v1/users/${id}`,
      as,
      payload: { role: 'viewer' },
      headers: { 'if-match': '"1"' },
    });
    expect(stale.json()).toMatchObject({ status: 412, code: 'precondition_failed' });
    const taken = await test.request({ method: 'POST', url: '/api/v1/users', as, payload: { name: 'BEA', password } });
    expect(taken.json()).toMatchObject({ status: 409, code: 'already_exists', field: 'name' });

    expect((await test.request({ method: 'DELETE', url: `/api/v1/users/${id}`, as })).statusCode).toBe(204);
    expect((await test.request({ url: `/api/v1/users/${id}`, as })).statusCode).toBe(404);
  });

  it('keep a last administrator', async () => {
    const answer = await test.request({ method: 'DELETE', url: '/api/v1/users/ana', as: test.administrator });
    expect(answer.json()).toMatchObject({ status: 409, code: 'last_administrator' });
  });

  it('come in pages', async () => {
    const first = await test.request({ url: '/api/v1/users?limit=1', as: test.administrator });
    const { items, next, total } = first.json<{ items: { name: string }[]; next: string; total: number }>();
    expect(items).toHaveLength(1);
    expect(total).toBeGreaterThan(1);
    const second = await test.request({ url: `/api/v1/users?limit=1&cursor=${next}`, as: test.administrator });
    expect(second.json<{ items: { name: string }[] }>().items[0]?.name).not.toBe(items[0]?.name);
    const foreign = await test.request({ url: '/api/v1/users?cursor=nonsense', as: test.administrator });
    expect(foreign.json()).toMatchObject({ status: 400, code: 'invalid_cursor' });
  });
});

describe('projects', () => {
  it('are created, given members, changed and removed', async () => {
    const as = test.administrator;
    const member = await test.addPerson('member', 'viewer');
    const created = await test.request({ method: 'POST', url: '/api/v1/projects', as, payload: { name: 'shop', description: 'The shop' } });
    expect(created.statusCode).toBe(201);
    const joined = await test.request({
      method: 'PUT',
      url: `/api/v1/projects/shop/members/${member.id}`,
      as,
      payload: { role: 'operator' },
    });
    expect(joined.json()).toMatchObject({ members: [{ userName: 'member', role: 'operator' }] });
    expect((await test.request({ url: '/api/v1/projects', as: member })).json()).toMatchObject({ items: [{ name: 'shop' }], total: 1 });

    const etag = String((await test.request({ url: '/api/v1/projects/shop', as })).headers.etag);
    const renamed = await test.request({
      method: 'PATCH',
      url: '/api/v1/projects/shop',
      as,
      payload: { name: 'store' },
      headers: { 'if-match': etag },
    });
    expect(renamed.json()).toMatchObject({ name: 'store', description: 'The shop' });
    const left = await test.request({ method: 'DELETE', url: '/api/v1/projects/store/members/member', as });
    expect(left.json()).toMatchObject({ members: [] });
    const stale = await test.request({ method: 'DELETE', url: '/api/v1/projects/store', as, headers: { 'if-match': etag } });
    expect(stale.statusCode).toBe(412);
    expect((await test.request({ method: 'DELETE', url: '/api/v1/projects/store', as })).statusCode).toBe(204);
  });
});

describe('audit', () => {
  it('tells who did what, newest first, and can be narrowed', async () => {
    await test.request({ method: 'POST', url: '/api/v1/projects', as: test.administrator, payload: { name: 'audited' } });
    const all = await test.request({ url: '/api/v1/audit?limit=1', as: test.administrator });
    expect(all.json()).toMatchObject({
      items: [{ action: 'project.create', actor: { kind: 'user', name: 'ana' }, target: { name: 'audited' }, outcome: 'ok' }],
    });
    expect(all.json<{ next?: string }>().next).toBeTypeOf('string');
    const narrowed = await test.request({ url: '/api/v1/audit?action=user&from=2020-01-01T00:00:00Z', as: test.administrator });
    expect(narrowed.json<{ items: { action: string }[] }>().items.every(({ action }) => action.startsWith('user.'))).toBe(true);
    expect((await test.request({ url: '/api/v1/audit?from=yesterday', as: test.administrator })).json()).toMatchObject({
      status: 400,
      field: 'from',
    });
  });
});
