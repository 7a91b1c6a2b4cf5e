import type { CredentialStatesTable } from '../../store/index.ts';
import type { CredentialEnd, CredentialFailure, CredentialStatus } from '../types.ts';

/** What is kept of the credential of a registry. Times in epoch milliseconds. */
export interface CredentialState {
  /** Of the settings it was issued from, with the stamp of their sources. */
  fingerprint: string;
  /** Absent while none could be issued. */
  kind?: CredentialStatus['kind'];
  username?: string;
  issuedAt?: number;
  expiresAt?: number;
  /** Absent for what does not end by itself. */
  refreshAt?: number;
  refreshedAt?: number;
  failure?: CredentialFailure;
  ends: CredentialEnd[];
}

/** What people see of it; undefined while none was issued. */
export function statusOf(state: CredentialState): CredentialStatus | undefined {
  if (!state.kind) return undefined;
  const status: CredentialStatus = { kind: state.kind, renewable: isRenewable(state) };
  if (state.username !== undefined) status.username = state.username;
  if (state.issuedAt !== undefined) status.issuedAt = iso(state.issuedAt);
  if (state.expiresAt !== undefined) status.expiresAt = iso(state.expiresAt);
  if (state.refreshAt !== undefined) status.refreshAt = iso(state.refreshAt);
  if (state.refreshedAt !== undefined) status.refreshedAt = iso(state.refreshedAt);
  if (state.failure) status.failure = state.failure;
  if (state.ends.length > 0) status.ends = state.ends;
  return status;
}

/** It ends, and another one can be had: not when it is the stored secret itself that ends, such as a typed token. */
export function isRenewable({ refreshAt, expiresAt, ends }: CredentialState): boolean {
  if (refreshAt === undefined || expiresAt === undefined) return false;
  return !ends.some(({ from, at }) => from !== 'certificate' && Math.abs(Date.parse(at) - expiresAt) < 1000);
}

export function iso(time: number): string {
  return new Date(time).toISOString();
}

/** Columns of a credential's state as queries join them. */
export type CredentialStateRow = Omit<CredentialStatesTable, 'registry_id' | 'issued' | 'updated_at'>;

export function toState(row: CredentialStateRow): CredentialState {
  return {
    fingerprint: row.fingerprint,
    ...(row.kind !== null && { kind: row.kind }),
    ...(row.username !== null && { username: row.username }),
    ...(row.issued_at !== null && { issuedAt: row.issued_at }),
    ...(row.expires_at !== null && { expiresAt: row.expires_at }),
    ...(row.refresh_at !== null && { refreshAt: row.refresh_at }),
    ...(row.refreshed_at !== null && { refreshedAt: row.refreshed_at }),
    ...(row.failure !== null && { failure: JSON.parse(row.failure) as CredentialFailure }),
    ends: JSON.parse(row.ends) as CredentialEnd[],
  };
}
