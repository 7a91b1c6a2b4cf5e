import { once } from 'node:events';
import { createServer as createHttpServer } from 'node:http';
import { createServer, type AddressInfo } from 'node:net';
import { describe, expect, it } from 'vitest';
import { RegistryClient } from './registry-client.ts';
import { failure, json, loopbackLookup, serve, TestClock } from './testing/loopback.ts';
import type { RequestRecord } from './client-options.ts';

describe('retries', () => {
  it.each([408, 429, 500, 502, 503, 504])('repeats a GET after status %i', async (status) => {
    let calls = 0;
    await using server = await serve((_request, response) =>
      ++calls < 3 ? json(response, status, {}) : json(response, 200, { ok: true }),
    );
    const clock = new TestClock();
    const client = new RegistryClient({ url: server.url, clock });
    expect((await client.request('/v2/')).json()).toEqual({ ok: true });
    expect(calls).toBe(3);
    expect(clock.sleeps).toHaveLength(2);
    expect(clock.sleeps[0]).toBeGreaterThanOrEqual(125);
    expect(clock.sleeps[1]).toBeLessThanOrEqual(500);
    await client.close();
  });

  it.each([400, 404, 501])('does not repeat after status %i', async (status) => {
    await using server = await serve((_request, response) => json(response, status, {}));
    const client = new RegistryClient({ url: server.url, clock: new TestClock() });
    await failure(client.request('/v2/'));
    expect(server.requests).toHaveLength(1);
    await client.close();
  });

  it('waits as long as Retry-After says: seconds, a date, or X-Retry-After as a point in time', async () => {
    const clock = new TestClock();
    const start = clock.time;
    const headers: Record<string, string>[] = [
      { 'retry-after': '7' },
      { 'retry-after': new Date(start + 7000 + 11_000).toUTCString() },
      { 'x-retry-after': String((start + 18_000 + 5000) / 1000) },
    ];
    await using server = await serve((_request, response) => {
      const next = headers.shift();
      if (next) json(response, 429, {}, next);
      else json(response, 200, {});
    });
    const client = new RegistryClient({ url: server.url, clock });
    await client.request('/v2/');
    expect(clock.sleeps).toEqual([7000, 11_000, 5000]);
    await client.close();
  });

  it('gives up at once, and says when to come back, if the pause is longer than a minute', async () => {
    await using server = await serve((_request, response) =>
      json(response, 429, { errors: [{ code: 'TOOMANYREQUESTS', message: 'slow down' }] }, { 'retry-after': '3600' }),
    );
    const client = new RegistryClient({ url: server.url, clock: new TestClock() });
    const error = await failure(client.request('/v2/'));
    expect(error).toMatchObject({ code: 'registry_rate_limited', retryAfter: 3_600_000, status: 429, retry: 'backoff' });
    expect(server.requests).toHaveLength(1);
    await client.close();
  });

  it('never repeats a POST that is not declared harmless', async () => {
    await using server = await serve((_request, response) => json(response, 503, {}));
    const client = new RegistryClient({ url: server.url, clock: new TestClock() });
    await failure(client.request('/v2/x', { method: 'POST', body: 'a' }));
    expect(server.requests).toHaveLength(1);
    await failure(client.request('/v2/x', { method: 'POST', body: 'a', idempotent: true }));
    expect(server.requests).toHaveLength(5);
    await client.close();
  });

  it('repeats a GET whose connection is reset, before and within the answer', async () => {
    let calls = 0;
    await using server = await serve((_request, response) => {
      calls++;
      if (calls === 1) response.destroy();
      else if (calls === 2) {
        response.writeHead(200, { 'content-length': '100' });
        response.write('{"half":', () => response.destroy());
      } else json(response, 200, { whole: true });
    });
    const client = new RegistryClient({ url: server.url, clock: new TestClock() });
    expect((await client.request('/v2/')).json()).toEqual({ whole: true });
    await client.close();
  });

  it('reports a reset that goes on', async () => {
    await using server = await serve((_request, response) => void response.destroy());
    const client = new RegistryClient({ url: server.url, retries: 1, clock: new TestClock() });
    expect(await failure(client.request('/v2/'))).toMatchObject({ code: 'connection_reset', retry: 'backoff' });
    expect(server.requests).toHaveLength(2);
    await client.close();
  });
});

describe('times', () => {
  it('ends with response_timeout when headers do not come', async () => {
    await using server = await serve(() => undefined);
    const client = new RegistryClient({ url: server.url, timeouts: { headers: 50 }, retries: 0 });
    expect(await failure(client.request('/v2/'))).toMatchObject({ code: 'response_timeout' });
    await client.close();
  });

  it('ends with body_timeout when the body stops', async () => {
    await using server = await serve((_request, response) => {
      response.writeHead(200, { 'content-length': '10' });
      response.write('abc');
    });
    const client = new RegistryClient({ url: server.url, timeouts: { body: 50 }, retries: 0 });
    expect(await failure(client.request('/v2/'))).toMatchObject({ code: 'body_timeout' });
    await client.close();
  });

  it('ends with total_timeout although every piece comes in time', async () => {
    await using server = await serve((_request, response) => {
      response.writeHead(200, { 'content-length': '100000' });
      const timer = setInterval(() => response.write('x'), 10);
      response.on('close', () => clearInterval(timer));
    });
    const client = new RegistryClient({ url: server.url, timeouts: { total: 100 } });
    expect(await failure(client.request('/v2/'))).toMatchObject({ code: 'total_timeout', retry: 'backoff' });
    await client.close();
  });

  it('ends with connect_timeout when name resolution hangs', async () => {
    const client = new RegistryClient({
      url: 'http://registry.test',
      timeouts: { connect: 50 },
      retries: 0,
      lookup: () => new Promise(() => undefined),
    });
    expect(await failure(client.request('/v2/'))).toMatchObject({ code: 'connect_timeout' });
    await client.close();
  });

  it('cancels a call that waits for its answer, its retry or its body', async () => {
    let mode = 'silent';
    await using server = await serve((_request, response) => {
      if (mode === 'busy') json(response, 503, {}, { 'retry-after': '30' });
      if (mode === 'endless') response.writeHead(200).write('x');
    });
    const client = new RegistryClient({ url: server.url });
    for (mode of ['silent', 'busy', 'endless']) {
      const controller = new AbortController();
      setTimeout(() => controller.abort(new Error('enough')), 50);
      expect(await failure(client.request('/v2/', { signal: controller.signal }))).toMatchObject({
        code: 'canceled',
        fault: 'caller',
        retry: 'never',
      });
    }
    expect(await failure(client.request('/v2/', { signal: AbortSignal.abort() }))).toMatchObject({ code: 'canceled' });
    await client.close();
  });

  it('spaces requests by requestsPerSecond', async () => {
    await using server = await serve((_request, response) => json(response, 200, {}));
    const clock = new TestClock();
    const client = new RegistryClient({ url: server.url, requestsPerSecond: 4, clock });
    await client.request('/v2/');
    await client.request('/v2/');
    await client.request('/v2/');
    expect(clock.sleeps).toEqual([250, 250]);
    await client.close();
  });
});

describe('failures to connect', () => {
  it('names a refused connection', async () => {
    const closed = createServer().listen(0, '127.0.0.1');
    await once(closed, 'listening');
    const { port } = closed.address() as AddressInfo;
    closed.close();
    const client = new RegistryClient({ url: `http://127.0.0.1:${port}` });
    const error = await failure(client.request('/v2/'));
    expect(error).toMatchObject({ code: 'connection_refused' });
    expect(error.message).toBe(`127.0.0.1:${port} refused the connection: nothing listens on that port.`);
    await client.close();
  });

  it('names a host that does not exist and a resolver that fails', async () => {
    const missing = new RegistryClient({ url: 'https://registry.test', lookup: loopbackLookup({ 'registry.test': [] }) });
    expect(await failure(missing.request('/v2/'))).toMatchObject({ code: 'dns_not_found', retry: 'after-change' });
    const empty = new RegistryClient({ url: 'https://registry.test', lookup: () => Promise.resolve([]) });
    expect(await failure(empty.request('/v2/'))).toMatchObject({ code: 'dns_not_found' });
    const broken = new RegistryClient({
      url: 'https://registry.test',
      clock: new TestClock(),
      lookup: () => Promise.reject(Object.assign(new Error('getaddrinfo EAI_AGAIN'), { code: 'EAI_AGAIN' })),
    });
    expect(await failure(broken.request('/v2/'))).toMatchObject({ code: 'dns_failed' });
    await Promise.all([missing.close(), empty.close(), broken.close()]);
  });

  it('says that what answers is not HTTP', async () => {
    const ssh = createServer((socket) => socket.on('error', () => undefined).end('SSH-2.0-OpenSSH_9.2\r\n')).listen(0, '127.0.0.1');
    await once(ssh, 'listening');
    const client = new RegistryClient({ url: `http://127.0.0.1:${(ssh.address() as AddressInfo).port}` });
    expect(await failure(client.ping())).toMatchObject({ code: 'invalid_answer', retry: 'never' });
    await client.close();
    ssh.close();
  });
});

describe('sizes', () => {
  it('refuses a body that is larger than allowed, announced or not', async () => {
    await using server = await serve((request, response) => {
      if (request.url === '/announced') response.writeHead(200, { 'content-length': '5000' }).end('x'.repeat(5000));
      else response.writeHead(200).end('x'.repeat(5000));
    });
    const client = new RegistryClient({ url: server.url });
    for (const path of ['/announced', '/chunked']) {
      expect(await failure(client.request(path, { maxBytes: 4999 }))).toMatchObject({ code: 'invalid_answer', retry: 'never' });
      expect((await client.request(path, { maxBytes: 5000 })).bytes).toHaveLength(5000);
    }
    await client.close();
  });

  it('reads no more than 64 KiB of an error', async () => {
    await using server = await serve((_request, response) => {
      response.writeHead(404, { 'content-type': 'text/plain' });
      const fill = () => {
        while (response.write('x'.repeat(65_536)));
        response.once('drain', fill);
      };
      fill();
    });
    const client = new RegistryClient({ url: server.url });
    expect(await failure(client.request('/v2/'))).toMatchObject({ code: 'registry_not_found', status: 404 });
    await client.close();
  });
});

describe('requests', () => {
  it('keeps connections for later calls', async () => {
    await using server = await serve((_request, response) => json(response, 200, {}));
    const client = new RegistryClient({ url: server.url });
    for (let i = 0; i < 10; i++) await client.request('/v2/');
    // undici rests a connection for one turn of the event loop before it is used again, so that a second one may come in.
    expect(server.connections()).toBeLessThanOrEqual(2);
    await client.close();
  });

  it('reports every exchange without userinfo and with secret query values hidden', async () => {
    const records: RequestRecord[] = [];
    await using server = await serve((request, response) => {
      if (request.url.startsWith('/v2/')) response.writeHead(307, { location: '/storage?X-Amz-Signature=s3cr3t&n=5' }).end();
      else json(response, 200, {});
    });
    const client = new RegistryClient({ url: server.url, onRequest: (record) => records.push(record) });
    await client.request('/v2/a/blobs/x');
    expect(records.map(({ method, url, status, attempt }) => ({ method, url, status, attempt }))).toEqual([
      { method: 'GET', url: `${server.url}/v2/a/blobs/x`, status: 307, attempt: 0 },
      { method: 'GET', url: `${server.url}/storage?X-Amz-Signature=redacted&n=5`, status: 200, attempt: 0 },
    ]);
    expect(records[0]?.duration).toBeGreaterThanOrEqual(0);
    await client.close();
  });

  it('shows nothing of what a refusal repeats of its credential', async () => {
    await using server = await serve((request, response) => {
      const { authorization = '' } = request.headers;
      const pair = Buffer.from(authorization.slice(6), 'base64').toString();
      const message = `I was sent ${authorization}, which is ${pair}`;
      if (authorization === '') response.writeHead(401, { 'www-authenticate': 'Basic realm="x"' }).end();
      else json(response, 400, { errors: [{ code: 'DENIED', message, detail: { pair } }] });
    });
    const client = new RegistryClient({
      url: server.url,
      credential: { kind: 'basic', username: 'ci', password: 'pa"ss\\word' },
    });
    const error = await failure(client.repository('a').manifest('1'));
    expect(error.message).toContain('I was sent');
    expect(JSON.stringify([error.message, error])).not.toMatch(/ss\\+word|Y2k6cGEi/);
    const sent = await client.send(`${server.url}/api`, { headers: { authorization: 'Bearer geheimes-token' } });
    expect(sent.text).not.toContain('geheimes-token');
    await client.close();
  });

  it('fails calls under way and later ones when the client is closed', async () => {
    await using server = await serve(() => undefined);
    const client = new RegistryClient({ url: server.url });
    const call = failure(client.request('/v2/'));
    while (server.requests.length === 0) await new Promise((resolve) => setTimeout(resolve, 5));
    await client.close();
    expect(await call).toMatchObject({ code: 'canceled' });
    expect(await failure(client.request('/v2/'))).toMatchObject({ code: 'canceled' });
  });

  it('go to IPv6 addresses', async () => {
    const server = createHttpServer((_request, response) => response.end('{}')).listen(0, '::1');
    await once(server, 'listening');
    const client = new RegistryClient({ url: `http://[::1]:${(server.address() as AddressInfo).port}` });
    expect(await client.ping()).toMatchObject({ status: 200 });
    await client.close();
    server.close();
  });

  it('share one signal without a warning', async () => {
    const warnings: Error[] = [];
    const listener = (warning: Error) => void warnings.push(warning);
    process.on('warning', listener);
    await using server = await serve((_request, response) => json(response, 200, {}));
    const client = new RegistryClient({ url: server.url });
    const { signal } = new AbortController();
    await Promise.all(Array.from({ length: 60 }, () => client.request('/v2/', { signal })));
    await client.close();
    process.off('warning', listener);
    expect(warnings).toEqual([]);
  });

  it.each([
    ['ftp://registry.test', 'not an http or https URL'],
    ['https://user:hunter2@registry.test', 'must not contain a user name'],
    ['https://registry.test/?a=b', 'query or fragment'],
    ['no url', 'not an http or https URL'],
  ])('refuses %s as base', (url, message) => {
    expect(() => new RegistryClient({ url })).toThrow(message);
    expect(() => new RegistryClient({ url })).not.toThrow('hunter2');
  });

  it('refuses plain http where TLS was promised, and makes the scheme http for mode plain', () => {
    expect(() => new RegistryClient({ url: 'http://registry.test', tls: { mode: 'verify' } })).toThrow('TLS mode "plain"');
    expect(new RegistryClient({ url: 'https://registry.test:5000/base/', tls: { mode: 'plain' } }).url.href).toBe(
      'http://registry.test:5000/base',
    );
  });
});
