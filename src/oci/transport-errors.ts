import { type Retry, TransportError } from './errors.ts';
import { printable } from './text.ts';

export interface FailedCall {
  url: URL;
  /** Without userinfo. */
  proxy?: URL;
}

interface Diagnosis {
  code: string;
  message: string;
  retry?: Retry;
}

/** Turns what undici and node:net, node:tls and node:dns throw into an error with a code and a sentence. */
export function toTransportError(error: unknown, call: FailedCall): TransportError {
  if (error instanceof TransportError) return error;
  const cause = rootCause(error);
  const { code, message, retry } = diagnose(cause, call);
  return new TransportError(message, {
    code,
    retry: retry ?? 'backoff',
    ...(code === 'canceled' || code === 'invalid_request' ? { fault: 'caller' } : {}),
    cause: error,
    context: {
      host: call.url.host,
      ...(call.proxy ? { proxy: call.proxy.host } : {}),
      ...(errorCode(cause) ? { system: errorCode(cause) } : {}),
    },
  });
}

/** Whether the error comes from the network stack. Anything else is a fault in the program and must stay what it is. */
export function isTransportFailure(error: unknown): boolean {
  return (
    error instanceof TransportError || error instanceof AggregateError || errorCode(rootCause(error)) !== undefined || isParserError(error)
  );
}

/** Failures after which the same idempotent request may be sent again at once: the connection broke, or DNS was not there. */
export function isBriefFailure(error: Error): boolean {
  if (!(error instanceof TransportError)) return false;
  return error.code === 'connection_reset' || error.code === 'dns_failed';
}

const plainHttpPhrases = [
  'client sent an http request to an https server', // Go
  'the plain http request was sent to https port', // nginx
  'speaking plain http to an ssl-enabled server port', // Apache httpd
];
const clientCertificatePhrase = 'no required ssl certificate was sent'; // nginx

/** The error that an answer of status 400 stands for when its words are about TLS; undefined when they are not. */
export function badRequestError(url: URL, body: Uint8Array): TransportError | undefined {
  const text = Buffer.from(body.subarray(0, 4096)).toString('latin1').toLowerCase();
  const change = { retry: 'after-change', context: { host: url.host } } as const;
  if (url.protocol === 'http:' && plainHttpPhrases.some((phrase) => text.includes(phrase))) {
    return new TransportError(wantsTls(url), { code: 'https_on_plain_http_port', ...change });
  }
  if (url.protocol === 'https:' && text.includes(clientCertificatePhrase)) {
    return new TransportError(`${url.host} asks for a client certificate.`, { code: 'tls_handshake_failed', ...change });
  }
  return undefined;
}

function wantsTls(url: URL): string {
  return `${url.host} expects TLS on this port, but was spoken to in plain HTTP.`;
}

function diagnose(error: unknown, call: FailedCall): Diagnosis {
  const code = errorCode(error) ?? '';
  const message = error instanceof Error ? error.message : '';
  const { proxy } = call;
  if (proxy) {
    const refused = diagnoseProxy(code, message, proxy);
    if (refused) return refused;
  }
  const connecting = diagnoseConnection(code, call.url.host);
  if (connecting) return connecting;
  const tls = diagnoseTls(code, message, call);
  if (tls) return tls;
  if (isParserError(error)) return diagnoseParser(error, call.url);
  const detail = printable(message || String(error), 200);
  return { code: 'connection_reset', message: `The connection to ${call.url.host} failed: ${detail}`, retry: 'backoff' };
}

function diagnoseProxy(code: string, message: string, proxy: URL): Diagnosis | undefined {
  const status = /^Proxy response \(([0-9]{3})\)/.exec(message)?.[1];
  if (status === '407' || message.startsWith('Proxy Authentication Required')) {
    return {
      code: 'proxy_unauthorized',
      message: `The proxy ${proxy.host} asks for a user name and password, or refused those given.`,
      retry: 'after-change',
    };
  }
  if (status !== undefined)
    return { code: 'proxy_refused', message: `The proxy ${proxy.host} refused to connect: it answered with status ${status}.` };
  if (code === 'ENOTFOUND')
    return { code: 'proxy_refused', message: `The proxy's host name ${proxy.hostname} does not exist.`, retry: 'after-change' };
  if (code === 'ECONNREFUSED')
    return { code: 'proxy_refused', message: `The proxy ${proxy.host} refused the connection: nothing listens on that port.` };
  if (code === 'UND_ERR_PRX_CONN') return { code: 'proxy_refused', message: `The proxy ${proxy.host} closed the connection.` };
  if (code === 'UND_ERR_PRX_TLS') {
    return {
      code: 'proxy_refused',
      message: `The certificate of the proxy ${proxy.host} is not valid for that name.`,
      retry: 'after-change',
    };
  }
  return undefined;
}

function diagnoseConnection(code: string, host: string): Diagnosis | undefined {
  switch (code) {
    case 'ENOTFOUND':
    case 'ENODATA':
      return { code: 'dns_not_found', message: `The host name of ${host} does not exist.`, retry: 'after-change' };
    case 'EAI_AGAIN':
    case 'EAI_FAIL':
    case 'ESERVFAIL':
    case 'EREFUSED':
    case 'ETIMEOUT':
    case 'EBADRESP':
      return { code: 'dns_failed', message: `The host name of ${host} could not be resolved: the name server did not answer properly.` };
    case 'ECONNREFUSED':
      return { code: 'connection_refused', message: `${host} refused the connection: nothing listens on that port.` };
    case 'ENETUNREACH':
    case 'EHOSTUNREACH':
    case 'EADDRNOTAVAIL':
    case 'ENETDOWN':
    case 'EHOSTDOWN':
      return { code: 'network_unreachable', message: `There is no route to ${host}.` };
    case 'ETIMEDOUT':
    case 'UND_ERR_CONNECT_TIMEOUT':
      return { code: 'connect_timeout', message: `${host} did not accept a connection in time.` };
    case 'UND_ERR_HEADERS_TIMEOUT':
      return { code: 'response_timeout', message: `${host} accepted the request and did not answer in time.` };
    case 'UND_ERR_BODY_TIMEOUT':
      return { code: 'body_timeout', message: `${host} stopped in the middle of its answer.` };
    case 'UND_ERR_DESTROYED':
    case 'UND_ERR_CLOSED':
      return { code: 'canceled', message: `The client was closed during a call to ${host}.`, retry: 'never' };
    case 'UND_ERR_INVALID_ARG':
      return {
        code: 'invalid_request',
        message: `A request to ${host} cannot be sent: a header or the method is not valid.`,
        retry: 'never',
      };
    case 'UND_ERR_HEADERS_OVERFLOW':
      return { code: 'invalid_answer', message: `${host} answered with headers that are too large.`, retry: 'never' };
    case 'ECONNRESET':
    case 'EPIPE':
    case 'ECONNABORTED':
    case 'UND_ERR_SOCKET':
    case 'UND_ERR_RES_CONTENT_LENGTH_MISMATCH':
      return { code: 'connection_reset', message: `${host} closed the connection before its answer was complete.` };
    default:
      return undefined;
  }
}

function diagnoseTls(code: string, message: string, { url, proxy }: FailedCall): Diagnosis | undefined {
  const host = proxy ? `${url.host} (through the proxy ${proxy.host})` : url.host;
  const change: Retry = 'after-change';
  switch (code) {
    case 'DEPTH_ZERO_SELF_SIGNED_CERT':
      return { code: 'tls_self_signed', message: `The certificate of ${host} is self-signed and not trusted.`, retry: change };
    case 'SELF_SIGNED_CERT_IN_CHAIN':
    case 'UNABLE_TO_GET_ISSUER_CERT':
    case 'UNABLE_TO_GET_ISSUER_CERT_LOCALLY':
    case 'UNABLE_TO_VERIFY_LEAF_SIGNATURE':
    case 'CERT_UNTRUSTED':
    case 'INVALID_CA':
      return {
        code: 'tls_unknown_authority',
        message: `The certificate of ${host} was issued by an authority that is not trusted.`,
        retry: change,
      };
    case 'ERR_TLS_CERT_ALTNAME_INVALID':
    case 'HOSTNAME_MISMATCH':
      return { code: 'tls_name_mismatch', message: `The certificate of ${host} is not valid for that name.`, retry: change };
    case 'CERT_HAS_EXPIRED':
      return { code: 'tls_certificate_expired', message: `The certificate of ${host}, or of its authority, has expired.`, retry: change };
    case 'CERT_NOT_YET_VALID':
      return {
        code: 'tls_certificate_not_yet_valid',
        message: `The certificate of ${host} is not valid yet. One of the clocks may be wrong.`,
        retry: change,
      };
    case 'ERR_SSL_WRONG_VERSION_NUMBER':
    case 'ERR_SSL_PACKET_LENGTH_TOO_LONG':
    case 'ERR_SSL_HTTP_REQUEST':
    case 'ERR_SSL_UNKNOWN_PROTOCOL':
      return plainHttpOnHttpsPort(url);
    default:
  }
  if (code === 'EPROTO' && /wrong version number|packet length too long|http request/i.test(message)) return plainHttpOnHttpsPort(url);
  if (/certificate required|bad certificate|handshake failure.*certificate/i.test(message)) {
    return { code: 'tls_handshake_failed', message: `${host} asks for a client certificate, or refused the one presented.`, retry: change };
  }
  if (
    code === 'EPROTO' ||
    code.startsWith('ERR_SSL_') ||
    code.startsWith('ERR_TLS_') ||
    code.startsWith('CERT_') ||
    /socket disconnected before secure TLS/.test(message)
  ) {
    return { code: 'tls_handshake_failed', message: `The TLS handshake with ${host} failed: ${printable(message, 200)}`, retry: change };
  }
  return undefined;
}

function plainHttpOnHttpsPort(url: URL): Diagnosis {
  return {
    code: 'plain_http_on_https_port',
    message: `${url.host} speaks plain HTTP on this port, but was spoken to in TLS.`,
    retry: 'after-change',
  };
}

/** Something answered that is not HTTP/1.1. A TLS alert record begins with the bytes 15 03. */
function diagnoseParser(error: unknown, url: URL): Diagnosis {
  const data = typeof error === 'object' && error !== null && 'data' in error && typeof error.data === 'string' ? error.data : '';
  if (url.protocol === 'http:' && data.startsWith('\u0015\u0003')) {
    return { code: 'https_on_plain_http_port', message: wantsTls(url), retry: 'after-change' };
  }
  return { code: 'invalid_answer', message: `What ${url.host} answered is not HTTP.`, retry: 'never' };
}

/** Down to the error that says why: undici and happy eyeballs wrap it. */
function rootCause(error: unknown): unknown {
  let current = error;
  for (let depth = 0; depth < 5; depth++) {
    if (current instanceof AggregateError && current.errors.length > 0) {
      const errors: unknown[] = current.errors;
      current = errors.find((entry) => errorCode(entry) !== 'ENETUNREACH' && errorCode(entry) !== 'EHOSTUNREACH') ?? errors[0];
    } else if (
      current instanceof Error &&
      current.cause instanceof Error &&
      (errorCode(current) === undefined || current.message === 'fetch failed')
    ) {
      current = current.cause;
    } else {
      break;
    }
  }
  return current;
}

function isParserError(error: unknown): boolean {
  return error instanceof Error && error.name === 'HTTPParserError';
}

function errorCode(error: unknown): string | undefined {
  return typeof error === 'object' && error !== null && 'code' in error && typeof error.code === 'string' ? error.code : undefined;
}
