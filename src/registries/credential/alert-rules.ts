import type { CredentialEnd, Registry } from '../types.ts';
import { isPassing } from '../doctor/index.ts';
import type { CredentialState } from './status.ts';
import type { Alert, AlertLevel, BlastRadius } from './types.ts';

/** An alert that there should be, before it is known whether there is one. */
export type WantedAlert = Pick<Alert, 'kind' | 'subject' | 'level' | 'code'> & {
  dueAt?: number;
  /** What it is about, without what depends on it. */
  message: string;
};

const day = 24 * 60 * 60_000;
/** How long before an end which level begins, in milliseconds; the nearest last. */
const thresholds: readonly (readonly [before: number, level: AlertLevel])[] = [
  [30 * day, 'notice'],
  [7 * day, 'warning'],
  [day, 'critical'],
];
/** An issuer that may be back in a moment is no alert before it was away this long, in milliseconds. */
const patience = 60_000;

/** The alerts that a registry should have now. */
export function wantedAlerts(registry: Pick<Registry, 'name'>, state: CredentialState, now: number): WantedAlert[] {
  const alerts = state.ends.map((end) => endAlert(registry, end, now)).filter((alert) => alert !== undefined);
  const failed = failureAlert(registry, state, now);
  return failed ? [...alerts, failed] : alerts;
}

function endAlert({ name }: Pick<Registry, 'name'>, end: CredentialEnd, now: number): WantedAlert | undefined {
  const dueAt = Date.parse(end.at);
  const isCertificate = end.from === 'certificate';
  const kind = isCertificate ? 'certificate-ends' : 'credential-ends';
  const what = `${end.label} of “${name}”`;
  if (dueAt <= now) {
    const code = isCertificate ? 'certificate_ended' : 'secret_ended';
    return { kind, subject: end.field, level: 'critical', code, dueAt, message: `${what} ended on ${date(dueAt)}.` };
  }
  // Those of servers are mostly renewed by machines, about a month before their end: that is no news.
  const level = thresholds.findLast(([before, level]) => dueAt - now <= before && !(end.field === 'server' && level === 'notice'))?.[1];
  if (!level) return undefined;
  const code = isCertificate ? 'certificate_ends' : 'secret_ends';
  return { kind, subject: end.field, level, code, dueAt, message: `${what} ends on ${date(dueAt)}.` };
}

function failureAlert({ name }: Pick<Registry, 'name'>, state: CredentialState, now: number): WantedAlert | undefined {
  const { failure, issuedAt, expiresAt } = state;
  if (!failure) return undefined;
  const ended = expiresAt === undefined ? !state.kind : expiresAt <= now;
  const lasted = Date.parse(failure.at) - Date.parse(failure.since);
  if (!ended && isPassing(failure.code) && lasted < patience) return undefined;
  const isLow = expiresAt !== undefined && issuedAt !== undefined && expiresAt - now < (expiresAt - issuedAt) / 4;
  const message = `The credential of “${name}” could not be renewed since ${moment(Date.parse(failure.since))}: ${sentence(failure.message)}`;
  const left = ended
    ? state.kind
      ? ` It ended ${expiresAt === undefined ? '' : `on ${moment(expiresAt)}`}: the registry cannot be used.`
      : ' There is none: the registry cannot be used.'
    : expiresAt === undefined
      ? ''
      : ` The one in use is valid until ${moment(expiresAt)}.`;
  return {
    kind: 'refresh-failed',
    subject: 'credential',
    level: ended || isLow ? 'critical' : 'warning',
    code: failure.code,
    ...(expiresAt !== undefined && { dueAt: expiresAt }),
    message: message + left,
  };
}

/** ` 3 watches and 1 token depend on it.`; nothing when nothing is known to. */
export function dependents({ counts, total }: Pick<BlastRadius, 'counts' | 'total'>): string {
  if (total === 0) return '';
  const parts = Object.entries(counts)
    .sort(([kind, count], [other, others]) => others - count || kind.localeCompare(other, 'en'))
    .map(([kind, count]) => `${count} ${count === 1 ? kind : plural(kind)}`);
  const last = parts.pop() ?? '';
  const named = parts.length === 0 ? last : `${parts.join(', ')} and ${last}`;
  return ` ${named} ${total === 1 ? 'depends' : 'depend'} on it.`;
}

function plural(kind: string): string {
  return /(?:s|x|ch|sh)$/.test(kind) ? `${kind}es` : `${kind}s`;
}

function sentence(text: string): string {
  return text.replace(/[.:;]?$/, '.');
}

/** `2027-01-31`: a moment would only suggest a precision that ends of secrets do not have. */
function date(at: number): string {
  return new Date(at).toISOString().slice(0, 10);
}

/** `2027-01-31 12:30 UTC` */
function moment(at: number): string {
  return `${new Date(at).toISOString().slice(0, 16).replace('T', ' ')} UTC`;
}
