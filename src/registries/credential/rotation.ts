import { type Audit, type Principal, systemPrincipal } from '../../access/index.ts';
import type { Clock } from '../../core/clock.ts';
import { Conflict, NotFound } from '../../core/errors.ts';
import type { AnyProvider } from '../../provider/define.ts';
import type { ProviderSet } from '../../provider/set.ts';
import type { Trx } from '../../store/index.ts';
import { auditView } from '../audit-view.ts';
import { type Editing, gone, outdated } from '../editing.ts';
import type { StoredRegistry } from '../row.ts';
import { requireFor } from '../scope.ts';
import type { RegistryStore } from '../store.ts';
import type { Registry } from '../types.ts';
import type { Vault } from '../vault.ts';
import { requireNext, slotOf, testProblem, withSlot } from './slot.ts';
import { type CredentialSlotStore, forgetCredential, type SlotName, type StoredSlot } from './slot-store.ts';
import type { NextCredentialInput } from './types.ts';

export interface RotationDeps {
  rows: RegistryStore;
  slots: CredentialSlotStore;
  vault: Vault;
  editing: Editing;
  audit: Audit;
  providers: ProviderSet;
  clock: Clock;
}

/** What one change does besides counting the version on: its audit entry, and what is in use from now on. */
interface Change {
  action: string;
  detail?: string;
  before?: Registry;
  after?: Registry;
  /** Names of secrets that are others now. */
  secrets?: readonly string[];
  inUse?: StoredRegistry;
}

/**
 * Changing the credential of a registry for the next one while the present one stays in use: prepared, promoted, and gone back
 * from. Sealed secrets move between the places as they are. Each change is one transaction and counts the registry's version on.
 */
export class Rotation {
  readonly #deps: RotationDeps;

  constructor(deps: RotationDeps) {
    this.#deps = deps;
  }

  /** Checks the input as an edit is checked, with the same safeguards, and keeps it beside the credential in use. */
  setNext(principal: Principal, id: string, input: NextCredentialInput, expectedVersion?: number): Promise<void> {
    return this.#change(principal, id, expectedVersion, async (trx, stored, provider) => {
      const { slots, editing, vault, clock } = this.#deps;
      // The end that was stated of the one in use says nothing of the next.
      const draft = editing.resolve(principal, { ...input, secretEndsAt: input.secretEndsAt ?? null }, stored);
      const sealed = vault.seal(id, draft.secrets);
      requireNext(stored, draft, sealed);
      const registry = { ...draft, settings: { ...draft.settings }, sources: { ...draft.sources } };
      const slot = slotOf({ registry, sealed }, provider, principal, clock.now());
      const next = withSlot(stored, slot, provider);
      const secrets = Object.keys(slot.sealed).filter((name) => slot.sealed[name] !== stored.sealed[name]);
      await slots.put(trx, id, 'next', slot);
      return { action: 'registry.credential-next', before: stored.registry, after: next.registry, secrets };
    });
  }

  discard(principal: Principal, id: string, name: SlotName, expectedVersion?: number): Promise<void> {
    return this.#change(principal, id, expectedVersion, async (trx) => {
      if (!(await this.#deps.slots.remove(trx, id, name))) throw missing(name);
      return { action: 'registry.credential-discard', detail: `The ${name} credential was forgotten.` };
    });
  }

  /**
   * Puts the next credential in use; the one in use becomes the previous one.
   *
   * @param force although it was not tested since the registry was changed last, or its test failed
   */
  promote(principal: Principal, id: string, { force }: { force?: boolean }, expectedVersion?: number): Promise<void> {
    return this.#change(principal, id, expectedVersion, async (trx, stored, provider) => {
      const { slots, clock } = this.#deps;
      const { next } = await slots.read(id, trx);
      if (!next) throw missing('next');
      this.#requireOpenable(id, next);
      const problem = testProblem(stored, next, provider);
      if (problem && !force) throw new Conflict(`${problem} Test it, or force it.`, 'conflict');
      await slots.put(trx, id, 'previous', slotOf(stored, provider, principal, clock.now()));
      await slots.remove(trx, id, 'next');
      return {
        action: 'registry.credential-promote',
        inUse: withSlot(stored, next, provider),
        ...(problem && { detail: `Forced: ${problem}` }),
      };
    });
  }

  /**
   * Puts the previous credential in use again. The one in use becomes the next one, untested, so that it can be looked at;
   * where another next one is prepared, that stays, and the one in use becomes the previous one. Nothing is lost.
   */
  rollBack(principal: Principal, id: string, expectedVersion?: number): Promise<void> {
    return this.#change(principal, id, expectedVersion, async (trx, stored, provider) => {
      const { slots, clock } = this.#deps;
      const { next, previous } = await slots.read(id, trx);
      if (!previous) throw missing('previous');
      this.#requireOpenable(id, previous);
      await slots.put(trx, id, next ? 'previous' : 'next', slotOf(stored, provider, principal, clock.now()));
      if (!next) await slots.remove(trx, id, 'previous');
      return { action: 'registry.credential-rollback', inUse: withSlot(stored, previous, provider) };
    });
  }

  /** Forgets previous credentials that were replaced before that time. */
  async sweep(before: number): Promise<string[]> {
    const ids = await this.#deps.slots.outlived(before);
    const forgotten: string[] = [];
    for (const id of ids) {
      try {
        await this.discard(systemPrincipal, id, 'previous');
        forgotten.push(id);
      } catch (error) {
        // Somebody discarded it, or removed the registry, meanwhile: that must not keep the others.
        if (!(error instanceof NotFound || error instanceof Conflict)) throw error;
      }
    }
    return forgotten;
  }

  async #change(
    principal: Principal,
    id: string,
    expectedVersion: number | undefined,
    work: (trx: Trx, stored: StoredRegistry, provider: AnyProvider) => Promise<Change>,
  ): Promise<void> {
    const { rows, slots, audit, providers, clock } = this.#deps;
    await rows.transaction(async (trx) => {
      await rows.lock(trx);
      const stored = await rows.find(id, trx);
      if (!stored || stored.registry.id !== id) throw gone();
      const { registry } = stored;
      requireFor(principal, 'registry:write', registry);
      if (expectedVersion !== undefined && registry.version !== expectedVersion) throw outdated(registry);
      const { action, detail, inUse, before, after, secrets } = await work(trx, stored, providers.require(registry.provider));
      const by = { updated_at: clock.now(), updated_by: principal.userId ?? null };
      if (inUse) {
        const { signIn, settings, sources, secretEndsAt } = inUse.registry;
        const ends = secretEndsAt === undefined ? {} : { secretEndsAt };
        await slots.putInUse(trx, id, { signIn, settings, sources, sealed: inUse.sealed, ...ends }, by);
        await forgetCredential(trx, id, { slots: false });
        await rows.planCheck(trx, id, by.updated_at);
      } else if (principal.kind !== 'system') {
        await rows.touch(trx, id, by);
      }
      const changed = secrets ?? (inUse ? Object.keys(inUse.sealed).filter((name) => inUse.sealed[name] !== stored.sealed[name]) : []);
      const views = inUse ? { before: registry, after: inUse.registry } : { before, after };
      await audit.record(
        {
          principal,
          action,
          target: { kind: 'registry', id, name: registry.name },
          ...(views.before && { before: auditView(views.before) }),
          ...(views.after && { after: auditView(views.after, changed) }),
          ...(detail !== undefined && { detail }),
        },
        trx,
      );
    });
  }

  #requireOpenable(id: string, slot: StoredSlot): void {
    if (!this.#deps.vault.lost(id, slot.sealed)) return;
    throw new Conflict('Its secrets were sealed with a master key that is lost. Enter it anew as the next credential.');
  }
}

function missing(name: SlotName): NotFound {
  return new NotFound(
    name === 'next' ? 'There is no next credential. Prepare one first.' : 'There is no previous credential to go back to.',
  );
}
