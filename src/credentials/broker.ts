import { type Clock, systemClock } from '../core/clock.ts';
import { CredentialError, TagboatError } from '../core/errors.ts';
import type { Credential } from '../oci/credential.ts';

export type IssueCredential = (signal: AbortSignal) => Promise<Credential>;

export interface GetOptions {
  /** Longest time, in milliseconds, that a credential is used after its issue, whatever its issuer says. */
  expiryOverride?: number;
  /** Ask the issuer now, past the cache and past the pause after a failure: when a person tests a connection. */
  fresh?: boolean;
  /** Ends this caller's wait. The issuer goes on being asked while others wait. */
  signal?: AbortSignal;
}

/** What can be shown of a cached credential: nothing secret. Times are epoch milliseconds. */
export interface CredentialStatus {
  kind: Credential['kind'];
  username?: string;
  issuedAt: number;
  expiresAt?: number;
  /** Why the last attempt to renew it failed, while it is still used. */
  failure?: { code: string; message: string; at: number };
}

interface Flight {
  promise: Promise<Credential>;
  abort: AbortController;
  waiting: number;
  /** Started to renew ahead: goes on without anybody waiting. */
  ahead: boolean;
}

interface Entry {
  credential?: Credential;
  issuedAt: number;
  /** End of use, a little before the end of validity. */
  expiresAt: number;
  validUntil: number;
  /** From when on it is renewed ahead. */
  refreshAt: number;
  flight?: Flight;
  failure?: { error: TagboatError; at: number; count: number; holdUntil: number };
}

/** For a credential whose end nobody knows: asking again costs little, and a changed source is noticed. */
const unknownLifetime = 5 * 60_000;
/** Longest that an issuer is waited for. */
const issueTimeout = 60_000;

/**
 * Hands out credentials, issuing each once: one flight a key, however many wait. A credential is renewed ahead at about half
 * its life while it is still handed out, and kept while its issuer is down and it is valid. After a failure the issuer is left
 * alone for a moment (1 s, doubling to 1 min), so that a wrong password does not lock an account. In memory only.
 *
 * Keys are `<registry id>@<version>`.
 */
export class CredentialBroker {
  readonly #clock: Clock;
  readonly #random: () => number;
  readonly #entries = new Map<string, Entry>();

  constructor(deps: { clock?: Clock; random?: () => number } = {}) {
    this.#clock = deps.clock ?? systemClock;
    this.#random = deps.random ?? Math.random;
  }

  /**
   * The credential of `key`, from `issue` when there is none. Throws what `issue` threw; `credential_unavailable` for errors that
   * are none of ours; `canceled` when the key was dropped meanwhile.
   */
  async get(key: string, issue: IssueCredential, options: GetOptions = {}): Promise<Credential> {
    options.signal?.throwIfAborted();
    let entry = this.#entries.get(key);
    if (!entry) {
      entry = { issuedAt: 0, expiresAt: 0, validUntil: 0, refreshAt: 0 };
      this.#entries.set(key, entry);
    }
    const now = this.#clock.now();
    const held = entry.failure !== undefined && now < entry.failure.holdUntil;

    if (!options.fresh && entry.credential && now < entry.expiresAt) {
      if (now >= entry.refreshAt && !entry.flight && !held) this.#start(key, entry, issue, options, true);
      return entry.credential;
    }
    // Its issuer is down, but it still is what the registry accepts.
    const still = () => (!options.fresh && entry.credential && this.#clock.now() < entry.validUntil ? entry.credential : undefined);
    if (!options.fresh && held && entry.failure) {
      const credential = still();
      if (credential) return credential;
      throw entry.failure.error;
    }
    const flight = entry.flight ?? this.#start(key, entry, issue, options, false);
    try {
      return await this.#wait(flight, options.signal);
    } catch (error) {
      const credential = this.#entries.get(key) === entry && !options.signal?.aborted ? still() : undefined;
      if (credential) return credential;
      throw error;
    }
  }

  /** Forgets a key, or all keys of a registry (`<registry id>` without version). Whoever waits for one is told `canceled`. */
  drop(key: string): void {
    for (const [known, entry] of this.#entries) {
      if (known !== key && !known.startsWith(`${key}@`)) continue;
      this.#entries.delete(known);
      entry.flight?.abort.abort(canceled());
    }
  }

  /** What can be shown of the credential in use, if there is one. */
  status(key: string): CredentialStatus | undefined {
    const entry = this.#entries.get(key);
    if (!entry?.credential) return undefined;
    return { ...describe(entry.credential), issuedAt: entry.issuedAt, failure: entry.failure && failureStatus(entry.failure) };
  }

  /** Forgets everything. */
  close(): void {
    for (const entry of this.#entries.values()) entry.flight?.abort.abort(canceled());
    this.#entries.clear();
  }

  #start(key: string, entry: Entry, issue: IssueCredential, options: GetOptions, ahead: boolean): Flight {
    const abort = new AbortController();
    const flight: Flight = { abort, waiting: 0, ahead, promise: this.#fly(key, entry, issue, abort, options.expiryOverride) };
    entry.flight = flight;
    // Those who wait are told of the failure; nobody has to.
    flight.promise.catch(() => {});
    return flight;
  }

  async #fly(key: string, entry: Entry, issue: IssueCredential, abort: AbortController, expiryOverride?: number): Promise<Credential> {
    try {
      const credential = await this.#issue(issue, abort);
      // Dropped in the very moment of its arrival: what was issued belongs to settings that are gone.
      if (this.#entries.get(key) !== entry) throw canceled();
      return this.#keep(entry, credential, expiryOverride);
    } catch (error) {
      this.#fail(entry, error, abort);
      throw error;
    } finally {
      if (entry.flight?.abort === abort) entry.flight = undefined;
    }
  }

  async #issue(issue: IssueCredential, abort: AbortController): Promise<Credential> {
    const settled = new AbortController();
    const aborted = Promise.withResolvers<never>();
    const onAbort = () => aborted.reject(abort.signal.reason);
    abort.signal.addEventListener('abort', onAbort, { once: true });
    this.#clock.sleep(issueTimeout, settled.signal).then(
      () => abort.abort(new CredentialError('The issuer of the credential did not answer in time.', { code: 'credential_unavailable' })),
      () => {},
    );
    try {
      return await Promise.race([issue(abort.signal), aborted.promise]);
    } catch (error) {
      if (abort.signal.aborted) throw abort.signal.reason;
      throw error instanceof TagboatError ? error : unavailable(error);
    } finally {
      abort.signal.removeEventListener('abort', onAbort);
      settled.abort();
    }
  }

  #keep(entry: Entry, credential: Credential, expiryOverride = Number.POSITIVE_INFINITY): Credential {
    const now = this.#clock.now();
    const issuedAt = credential.issuedAt ?? now;
    const end = Math.min(credential.expiresAt ?? issuedAt + unknownLifetime, issuedAt + expiryOverride);
    const lifetime = Math.max(end - now, 0);
    const endKnown = credential.expiresAt !== undefined || expiryOverride !== Number.POSITIVE_INFINITY;
    const kept: Credential = { ...credential, issuedAt, ...(endKnown && { expiresAt: end }) };
    entry.credential = kept;
    entry.issuedAt = issuedAt;
    // Not used to the very end: a request needs time, and clocks differ.
    entry.expiresAt = end - Math.min(30_000, lifetime / 10);
    entry.validUntil = end;
    entry.refreshAt = now + lifetime * (0.45 + this.#random() * 0.1);
    entry.failure = undefined;
    return kept;
  }

  #fail(entry: Entry, error: unknown, abort: AbortController): void {
    if (abort.signal.aborted && abort.signal.reason === error && error instanceof TagboatError && error.code === 'canceled') return;
    const known = error instanceof TagboatError ? error : unavailable(error);
    const now = this.#clock.now();
    const count = (entry.failure?.count ?? 0) + 1;
    entry.failure = { error: known, at: now, count, holdUntil: now + Math.min(1000 * 2 ** (count - 1), 60_000) };
  }

  async #wait(flight: Flight, signal: AbortSignal | undefined): Promise<Credential> {
    flight.waiting += 1;
    const left = Promise.withResolvers<never>();
    const onAbort = () => left.reject(signal?.reason);
    signal?.addEventListener('abort', onAbort, { once: true });
    try {
      return await Promise.race([flight.promise, left.promise]);
    } finally {
      signal?.removeEventListener('abort', onAbort);
      flight.waiting -= 1;
      if (flight.waiting === 0 && !flight.ahead && signal?.aborted) flight.abort.abort(canceled());
    }
  }
}

function describe(credential: Credential): Pick<CredentialStatus, 'kind' | 'username' | 'expiresAt'> {
  const username = credential.kind === 'basic' || credential.kind === 'identity' ? credential.username : undefined;
  return { kind: credential.kind, username, expiresAt: credential.expiresAt };
}

function failureStatus(failure: { error: TagboatError; at: number }): { code: string; message: string; at: number } {
  return { code: failure.error.code, message: failure.error.message, at: failure.at };
}

function unavailable(cause: unknown): CredentialError {
  const name = cause instanceof Error ? cause.name : 'unknown error';
  return new CredentialError(`The issuer gave no credential (${name}).`, { code: 'credential_unavailable', cause });
}

function canceled(): TagboatError {
  return new TagboatError('The credential is no longer asked for, because its settings changed.', {
    code: 'canceled',
    fault: 'caller',
    retry: 'backoff',
  });
}
