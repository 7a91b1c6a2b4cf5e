import { Audit, type Principal, type Role, systemPrincipal } from '../../src/access/index.ts';
import type { Clock } from '../../src/core/clock.ts';
import { HubEvents } from '../../src/core/events.ts';
import { newId } from '../../src/core/ids.ts';
import { CredentialBroker, openKeyring } from '../../src/credentials/index.ts';
import { loadProviders, type ProviderSet } from '../../src/provider/index.ts';
import { type OutboundPolicy, Registries, type SecretSources } from '../../src/registries/index.ts';
import { openStore } from '../../src/store/index.ts';
import { FakeClock } from '../../src/testing/fake-clock.ts';
import { type TemporaryDirectory, temporaryDirectory } from '../support/temporary.ts';

/** Registries on a real store and keyring, without the rest of a hub. Names resolve to loopback or not at all. */
export async function registriesHub(
  options: {
    clock?: Clock;
    policy?: OutboundPolicy;
    database?: string;
    providers?: ProviderSet;
    directory?: TemporaryDirectory;
    sources?: SecretSources;
  } = {},
) {
  // A directory that is given stays, for the next hub on it.
  const directory = options.directory ?? (await temporaryDirectory());
  const store = await openStore({ dataDir: directory.path, ...(options.database !== undefined && { database: options.database }) });
  const keyring = await openKeyring({ store, dataDir: directory.path });
  const clock = options.clock ?? new FakeClock();
  const audit = new Audit({ store, clock });
  const events = new HubEvents();
  const broker = new CredentialBroker({ clock });
  const providers = options.providers ?? (await loadProviders());
  const { sources } = options;
  const policy: OutboundPolicy = {
    lookup: async (name) => {
      if (name === 'localhost') return [{ address: '127.0.0.1', family: 4 }];
      throw Object.assign(new Error('not found'), { code: 'ENOTFOUND' });
    },
    ...options.policy,
  };
  const registries = new Registries({ store, keyring, broker, audit, providers, clock, events, policy, ...(sources && { sources }) });
  return {
    registries,
    store,
    keyring,
    audit,
    events,
    clock,
    providers,
    directory,
    admin: { ...systemPrincipal, kind: 'user', id: 'usr_admin', userId: 'usr_admin', name: 'ana' } as Principal,
    principal: (name: string, role: Role, projects: Record<string, Role> = {}, limit?: string[]): Principal => ({
      kind: limit ? 'token' : 'user',
      id: `usr_${name}`,
      userId: `usr_${name}`,
      name,
      role,
      projects: new Map(Object.entries(projects)),
      ...(limit && { registries: limit }),
    }),
    async project(name: string): Promise<string> {
      const id = newId('prj');
      await store.db
        .insertInto('projects')
        .values({ id, name, name_key: name.toLowerCase(), description: '', created_at: 0, updated_at: 0, version: 1 })
        .execute();
      return id;
    },
    async [Symbol.asyncDispose]() {
      await registries.close();
      await store.close();
      if (!options.directory) await directory.remove();
    },
  };
}
