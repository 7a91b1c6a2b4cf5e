import type { Principal } from '../../access/index.ts';
import type { ReferenceTo } from '../../core/errors.ts';
import type { KeptCredential } from '../../credentials/index.ts';
import type { ConnectionTests } from '../connection-tests.ts';
import type { RegistriesDeps } from '../deps.ts';
import type { Editing } from '../editing.ts';
import type { Opener } from '../opener.ts';
import type { StoredRegistry } from '../row.ts';
import type { RegistryStore } from '../store.ts';
import type { Registry } from '../types.ts';
import type { Vault } from '../vault.ts';
import { AlertStore } from './alert-store.ts';
import { Alerts } from './alerts.ts';
import { currentState, RegistryCredentials } from './credentials.ts';
import { Rotation } from './rotation.ts';
import { CredentialSlotStore } from './slot-store.ts';
import { CredentialStateStore } from './state-store.ts';
import { CredentialStates } from './states.ts';
import { CredentialUseStore } from './use-store.ts';
import { CredentialUses } from './uses.ts';

/** What the parts need of the registries' service. */
export interface LifeDeps extends Omit<RegistriesDeps, 'clock'> {
  clock: NonNullable<RegistriesDeps['clock']>;
  rows: RegistryStore;
  find: (principal: Principal, idOrName: string) => Promise<StoredRegistry>;
  recordUse: (principal: Principal, registry: Registry, purpose: string) => Promise<void>;
  references: (registryId: string, principal?: Principal) => Promise<ReferenceTo[]>;
}

export interface CredentialLife {
  uses: CredentialUses;
  alerts: Alerts;
  /** Where the opener keeps what was issued. */
  keep: (registryId: string, stamped: string) => KeptCredential;
  /** The service, once there is what it works with. */
  service(parts: { opener: Opener; tests: ConnectionTests; editing: Editing; vault: Vault }): RegistryCredentials;
}

/** Puts the life of credentials together. */
export function credentialLife(deps: LifeDeps): CredentialLife {
  const { store, audit, clock, events, rows, keyring, find, onFailure = () => {} } = deps;
  const uses = new CredentialUses({ uses: new CredentialUseStore(store), audit, clock });
  const alerts = new Alerts({
    alerts: new AlertStore(store),
    audit,
    events,
    clock,
    find: async (principal, id) => (await find(principal, id)).registry,
    blastRadius: async (registry) => uses.blastRadius(registry, await deps.references(registry.id)),
  });
  const stateRows = new CredentialStateStore(store);
  const states = new CredentialStates({
    rows,
    states: stateRows,
    keyring,
    events,
    clock,
    onFailure,
    onChange: async (registryId) => {
      const stored = await rows.find(registryId);
      if (stored) await alerts.reconcile(stored.registry, currentState(stored, await stateRows.read(registryId)));
    },
  });
  return {
    uses,
    alerts,
    keep: (registryId, stamped) => states.keep(registryId, stamped),
    service: (parts) => {
      const slots = new CredentialSlotStore(store);
      const { editing, vault } = parts;
      const rotation = new Rotation({ rows, slots, vault, editing, audit, providers: deps.providers, clock });
      return new RegistryCredentials({ ...deps, ...parts, onFailure, states, stateRows, slots, rotation, uses, alerts });
    },
  };
}
