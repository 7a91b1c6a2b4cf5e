import type { X509Certificate } from 'node:crypto';
import { isIP, type Socket } from 'node:net';
import { checkServerIdentity, connect, createSecureContext, getCACertificates, type TLSSocket } from 'node:tls';
import type { TlsOptions } from '../../oci/index.ts';
import { askSocket, dateOf, type Limits, pingRequest, socketEvent } from './socket.ts';

/** What a handshake showed. The certificate is looked at, not judged. */
export interface TlsProbe {
  /** Leaf first, as far as the server sent it or the issuers are known here. */
  chain: X509Certificate[];
  /** OpenSSL's objection to the chain; undefined when it is trusted. */
  objection?: string;
  /** Whether the leaf is for the host that was asked for. */
  nameMatches: boolean;
  protocol: string;
  cipher: string;
  /** The server's own clock, epoch milliseconds; only read when asked for. */
  serverDate?: number;
}

const mostCertificates = 10;

/**
 * Shakes hands without trusting anything, and says what was shown. The socket is destroyed at the end.
 *
 * @param extraCa further authorities to trust for this one handshake, to see whether they would do
 */
export async function probeTls(
  socket: Socket,
  url: URL,
  tls: TlsOptions,
  limits: Limits,
  options: { extraCa?: string; readDate?: boolean } = {},
): Promise<TlsProbe> {
  const connection = startTls(socket, url, tls, options.extraCa);
  try {
    await socketEvent(connection, 'secureConnect', limits);
    const probe = inspect(connection, hostnameOf(url));
    if (options.readDate) {
      const answer = await askSocket(connection, pingRequest(url), limits, (text) => text.includes('\r\n\r\n'));
      const serverDate = dateOf(answer);
      if (serverDate !== undefined) probe.serverDate = serverDate;
    }
    return probe;
  } finally {
    connection.on('error', () => {});
    connection.destroy();
  }
}

/** Shakes hands, sends a request, and answers the code of the error that ends it, e.g. a TLS alert; undefined when there is none. */
export function connectForAlert(
  socket: Socket,
  url: URL,
  tls: TlsOptions,
  request: string,
  { timeout, signal }: Limits,
): Promise<string | undefined> {
  const connection = startTls(socket, url, tls);
  return new Promise((resolve) => {
    const end = (code?: string) => {
      clearTimeout(timer);
      signal.removeEventListener('abort', onAbort);
      connection.on('error', () => {});
      connection.destroy();
      resolve(code);
    };
    const onAbort = () => end();
    const timer = setTimeout(end, timeout);
    signal.addEventListener('abort', onAbort, { once: true });
    connection.once('error', (error) => end(errorCode(error)));
    connection.once('data', () => end());
    connection.once('close', () => end());
    connection.once('secureConnect', () => connection.write(request));
  });
}

function startTls(socket: Socket, url: URL, tls: TlsOptions, extraCa?: string): TLSSocket {
  const hostname = hostnameOf(url);
  const own = [tls.mode === 'ca' ? tls.ca : undefined, extraCa].filter((pem) => pem !== undefined);
  return connect({
    socket,
    ...(isIP(hostname) === 0 && { servername: hostname }),
    secureContext: createSecureContext({
      ...(own.length > 0 && { ca: [...getCACertificates('default'), ...own], allowPartialTrustChain: true }),
      ...tls.clientCertificate,
    }),
    ALPNProtocols: ['http/1.1'],
    rejectUnauthorized: false,
  });
}

function hostnameOf(url: URL): string {
  return url.hostname.startsWith('[') ? url.hostname.slice(1, -1) : url.hostname;
}

function inspect(connection: TLSSocket, hostname: string): TlsProbe {
  const chain: X509Certificate[] = [];
  let certificate = connection.getPeerX509Certificate();
  while (certificate && chain.length < mostCertificates && !chain.some((known) => known.fingerprint256 === certificate?.fingerprint256)) {
    chain.push(certificate);
    certificate = certificate.issuerCertificate;
  }
  const leaf = connection.getPeerCertificate(false);
  const nameMatches = checkServerIdentity(hostname, leaf) === undefined;
  // Node puts the name's verdict here too, but only when the chain is trusted: that one is kept apart.
  const objection = connection.authorized ? undefined : errorCode(connection.authorizationError);
  return {
    chain,
    ...(objection !== undefined && objection !== 'ERR_TLS_CERT_ALTNAME_INVALID' && { objection }),
    nameMatches,
    protocol: connection.getProtocol() ?? 'unknown',
    cipher: connection.getCipher()?.name ?? 'unknown',
  };
}

/** Node documents an Error and, in some versions, gives its code as text. */
function errorCode(error: unknown): string {
  if (typeof error === 'string') return error;
  return error instanceof Error && 'code' in error ? String(error.code) : String(error);
}
