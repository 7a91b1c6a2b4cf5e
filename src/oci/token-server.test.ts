import { describe, expect, it } from 'vitest';
import type { Credential } from './credential.ts';
import { RegistryClient } from './registry-client.ts';
import { failure, json, serve, TestClock } from './testing/loopback.ts';
import { basic, clientOf, grant, listTags, tokenRegistry } from './testing/token-registry.ts';

describe('lifetime of tokens', () => {
  it.each<[string, Record<string, unknown>, number]>([
    ['60 s without expires_in, less 10 s', {}, 50],
    ['60 s with expires_in 0', { expires_in: 0 }, 50],
    ['60 s with nonsense', { expires_in: 'soon' }, 50],
    ['less 10 s when short', { expires_in: 90 }, 80],
    ['less a tenth when long', { expires_in: 1000 }, 900],
    ['with digits as text', { expires_in: '1000' }, 900],
    ['counted from issued_at', { expires_in: 1000, issued_at: '2025-12-31T23:58:20Z' }, 800],
    ['whatever issued_at says when it is beyond the lifetime', { expires_in: 1000, issued_at: '2020-01-01T00:00:00Z' }, 900],
    ['whatever issued_at says when it lies ahead', { expires_in: 1000, issued_at: '2026-01-01T00:20:00Z' }, 900],
    ['at most a day', { expires_in: 1e12 }, 0.9 * 86_400],
  ])('%s', async (_name, body, seconds) => {
    const clock = new TestClock();
    await using registry = await tokenRegistry({
      token: (_request, query) => ({
        status: 200,
        body: { token: grant(query), ...body },
        headers: { date: new Date(clock.time).toUTCString() },
      }),
    });
    const client = clientOf(registry, { credential: basic, clock });
    await listTags(client);
    clock.time += seconds * 1000 - 1;
    await listTags(client);
    expect(registry.tokens).toHaveLength(1);
    clock.time += 1;
    await listTags(client);
    expect(registry.tokens).toHaveLength(2);
    await client.close();
  });

  it('does not suffer from a difference between the clocks', async () => {
    const clock = new TestClock();
    const theirs = clock.time - 250_000;
    await using registry = await tokenRegistry({
      token: (_request, query) => ({
        status: 200,
        body: { token: grant(query), expires_in: 300, issued_at: new Date(theirs).toISOString() },
        headers: { date: new Date(theirs).toUTCString() },
      }),
    });
    const client = clientOf(registry, { credential: basic, clock });
    await listTags(client);
    clock.time += 200_000;
    await listTags(client);
    expect(registry.tokens).toHaveLength(1);
    await client.close();
  });
});

describe('identity tokens', () => {
  const identity: Credential = { kind: 'identity', token: 'refresh-me', username: 'user' };

  it('go to the token server by POST, and never to the registry', async () => {
    await using registry = await tokenRegistry({
      token: (_request, form) => ({ status: 200, body: { access_token: grant(form), scope: form.get('scope') } }),
    });
    const client = clientOf(registry, { credential: identity });
    await listTags(client);
    const [request] = registry.tokens;
    expect(request).toMatchObject({ method: 'POST', url: '/token' });
    expect(request?.headers['content-type']).toBe('application/x-www-form-urlencoded');
    expect(Object.fromEntries(new URLSearchParams(request?.body))).toEqual({
      grant_type: 'refresh_token',
      refresh_token: 'refresh-me',
      client_id: 'tagboat',
      service: 'reg',
      scope: 'repository:app:pull',
    });
    expect(JSON.stringify(registry.calls)).not.toContain('refresh-me');
    expect((await client.authenticate(['repository:app:pull'])).grantedActions).toEqual(['repository:app:pull']);
    await client.close();
  });

  it.each([404, 405, 400, 401])('go by GET as password after a POST was answered with %i', async (status) => {
    await using registry = await tokenRegistry({
      token: (request, query) => (request.method === 'POST' ? { status, body: {} } : { status: 200, body: { token: grant(query) } }),
    });
    const client = clientOf(registry, { credential: identity });
    await listTags(client);
    expect(registry.tokens.map(({ method }) => method)).toEqual(['POST', 'GET']);
    expect(registry.tokens[1]?.headers.authorization).toBe(`Basic ${btoa('user:refresh-me')}`);
    await client.close();
  });

  it('are given up where nobody knows them', async () => {
    await using registry = await tokenRegistry({ token: (request) => ({ status: request.method === 'POST' ? 404 : 401, body: {} }) });
    const client = clientOf(registry, { credential: identity });
    expect(await failure(listTags(client))).toMatchObject({ code: 'identity_token_unsupported' });
    await client.close();
  });

  it('after 405 without a user name are not sent by GET', async () => {
    await using registry = await tokenRegistry({ token: () => ({ status: 405, body: {} }) });
    const client = clientOf(registry, { credential: { kind: 'identity', token: 'refresh-me' } });
    await failure(listTags(client));
    expect(registry.tokens).toHaveLength(1);
    await client.close();
  });

  it('cannot answer a Basic challenge', async () => {
    await using server = await serve((_request, response) => json(response, 401, {}, { 'www-authenticate': 'Basic realm="x"' }));
    const client = new RegistryClient({ url: server.url, credential: identity });
    expect(await failure(listTags(client))).toMatchObject({ code: 'identity_token_unsupported' });
    expect(JSON.stringify(server.requests)).not.toContain('refresh-me');
    await client.close();
  });
});

describe('token server', () => {
  it('by POST with the password when it does not know GET', async () => {
    await using registry = await tokenRegistry({
      token: (request, form) =>
        request.method === 'GET' ? { status: 405, body: {} } : { status: 200, body: { access_token: grant(form) } },
    });
    const client = clientOf(registry, { credential: basic });
    await listTags(client);
    expect(Object.fromEntries(new URLSearchParams(registry.tokens[1]?.body))).toMatchObject({
      grant_type: 'password',
      username: 'user',
      password: 'hunter2',
    });
    await client.close();
  });

  it('that refuses is named, with its words, without the secret that it repeats', async () => {
    await using registry = await tokenRegistry({ token: () => ({ status: 401, body: { details: 'bad password hunter2 for user' } }) });
    const client = clientOf(registry, { credential: basic });
    const error = await failure(listTags(client));
    expect(error).toMatchObject({ code: 'credential_refused', retry: 'after-change' });
    expect(error.message).toBe(
      `The token server ${registry.server.host} refused the credential (status 401: bad password [secret] for user).`,
    );
    expect(JSON.stringify(error)).not.toContain('hunter2');
    await client.close();
  });

  it.each<[string, { status: number; body: unknown }, string]>([
    ['503', { status: 503, body: {} }, 'registry_unavailable'],
    ['429', { status: 429, body: {} }, 'registry_rate_limited'],
    ['no token', { status: 200, body: { hello: 'world' } }, 'invalid_answer'],
    ['a list', { status: 200, body: [] }, 'invalid_answer'],
    ['a token with a line break', { status: 200, body: { token: 'a\r\nX-Evil: 1' } }, 'invalid_answer'],
    ['a token that is a number', { status: 200, body: { token: 5 } }, 'invalid_answer'],
    ['more than 64 KiB', { status: 200, body: { token: 'x'.repeat(70_000) } }, 'invalid_answer'],
    ['JSON nested without end', { status: 200, body: JSON.parse(`${'['.repeat(100)}${']'.repeat(100)}`) }, 'invalid_answer'],
  ])('that answers %s', async (_name, token, code) => {
    await using registry = await tokenRegistry({ token: () => token });
    const client = clientOf(registry, { credential: basic, retries: 0 });
    expect(await failure(listTags(client))).toMatchObject({ code });
    await client.close();
  });
});
