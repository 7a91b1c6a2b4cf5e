import { Audit, type Principal, systemPrincipal } from '../../src/access/index.ts';
import { Catalog } from '../../src/catalog/index.ts';
import type { Clock } from '../../src/core/clock.ts';
import { HubEvents } from '../../src/core/events.ts';
import { CredentialBroker, openKeyring } from '../../src/credentials/index.ts';
import { loadProviders } from '../../src/provider/index.ts';
import { Registries, type RegistryInput } from '../../src/registries/index.ts';
import type { Store } from '../../src/store/index.ts';
import { FakeClock, type TestRegistry } from '../../src/testing/index.ts';

/** The hub's stages up to the catalog, on a store, with a clock that stands still. */
export interface CatalogBench {
  catalog: Catalog;
  registries: Registries;
  clock: FakeClock;
  store: Store;
  /** Connects the in-process registry as it is, with plain HTTP and the user `ci`. */
  connect(registry: TestRegistry, input?: Partial<RegistryInput>): Promise<{ id: string; name: string }>;
  close(): Promise<void>;
}

/** An administrator. */
export const admin: Principal = { ...systemPrincipal, kind: 'user', id: 'usr_admin', userId: 'usr_admin', name: 'admin' };
/** Somebody without any project: sees registries of all projects only. */
export const stranger: Principal = {
  kind: 'user',
  id: 'usr_stranger',
  userId: 'usr_stranger',
  name: 'stranger',
  role: 'viewer',
  projects: new Map(),
};

export async function startCatalog(store: Store, dataDir: string): Promise<CatalogBench> {
  const clock = new FakeClock();
  const keyring = await openKeyring({ store, dataDir });
  const audit = new Audit({ store, clock });
  const broker = new CredentialBroker({ clock });
  // Retries of the registry's client come at once, instead of waiting for a clock that stands still.
  const hasty: Clock = { now: () => clock.now(), sleep: async () => {} };
  const registries = new Registries({
    store,
    keyring,
    broker,
    audit,
    providers: await loadProviders(),
    events: new HubEvents(),
    clock: hasty,
  });
  const catalog = new Catalog({ store, registries, clock });
  return {
    catalog,
    registries,
    clock,
    store,
    connect: (registry, input = {}) =>
      registries.create(admin, {
        name: 'test',
        provider: 'generic',
        url: registry.url,
        connection: { tls: 'plain' },
        allProjects: true,
        signIn: 'anonymous',
        ...input,
      }),
    close: async () => {
      await catalog.close();
      await registries.close();
    },
  };
}
