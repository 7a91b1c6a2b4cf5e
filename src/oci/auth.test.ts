import { describe, expect, it } from 'vitest';
import { RegistryClient } from './registry-client.ts';
import { failure, json, serve, TestClock } from './testing/loopback.ts';
import { basic, basicHeader, clientOf, listTags, tokenRegistry } from './testing/token-registry.ts';

describe('token authentication', () => {
  it('gets a token with Basic for the repository and uses it again', async () => {
    await using registry = await tokenRegistry();
    const client = clientOf(registry, { credential: basic });
    expect(await listTags(client)).toEqual(['1']);
    expect(await listTags(client)).toEqual(['1']);
    expect(registry.tokens).toHaveLength(1);
    const [request] = registry.tokens;
    expect(request?.headers.authorization).toBe(basicHeader);
    expect(Object.fromEntries(new URLSearchParams(request?.url.split('?')[1]))).toEqual({
      service: 'reg',
      scope: 'repository:app:pull',
      client_id: 'tagboat',
      account: 'user',
    });
    // The ping, then two lists: no request was refused on the way.
    expect(registry.calls.map(({ url, headers }) => [url, headers.authorization?.slice(0, 7)])).toEqual([
      ['/v2/', undefined],
      ['/v2/app/tags/list?n=1000', 'Bearer '],
      ['/v2/app/tags/list?n=1000', 'Bearer '],
    ]);
    await client.close();
  });

  it('without a credential asks first and gets an anonymous token', async () => {
    await using registry = await tokenRegistry();
    const client = clientOf(registry);
    expect(await listTags(client)).toEqual(['1']);
    expect(registry.tokens[0]?.headers.authorization).toBeUndefined();
    expect(registry.tokens[0]?.url).not.toContain('account');
    expect(registry.calls.map(({ url }) => url)).toEqual(['/v2/app/tags/list?n=1000', '/v2/app/tags/list?n=1000']);
    await client.close();
  });

  it('sends nothing at all to a registry that is open', async () => {
    await using server = await serve((_request, response) => json(response, 200, { tags: [] }));
    const client = new RegistryClient({ url: server.url, credential: basic });
    await listTags(client);
    expect(server.requests.map(({ headers }) => headers.authorization)).toEqual([undefined, undefined]);
    expect(await client.authenticate([])).toEqual({ scheme: 'none' });
    await client.close();
  });

  it('keeps query parameters of the realm', async () => {
    await using registry = await tokenRegistry({
      challenge: () => `Bearer realm="${registry.server.url}/token?tenant=a%20b",service="reg"`,
    });
    const client = clientOf(registry);
    await listTags(client);
    expect(registry.tokens[0]?.url).toBe('/token?tenant=a+b&service=reg&scope=repository%3Aapp%3Apull');
    await client.close();
  });

  it('shares one token request among concurrent calls', async () => {
    await using registry = await tokenRegistry();
    const client = clientOf(registry, { credential: basic });
    await Promise.all(Array.from({ length: 20 }, () => listTags(client)));
    expect(registry.tokens).toHaveLength(1);
    await client.close();
  });

  it('keeps tokens of different scopes apart', async () => {
    await using registry = await tokenRegistry();
    const client = clientOf(registry, { credential: basic });
    await listTags(client, 'a');
    await listTags(client, 'b');
    await listTags(client, 'a');
    expect(registry.tokens).toHaveLength(2);
    await client.close();
  });

  it('widens the scope that a later 401 demands, the demanded first, once, and remembers it', async () => {
    await using server = await serve((request, response) => {
      const url = new URL(request.url, 'http://x');
      const challenge = (scope: string) =>
        json(response, 401, {}, { 'www-authenticate': `Bearer realm="${server.url}/token",scope="${scope}"` });
      if (url.pathname === '/token') json(response, 200, { token: url.searchParams.getAll('scope').join('+'), expires_in: 300 });
      else if (request.headers.authorization?.includes('metadata_read')) json(response, 200, { tags: ['1'] });
      else challenge('repository:app:metadata_read repository:base:pull');
    });
    const client = new RegistryClient({ url: server.url, credential: basic });
    expect(await listTags(client)).toEqual(['1']);
    const scopes = () =>
      server.requests.filter(({ url }) => url.startsWith('/token')).map(({ url }) => new URL(url, 'http://x').searchParams.getAll('scope'));
    expect(scopes()).toEqual([['repository:app:pull'], ['repository:app:metadata_read,pull', 'repository:base:pull']]);
    const before = server.requests.length;
    expect(await listTags(client)).toEqual(['1']);
    expect(server.requests).toHaveLength(before + 1);
    await client.close();
  });

  it('repeats a request once only, however often it is refused', async () => {
    let demands = 0;
    await using registry = await tokenRegistry({
      token: () => ({ status: 200, body: { token: 'good-for-nothing' } }),
      challenge: () => `Bearer realm="${registry.server.url}/token",scope="repository:app:more${++demands}"`,
    });
    const client = clientOf(registry, { credential: basic });
    expect(await failure(listTags(client, 'other'))).toMatchObject({ code: 'registry_denied' });
    expect(registry.calls.filter(({ url }) => url.includes('/tags/'))).toHaveLength(2);
    await client.close();
  });

  it('forgets its tokens when told to', async () => {
    await using registry = await tokenRegistry();
    const client = clientOf(registry, { credential: basic });
    await listTags(client);
    client.forgetTokens();
    await listTags(client);
    expect(registry.tokens).toHaveLength(2);
    await client.close();
  });

  it('replaces a token that the registry stopped accepting', async () => {
    let generation = 1;
    await using server = await serve((request, response) => {
      if (request.url.startsWith('/token')) json(response, 200, { token: `t${generation}`, expires_in: 3600 });
      else if (request.headers.authorization === `Bearer t${generation}`) json(response, 200, { tags: ['1'] });
      else json(response, 401, {}, { 'www-authenticate': `Bearer realm="${server.url}/token",error="invalid_token"` });
    });
    const client = new RegistryClient({ url: server.url, credential: basic });
    await listTags(client);
    generation = 2;
    expect(await listTags(client)).toEqual(['1']);
    expect(server.requests.filter(({ url }) => url.startsWith('/token'))).toHaveLength(2);
    await client.close();
  });

  it('says that a valid sign-in lacks permission, and that no sign-in is missing one', async () => {
    await using registry = await tokenRegistry({ token: () => ({ status: 200, body: { token: 'good-for-nothing' } }) });
    const signedIn = clientOf(registry, { credential: basic });
    const denied = await failure(listTags(signedIn));
    expect(denied).toMatchObject({
      code: 'registry_denied',
      status: 401,
      errors: [{ code: 'UNAUTHORIZED', message: 'authentication required' }],
    });
    expect(denied.message).toBe(
      `${registry.server.host} accepts the sign-in, but it does not permit access to tags of app (status 401). It says: authentication required (UNAUTHORIZED).`,
    );
    // Fetched for this very request: fetching it again would change nothing.
    expect(registry.tokens).toHaveLength(1);
    const anonymous = clientOf(registry);
    expect(await failure(listTags(anonymous))).toMatchObject({ code: 'registry_unauthorized' });
    await Promise.all([signedIn.close(), anonymous.close()]);
  });

  it('follows a 403 with insufficient_scope', async () => {
    await using server = await serve((request, response) => {
      if (request.url.startsWith('/token')) json(response, 200, { token: request.url.includes('push') ? 'wide' : 'narrow' });
      else if (request.headers.authorization === 'Bearer wide') json(response, 200, { tags: [] });
      else if (request.headers.authorization) {
        json(
          response,
          403,
          {},
          { 'www-authenticate': `Bearer realm="${server.url}/token",scope="repository:app:pull,push",error="insufficient_scope"` },
        );
      } else json(response, 401, {}, { 'www-authenticate': `Bearer realm="${server.url}/token"` });
    });
    const client = new RegistryClient({ url: server.url, credential: basic });
    expect(await listTags(client)).toEqual([]);
    await client.close();
  });

  it('authenticates for its own sake, and does not take a placeholder for a scope', async () => {
    await using registry = await tokenRegistry({
      challenge: () => `Bearer realm="${registry.server.url}/token",service="reg",scope="repository:user/image:pull"`,
    });
    const clock = new TestClock();
    const plain = clientOf(registry, { credential: basic, clock });
    expect(await plain.authenticate([])).toEqual({
      scheme: 'bearer',
      realm: `${registry.server.url}/token`,
      service: 'reg',
      expiresAt: clock.time + 300_000,
    });
    expect(registry.tokens[0]?.url).toContain('user%2Fimage');
    const ghcr = clientOf(registry, { credential: basic, traits: { placeholderScope: true } });
    await ghcr.authenticate([]);
    expect(registry.tokens[1]?.url).not.toContain('scope');
    await ghcr.authenticate(['repository:owner/app:pull']);
    expect(new URL(registry.tokens[2]?.url ?? '', 'http://x').searchParams.getAll('scope')).toEqual(['repository:owner/app:pull']);
    await Promise.all([plain.close(), ghcr.close()]);
  });

  it('reads what a token grants from its JWT', async () => {
    const access = [
      { type: 'repository', name: 'app', actions: ['pull'] },
      { type: 'repository', name: 'other', actions: [] },
    ];
    const jwt = `e30.${Buffer.from(JSON.stringify({ access })).toString('base64url')}.sig`;
    await using registry = await tokenRegistry({ token: () => ({ status: 200, body: { access_token: jwt } }) });
    const client = clientOf(registry, { credential: basic });
    expect(await client.authenticate(['repository:app:pull,push'])).toMatchObject({
      scheme: 'bearer',
      grantedActions: ['repository:app:pull'],
    });
    await client.close();
  });

  it('of an address that is no registry fails with its status', async () => {
    await using server = await serve((_request, response) => void response.writeHead(404, { 'content-type': 'text/html' }).end('<html>'));
    const client = new RegistryClient({ url: server.url, credential: basic });
    const error = await failure(client.authenticate([]));
    expect(error).toMatchObject({ code: 'registry_not_found', status: 404 });
    expect(error.message).toContain('web page');
    await client.close();
  });
});

describe('cancellation', () => {
  it('of one caller leaves the shared token request to the others', async () => {
    const release = Promise.withResolvers<void>();
    await using server = await serve(async (request, response) => {
      if (request.url.startsWith('/token')) {
        await release.promise;
        json(response, 200, { token: 'shared' });
      } else if (request.headers.authorization === 'Bearer shared') json(response, 200, { tags: ['1'] });
      else json(response, 401, {}, { 'www-authenticate': `Bearer realm="${server.url}/token"` });
    });
    const client = new RegistryClient({ url: server.url, credential: basic });
    const controller = new AbortController();
    const first = failure(Array.fromAsync(client.repository('app').listTags({ signal: controller.signal })));
    const second = listTags(client);
    while (!server.requests.some(({ url }) => url.startsWith('/token'))) await new Promise((resolve) => setTimeout(resolve, 2));
    controller.abort();
    expect(await first).toMatchObject({ code: 'canceled' });
    release.resolve();
    expect(await second).toEqual(['1']);
    expect(server.requests.filter(({ url }) => url.startsWith('/token'))).toHaveLength(1);
    await client.close();
  });
});
describe('preparation', () => {
  it('ends at a registry that is not available, without asking further', async () => {
    await using server = await serve((_request, response) => json(response, 503, {}));
    const client = new RegistryClient({ url: server.url, credential: basic, clock: new TestClock() });
    expect(await failure(listTags(client))).toMatchObject({ code: 'registry_unavailable', status: 503 });
    expect(new Set(server.requests.map(({ url }) => url))).toEqual(new Set(['/v2/']));
    await client.close();
  });

  it('goes on when /v2/ answers something unexpected', async () => {
    await using server = await serve((request, response) =>
      request.url === '/v2/' ? json(response, 404, {}) : json(response, 200, { tags: ['1'] }),
    );
    const client = new RegistryClient({ url: server.url, credential: basic });
    expect(await listTags(client)).toEqual(['1']);
    await client.close();
  });

  it('does not send a token that could not stand in a header', async () => {
    await using server = await serve((_request, response) => json(response, 200, {}));
    const client = new RegistryClient({ url: server.url, credential: { kind: 'bearer', token: 'a\r\nX-Evil: 1' } });
    expect(await failure(listTags(client))).toMatchObject({ code: 'credential_refused', fault: 'caller' });
    expect(await failure(client.send(server.url, { headers: { 'x-a': 'b\nc' } }))).toMatchObject({
      code: 'invalid_request',
      fault: 'caller',
    });
    expect(server.requests).toHaveLength(0);
    await client.close();
  });

  it('leaves errors of the credential source as they are', async () => {
    await using server = await serve((_request, response) => json(response, 401, {}, { 'www-authenticate': 'Basic' }));
    const client = new RegistryClient({ url: server.url, credential: () => Promise.reject(new RangeError('vault sealed')) });
    expect(await failure(listTags(client))).toBeInstanceOf(RangeError);
    await client.close();
  });
});
