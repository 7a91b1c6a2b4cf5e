import type { TagboatError } from '../core/errors.ts';
import type { Credential } from '../oci/credential.ts';

/** A credential with the times that the broker goes by. Epoch milliseconds. */
export interface IssuedCredential {
  /** With `issuedAt`, and `expiresAt` where its end is known. */
  credential: Credential;
  issuedAt: number;
  /** When this hub, or another one on the same database, got it. */
  refreshedAt: number;
  /** From when on it is renewed ahead. */
  refreshAt: number;
  validUntil: number;
  /** Its issuer said when it ends; otherwise it was typed in, or nobody knows. */
  endsByItself: boolean;
}

/** Where an issued credential is kept beyond the process. None of its functions throws. */
export interface KeptCredential {
  /** What is kept, if it was issued from the same settings. */
  load(): Promise<IssuedCredential | undefined>;
  /** Told of each that was issued, before anybody gets it. Keeps nothing when the settings changed meanwhile. */
  save(issued: IssuedCredential): Promise<void>;
  /** Told of each failure of the issuer. */
  failed(error: TagboatError): Promise<void>;
}

/** The end of the year 9999: dates beyond cannot be written, and nobody means them. */
const latest = 253_402_300_799_999;

/** A credential without times that are none: an issuer may say anything, and what it says is shown as a date. */
export function withPossibleTimes<C extends Credential>({ issuedAt, expiresAt, ...credential }: C): C {
  const possible = (time: number | undefined): time is number => time !== undefined && !Number.isNaN(time);
  const bounded = (time: number): number => Math.min(Math.max(time, 0), latest);
  return {
    ...credential,
    ...(possible(issuedAt) && { issuedAt: bounded(issuedAt) }),
    ...(possible(expiresAt) && { expiresAt: bounded(expiresAt) }),
  } as C;
}

/** For a credential whose end nobody knows: asking again costs little, and a changed source is noticed. */
const unknownLifetime = 5 * 60_000;

/**
 * When a credential that arrives now is renewed, and until when it is used.
 *
 * @param random from 0 to 1: renewals of many registries are spread over a tenth of their lives
 * @param expiryOverride longest time that it is used after its issue, in milliseconds; for a credential whose end nobody knows
 *   it is what a person knows of it, as `credsexpire` of a script's output
 */
export function termsOf(given: Credential, now: number, random: number, expiryOverride?: number): IssuedCredential {
  const credential = withPossibleTimes(given);
  const issuedAt = credential.issuedAt ?? now;
  const told = credential.expiresAt ?? Number.POSITIVE_INFINITY;
  const stated = expiryOverride === undefined ? Number.POSITIVE_INFINITY : issuedAt + expiryOverride;
  const end = Math.min(told, stated);
  const endKnown = Number.isFinite(end);
  const validUntil = endKnown ? end : issuedAt + unknownLifetime;
  return {
    credential: { ...credential, issuedAt, ...(endKnown && { expiresAt: validUntil }) },
    issuedAt,
    refreshedAt: now,
    refreshAt: Math.round(now + Math.max(validUntil - now, 0) * (0.45 + random * 0.1)),
    validUntil,
    endsByItself: credential.expiresAt !== undefined,
  };
}

/**
 * Until when it is handed out. Not to its very end: a request needs time, and clocks differ.
 *
 * @param forClient for one that keeps it a while: a fifth of its life has to be left
 */
export function usableFor({ issuedAt, refreshedAt, validUntil }: IssuedCredential, forClient = false): number {
  const end = validUntil - Math.min(30_000, Math.max(validUntil - refreshedAt, 0) / 10);
  return forClient ? Math.min(end, validUntil - (validUntil - issuedAt) / 5) : end;
}
