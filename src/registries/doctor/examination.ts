import type { LookupAddress } from 'node:dns';
import type { AddressGuard } from '../../oci/address-guard.ts';
import type { Authentication, Credential, Ping, Quota, RegistryClient } from '../../oci/index.ts';
import type { Capability, DoctorOptions, DoctorStep, DoctorStepId } from '../types.ts';
import type { DoctorSubject, DoctorTimeouts } from './subject.ts';

/** How a step ended. */
export type Outcome = Omit<DoctorStep, 'id' | 'title' | 'durationMs' | 'state'> & { state: 'ok' | 'warning' | 'failed' | 'skipped' };

/** What the steps so far have found, for the steps that follow. */
export interface Examination {
  readonly subject: DoctorSubject;
  readonly options: DoctorOptions;
  readonly timeouts: Required<DoctorTimeouts>;
  readonly guard: AddressGuard;
  /** Aborts when the caller gives up or the total time is over. */
  readonly signal: AbortSignal;
  /** Client of this examination alone: no cached token or connection may speak for the registry. */
  readonly client: RegistryClient;
  /** Where sockets go: the registry's host, or the proxy's. */
  addresses: readonly LookupAddress[];
  /** The one of them that accepted a connection. */
  address?: LookupAddress;
  ping?: Ping;
  credential?: Credential;
  authentication?: Authentication;
  /** A repository that could be read, and one of its tags. */
  repository?: string;
  tag?: string;
  capabilities: Record<string, Capability>;
  quota?: Quota;
}

export interface StepDefinition {
  id: DoctorStepId;
  title: string;
  /** What later steps wait for when this one failed: "the certificate". */
  subject: string;
  examine(examination: Examination): Promise<Outcome>;
}

export const ok = (summary: string, evidence: Record<string, string | undefined> = {}): Outcome => ({
  state: 'ok',
  summary,
  ...withEvidence(evidence),
});

export const skipped = (summary: string): Outcome => ({ state: 'skipped', summary });

/** Evidence as a list; absent values are left out. */
export function withEvidence(evidence: Record<string, string | undefined>): Pick<DoctorStep, 'evidence'> {
  const list = Object.entries(evidence).flatMap(([label, value]) => (value === undefined || value === '' ? [] : [{ label, value }]));
  return list.length === 0 ? {} : { evidence: list };
}

/** "3 minutes", "5 days": one unit, rounded, for people. */
export function spoken(milliseconds: number): string {
  const units: [number, string][] = [
    [86_400_000, 'day'],
    [3_600_000, 'hour'],
    [60_000, 'minute'],
    [1000, 'second'],
  ];
  const [size, name] = units.find(([unit]) => milliseconds >= unit) ?? [1000, 'second'];
  const count = Math.max(1, Math.round(milliseconds / size));
  return `${count.toLocaleString('en')} ${name}${count === 1 ? '' : 's'}`;
}
