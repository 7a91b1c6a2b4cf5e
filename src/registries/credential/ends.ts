import { fieldMeta } from '../../provider/field.ts';
import { secretNames } from '../../provider/settings.ts';
import { jwtEnd } from '../../provider/signing/jwt.ts';
import type { RegistryConfiguration } from '../draft.ts';
import type { CertificateInfo, CredentialEnd, DoctorReport } from '../types.ts';
import type { Vault } from '../vault.ts';
import { iso } from './status.ts';

/** The end of the year 9999. */
const latest = 253_402_300_799_999;

export interface EndSources {
  /** When a person said that the stored secret ends, epoch milliseconds. */
  stated?: number;
  /** What the vendor says, by field, epoch milliseconds; a field whose secret never ends has none. */
  provided: Readonly<Record<string, number | undefined>>;
  /** Of the last check: the server's certificate is in it. */
  report?: DoctorReport;
}

/**
 * When what does not renew itself ends, soonest first: the stored secret by what a person stated, by its vendor, or by itself
 * (JWT), the client certificate, own authorities, and the server's certificate as the doctor saw it.
 */
export function endsOf(configuration: RegistryConfiguration, vault: Vault, { stated, provided, report }: EndSources): CredentialEnd[] {
  const { connection } = configuration;
  const ends: CredentialEnd[] = [];
  if (stated !== undefined) ends.push({ field: 'secret', label: 'Stored secret', at: iso(stated), from: 'stated' });
  for (const [field, at] of Object.entries(provided)) {
    // A vendor may say anything; what is no date is no end.
    if (at !== undefined && at > 0 && at <= latest)
      ends.push({ field, label: labelOf(configuration, field), at: iso(at), from: 'provider' });
  }
  for (const [field, at] of Object.entries(tokenEnds(configuration, vault))) {
    if (!Object.hasOwn(provided, field)) ends.push({ field, label: labelOf(configuration, field), at: iso(at), from: 'token' });
  }
  const certificate = (field: string, label: string, info: Pick<CertificateInfo, 'subject' | 'notAfter'> | undefined): void => {
    if (info) ends.push({ field, label: `${label} (${info.subject})`, at: info.notAfter, from: 'certificate' });
  };
  if (connection.tls !== 'plain') certificate('connection.clientCertificate', 'Client certificate', connection.clientCertificate?.info[0]);
  if (connection.tls === 'ca') certificate('connection.ca', 'Own certificate authority', soonest(connection.caCertificates));
  // Where it is not checked, its end changes nothing.
  if (connection.tls === 'verify' || connection.tls === 'ca') {
    certificate('server', 'Certificate of the server', report?.steps.find((step) => step.id === 'tls')?.certificates?.[0]);
  }
  return ends.sort((a, b) => Date.parse(a.at) - Date.parse(b.at));
}

/** Ends of the stored secrets that are JWTs with `exp` (RFC 7519), by field, epoch milliseconds. Nothing of them is verified or kept. */
function tokenEnds(configuration: RegistryConfiguration, vault: Vault): Record<string, number> {
  const ends: Record<string, number> = {};
  for (const name of secretNames(configuration.provider, configuration.signIn)) {
    const value = configuration.secrets[name];
    const end = value && jwtEnd(vault.open(configuration.id, name, value).reveal());
    if (end !== undefined) ends[name] = end;
  }
  return ends;
}

function soonest(certificates: readonly CertificateInfo[]): CertificateInfo | undefined {
  return certificates.toSorted((a, b) => Date.parse(a.notAfter) - Date.parse(b.notAfter))[0];
}

function labelOf({ provider, signIn }: RegistryConfiguration, name: string): string {
  const schema = provider.signIn[signIn]?.fields.shape[name] ?? provider.settings.shape[name];
  return (schema && fieldMeta(schema)?.label) ?? name;
}
