import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';
import { describe, expect, it } from 'vitest';
import type { TlsOptions } from './client-options.ts';
import { RegistryClient } from './registry-client.ts';
import { createCertificates, type KeyPair } from './testing/certificates.ts';
import { failure, json, loopbackLookup, serve } from './testing/loopback.ts';
import { toTransportError } from './transport-errors.ts';

const certificates = createCertificates();
const ownAuthority: TlsOptions = { mode: 'ca', ca: certificates.ca };

async function ping(pair: KeyPair, tls: TlsOptions | undefined, host = 'localhost') {
  await using server = await serve((_request, response) => json(response, 200, {}), pair);
  const client = new RegistryClient({
    url: `https://${host}:${server.port}`,
    ...(tls ? { tls } : {}),
    lookup: loopbackLookup(),
    retries: 0,
  });
  try {
    return await client.ping();
  } finally {
    await client.close();
  }
}

describe('TLS', () => {
  it('accepts a certificate of an own authority, by name and by address', async () => {
    expect(await ping(certificates.server, ownAuthority)).toMatchObject({ status: 200 });
    expect(await ping(certificates.server, ownAuthority, 'registry.test')).toMatchObject({ status: 200 });
    expect(await ping(certificates.server, ownAuthority, '127.0.0.1')).toMatchObject({ status: 200 });
    expect(await ping(certificates.selfSigned, { mode: 'ca', ca: certificates.selfSigned.cert })).toMatchObject({ status: 200 });
  });

  it.each<[string, KeyPair, TlsOptions | undefined, string]>([
    ['an unknown authority', certificates.server, undefined, 'tls_unknown_authority'],
    ['a self-signed certificate', certificates.selfSigned, undefined, 'tls_self_signed'],
    ['a certificate for another name', certificates.otherName, ownAuthority, 'tls_name_mismatch'],
    ['an expired certificate', certificates.expired, ownAuthority, 'tls_certificate_expired'],
    ['a certificate of the future', certificates.notYetValid, ownAuthority, 'tls_certificate_not_yet_valid'],
  ])('refuses %s, and takes it in mode insecure', async (_name, pair, tls, code) => {
    expect(await failure(ping(pair, tls))).toMatchObject({ code, retry: 'after-change' });
    expect(await ping(pair, { mode: 'insecure' })).toMatchObject({ status: 200 });
  });

  it('is insecure with the registry and its token server only', async () => {
    await using storage = await serve((_request, response) => json(response, 200, {}), certificates.selfSigned);
    await using registry = await serve((request, response) => {
      if (request.url.startsWith('/token')) json(response, 200, { token: 'granted' });
      else if (request.headers.authorization !== 'Bearer granted') {
        response.setHeader('www-authenticate', `Bearer realm="https://tokens.test:${registry.port}/token"`);
        json(response, 401, {});
      } else response.writeHead(307, { location: `https://storage.test:${storage.port}/blob` }).end();
    }, certificates.selfSigned);
    const client = new RegistryClient({
      url: registry.url,
      credential: { kind: 'basic', username: 'ci', password: 'geheim' },
      tls: { mode: 'insecure' },
      lookup: loopbackLookup(),
      trustRealm: () => true,
      retries: 0,
    });
    expect(await failure(client.repository('app').manifest('latest'))).toMatchObject({
      code: 'tls_self_signed',
      context: { host: `storage.test:${storage.port}` },
    });
    expect(registry.requests.some((request) => request.url.startsWith('/token'))).toBe(true);
    expect(storage.requests).toEqual([]);
    await client.close();
  });

  it('presents a client certificate', async () => {
    const mutual = { ...certificates.server, ca: certificates.ca, requestCert: true, rejectUnauthorized: true };
    await using server = await serve((_request, response) => json(response, 200, {}), mutual);
    const without = new RegistryClient({ url: server.url, tls: ownAuthority, lookup: loopbackLookup(), retries: 0 });
    // Node.js just hangs up; other servers send an alert.
    expect(['tls_handshake_failed', 'connection_reset']).toContain((await failure(without.ping())).code);
    const with_ = new RegistryClient({
      url: server.url,
      tls: { ...ownAuthority, clientCertificate: certificates.client },
      lookup: loopbackLookup(),
    });
    expect(await with_.ping()).toMatchObject({ status: 200 });
    await Promise.all([without.close(), with_.close()]);
  });

  it('knows how servers ask for a client certificate', async () => {
    await using nginx = await serve(
      (_request, response) => void response.writeHead(400).end('<h1>No required SSL certificate was sent</h1>'),
      certificates.server,
    );
    const client = new RegistryClient({ url: nginx.url, tls: ownAuthority, lookup: loopbackLookup() });
    expect(await failure(client.ping())).toMatchObject({
      code: 'tls_handshake_failed',
      message: `${nginx.host} asks for a client certificate.`,
    });
    await client.close();
    const alert = Object.assign(new Error('ssl/tls alert: tlsv13 alert certificate required'), {
      code: 'ERR_SSL_TLSV13_ALERT_CERTIFICATE_REQUIRED',
    });
    expect(toTransportError(alert, { url: new URL('https://registry.test') })).toMatchObject({
      code: 'tls_handshake_failed',
      context: { host: 'registry.test' },
    });
  });

  it('says that a CA or key cannot be used', async () => {
    const mismatched = { cert: certificates.client.cert, key: certificates.server.key };
    for (const tls of [
      { mode: 'ca', ca: 'no pem' },
      { mode: 'verify', clientCertificate: mismatched },
    ] satisfies TlsOptions[]) {
      const client = new RegistryClient({ url: 'https://localhost:1', tls, lookup: loopbackLookup() });
      expect(await failure(client.ping())).toMatchObject({ code: 'tls_settings_invalid', fault: 'caller' });
      await client.close();
    }
  });

  it('notices plain HTTP on an https port', async () => {
    await using server = await serve((_request, response) => json(response, 200, {}));
    const client = new RegistryClient({ url: `https://127.0.0.1:${server.port}`, retries: 0 });
    const error = await failure(client.ping());
    expect(error).toMatchObject({ code: 'plain_http_on_https_port' });
    expect(error.message).toBe(`127.0.0.1:${server.port} speaks plain HTTP on this port, but was spoken to in TLS.`);
    await client.close();
  });

  it.each([
    ['Go', 'Client sent an HTTP request to an HTTPS server.\n'],
    ['nginx', '<html><head><title>400 The plain HTTP request was sent to HTTPS port</title></head></html>'],
    ['Apache', "Reason: You're speaking plain HTTP to an SSL-enabled server port."],
  ])('notices TLS on a plain http port, as %s answers', async (_server, body) => {
    await using server = await serve((_request, response) => void response.writeHead(400, { 'content-type': 'text/plain' }).end(body));
    const client = new RegistryClient({ url: server.url });
    expect(await failure(client.ping())).toMatchObject({ code: 'https_on_plain_http_port', retry: 'after-change' });
    await client.close();
  });

  it('notices TLS on a plain http port by the alert of a bare TLS server', async () => {
    const alerting = createServer((socket) => socket.on('error', () => undefined).end(Buffer.from([0x15, 3, 1, 0, 2, 2, 70]))).listen(
      0,
      '127.0.0.1',
    );
    await once(alerting, 'listening');
    const client = new RegistryClient({ url: `http://127.0.0.1:${(alerting.address() as AddressInfo).port}` });
    expect(await failure(client.ping())).toMatchObject({ code: 'https_on_plain_http_port' });
    await client.close();
    alerting.close();
  });

  it('notices TLS on a plain http port of a Node.js server', async () => {
    await using server = await serve((_request, response) => json(response, 200, {}), certificates.server);
    const client = new RegistryClient({ url: `http://127.0.0.1:${server.port}`, retries: 0 });
    const error = await failure(client.ping());
    expect(['https_on_plain_http_port', 'connection_reset']).toContain(error.code);
    await client.close();
  });
});
