import { describe, expect, it } from 'vitest';
import { examine } from './examine.ts';
import { json, serve, tinyRegistry } from './servers.ts';

const users = { ci: 'right-password' };
const signIn = (password = 'right-password', username = 'ci') => ({ signIn: 'password', fields: { username, password } });

describe('the doctor, at what the registry answers', () => {
  it('signs in by Basic and reads', async () => {
    await using registry = await serve(tinyRegistry({ users }));
    const { report, step } = await examine({ url: `http://${registry.host}`, ...signIn() });
    expect(report).toMatchObject({ state: 'ok', credential: { kind: 'basic', username: 'ci' } });
    expect(step('token').summary).toBe('Signed in as ci');
    expect(step('read').summary).toBe('1 repository on the first page');
    expect(JSON.stringify(report)).not.toContain('right-password');
  });

  it('notices another provider by address or challenge', async () => {
    const mistaken = await examine({
      provider: 'harbor',
      url: 'https://000000000000.dkr.ecr.eu-west-1.amazonaws.com',
      signIn: 'anonymous',
      namespace: 'library',
    });
    expect(mistaken.step('url')).toMatchObject({ state: 'warning', code: 'provider_mismatch', field: 'provider' });
    expect(mistaken.step('url').summary).toContain('Amazon ECR');
    await using harbor = await serve((request, response) => {
      if (request.url?.startsWith('/service/token')) return json(response, 200, { token: 't' });
      if (request.headers.authorization === 'Bearer t') return tinyRegistry()(request, response);
      response.setHeader('www-authenticate', `Bearer realm="http://${request.headers.host}/service/token",service="harbor-registry"`);
      return json(response, 401, {});
    });
    const generic = await examine({ url: `http://${harbor.host}`, ...signIn() });
    expect(generic.report.state).toBe('ok');
    expect(generic.step('challenge').help).toContain('looks like Harbor');
  });

  it('finds that this is no registry', async () => {
    await using page = await serve((_request, response) =>
      response.writeHead(200, { 'content-type': 'text/html' }).end('<!doctype html><h1>Welcome</h1>'),
    );
    const html = await examine({ url: `http://${page.host}`, ...signIn() });
    expect(html.step('v2')).toMatchObject({ state: 'failed', code: 'not_a_registry', field: 'url' });
    expect(html.step('v2').summary).toMatch(/web page/);
    await using api = await serve((_request, response) => json(response, 404, { error: 'no route' }));
    const missing = await examine({ url: `http://${api.host}/org/team`, ...signIn() });
    expect(missing.step('v2')).toMatchObject({ code: 'not_a_registry', offer: { kind: 'set-namespace' } });
    expect(missing.step('v2').help).toContain('/org/team');
  });

  it('finds a wrong password, by Basic and at the token server, and repeats it nowhere', async () => {
    await using registry = await serve(tinyRegistry({ users }));
    const basic = await examine({ url: `http://${registry.host}`, ...signIn('sekret-wrong') });
    expect(basic.step('token')).toMatchObject({ state: 'failed', code: 'password_rejected', field: 'fields.password' });
    expect(basic.step('token').summary).toMatch(/rejected the password of ci$/);
    expect(basic.step('read').summary).toBe('waits for the sign-in');

    // This token server sends the password back, as some do in their error texts.
    await using tokens = await serve((request, response) =>
      json(response, 401, {
        errors: [
          { code: 'UNAUTHORIZED', message: `no ${Buffer.from((request.headers.authorization ?? '').slice(6), 'base64').toString()}` },
        ],
      }),
    );
    const challenge = `Bearer realm="http://${tokens.host}/token",service="tiny"`;
    await using bearer = await serve(tinyRegistry({ users, challenge }));
    const refused = await examine({ url: `http://${bearer.host}`, ...signIn('sekret-wrong') });
    expect(refused.step('token')).toMatchObject({ state: 'failed', code: 'password_rejected', field: 'fields.password' });
    expect(refused.step('token').summary).toContain(`The token server ${tokens.host}`);
    for (const { report } of [basic, refused]) expect(JSON.stringify(report)).not.toContain('sekret');
  });

  it('finds a missing sign-in', async () => {
    await using registry = await serve(tinyRegistry({ users }));
    const { report } = await examine({ url: `http://${registry.host}`, signIn: 'anonymous' });
    expect(report).toMatchObject({ code: 'registry_unauthorized' });
    expect(report.steps.find((step) => step.state === 'failed')).toMatchObject({ id: 'token', field: 'signIn' });
  });

  it('tells a missing permission from a wrong password', async () => {
    await using registry = await serve(tinyRegistry({ users, forbidden: ['team/secret'], catalogStatus: 403 }));
    const { step } = await examine({ url: `http://${registry.host}`, ...signIn() }, { repository: 'team/secret' });
    expect(step('token').state).toBe('ok');
    expect(step('read')).toMatchObject({ state: 'failed', code: 'permission_missing', field: 'options.repository' });
    expect(step('read').summary).toMatch(/accepts the sign-in of ci, but does not allow reading team\/secret/);
  });

  it('reads a pinned repository where the catalog is closed, and says so where there is none', async () => {
    await using registry = await serve(tinyRegistry({ users, catalogStatus: 401 }));
    const pinned = await examine({ url: `http://${registry.host}`, ...signIn(), pinnedRepositories: ['team/app'] });
    expect(pinned.report).toMatchObject({ state: 'ok', capabilities: { catalog: 'no' } });
    await using closed = await serve(tinyRegistry({ users, catalogStatus: 404 }));
    const nothing = await examine({ url: `http://${closed.host}`, ...signIn() });
    expect(nothing.report).toMatchObject({ state: 'degraded', code: 'catalog_closed' });
  });

  it('finds a missing repository and a missing namespace', async () => {
    await using registry = await serve(tinyRegistry({ users }));
    const repository = await examine({ url: `http://${registry.host}`, ...signIn(), namespace: 'team' }, { repository: 'app' });
    expect(repository.step('read')).toMatchObject({ state: 'failed', code: 'repository_not_found' });
    expect(repository.step('read').help).toContain('Did you mean team/app?');
    const namespace = await examine({ url: `http://${registry.host}`, ...signIn(), namespace: 'taem' });
    expect(namespace.step('read')).toMatchObject({
      state: 'failed',
      code: 'namespace_not_found',
      field: 'namespace',
      offer: { kind: 'set-namespace' },
    });
    expect((await examine({ url: `http://${registry.host}`, ...signIn(), namespace: 'team' })).report.state).toBe('ok');
  });

  it('sends no password to a token server on another host until it is confirmed', async () => {
    const asked: string[] = [];
    await using tokens = await serve((request, response) => {
      asked.push(request.headers.authorization ?? 'nothing');
      json(response, 200, { token: 'granted' });
    });
    const realm = `http://localhost:${tokens.port}`;
    const registryPort = await serve((request, response) => {
      if (request.headers.authorization === 'Bearer granted') return tinyRegistry()(request, response);
      response.setHeader('www-authenticate', `Bearer realm="${realm}/token",service="tiny"`);
      return json(response, 401, {});
    });
    await using registry = registryPort;
    const { step } = await examine({ url: `http://${registry.host}`, ...signIn() });
    expect(step('challenge')).toMatchObject({
      state: 'failed',
      code: 'realm_untrusted',
      field: 'trustedRealms',
      offer: { kind: 'trust-realm', origin: realm },
    });
    // A password that is read elsewhere is one, too.
    const read = await examine({
      url: `http://${registry.host}`,
      signIn: 'password',
      fields: { username: 'ci' },
      sources: { password: 'env:X' },
    });
    expect(read.step('challenge')).toMatchObject({ code: 'realm_untrusted', offer: { kind: 'trust-realm', origin: realm } });
    expect(asked).toEqual([]);
    const trusted = await examine({ url: `http://${registry.host}`, ...signIn(), trustedRealms: [realm] });
    expect(trusted.report.state).toBe('ok');
    expect(asked[0]).toMatch(/^Basic /);
  });

  it('finds a rate limit and says when it ends', async () => {
    await using registry = await serve((_request, response) => {
      response.setHeader('retry-after', '120');
      json(response, 429, { errors: [{ code: 'TOOMANYREQUESTS' }] });
    });
    const { step } = await examine({ url: `http://${registry.host}`, ...signIn() });
    expect(step('v2')).toMatchObject({ state: 'failed', code: 'registry_rate_limited' });
    expect(step('v2').summary).toMatch(/it accepts more in 2 minutes/);
  });

  it('finds redirects in a circle', async () => {
    await using registry = await serve((request, response) =>
      response.writeHead(302, { location: request.url?.endsWith('?again') ? '/v2/' : '/v2/?again' }).end(),
    );
    const { step } = await examine({ url: `http://${registry.host}`, ...signIn() });
    expect(step('v2')).toMatchObject({ state: 'failed', code: 'redirect_loop', field: 'url' });
  });

  it('finds a challenge that is missing, and a server in trouble', async () => {
    await using bare = await serve((_request, response) => json(response, 401, {}));
    expect((await examine({ url: `http://${bare.host}`, ...signIn() })).report.code).toBe('challenge_missing');
    await using broken = await serve((_request, response) => json(response, 503, {}));
    expect((await examine({ url: `http://${broken.host}`, ...signIn() })).report.code).toBe('registry_unavailable');
  });

  it('says that a password nobody asked for is untested', async () => {
    await using registry = await serve(tinyRegistry());
    const { report } = await examine({ url: `http://${registry.host}`, ...signIn('anything') });
    expect(report).toMatchObject({ state: 'degraded', code: 'credential_untested' });
  });

  it('tries pushing only when asked, and breaks it off', async () => {
    const seen: string[] = [];
    const listener = tinyRegistry({ users });
    await using registry = await serve((request, response) => {
      if (request.method !== 'GET') seen.push(`${request.method} ${request.url}`);
      if (request.method === 'POST' && request.headers.authorization)
        return response.writeHead(202, { location: '/v2/team/app/blobs/uploads/1?_state=x' }).end();
      if (request.method === 'DELETE' && request.url?.includes('/uploads/')) return response.writeHead(204).end();
      return listener(request, response);
    });
    const asleep = await examine({ url: `http://${registry.host}`, ...signIn() });
    expect(asleep.report.capabilities).not.toHaveProperty('push');
    expect(seen).toEqual([]);
    const { report } = await examine({ url: `http://${registry.host}`, ...signIn() }, { push: true, repository: 'team/app' });
    expect(report.capabilities).toMatchObject({ push: 'yes', delete: 'yes' });
    expect(seen).toContain('DELETE /v2/team/app/blobs/uploads/1?_state=x');
  });
});
