import { type Principal, systemPrincipal } from '../../access/index.ts';
import type { Clock } from '../../core/clock.ts';
import { HubError, NotFound, type ReferenceTo, TagboatError } from '../../core/errors.ts';
import type { HubEvents } from '../../core/events.ts';
import type { ProviderSet } from '../../provider/set.ts';
import type { ConnectionTests } from '../connection-tests.ts';
import { fingerprint, withoutStamp } from '../fingerprint.ts';
import type { Opener, OpenRegistry } from '../opener.ts';
import { type StoredRegistry, toDraft } from '../row.ts';
import { mayFor, requireFor } from '../scope.ts';
import type { RegistryStore } from '../store.ts';
import type { DoctorOptions, DoctorReport, DoctorStep, Registry } from '../types.ts';
import type { Vault } from '../vault.ts';
import type { Alerts } from './alerts.ts';
import { endsOf } from './ends.ts';
import type { Rotation } from './rotation.ts';
import { isOutdated, withSlot } from './slot.ts';
import type { CredentialSlotStore, SlotName, StoredSlot } from './slot-store.ts';
import type { CredentialStateStore } from './state-store.ts';
import type { CredentialStates } from './states.ts';
import type { CredentialState } from './status.ts';
import type { BlastRadius, CredentialDetail, CredentialSlot, NextCredentialInput } from './types.ts';
import type { CredentialUses } from './uses.ts';

export interface RegistryCredentialsDeps {
  rows: RegistryStore;
  states: CredentialStates;
  stateRows: CredentialStateStore;
  slots: CredentialSlotStore;
  rotation: Rotation;
  uses: CredentialUses;
  alerts: Alerts;
  opener: Opener;
  tests: ConnectionTests;
  vault: Vault;
  providers: ProviderSet;
  events: HubEvents;
  clock: Clock;
  /** A registry as the principal sees it; NotFound when it does not. */
  find: (principal: Principal, idOrName: string) => Promise<StoredRegistry>;
  recordUse: (principal: Principal, registry: Registry, purpose: string) => Promise<void>;
  references: (registryId: string, principal?: Principal) => Promise<ReferenceTo[]>;
  /** Told of errors of the hub itself. */
  onFailure: (error: unknown) => void;
}

/** A credential is renewed ahead while something other than the hub's own checks used it within this time, in milliseconds. */
const usedWithin = 7 * 24 * 60 * 60_000;
/** How long a credential that was replaced can be gone back to, in milliseconds. */
const keepPrevious = 30 * 24 * 60 * 60_000;

/** The life of registries' credentials: what is known of them, renewing them, and changing them for the next one. */
export class RegistryCredentials {
  readonly #deps: RegistryCredentialsDeps;

  constructor(deps: RegistryCredentialsDeps) {
    this.#deps = deps;
  }

  /** Everything but the credential itself. */
  async get(principal: Principal, idOrName: string): Promise<CredentialDetail> {
    const { stateRows, slots, uses, alerts, references } = this.#deps;
    const stored = await this.#deps.find(principal, idOrName);
    const { registry } = stored;
    const state = currentState(stored, await stateRows.read(registry.id));
    const { next, previous } = await slots.read(registry.id);
    const credential = registry.credential;
    return {
      registry: { id: registry.id, name: registry.name },
      version: registry.version,
      signIn: registry.signIn,
      ...(credential && { credential }),
      ...(state.failure && { failure: state.failure }),
      ends: state.ends,
      uses: await uses.list(registry.id),
      ...(next && { next: this.#shown(stored, next) }),
      ...(previous && { previous: this.#shown(stored, previous) }),
      blastRadius: shownTo(principal, registry, await uses.blastRadius(registry, await references(registry.id, principal))),
      alerts: await alerts.ofRegistry(registry.id),
    };
  }

  /** Has a new credential issued now, and the vendor asked when its secrets end. Throws what the issuer answered. */
  async refresh(principal: Principal, idOrName: string, signal?: AbortSignal): Promise<CredentialDetail> {
    const stored = await this.#deps.find(principal, idOrName);
    requireFor(principal, 'registry:test', stored.registry);
    await this.#deps.recordUse(principal, stored.registry, 'credential refresh');
    const open = await this.#deps.opener.open(stored);
    await open.renewCredential('now', signal);
    await this.lookAfter(stored.registry.id, { ask: true, ...(signal && { signal }) });
    return this.get(principal, stored.registry.id);
  }

  /** Ids of registries whose credential is to be renewed ahead, longest due first. */
  due(): Promise<string[]> {
    const now = this.#deps.clock.now();
    return this.#deps.stateRows.due(now, now - usedWithin);
  }

  /** When the next one is due, epoch milliseconds. */
  nextDue(): Promise<number | undefined> {
    return this.#deps.stateRows.nextDue(this.#deps.clock.now() - usedWithin);
  }

  /** Renews the credential of a registry if that is due. That its issuer fails is kept as its state and raised as an alert. */
  async renewAhead(registryId: string, signal?: AbortSignal): Promise<void> {
    try {
      const stored = await this.#deps.find(systemPrincipal, registryId);
      await (await this.#deps.opener.open(stored)).renewCredential('ahead', signal);
    } catch (error) {
      if (signal?.aborted || (error instanceof TagboatError && !(error instanceof HubError))) return;
      throw error;
    }
  }

  /** Prepares the next credential; the one in use stays in use. Checked as an edit is. */
  async setNext(principal: Principal, idOrName: string, input: NextCredentialInput, expectedVersion?: number): Promise<CredentialDetail> {
    return this.#changed(principal, idOrName, (id) => this.#deps.rotation.setNext(principal, id, input, expectedVersion));
  }

  async discard(principal: Principal, idOrName: string, slot: SlotName, expectedVersion?: number): Promise<CredentialDetail> {
    return this.#changed(principal, idOrName, (id) => this.#deps.rotation.discard(principal, id, slot, expectedVersion));
  }

  /** Runs the doctor over the registry as it would be with the next credential, and keeps the report with that. */
  async *testNext(
    principal: Principal,
    idOrName: string,
    options: DoctorOptions,
    signal: AbortSignal,
  ): AsyncGenerator<DoctorStep, DoctorReport, undefined> {
    const { slots, tests, providers, events, clock, recordUse } = this.#deps;
    const stored = await this.#deps.find(principal, idOrName);
    const { registry } = stored;
    requireFor(principal, 'registry:test', registry);
    const { next } = await slots.read(registry.id);
    if (!next) throw new NotFound('There is no next credential. Prepare one first.');
    const changed = withSlot(stored, next, providers.require(registry.provider));
    await recordUse(principal, changed.registry, 'test of the next credential');
    const report = yield* tests.run(() => toDraft(changed, providers), options, signal);
    const test = { testedAt: clock.now(), report, fingerprint: fingerprint(changed) };
    if (await slots.saveTest(registry.id, next.createdAt, test)) events.emit('credential.changed', { id: registry.id });
    return report;
  }

  /** Puts the next credential in use. Conflict while its test is missing, outdated or failed, unless forced. */
  async promote(principal: Principal, idOrName: string, options: { force?: boolean }, expectedVersion?: number): Promise<CredentialDetail> {
    return this.#changed(principal, idOrName, (id) => this.#deps.rotation.promote(principal, id, options, expectedVersion));
  }

  /** Goes back to the previous credential. */
  async rollBack(principal: Principal, idOrName: string, expectedVersion?: number): Promise<CredentialDetail> {
    return this.#changed(principal, idOrName, (id) => this.#deps.rotation.rollBack(principal, id, expectedVersion));
  }

  /**
   * Finds out when what does not renew itself ends, and raises or clears alerts.
   *
   * @param ask the vendor too, where it tells. What it said last counts otherwise, and when it cannot be asked.
   */
  async lookAfter(registryId: string, { ask, signal }: { ask: boolean; signal?: AbortSignal }): Promise<void> {
    const { rows, states, stateRows, providers, vault, alerts } = this.#deps;
    const stored = await rows.find(registryId);
    if (!stored || stored.registry.id !== registryId) return;
    const { registry, sealed } = stored;
    const provider = providers.get(registry.provider);
    if (!provider) return;
    const facts = fingerprint(stored);
    const known = currentState(stored, await stateRows.read(registryId));
    const isLost = vault.lost(registryId, sealed);
    const asked = ask && provider.secretEnds && !isLost ? await this.#ask(stored, signal) : undefined;
    const report = await rows.report(registryId);
    const configuration = toDraft(isLost ? { registry, sealed: {} } : stored, providers);
    const ends = endsOf(configuration, vault, {
      provided: asked ?? providedBefore(known),
      ...(registry.secretEndsAt !== undefined && { stated: registry.secretEndsAt }),
      ...(report && { report }),
    });
    if (!(await states.saveEnds(registryId, facts, ends))) return;
    await alerts.reconcile(registry, currentState(stored, await stateRows.read(registryId)));
  }

  /** Once in a while: what is long past is forgotten, and alerts are raised that only the passing of time causes. */
  async sweep(): Promise<void> {
    const { rows, uses, rotation, clock, events } = this.#deps;
    await uses.sweep();
    for (const id of await rotation.sweep(clock.now() - keepPrevious)) events.emit('credential.changed', { id });
    for (const { registry } of await rows.list(systemPrincipal)) {
      // One registry that cannot be looked after must not keep the others.
      await this.lookAfter(registry.id, { ask: false }).catch(this.#deps.onFailure);
    }
  }

  /** How many registries have a credential, and of how many it could not be renewed: for operations. */
  counts(): Promise<{ total: number; failing: number }> {
    return this.#deps.stateRows.counts();
  }

  /** What the vendor says; undefined when it cannot be asked now, which is no news of the secrets. */
  async #ask(stored: StoredRegistry, signal?: AbortSignal): Promise<Readonly<Record<string, number | undefined>> | undefined> {
    let open: OpenRegistry;
    try {
      open = await this.#deps.opener.open(stored);
      if (!(await open.usesOwnApi(signal))) return {};
      return await open.provider.secretEnds?.(await open.catalogContext(signal));
    } catch (error) {
      signal?.throwIfAborted();
      // An issuer that cannot be reached is asked again with the next check; anything else is the hub's own fault.
      if (!(error instanceof TagboatError)) this.#deps.onFailure(error);
      return undefined;
    }
  }

  async #changed(principal: Principal, idOrName: string, change: (id: string) => Promise<void>): Promise<CredentialDetail> {
    const { id } = (await this.#deps.find(principal, idOrName)).registry;
    await change(id);
    this.#deps.events.emit('registry.changed', { id });
    this.#deps.events.emit('credential.changed', { id });
    return this.get(principal, id);
  }

  #shown(stored: StoredRegistry, slot: StoredSlot): CredentialSlot {
    const provider = this.#deps.providers.get(stored.registry.provider);
    const { signIn, settings, sources, sealed, secretEndsAt, createdAt, createdByName, test } = slot;
    return {
      signIn,
      settings,
      sources,
      secretsSet: Object.keys(sealed),
      secretsLost: this.#deps.vault.lost(stored.registry.id, sealed),
      ...(secretEndsAt !== undefined && { secretEndsAt }),
      createdAt,
      createdBy: createdByName,
      ...(test && {
        test: { testedAt: test.testedAt, report: test.report, outdated: !provider || isOutdated(stored, slot, provider) },
      }),
    };
  }
}

/** What is kept, if it is of the settings that the registry has now. */
export function currentState(stored: StoredRegistry, state: CredentialState | undefined): CredentialState {
  const facts = fingerprint(stored);
  return state && withoutStamp(state.fingerprint) === facts ? state : { fingerprint: facts, ends: [] };
}

/** Who may only look is told how many people and tokens there are, and not which: those of others are not theirs to list. */
function shownTo(principal: Principal, registry: Registry, radius: BlastRadius): BlastRadius {
  if (mayFor(principal, 'registry:test', registry)) return radius;
  const own = [principal.id, principal.userId];
  return { ...radius, items: radius.items.filter(({ kind, id }) => (kind !== 'user' && kind !== 'token') || own.includes(id)) };
}

function providedBefore({ ends }: CredentialState): Record<string, number> {
  return Object.fromEntries(ends.filter(({ from }) => from === 'provider').map(({ field, at }) => [field, Date.parse(at)]));
}
