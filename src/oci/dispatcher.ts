import { X509Certificate } from 'node:crypto';
import { isIP } from 'node:net';
import { createSecureContext, getCACertificates, type SecureContext } from 'node:tls';
import type { buildConnector, Dispatcher } from 'undici';
import request from 'undici/lib/api/api-request.js';
import connector from 'undici/lib/core/connect.js';
import Agent from 'undici/lib/dispatcher/agent.js';
import type { AddressGuard } from './address-guard.ts';
import type { Timeouts, TlsOptions } from './client-options.ts';
import { TransportError } from './errors.ts';
import { type HeadAnswer, type HeadRequest, requestHead } from './head-request.ts';

export interface DispatcherOptions {
  tls: TlsOptions;
  proxy?: URL;
  timeouts: Required<Timeouts>;
  guard: AddressGuard;
}

/** Connections to one origin; a page of tags asks for many manifests at once. */
const connections = 32;
/** Longer than the pauses between the pages of a person's browsing would waste sockets; shorter would waste handshakes. */
const keepAliveTimeout = 15_000;

/** The connections of one client. */
export interface Connections {
  request(options: Dispatcher.RequestOptions): Promise<Dispatcher.ResponseData>;
  head(request: HeadRequest): Promise<HeadAnswer>;
  /** Ends all; requests under way fail. */
  destroy(): Promise<void>;
}

/**
 * Opens connections as they are needed. Every socket, also that to the proxy, goes through the address guard.
 *
 * @throws TransportError `tls_settings_invalid` when a certificate or key cannot be used.
 */
export async function createConnections(options: DispatcherOptions): Promise<Connections> {
  const dispatcher = await createDispatcher(options);
  return {
    request: (what) => request.call(dispatcher, what),
    head: (what) => requestHead(dispatcher, what),
    destroy: () => dispatcher.destroy(),
  };
}

async function createDispatcher({ tls, proxy, timeouts, guard }: DispatcherOptions): Promise<Dispatcher> {
  const common = {
    connections,
    keepAliveTimeout,
    headersTimeout: timeouts.headers,
    bodyTimeout: timeouts.body,
    // HTTP/1.1 only: a connection a request keeps large blobs from blocking each other, and errors have one shape.
    allowH2: false,
  };
  const endpoint = {
    secureContext: secureContext(tls),
    rejectUnauthorized: tls.mode !== 'insecure',
    timeout: timeouts.connect,
    allowH2: false,
  };
  if (!proxy) return new Agent({ ...common, connect: guarded(connector({ ...endpoint, lookup: guard.lookup }), guard) });
  guard.checkHost(proxy.hostname);
  const { ProxyAgent } = await import('undici');
  return new ProxyAgent({
    ...common,
    uri: proxy.origin,
    ...(proxy.username === '' ? {} : { token: basic(proxy) }),
    requestTls: endpoint,
    // The proxy has to prove itself also where the registry's certificate is not looked at.
    proxyTls: { secureContext: secureContext({ ...tls, clientCertificate: undefined }), lookup: guard.lookup, timeout: timeouts.connect },
  });
}

/** `lookup` is not called for address literals, so these are judged here. */
function guarded(connect: buildConnector.connector, guard: AddressGuard): buildConnector.connector {
  return (options, callback) => {
    try {
      if (isIP(options.hostname) !== 0 || options.hostname.startsWith('[')) guard.checkHost(options.hostname);
    } catch (error) {
      callback(error as Error, null);
      return;
    }
    connect(options, callback);
  };
}

/** Made once: reading some 150 authorities for every connection would cost milliseconds each. */
function secureContext(tls: TlsOptions): SecureContext | undefined {
  const { mode, ca, clientCertificate } = tls;
  if (mode === 'plain' || (mode !== 'ca' && !clientCertificate)) return undefined;
  try {
    if (mode === 'ca') checkCertificates(ca ?? '');
    return createSecureContext({
      // An intermediate authority that a person trusts is enough, as it is for Docker (Go's x509 treats every given one as a root).
      ...(mode === 'ca' && ca !== undefined ? { ca: [...getCACertificates('default'), ca], allowPartialTrustChain: true } : {}),
      ...clientCertificate,
    });
  } catch (error) {
    throw new TransportError(
      'The CA certificate, client certificate or its key cannot be used: each must be PEM, and the key must belong to the certificate.',
      {
        code: 'tls_settings_invalid',
        fault: 'caller',
        retry: 'after-change',
        cause: error,
      },
    );
  }
}

/** OpenSSL passes over what it cannot read: then no certificate would be trusted, and nobody would know why. */
function checkCertificates(pem: string): void {
  const blocks = pem.match(/-----BEGIN CERTIFICATE-----[A-Za-z0-9+/=\s]*-----END CERTIFICATE-----/g) ?? [];
  if (blocks.length === 0) throw new Error('There is no PEM certificate.');
  for (const block of blocks) new X509Certificate(block);
}

function basic(proxy: URL): string {
  const user = decodeURIComponent(proxy.username);
  return `Basic ${Buffer.from(`${user}:${decodeURIComponent(proxy.password)}`).toString('base64')}`;
}
