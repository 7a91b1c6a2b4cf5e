import { isDeepStrictEqual } from 'node:util';
import { z } from 'zod';
import type { Clock } from '../../core/clock.ts';
import { CredentialError, type TagboatError } from '../../core/errors.ts';
import type { HubEvents } from '../../core/events.ts';
import type { IssuedCredential, KeptCredential } from '../../credentials/index.ts';
import type { SecretKeyring } from '../deps.ts';
import { fingerprint, withoutStamp } from '../fingerprint.ts';
import type { RegistryStore } from '../store.ts';
import type { CredentialEnd } from '../types.ts';
import type { CredentialStateStore } from './state-store.ts';
import { type CredentialState, iso } from './status.ts';

export interface CredentialStatesDeps {
  rows: RegistryStore;
  states: CredentialStateStore;
  keyring: SecretKeyring;
  events: HubEvents;
  clock: Clock;
  /** Told when a credential was renewed or could not be: alerts depend on it. */
  onChange: (registryId: string) => Promise<void>;
  /** Told of errors of the hub itself: a credential is handed out all the same. */
  onFailure: (error: unknown) => void;
}

/** Longest message of a failure that is kept. */
const longestMessage = 600;

/**
 * Keeps what was issued for a registry, sealed, so that a restart, another hub or the stand-alone credential helper need not
 * ask its issuer again; and what can be shown of it. What was issued from settings that are gone is never kept: each write
 * looks, in its own transaction, whether the registry still has them.
 */
export class CredentialStates {
  readonly #deps: CredentialStatesDeps;

  constructor(deps: CredentialStatesDeps) {
    this.#deps = deps;
  }

  /** @param stamped fingerprint of the settings, with the stamp of their sources */
  keep(registryId: string, stamped: string): KeptCredential {
    return {
      load: () => this.#guard(() => this.#load(registryId, stamped)),
      save: (issued) => this.#guard(() => this.#save(registryId, stamped, issued)),
      failed: (error) => this.#guard(() => this.#failed(registryId, stamped, error)),
    };
  }

  /** Keeps when what does not renew itself ends. Answers false when the registry was removed or edited meanwhile. */
  async saveEnds(registryId: string, facts: string, ends: CredentialEnd[]): Promise<boolean> {
    const before = await this.#deps.states.read(registryId);
    if (before && withoutStamp(before.fingerprint) === facts && isDeepStrictEqual(before.ends, ends)) return true;
    return this.#change(registryId, facts, (state) => ({ ...state, ends }));
  }

  async #load(registryId: string, stamped: string): Promise<IssuedCredential | undefined> {
    const state = await this.#deps.states.read(registryId);
    if (!state?.sealed || state.fingerprint !== stamped) return undefined;
    try {
      const text = this.#deps.keyring.unseal(state.sealed, context(registryId, stamped)).reveal();
      return issuedSchema.parse(JSON.parse(text));
    } catch (error) {
      // Sealed with a key that is lost: the issuer is asked again, and what comes takes its place.
      if (error instanceof CredentialError && error.code === 'unseal_failed') return undefined;
      throw error;
    }
  }

  async #save(registryId: string, stamped: string, issued: IssuedCredential): Promise<void> {
    const { states, keyring, events } = this.#deps;
    const { credential, endsByItself } = issued;
    const shown = {
      kind: credential.kind,
      ...('username' in credential && credential.username !== undefined && { username: credential.username }),
    };
    if (!endsByItself) {
      const before = await states.read(registryId);
      // What was typed in is stored already, and read again every few minutes: nothing is new.
      if (
        before?.fingerprint === stamped &&
        before.kind === shown.kind &&
        before.username === ('username' in shown ? shown.username : undefined) &&
        !before.failure
      )
        return;
    }
    const sealed =
      endsByItself && keyring.state === 'ready' ? keyring.seal(JSON.stringify(issued), context(registryId, stamped)) : undefined;
    const kept = await this.#change(
      registryId,
      stamped,
      ({ ends }) => ({
        fingerprint: stamped,
        ...shown,
        issuedAt: issued.issuedAt,
        refreshedAt: issued.refreshedAt,
        ...(endsByItself && { expiresAt: issued.validUntil, refreshAt: issued.refreshAt }),
        ends,
      }),
      () => sealed,
    );
    if (!kept) return;
    events.emit('credential.changed', { id: registryId });
    await this.#deps.onChange(registryId);
  }

  async #failed(registryId: string, stamped: string, error: TagboatError): Promise<void> {
    const { clock, events } = this.#deps;
    const at = iso(clock.now());
    const kept = await this.#change(registryId, stamped, (state) => ({
      ...state,
      failure: { code: error.code, message: error.message.slice(0, longestMessage), since: state.failure?.since ?? at, at },
    }));
    if (!kept) return;
    events.emit('credential.changed', { id: registryId });
    await this.#deps.onChange(registryId);
  }

  /** Writes what `change` makes of the state, if the registry still has those settings. */
  async #change(
    registryId: string,
    stamped: string,
    change: (state: CredentialState) => CredentialState,
    seal: (sealed: string | undefined) => string | undefined = (sealed) => sealed,
  ): Promise<boolean> {
    const { rows, states, clock } = this.#deps;
    const facts = withoutStamp(stamped);
    return rows.transaction(async (trx) => {
      // The lock of edits: none comes between looking and writing.
      await rows.lock(trx);
      const stored = await rows.find(registryId, trx);
      if (!stored || stored.registry.id !== registryId || fingerprint(stored) !== facts) return false;
      const found = await states.read(registryId, trx);
      const known = found && withoutStamp(found.fingerprint) === facts ? found : undefined;
      const { sealed, ...state } = known ?? { sealed: undefined, fingerprint: stamped, ends: [] };
      await states.write(trx, registryId, change(state), seal(sealed), clock.now());
      return true;
    });
  }

  async #guard<T>(work: () => Promise<T>): Promise<T | undefined> {
    try {
      return await work();
    } catch (error) {
      // The credential itself is good: that it cannot be kept must not fail a pull.
      this.#deps.onFailure(error);
      return undefined;
    }
  }
}

const times = { expiresAt: z.number().optional(), issuedAt: z.number().optional() };
const issuedSchema = z.object({
  credential: z.discriminatedUnion('kind', [
    z.object({ kind: z.literal('anonymous'), ...times }),
    z.object({ kind: z.literal('basic'), username: z.string(), password: z.string(), ...times }),
    z.object({ kind: z.literal('identity'), token: z.string(), username: z.string().optional(), ...times }),
    z.object({ kind: z.literal('bearer'), token: z.string(), ...times }),
  ]),
  issuedAt: z.number(),
  refreshedAt: z.number(),
  refreshAt: z.number(),
  validUntil: z.number(),
  endsByItself: z.boolean(),
});

/** Bound to the registry and to the settings it was issued from: put elsewhere, it does not open. */
function context(registryId: string, stamped: string): string {
  return `issued:${registryId}:${stamped}`;
}
