import { RegistryError, TransportError } from '../../core/errors.ts';
import type { Ping } from '../../oci/index.ts';
import { readRetryAfter } from '../../oci/retry.ts';
import { clientCertificateError } from './client-certificate.ts';
import { type Examination, ok, type Outcome, type StepDefinition, withEvidence } from './examination.ts';
import { openTunnel } from './proxy-tunnel.ts';
import { probeTls } from './tls-probe.ts';
import { clockSkew, tolerableSkew } from './tls-verdict.ts';

/** Asks `/v2/` without credentials: is this a registry at all? */
export const v2Step: StepDefinition = {
  id: 'v2',
  title: 'Registry API',
  subject: 'the registry API',
  async examine(examination) {
    const { url, connection } = examination.subject.configuration;
    let ping: Ping;
    try {
      ping = await examination.client.ping({ signal: examination.signal });
    } catch (error) {
      if (connection.tls === 'plain' && isGarbled(error) && (await speaksTls(examination))) throw wantsTls(url, error);
      throw (await clientCertificateError(examination, error)) ?? error;
    }
    examination.ping = ping;
    const now = examination.subject.clock.now();
    const wrong = judgePing(ping, url, now);
    if (wrong) return { ...wrong, ...withEvidence(factsOf(ping)) };
    const date = ping.headers.date === undefined ? Number.NaN : Date.parse(ping.headers.date);
    if (Math.abs(now - date) > tolerableSkew) return clockSkew(url, now, date, 'warning');
    const version = ping.headers['docker-distribution-api-version'];
    return ok(ping.status === 200 ? `${url.host} answers, and asks for no sign-in here` : `${url.host} answers, and asks for a sign-in`, {
      ...factsOf(ping),
      Version: version?.slice(0, 60),
    });
  },
};

function judgePing(ping: Ping, url: URL, now: number): Outcome | undefined {
  const html = /html/i.test(ping.contentType ?? '') || /^\s*<(!doctype|html|head|body)/i.test(ping.bodyStart ?? '');
  if (ping.status === 401 && ping.challenges.length === 0) {
    return {
      state: 'failed',
      code: 'challenge_missing',
      summary: `${url.host} answered 401 without saying how to sign in`,
      help: 'The WWW-Authenticate header is missing. A reverse proxy in front of the registry probably removes it, or this is no registry.',
      field: 'url',
    };
  }
  if (ping.status === 401 || (ping.status === 200 && !html)) return undefined;
  if (ping.status === 429 || ping.status >= 500 || ping.status === 403) throw statusError(ping, url, now);
  const path = url.pathname.replace(/\/+$/, '');
  const elsewhere =
    path === ''
      ? 'Check host and port: many products serve their registry on another one than their page.'
      : `Try it without the path ${path}: it may belong to the names of repositories.`;
  return {
    state: 'failed',
    code: 'not_a_registry',
    summary: html
      ? `${url.host} answered with a web page: this is not a container registry`
      : `${url.host} has no registry here: ${path}/v2/ answered ${ping.status}`,
    help: elsewhere,
    field: 'url',
    ...(path !== '' && { offer: { kind: 'set-namespace' } }),
  };
}

function statusError(ping: Ping, url: URL, now: number): RegistryError {
  const retryAfter = readRetryAfter(ping.headers, now);
  const codes: Record<number, string> = { 429: 'registry_rate_limited', 403: 'registry_denied' };
  return new RegistryError(`${url.host} answered ${ping.status} to a request without credentials.`, {
    code: codes[ping.status] ?? 'registry_unavailable',
    method: 'GET',
    url: `${url.origin}/v2/`,
    status: ping.status,
    ...(retryAfter !== undefined && { retryAfter }),
  });
}

function factsOf(ping: Ping): Record<string, string | undefined> {
  return { Status: String(ping.status), 'Content type': ping.contentType?.slice(0, 100), Server: ping.headers.server?.slice(0, 100) };
}

/** What a TLS server does to a plain request: some answer 400, others hang up or send an alert. */
function isGarbled(error: unknown): boolean {
  return (
    error instanceof TransportError &&
    ['connection_reset', 'invalid_answer', 'response_timeout', 'https_on_plain_http_port'].includes(error.code)
  );
}

async function speaksTls(examination: Examination): Promise<boolean> {
  const { timeouts, signal, subject } = examination;
  try {
    const socket = await openTunnel(examination);
    await probeTls(socket, subject.configuration.url, { mode: 'insecure' }, { timeout: Math.min(timeouts.connect, 3000), signal });
    return true;
  } catch (error) {
    if (signal.aborted) throw signal.reason;
    // Any failure of the handshake means the same here: no TLS.
    if (error instanceof Error) return false;
    throw error;
  }
}

function wantsTls(url: URL, cause: unknown): TransportError {
  return new TransportError(`${url.host} expects TLS on this port, but was spoken to in plain HTTP.`, {
    code: 'https_on_plain_http_port',
    retry: 'after-change',
    cause,
  });
}
