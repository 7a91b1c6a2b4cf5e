import type { FieldValue, CredentialEnd, CredentialFailure, CredentialStatus, DoctorReport } from '../types.ts';

/** Who used a registry's credential, for what, and how often. Times in epoch milliseconds. */
export interface CredentialUse {
  by: { kind: 'user' | 'token' | 'system'; id: string; name: string };
  purpose: string;
  firstAt: number;
  lastAt: number;
  uses: number;
}

/** A credential beside the one in use, without its secrets. Times in epoch milliseconds. */
export interface CredentialSlot {
  signIn: string;
  settings: Record<string, FieldValue>;
  sources: Record<string, string>;
  secretsSet: string[];
  /** The master key that sealed them is gone. */
  secretsLost: boolean;
  secretEndsAt?: number;
  createdAt: number;
  /** Name of who entered it; of the previous one, of who replaced it. */
  createdBy: string;
  /** Its last test. `outdated`: the registry was changed since. */
  test?: { testedAt: number; report: DoctorReport; outdated: boolean };
}

/** What stands still when the credential ends. */
export interface BlastRadius {
  total: number;
  /** Kind → how many. */
  counts: Record<string, number>;
  /** At most `mostAffected`, those used last first. */
  items: { kind: string; id: string; name: string; lastUsedAt?: number; purpose?: string }[];
}

export type AlertKind = 'credential-ends' | 'certificate-ends' | 'refresh-failed';
export type AlertLevel = 'notice' | 'warning' | 'critical';

/** What an operator has to see to before it hurts. Times in epoch milliseconds. */
export interface Alert {
  id: string;
  registry: { id: string; name: string };
  kind: AlertKind;
  /** What of the registry: a field, `connection.clientCertificate`, … */
  subject: string;
  level: AlertLevel;
  code: string;
  message: string;
  /** When it ends, or ended. */
  dueAt?: number;
  raisedAt: number;
  updatedAt: number;
  acknowledgedAt?: number;
  acknowledgedBy?: string;
}

export interface AlertFilter {
  /** Id or name. */
  registry?: string;
  /** This level and those above. */
  level?: AlertLevel;
  acknowledged?: boolean;
}

export interface AlertList {
  /** Worst first, then those that end soonest. */
  items: Alert[];
  /** Of all that the caller may see, whatever the filter; the levels count those that are not acknowledged. */
  counts: { open: number } & Record<AlertLevel, number>;
}

/** Everything about the credential of one registry. */
export interface CredentialDetail {
  registry: { id: string; name: string };
  /** Of the registry. */
  version: number;
  signIn: string;
  /** Absent while none was issued. */
  credential?: CredentialStatus;
  /** Why none could be issued, or why the one in use could not be renewed. */
  failure?: CredentialFailure;
  /** Soonest first. */
  ends: CredentialEnd[];
  /** Of the last 30 days, last first. */
  uses: CredentialUse[];
  next?: CredentialSlot;
  previous?: CredentialSlot;
  blastRadius: BlastRadius;
  alerts: Alert[];
}

/** What a person enters for the next credential; what is left out stays as in the one in use. */
export interface NextCredentialInput {
  signIn?: string;
  fields?: Record<string, FieldValue | null>;
  sources?: Record<string, string | null>;
  /** ISO 8601. */
  secretEndsAt?: string | null;
}
