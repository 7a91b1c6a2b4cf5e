import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server } from 'node:http';
import { type AddressInfo, connect, type Socket } from 'node:net';
import { describe, expect, it } from 'vitest';
import { RegistryClient } from './registry-client.ts';
import { createCertificates } from './testing/certificates.ts';
import { failure, json, loopbackLookup, serve } from './testing/loopback.ts';

const certificates = createCertificates();

/** A proxy that sends everything to `target`, whatever host is asked for. */
async function proxyTo(target: number, authorization?: string): Promise<{ url: string; seen: string[]; server: Server } & AsyncDisposable> {
  const seen: string[] = [];
  const sockets = new Set<Socket>();
  const allowed = (request: IncomingMessage) => authorization === undefined || request.headers['proxy-authorization'] === authorization;
  const server = createServer((request, response) => {
    seen.push(`${request.method} ${request.url}`);
    if (!allowed(request)) response.writeHead(407).end();
    else json(response, 200, { through: 'proxy' });
  });
  server.on('connection', (socket) => sockets.add(socket));
  server.on('connect', (request, socket) => {
    seen.push(`CONNECT ${request.url}`);
    socket.on('error', () => undefined);
    if (!allowed(request)) {
      socket.end('HTTP/1.1 407 Proxy Authentication Required\r\n\r\n');
      return;
    }
    const upstream = connect(target, '127.0.0.1', () => {
      socket.write('HTTP/1.1 200 Connection Established\r\n\r\n');
      upstream.pipe(socket).pipe(upstream);
    });
    sockets.add(upstream);
    upstream.on('error', () => socket.end('HTTP/1.1 502 Bad Gateway\r\n\r\n'));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `127.0.0.1:${(server.address() as AddressInfo).port}`,
    seen,
    server,
    [Symbol.asyncDispose]: async () => {
      for (const socket of sockets) socket.destroy();
      server.close();
      await once(server, 'close');
    },
  };
}

describe('proxy', () => {
  it('tunnels https, with the registry proving itself end to end', async () => {
    await using server = await serve((_request, response) => json(response, 200, {}), certificates.server);
    await using proxy = await proxyTo(server.port, `Basic ${Buffer.from('me:p@ss').toString('base64')}`);
    const client = new RegistryClient({
      url: 'https://registry.test',
      tls: { mode: 'ca', ca: certificates.ca },
      proxy: `http://me:p%40ss@${proxy.url}`,
      lookup: loopbackLookup(),
    });
    expect(await client.ping()).toMatchObject({ status: 200 });
    expect(proxy.seen).toEqual(['CONNECT registry.test:443']);
    await client.close();

    const untrusting = new RegistryClient({
      url: 'https://registry.test',
      proxy: `http://me:p%40ss@${proxy.url}`,
      lookup: loopbackLookup(),
    });
    expect(await failure(untrusting.ping())).toMatchObject({ code: 'tls_unknown_authority' });
    await untrusting.close();
  });

  it('forwards plain http', async () => {
    await using proxy = await proxyTo(1);
    const client = new RegistryClient({ url: 'http://registry.test', proxy: `http://${proxy.url}`, lookup: loopbackLookup() });
    expect(await client.ping()).toMatchObject({ status: 200, bodyStart: '{"through":"proxy"}' });
    expect(proxy.seen).toEqual(['GET http://registry.test/v2/']);
    await client.close();
  });

  it.each(['https://registry.test', 'http://registry.test'])('asks for a sign-in: %s', async (url) => {
    await using proxy = await proxyTo(1, 'Basic other');
    const client = new RegistryClient({ url, proxy: `http://me:hunter2@${proxy.url}`, lookup: loopbackLookup() });
    const error = await failure(client.ping());
    expect(error).toMatchObject({ code: 'proxy_unauthorized', retry: 'after-change' });
    expect(error.message + JSON.stringify(error.context)).not.toContain('hunter2');
    await client.close();
  });

  it('names the proxy that cannot be reached or refuses', async () => {
    await using proxy = await proxyTo(1);
    const refused = new RegistryClient({
      url: 'https://registry.test',
      proxy: `http://${proxy.url}`,
      lookup: loopbackLookup(),
      retries: 0,
    });
    expect(await failure(refused.ping())).toMatchObject({ code: 'proxy_refused' });
    const absent = new RegistryClient({ url: 'https://registry.test', proxy: 'http://127.0.0.1:1', lookup: loopbackLookup(), retries: 0 });
    expect((await failure(absent.ping())).message).toContain('The proxy 127.0.0.1:1 refused the connection');
    const nowhere = new RegistryClient({
      url: 'https://registry.test',
      proxy: 'http://proxy.test:3128',
      lookup: loopbackLookup({ 'proxy.test': [] }),
      retries: 0,
    });
    expect(await failure(nowhere.ping())).toMatchObject({ code: 'proxy_refused' });
    await Promise.all([refused.close(), absent.close(), nowhere.close()]);
  });

  it('is not asked for forbidden targets', async () => {
    await using proxy = await proxyTo(1);
    for (const url of ['http://169.254.169.254', 'http://bad.test', 'http://metadata.google.internal', 'http://[::ffff:a9fe:a9fe]']) {
      const client = new RegistryClient({ url, proxy: `http://${proxy.url}`, lookup: loopbackLookup({ 'bad.test': ['169.254.169.254'] }) });
      expect(await failure(client.ping())).toMatchObject({ code: 'address_denied' });
      await client.close();
    }
    expect(proxy.seen).toEqual([]);
  });

  it('may know names that we do not', async () => {
    await using proxy = await proxyTo(1);
    const client = new RegistryClient({
      url: 'http://only-there.test',
      proxy: `http://${proxy.url}`,
      lookup: loopbackLookup({ 'only-there.test': [] }),
    });
    expect(await client.ping()).toMatchObject({ status: 200 });
    await client.close();
  });

  it('has its targets checked once a minute', async () => {
    await using proxy = await proxyTo(1);
    let lookups = 0;
    const client = new RegistryClient({
      url: 'http://registry.test',
      proxy: `http://${proxy.url}`,
      lookup: () => {
        lookups++;
        return Promise.resolve([{ address: '127.0.0.1', family: 4 }]);
      },
    });
    await client.ping();
    await client.ping();
    expect(lookups).toBe(1);
    await client.close();
  });

  it('is guarded itself', async () => {
    for (const proxy of ['http://169.254.169.254:80', 'http://bad.test:80']) {
      const client = new RegistryClient({
        url: 'https://registry.test',
        proxy,
        lookup: loopbackLookup({ 'bad.test': ['169.254.169.254'] }),
      });
      expect(await failure(client.ping())).toMatchObject({ code: 'address_denied' });
      await client.close();
    }
  });
});
