import { describe, expect, it } from 'vitest';
import { RegistryClient } from './registry-client.ts';
import { failure, json, serve, TestClock } from './testing/loopback.ts';

const digest = `sha256:${'a'.repeat(64)}`;
const silent = () => undefined;

describe('a question by HEAD', () => {
  it('is asked again after a broken connection and after 503, and follows redirects', async () => {
    await using server = await serve(({ url }, response) => {
      const { length } = server.requests;
      if (length === 1) response.destroy();
      else if (length === 2) response.writeHead(503, { 'content-length': '2' }).end();
      else if (!url.startsWith('/elsewhere')) response.writeHead(307, { location: '/elsewhere', 'content-length': '9' }).end();
      else response.writeHead(200, { 'content-length': '9' }).end();
    });
    const client = new RegistryClient({ url: server.url, clock: new TestClock() });
    expect(await client.repository('shop/api').hasBlob(digest)).toBe(true);
    expect(server.requests.map(({ method, url }) => `${method} ${url}`)).toEqual([
      ...Array<string>(3).fill(`HEAD /v2/shop/api/blobs/${digest}`),
      'HEAD /elsewhere',
    ]);
    await client.close();
  });

  it('passes over what comes ahead of the answer', async () => {
    await using server = await serve((_request, response) => {
      response.writeEarlyHints({ link: '</style.css>; rel=preload' });
      response.writeHead(404).end();
    });
    const client = new RegistryClient({ url: server.url });
    expect(await client.repository('shop/api').hasBlob(digest)).toBe(false);
    await client.close();
  });

  it('ends at once when it is canceled, and takes its connection along', async () => {
    const { promise: closed, resolve } = Promise.withResolvers<void>();
    await using server = await serve((_request, response) => void response.on('close', resolve));
    const client = new RegistryClient({ url: server.url });
    const controller = new AbortController();
    const call = failure(client.repository('shop/api').hasBlob(digest, { signal: controller.signal }));
    while (server.requests.length === 0) await new Promise((next) => setTimeout(next, 5));
    controller.abort(new Error('enough'));
    expect(await call).toMatchObject({ code: 'canceled', fault: 'caller', cause: expect.objectContaining({ message: 'enough' }) });
    await closed;
    await client.close();
  });

  it('does not wait for a connection after it was canceled', async () => {
    const client = new RegistryClient({
      url: 'http://registry.test',
      timeouts: { connect: 60_000 },
      lookup: () => new Promise(() => undefined),
    });
    const controller = new AbortController();
    setTimeout(() => controller.abort(), 50);
    expect(await failure(client.repository('shop/api').hasBlob(digest, { signal: controller.signal }))).toMatchObject({ code: 'canceled' });
    await client.close();
  });

  it('is not asked any more when it was canceled while it waited for a connection', async () => {
    let answer: (() => void) | undefined;
    await using server = await serve(silent);
    const client = new RegistryClient({
      url: `http://registry.test:${server.port}`,
      lookup: () => new Promise((resolve) => (answer = () => resolve([{ address: '127.0.0.1', family: 4 }]))),
    });
    const controller = new AbortController();
    const call = failure(client.repository('shop/api').hasBlob(digest, { signal: controller.signal }));
    while (!answer) await new Promise((next) => setTimeout(next, 5));
    controller.abort();
    await call;
    answer();
    while (server.connections() === 0) await new Promise((next) => setTimeout(next, 5));
    await new Promise((next) => setTimeout(next, 20));
    expect(server.requests).toEqual([]);
    await client.close();
  });

  it.each([
    ['total_timeout', { total: 60 }],
    ['response_timeout', { headers: 60 }],
  ])('ends with %s', async (code, timeouts) => {
    await using server = await serve(silent);
    const client = new RegistryClient({ url: server.url, timeouts, retries: 0 });
    expect(await failure(client.repository('shop/api').hasBlob(digest))).toMatchObject({ code });
    await client.close();
  });

  it('fails when the client is closed', async () => {
    await using server = await serve(silent);
    const client = new RegistryClient({ url: server.url });
    const call = failure(client.repository('shop/api').hasBlob(digest));
    while (server.requests.length === 0) await new Promise((next) => setTimeout(next, 5));
    await client.close();
    expect(await call).toMatchObject({ code: 'canceled' });
  });

  it('cannot be sent with what no header can hold', async () => {
    await using server = await serve((_request, response) => json(response, 200, {}));
    const client = new RegistryClient({ url: server.url });
    expect(await failure(client.request('/v2/', { method: 'HEAD', headers: { 'x-a': 'b\nc' } }))).toMatchObject({
      code: 'invalid_request',
    });
    expect(server.requests).toEqual([]);
    await client.close();
  });
});
