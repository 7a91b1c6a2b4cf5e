import type { X509Certificate } from 'node:crypto';
import { certificateInfo } from '../certificates.ts';
import type { DoctorStep } from '../types.ts';
import { type Outcome, spoken } from './examination.ts';
import type { TlsProbe } from './tls-probe.ts';

/** Difference of two clocks that is worth a word, in milliseconds. Signatures of clouds allow five to fifteen minutes. */
export const tolerableSkew = 5 * 60_000;

/** A certificate that ends within this time is announced, in milliseconds. */
const soon = 14 * 86_400_000;

const untrusted: ReadonlySet<string> = new Set([
  'SELF_SIGNED_CERT_IN_CHAIN',
  'DEPTH_ZERO_SELF_SIGNED_CERT',
  'UNABLE_TO_GET_ISSUER_CERT',
  'UNABLE_TO_GET_ISSUER_CERT_LOCALLY',
  'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
  'CERT_UNTRUSTED',
  'INVALID_CA',
]);
const dated: ReadonlySet<string> = new Set(['CERT_HAS_EXPIRED', 'CERT_NOT_YET_VALID']);

export interface VerdictInput {
  url: URL;
  now: number;
  probe: TlsProbe;
  /** An own authority is configured. */
  ownCa: boolean;
}

/** What is wrong with the certificates shown; undefined when nothing is. The first thing to mend comes first. */
export function judgeCertificates(input: VerdictInput): Outcome | undefined {
  return judgeDates(input) ?? judgeTrust(input) ?? judgeName(input) ?? judgeRest(input);
}

/** Whether the dates are the trouble, so that knowing the server's clock would help. */
export function hasDateTrouble({ chain, objection }: TlsProbe, now: number): boolean {
  const [leaf] = chain;
  return (objection !== undefined && dated.has(objection)) || (leaf !== undefined && !validAt(leaf, now));
}

/** A warning for a certificate that is good, but not for long. */
export function expiringSoon(leaf: X509Certificate | undefined, now: number): Outcome | undefined {
  const left = leaf === undefined ? Infinity : leaf.validToDate.getTime() - now;
  if (left > soon) return undefined;
  return {
    state: 'warning',
    code: 'tls_certificate_expiring',
    summary: `The certificate ends in ${spoken(left)}`,
    help: 'Have it renewed before that, or every client of this registry fails.',
  };
}

function judgeDates({ url, now, probe }: VerdictInput): Outcome | undefined {
  if (!hasDateTrouble(probe, now)) return undefined;
  const wrong = probe.chain.find((certificate) => !validAt(certificate, now)) ?? probe.chain[0];
  if (!wrong) return undefined;
  const { serverDate } = probe;
  if (
    serverDate !== undefined &&
    Math.abs(serverDate - now) > tolerableSkew &&
    probe.chain.every((certificate) => validAt(certificate, serverDate))
  ) {
    return clockSkew(url, now, serverDate, 'failed');
  }
  const which =
    wrong === probe.chain[0] ? `The certificate of ${url.host}` : `A certificate in the chain of ${url.host} (${commonName(wrong)})`;
  if (wrong.validToDate.getTime() < now || probe.objection === 'CERT_HAS_EXPIRED') {
    return {
      state: 'failed',
      code: 'tls_certificate_expired',
      summary: `${which} expired ${spoken(now - wrong.validToDate.getTime())} ago, on ${day(wrong.validToDate)}`,
      help: 'Have the certificate of the registry renewed. Until then, nothing that checks certificates can use it.',
    };
  }
  return {
    state: 'failed',
    code: 'tls_certificate_not_yet_valid',
    summary: `${which} only becomes valid in ${spoken(wrong.validFromDate.getTime() - now)}, on ${day(wrong.validFromDate)}`,
    help: 'Check the clock of this hub, and that of the machine which made the certificate.',
  };
}

/** The words for two clocks that differ. */
export function clockSkew(url: URL, now: number, serverDate: number, state: 'failed' | 'warning'): Outcome {
  const direction = now > serverDate ? 'ahead of' : 'behind';
  return {
    state,
    code: 'clock_skew',
    summary: `The clock of this hub is ${spoken(Math.abs(now - serverDate))} ${direction} that of ${url.host}`,
    help: 'Set both clocks by NTP. While they differ, certificates and tokens seem expired or not yet valid.',
    evidence: [
      { label: 'This hub', value: new Date(now).toISOString() },
      { label: url.host, value: new Date(serverDate).toISOString() },
    ],
  };
}

function judgeTrust({ url, probe, ownCa }: VerdictInput): Outcome | undefined {
  if (probe.objection === undefined || !untrusted.has(probe.objection)) return undefined;
  const [leaf] = probe.chain;
  const top = probe.chain.at(-1);
  if (!leaf || !top) return undefined;
  if (probe.objection === 'DEPTH_ZERO_SELF_SIGNED_CERT' || (probe.chain.length === 1 && leaf.issuer === leaf.subject)) {
    return {
      state: 'failed',
      code: 'tls_self_signed',
      field: ownCa ? 'connection.ca' : 'connection.tls',
      summary: `The certificate of ${url.host} is self-signed: nobody but itself vouches for it`,
      help: `Compare its fingerprint with the one on the server (${leaf.fingerprint256.slice(0, 23)}…). If they are equal, trust it; otherwise do not.`,
    };
  }
  const issuer = issuerName(top);
  return {
    state: 'failed',
    code: 'tls_unknown_authority',
    field: ownCa ? 'connection.ca' : 'connection.tls',
    summary: `The certificate of ${url.host} is issued by “${issuer}”, ${ownCa ? 'which the CA certificate entered does not cover' : 'unknown to this hub'}`,
    help:
      top.ca || top.issuer === top.subject
        ? 'If this authority is your own, compare its fingerprint with the one you know and trust it.'
        : `The server does not send the certificate of “${issuer}”. Paste it, or have the server send its whole chain.`,
  };
}

function judgeName({ url, probe }: VerdictInput): Outcome | undefined {
  const [leaf] = probe.chain;
  if (probe.nameMatches || !leaf) return undefined;
  const names = certificateInfo(leaf).names;
  const shown = names.length === 0 ? `“${commonName(leaf)}” in the obsolete common name only` : names.slice(0, 5).join(', ');
  const usable = names.find((name) => !name.includes('*'));
  return {
    state: 'failed',
    code: 'tls_name_mismatch',
    field: 'url',
    summary: `The certificate is for ${shown}, not for ${url.hostname}`,
    help: `${usable ? `Use ${usable} in the address, if that is this registry` : 'Use a host name that the certificate names'}, or have a certificate for ${url.hostname} issued.`,
  };
}

function judgeRest({ url, probe }: VerdictInput): Outcome | undefined {
  if (probe.objection === undefined) return undefined;
  return {
    state: 'failed',
    code: 'tls_handshake_failed',
    summary: `The certificate of ${url.host} is not accepted: ${probe.objection.toLowerCase().replaceAll('_', ' ')}`,
    help: 'Have the certificate replaced by one that today’s clients accept.',
  };
}

/** The chain as the report shows it. */
export function shownChain(chain: readonly X509Certificate[]): NonNullable<DoctorStep['certificates']> {
  return chain.map((certificate) => ({ ...certificateInfo(certificate), pem: certificate.toString().trim() }));
}

export function commonName(certificate: X509Certificate): string {
  return /^CN=(.+)$/m.exec(certificate.subject)?.[1] ?? certificateInfo(certificate).subject;
}

function issuerName(certificate: X509Certificate): string {
  return /^CN=(.+)$/m.exec(certificate.issuer)?.[1] ?? certificateInfo(certificate).issuer;
}

function validAt(certificate: X509Certificate, time: number): boolean {
  return certificate.validFromDate.getTime() <= time && time <= certificate.validToDate.getTime();
}

function day(date: Date): string {
  return date.toISOString().slice(0, 10);
}
