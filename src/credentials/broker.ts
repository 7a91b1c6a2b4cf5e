import { type Clock, systemClock } from '../core/clock.ts';
import { CredentialError, TagboatError } from '../core/errors.ts';
import type { Credential } from '../oci/credential.ts';
import { type IssuedCredential, type KeptCredential, termsOf, usableFor } from './issued.ts';

export type IssueCredential = (signal: AbortSignal) => Promise<Credential>;

export interface GetOptions {
  /** Longest time, in milliseconds, that a credential is used after its issue, whatever its issuer says. */
  expiryOverride?: number;
  /** Ask the issuer now, past the cache and past the pause after a failure: when a person tests a connection. */
  fresh?: boolean;
  /** It goes to a client that keeps it for a while: one with less than a fifth of its life left is renewed first, if that can be. */
  forClient?: boolean;
  /** Renew it first, if that is due: for who refreshes ahead of need. Throws when it cannot be renewed, although it may still be valid. */
  ahead?: boolean;
  /** Where it is kept beyond this process. */
  keep?: KeptCredential;
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
  issued?: IssuedCredential;
  flight?: Flight;
  /** Of what is kept beyond this process, begun once. */
  recall?: Promise<void>;
  failure?: Failure;
}

/** The last failure of several in a row, and until when the issuer is left alone. */
interface Failure {
  error: TagboatError;
  at: number;
  count: number;
  holdUntil: number;
}

/** Longest that an issuer is waited for. */
const issueTimeout = 60_000;
/** Credentials that are kept at most. Beyond, those that ended go first, then those asked for longest ago. */
const mostEntries = 4096;

/**
 * Hands out credentials, issuing each once: one flight a key, however many wait. A credential is renewed ahead at about half
 * its life while it is still handed out, and kept while its issuer is down and it is valid. After a failure the issuer is left
 * alone for a moment (1 s, doubling to 1 min), so that a wrong password does not lock an account. In memory, but for what a
 * `keep` takes over: that is looked up before the issuer is asked, so a restart asks for nothing.
 *
 * Keys are `<registry id>@<fingerprint of its settings>` for what the registry itself is signed in to with, and
 * `<registry id>@<fingerprint>/<name>` for others made of it (narrowed ones for clients). Dropping a key drops those below it.
 */
export class CredentialBroker {
  readonly #clock: Clock;
  readonly #random: () => number;
  readonly #entries = new Map<string, Entry>();
  /** Refused sign-ins of those below a key, by that key: each has another name, and all would try the same wrong password. */
  readonly #refusals = new Map<string, Failure>();

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
    const entry = this.#entry(key);
    if (options.keep && !options.fresh) {
      await (entry.recall ??= this.#recall(entry, options.keep));
      if (this.#entries.get(key) !== entry) throw canceled();
    }
    const now = this.#clock.now();
    const held = entry.failure !== undefined && now < entry.failure.holdUntil;
    const { issued } = entry;

    if (!options.fresh && issued && now < usableFor(issued, options.forClient)) {
      const due = now >= issued.refreshAt;
      if (due && options.ahead) {
        if (held && entry.failure) throw entry.failure.error;
        return this.#wait(entry.flight ?? this.#start(key, entry, issue, options, true), options.signal);
      }
      if (due && !entry.flight && !held) this.#start(key, entry, issue, options, true);
      return issued.credential;
    }
    // Its issuer is down, but it still is what the registry accepts.
    const still = () =>
      !options.fresh && entry.issued && this.#clock.now() < entry.issued.validUntil ? entry.issued.credential : undefined;
    if (!options.fresh && held && entry.failure) {
      const credential = still();
      if (credential) return credential;
      throw entry.failure.error;
    }
    const refusal = this.#refusals.get(rootOf(key));
    if (!options.fresh && refusal && key !== rootOf(key) && now < refusal.holdUntil) throw refusal.error;
    const flight = entry.flight ?? this.#start(key, entry, issue, options, false);
    try {
      return await this.#wait(flight, options.signal);
    } catch (error) {
      const credential = this.#entries.get(key) === entry && !options.signal?.aborted ? still() : undefined;
      if (credential) return credential;
      throw error;
    }
  }

  /**
   * Forgets a key and those below it, or all keys of a registry (`<registry id>` alone). Whoever waits for one is told `canceled`,
   * and what is being issued is kept nowhere.
   */
  drop(key: string): void {
    for (const [known, entry] of this.#entries) {
      if (known !== key && !known.startsWith(`${key}@`) && !known.startsWith(`${key}/`)) continue;
      this.#entries.delete(known);
      this.#refusals.delete(rootOf(known));
      entry.flight?.abort.abort(canceled());
    }
  }

  /** What can be shown of the credential in use, if there is one. */
  status(key: string): CredentialStatus | undefined {
    const entry = this.#entries.get(key);
    if (!entry?.issued) return undefined;
    const { credential, issuedAt } = entry.issued;
    return { ...describe(credential), issuedAt, failure: entry.failure && failureStatus(entry.failure) };
  }

  /** Forgets everything. */
  close(): void {
    for (const entry of this.#entries.values()) entry.flight?.abort.abort(canceled());
    this.#entries.clear();
    this.#refusals.clear();
  }

  #entry(key: string): Entry {
    const known = this.#entries.get(key);
    // Put behind the others: asked for last.
    this.#entries.delete(key);
    if (!known) this.#makeRoom();
    const entry = known ?? {};
    this.#entries.set(key, entry);
    return entry;
  }

  #makeRoom(): void {
    if (this.#entries.size < mostEntries) return;
    const now = this.#clock.now();
    for (const [key, { issued, flight }] of this.#entries) {
      if (!flight && (!issued || issued.validUntil <= now)) this.#entries.delete(key);
    }
    for (const [key, { flight }] of this.#entries) {
      if (this.#entries.size < mostEntries) return;
      if (!flight) this.#entries.delete(key);
    }
  }

  async #recall(entry: Entry, keep: KeptCredential): Promise<void> {
    const kept = await keep.load();
    if (kept && !entry.issued && kept.validUntil > this.#clock.now()) entry.issued = kept;
  }

  #start(key: string, entry: Entry, issue: IssueCredential, options: GetOptions, ahead: boolean): Flight {
    const abort = new AbortController();
    const flight: Flight = { abort, waiting: 0, ahead, promise: this.#fly(key, entry, issue, abort, options) };
    entry.flight = flight;
    // Those who wait are told of the failure; nobody has to.
    flight.promise.catch(() => {});
    return flight;
  }

  async #fly(key: string, entry: Entry, issue: IssueCredential, abort: AbortController, options: GetOptions): Promise<Credential> {
    const { keep, fresh, expiryOverride } = options;
    try {
      const renewed = keep && entry.issued && !fresh ? await this.#renewedElsewhere(entry.issued, keep) : undefined;
      const issued = renewed ?? termsOf(await this.#issue(issue, abort), this.#clock.now(), this.#random(), expiryOverride);
      // Dropped in the very moment of its arrival: what was issued belongs to settings that are gone.
      if (this.#entries.get(key) !== entry) throw canceled();
      if (!renewed) await keep?.save(issued);
      if (this.#entries.get(key) !== entry) throw canceled();
      entry.issued = issued;
      entry.failure = undefined;
      this.#refusals.delete(rootOf(key));
      return issued.credential;
    } catch (error) {
      const failure = this.#fail(entry, error, abort);
      if (failure?.code === 'credential_refused') this.#refuse(rootOf(key), failure);
      if (failure && this.#entries.get(key) === entry) await keep?.failed(failure);
      throw error;
    } finally {
      if (entry.flight?.abort === abort) entry.flight = undefined;
    }
  }

  /** Another hub on the same database may have renewed it already. */
  async #renewedElsewhere(held: IssuedCredential, keep: KeptCredential): Promise<IssuedCredential | undefined> {
    const kept = await keep.load();
    return kept && kept.refreshedAt > held.refreshedAt && this.#clock.now() < kept.refreshAt ? kept : undefined;
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

  #fail(entry: Entry, error: unknown, abort: AbortController): TagboatError | undefined {
    if (abort.signal.aborted && error instanceof TagboatError && error.code === 'canceled') return undefined;
    const known = error instanceof TagboatError ? error : unavailable(error);
    entry.failure = this.#failureAfter(entry.failure, known);
    return known;
  }

  #refuse(root: string, error: TagboatError): void {
    const before = this.#refusals.get(root);
    if (!before && this.#refusals.size >= mostEntries) this.#refusals.clear();
    this.#refusals.set(root, this.#failureAfter(before, error));
  }

  #failureAfter(before: Failure | undefined, error: TagboatError): Failure {
    const now = this.#clock.now();
    const count = (before?.count ?? 0) + 1;
    return { error, at: now, count, holdUntil: now + Math.min(1000 * 2 ** (count - 1), 60_000) };
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

/** `<registry id>@<fingerprint>`, whatever stands below it. */
function rootOf(key: string): string {
  return key.split('/', 1)[0] ?? key;
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
