import type { X509Certificate } from 'node:crypto';
import { TransportError } from '../../core/errors.ts';
import type { TlsOptions } from '../../oci/index.ts';
import { toTransportError } from '../../oci/transport-errors.ts';
import { clientCertificateError } from './client-certificate.ts';
import { type Examination, ok, type Outcome, skipped, spoken, type StepDefinition, withEvidence } from './examination.ts';
import { openTunnel, proxyOf } from './proxy-tunnel.ts';
import { askSocket, pingRequest } from './socket.ts';
import { probeTls, type TlsProbe } from './tls-probe.ts';
import { commonName, expiringSoon, hasDateTrouble, judgeCertificates, shownChain } from './tls-verdict.ts';

/** Shakes hands and judges the certificates: dates, authority, name. */
export const tlsStep: StepDefinition = {
  id: 'tls',
  title: 'Certificate',
  subject: 'the certificate',
  async examine(examination) {
    const { url, connection } = examination.subject.configuration;
    if (connection.tls === 'plain') return skipped('Plain HTTP: nothing is encrypted, and no certificate is asked for');
    const tls = examination.subject.client.tls ?? { mode: connection.tls };
    const now = examination.subject.clock.now();
    let probe = await shakeHands(examination, tls);
    if (hasDateTrouble(probe, now)) probe = { ...probe, ...(await serverDate(examination, tls)) };

    const facts = factsOf(probe, now);
    const verdict = judgeCertificates({ url, now, probe, ownCa: connection.tls === 'ca' });
    if (connection.tls === 'insecure') {
      const unchecked = verdict
        ? `Not checked, as configured. It would fail: ${verdict.summary}`
        : 'Not checked, as configured, though it would pass';
      return { state: 'ok', summary: unchecked, ...facts };
    }
    if (verdict) {
      const offer = await offerTrust(examination, tls, verdict, probe.chain);
      return { ...facts, ...verdict, ...(offer && { offer }), evidence: [...(verdict.evidence ?? []), ...(facts.evidence ?? [])] };
    }
    const [leaf] = probe.chain;
    return {
      ...ok(`Issued by ${leaf ? issuerOf(leaf) : 'nobody'}, ${leaf ? endOf(leaf, now) : ''}`),
      ...facts,
      ...expiringSoon(leaf, now),
    };
  },
};

async function shakeHands(examination: Examination, tls: TlsOptions, extraCa?: string): Promise<TlsProbe> {
  const { timeouts, signal, subject } = examination;
  const { url } = subject.configuration;
  const socket = await openTunnel(examination);
  try {
    return await probeTls(socket, url, tls, { timeout: timeouts.connect, signal }, { ...(extraCa !== undefined && { extraCa }) });
  } catch (error) {
    if (signal.aborted) throw signal.reason;
    const code = error instanceof Error && 'code' in error ? error.code : undefined;
    if (code === 'ETIMEDOUT') {
      throw new TransportError(`${url.host} accepted the connection, but did not answer the TLS handshake in time.`, {
        code: 'response_timeout',
        cause: error,
      });
    }
    if (await speaksPlainHttp(examination)) {
      throw new TransportError(`${url.host} speaks plain HTTP on this port, but was spoken to in TLS.`, {
        code: 'plain_http_on_https_port',
        retry: 'after-change',
        cause: error,
      });
    }
    const proxy = proxyOf(examination);
    const failure = toTransportError(error, { url, ...(proxy && { proxy }) });
    throw (await clientCertificateError(examination, failure)) ?? failure;
  }
}

/** Whether an unencrypted request gets an HTTP answer that does not itself ask for TLS. */
async function speaksPlainHttp(examination: Examination): Promise<boolean> {
  const { timeouts, signal, subject } = examination;
  const socket = await openTunnel(examination).catch(() => undefined);
  if (!socket) return false;
  const limits = { timeout: Math.min(timeouts.connect, 3000), signal };
  const answer = await askSocket(socket, pingRequest(subject.configuration.url), limits, (text) => text.length > 2048);
  return (
    /^HTTP\/1\.[01] \d{3}/.test(answer) &&
    !/(http request to an https server|plain http request was sent to https|speaking plain http to an ssl)/i.test(answer)
  );
}

async function serverDate(examination: Examination, tls: TlsOptions): Promise<Pick<TlsProbe, 'serverDate'>> {
  const { timeouts, signal, subject } = examination;
  try {
    const socket = await openTunnel(examination);
    const probe = await probeTls(socket, subject.configuration.url, tls, { timeout: timeouts.connect, signal }, { readDate: true });
    return probe.serverDate === undefined ? {} : { serverDate: probe.serverDate };
  } catch (error) {
    if (signal.aborted) throw signal.reason;
    // The date is only there to explain better; the finding itself stands.
    if (error instanceof Error) return {};
    throw error;
  }
}

/**
 * Offers to trust the topmost certificate that the server showed, if it is an authority's or vouches for itself, and only when
 * a handshake that trusts it then passes: an offer that does not mend anything would teach people to accept everything.
 */
async function offerTrust(
  examination: Examination,
  tls: TlsOptions,
  verdict: Outcome,
  chain: readonly X509Certificate[],
): Promise<Outcome['offer'] | undefined> {
  const top = chain.at(-1);
  if (!top || (verdict.code !== 'tls_unknown_authority' && verdict.code !== 'tls_self_signed')) return undefined;
  if (!top.ca && top.issuer !== top.subject) return undefined;
  const pem = top.toString().trim();
  try {
    const trusting = await shakeHands(examination, tls, pem);
    if (trusting.objection !== undefined) return undefined;
  } catch (error) {
    if (examination.signal.aborted) throw examination.signal.reason;
    if (error instanceof TransportError) return undefined;
    throw error;
  }
  return { kind: 'trust-ca', pem, subject: commonName(top) };
}

function factsOf(probe: TlsProbe, now: number): Pick<Outcome, 'evidence' | 'certificates'> {
  const [leaf] = probe.chain;
  return {
    ...withEvidence({
      Protocol: `${probe.protocol}, ${probe.cipher}`,
      Subject: leaf && commonName(leaf),
      Issuer: leaf && issuerOf(leaf),
      Names: leaf?.subjectAltName?.replace(/(DNS|IP Address):/g, '').slice(0, 300),
      Valid: leaf && `${leaf.validFromDate.toISOString()} to ${leaf.validToDate.toISOString()}, ${endOf(leaf, now)}`,
      Fingerprint: leaf?.fingerprint256,
    }),
    certificates: shownChain(probe.chain),
  };
}

function issuerOf(certificate: X509Certificate): string {
  return /^CN=(.+)$/m.exec(certificate.issuer)?.[1] ?? /^O=(.+)$/m.exec(certificate.issuer)?.[1] ?? 'an unnamed authority';
}

function endOf(certificate: X509Certificate, now: number): string {
  const left = certificate.validToDate.getTime() - now;
  return left > 0 ? `ends in ${spoken(left)}` : `ended ${spoken(-left)} ago`;
}
