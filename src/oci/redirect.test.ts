import { describe, expect, it } from 'vitest';
import { RegistryClient } from './registry-client.ts';
import { createCertificates } from './testing/certificates.ts';
import { failure, json, loopbackLookup, serve } from './testing/loopback.ts';

const credential = { kind: 'basic', username: 'user', password: 'hunter2' } as const;

describe('redirects', () => {
  it('keeps credentials within the origin and drops them, with every custom header, outside', async () => {
    await using storage = await serve((_request, response) => json(response, 200, {}));
    await using server = await serve((request, response) => {
      if (request.url === '/v2/start') response.writeHead(307, { location: '/v2/second' }).end();
      else response.writeHead(302, { location: `${storage.url}/blob?signature=x` }).end();
    });
    const client = new RegistryClient({ url: server.url, credential, traits: { preemptiveBasic: true } });
    await client.request('/v2/start', { headers: { 'x-api-key': 'secret', cookie: 'a=b', range: 'bytes=1-' } });
    expect(server.requests.map(({ headers }) => headers.authorization)).toEqual(['Basic dXNlcjpodW50ZXIy', 'Basic dXNlcjpodW50ZXIy']);
    const [stored] = storage.requests;
    expect(stored?.headers).toMatchObject({ range: 'bytes=1-', 'user-agent': 'tagboat' });
    expect(Object.keys(stored?.headers ?? {}).toSorted()).toEqual(['connection', 'host', 'range', 'user-agent']);
    await client.close();
  });

  it('does not give credentials back after a detour', async () => {
    await using storage = await serve(
      (_request, response) => response.writeHead(302, { location: `${server.url}/v2/end` }).end() as unknown as void,
    );
    await using server = await serve((request, response) => {
      if (request.url === '/v2/end') json(response, 200, {});
      else response.writeHead(302, { location: storage.url }).end();
    });
    const client = new RegistryClient({ url: server.url, credential, traits: { preemptiveBasic: true } });
    await client.request('/v2/start');
    expect(server.requests.at(-1)).toMatchObject({ url: '/v2/end' });
    expect(server.requests.at(-1)?.headers.authorization).toBeUndefined();
    await client.close();
  });

  it('does not sign in again because another origin refuses', async () => {
    await using storage = await serve((_request, response) => json(response, 401, {}, { 'www-authenticate': 'Basic realm="give me"' }));
    await using server = await serve((_request, response) => void response.writeHead(302, { location: storage.url }).end());
    const client = new RegistryClient({ url: server.url, credential });
    const error = await failure(client.request('/v2/start'));
    expect(error).toMatchObject({ code: 'registry_unauthorized' });
    expect(error.message).toContain(`redirects to ${storage.url}`);
    expect(storage.requests.every(({ headers }) => headers.authorization === undefined)).toBe(true);
    await client.close();
  });

  it('ends a circle', async () => {
    await using server = await serve(
      (request, response) => void response.writeHead(302, { location: request.url === '/v2/a' ? '/v2/b' : '/v2/a' }).end(),
    );
    const client = new RegistryClient({ url: server.url });
    expect(await failure(client.request('/v2/a'))).toMatchObject({ code: 'redirect_loop' });
    expect(server.requests).toHaveLength(6);
    await client.close();
  });

  it('never goes from https to http', async () => {
    const { ca, server: pair } = createCertificates();
    await using plain = await serve((_request, response) => json(response, 200, {}));
    await using server = await serve((_request, response) => void response.writeHead(302, { location: plain.url }).end(), pair);
    const client = new RegistryClient({ url: server.url, tls: { mode: 'ca', ca }, lookup: loopbackLookup() });
    expect(await failure(client.request('/v2/'))).toMatchObject({ code: 'redirect_denied' });
    expect(plain.requests).toHaveLength(0);
    await client.close();
  });

  it.each([
    ['file:///etc/passwd', 'redirect_denied'],
    ['http://user:pass@127.0.0.1/', 'redirect_denied'],
    ['http://', 'redirect_denied'],
    ['http://169.254.169.254/latest/meta-data/', 'address_denied'],
    ['http://[fd00:ec2::254]/latest', 'address_denied'],
    ['http://0xa9fea9fe/', 'address_denied'],
    ['http://metadata.google.internal/', 'address_denied'],
    ['http://rebound.test/', 'address_denied'],
  ])('does not follow %s', async (location, code) => {
    await using server = await serve((_request, response) => void response.writeHead(302, { location }).end());
    const client = new RegistryClient({ url: server.url, lookup: loopbackLookup({ 'rebound.test': ['169.254.169.254'] }) });
    const error = await failure(client.request('/v2/'));
    expect(error).toMatchObject({ code, fault: 'remote', message: expect.stringContaining(new URL(server.url).host) });
    expect(JSON.stringify(error) + error.message).not.toContain('user:pass');
    await client.close();
  });

  it('follows none for other methods than GET and HEAD', async () => {
    await using server = await serve((_request, response) => void response.writeHead(307, { location: '/other' }).end());
    const client = new RegistryClient({ url: server.url });
    expect(await failure(client.request('/v2/', { method: 'POST', body: 'x' }))).toMatchObject({
      code: 'registry_unexpected_status',
      status: 307,
    });
    expect(server.requests).toHaveLength(1);
    await client.close();
  });
});
