import { describe, expect, it } from 'vitest';
import type { CredentialSource } from './client-options.ts';
import { RegistryClient } from './registry-client.ts';
import { failure, json, serve } from './testing/loopback.ts';
import { basic, basicHeader, clientOf, grant, listTags, tokenRegistry } from './testing/token-registry.ts';

describe('realm', () => {
  it('on another host gets no stored credential', async () => {
    await using elsewhere = await serve((_request, response) => json(response, 200, { token: 'stolen' }));
    await using registry = await tokenRegistry({ realm: `http://auth.evil.test:${elsewhere.port}/token` });
    const client = clientOf(registry, { credential: basic });
    const error = await failure(listTags(client));
    expect(error).toMatchObject({
      code: 'realm_untrusted',
      context: { realm: `http://auth.evil.test:${elsewhere.port}/token`, registry: registry.server.host },
    });
    expect(elsewhere.requests).toHaveLength(0);
    await client.close();
  });

  it('on another host may be asked anonymously, and with the credential once confirmed', async () => {
    await using elsewhere = await serve((request, response) =>
      json(response, 200, { token: grant(new URL(request.url, 'http://x').searchParams) }),
    );
    await using registry = await tokenRegistry({ realm: `http://auth.test:${elsewhere.port}/token` });
    const anonymous = clientOf(registry);
    await listTags(anonymous);
    expect(elsewhere.requests[0]?.headers.authorization).toBeUndefined();
    const asked: string[] = [];
    const trusting = clientOf(registry, {
      credential: basic,
      trustRealm: (realm, url) => {
        asked.push(`${realm.host} for ${url.host}`);
        return true;
      },
    });
    await listTags(trusting);
    expect(asked).toEqual([`auth.test:${elsewhere.port} for ${registry.server.host}`]);
    expect(elsewhere.requests[1]?.headers.authorization).toBe(basicHeader);
    await Promise.all([anonymous.close(), trusting.close()]);
  });

  it.each([
    ['file:///etc/passwd', 'registry_unauthorized'],
    ['not a url', 'registry_unauthorized'],
    ['http://user:pw@127.0.0.1/token', 'realm_untrusted'],
    ['http://169.254.169.254/token', 'realm_untrusted'],
  ])('%s is not used', async (realm, code) => {
    await using registry = await tokenRegistry({ realm });
    const client = clientOf(registry, { credential: basic });
    expect(await failure(listTags(client))).toMatchObject({ code });
    await client.close();
  });

  it('in the metadata service is not reached even anonymously', async () => {
    await using registry = await tokenRegistry({ realm: 'http://169.254.169.254/token' });
    const client = clientOf(registry);
    expect(await failure(listTags(client))).toMatchObject({ code: 'address_denied' });
    await client.close();
  });
});

describe('Basic', () => {
  it('is sent after the challenge of the ping', async () => {
    await using server = await serve((request, response) =>
      request.headers.authorization === basicHeader
        ? json(response, 200, { tags: ['1'] })
        : json(response, 401, {}, { 'www-authenticate': 'Basic realm="Registry"' }),
    );
    const client = new RegistryClient({ url: server.url, credential: basic });
    await listTags(client);
    await listTags(client);
    expect(server.requests).toHaveLength(3);
    expect(await client.authenticate([])).toEqual({ scheme: 'basic' });
    const wrong = new RegistryClient({ url: server.url, credential: { ...basic, password: 'wrong' } });
    const error = await failure(listTags(wrong));
    expect(error).toMatchObject({ code: 'registry_unauthorized', status: 401 });
    expect(error.message).toContain('does not accept the user name or password');
    await Promise.all([client.close(), wrong.close()]);
  });

  it('is sent at once where the registry is known to answer anonymous callers otherwise', async () => {
    await using server = await serve((_request, response) => json(response, 200, { tags: [] }));
    const client = new RegistryClient({ url: server.url, credential: basic, traits: { preemptiveBasic: true } });
    await listTags(client);
    expect(server.requests.map(({ headers }) => headers.authorization)).toEqual([basicHeader]);
    await client.close();
  });

  it('is chosen when Bearer has no realm, and Bearer when both are offered', async () => {
    for (const [challenge, expected] of [
      [['Bearer service="x"', 'Basic realm="r"'], 'basic'],
      [['Negotiate', 'Bearer realm="http://127.0.0.1/token",Basic realm="r"'], 'bearer'],
    ] as const) {
      await using server = await serve((_request, response) => json(response, 401, {}, { 'www-authenticate': [...challenge] }));
      const client = new RegistryClient({ url: server.url });
      const found = await client.authenticate([]).catch((error: { code?: string }) => error.code);
      expect(typeof found === 'object' ? found.scheme : 'bearer').toBe(expected);
      await client.close();
    }
  });
});

describe('credential sources', () => {
  it('are asked for the scopes, and again with renew when their credential is refused', async () => {
    const asked: { scopes: readonly string[]; renew: boolean }[] = [];
    const source: CredentialSource = ({ scopes, renew }) => {
      asked.push({ scopes, renew });
      return Promise.resolve({ kind: 'basic', username: 'user', password: renew ? 'hunter2' : 'old' });
    };
    await using server = await serve((request, response) =>
      request.headers.authorization === basicHeader
        ? json(response, 200, { tags: ['1'] })
        : json(response, 401, {}, { 'www-authenticate': 'Basic realm="Registry"' }),
    );
    const client = new RegistryClient({ url: server.url, credential: source });
    expect(await listTags(client)).toEqual(['1']);
    expect(asked).toEqual([
      { scopes: ['repository:app:pull'], renew: false },
      // It may hold another one by now, which somebody else had renewed.
      { scopes: ['repository:app:pull'], renew: false },
      { scopes: ['repository:app:pull'], renew: true },
    ]);
    await client.close();
  });

  it('are asked again when the token server refuses', async () => {
    await using registry = await tokenRegistry({
      token: (request, query) =>
        request.headers.authorization === basicHeader ? { status: 200, body: { token: grant(query) } } : { status: 401, body: {} },
    });
    const client = clientOf(registry, { credential: ({ renew }) => Promise.resolve(renew ? basic : { ...basic, password: 'old' }) });
    expect(await listTags(client)).toEqual(['1']);
    expect(registry.tokens).toHaveLength(2);
    await client.close();
  });

  it('that have nothing newer end the attempt', async () => {
    await using registry = await tokenRegistry({ token: () => ({ status: 401, body: {} }) });
    const client = clientOf(registry, { credential: () => Promise.resolve(basic) });
    expect(await failure(listTags(client))).toMatchObject({ code: 'credential_refused' });
    expect(registry.tokens).toHaveLength(1);
    await client.close();
  });

  it('may give a ready bearer token, which goes to the registry', async () => {
    await using server = await serve((request, response) =>
      request.headers.authorization === 'Bearer ready'
        ? json(response, 200, { tags: ['1'] })
        : json(response, 401, {}, { 'www-authenticate': 'Bearer realm="http://evil.test/token"' }),
    );
    const fixed = new RegistryClient({ url: server.url, credential: { kind: 'bearer', token: 'ready' } });
    expect(await listTags(fixed)).toEqual(['1']);
    expect(server.requests).toHaveLength(1);
    const wrong = new RegistryClient({ url: server.url, credential: { kind: 'bearer', token: 'ended' } });
    expect(await failure(listTags(wrong))).toMatchObject({ code: 'registry_unauthorized' });
    await Promise.all([fixed.close(), wrong.close()]);
  });
});
