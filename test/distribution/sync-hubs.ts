import { afterEach, beforeEach } from 'vitest';
import { type Principal, systemPrincipal } from '../../src/access/index.ts';
import { hubConfig } from '../../src/config.ts';
import { Secret } from '../../src/core/secret.ts';
import type { SyncRun, SyncSchedule, SyncSpec } from '../../src/distribution/index.ts';
import { createHub, type Hub } from '../../src/hub.ts';
import { FakeClock, startRegistry, type TestRegistry } from '../../src/testing/index.ts';
import type { StoreBench } from '../store/each-store.ts';
import { imageOf } from './copies-world.ts';

export const minute = 60_000;
export const hour = 60 * minute;
export const ana: Principal = { ...systemPrincipal, kind: 'user', id: 'usr_ana', userId: 'usr_ana', name: 'ana' };

/** Hubs that run rules by a clock that is moved by hand, and two registries; new ones for each test. */
export function syncHubs(bench: StoreBench) {
  let clock: FakeClock;
  let from: TestRegistry;
  let to: TestRegistry;
  let place: Awaited<ReturnType<StoreBench['place']>>;
  const hubs: Hub[] = [];
  const warnings: string[] = [];

  beforeEach(async () => {
    clock = new FakeClock();
    [from, to] = [await startRegistry(), await startRegistry()];
    place = await bench.place();
  });
  afterEach(async () => {
    await Promise.all(hubs.splice(0).map((hub) => hub.close()));
    await Promise.all([from.close(), to.close()]);
    const [warning] = warnings.splice(0);
    if (warning !== undefined) throw new Error(warning);
  });

  const open = async ({ start = true } = {}): Promise<Hub> => {
    const { dataDir, database } = place;
    const config = hubConfig({ dataDir, backgroundChecks: false, ...(database !== undefined && { database: new Secret(database) }) });
    const hub = await createHub(config, '0.0.0', { clock, warn: (message, error) => warnings.push(`${message} ${String(error)}`) });
    hubs.push(hub);
    if (start) hub.start();
    return hub;
  };
  /** A second hub on the same database, where there can be one. */
  const openAnother = async (hub: Hub) => (bench.kind === 'postgres' ? open() : hub);
  const close = async (hub: Hub) => {
    hubs.splice(hubs.indexOf(hub), 1);
    await hub.close();
  };
  const connect = async ({ services: { registries } }: Hub) => {
    for (const [name, { url }] of [['from', from] as const, ['to', to] as const]) {
      await registries.create(ana, { name, url, signIn: 'anonymous', connection: { tls: 'plain' }, allProjects: true, fields: {} });
    }
  };
  const make = ({ services: { syncRules } }: Hub, schedule: SyncSchedule, more: Partial<SyncSpec> = {}, name = 'rule') =>
    syncRules.create(ana, {
      name,
      enabled: true,
      unseen: true,
      spec: {
        source: { registry: 'from', repositories: [`${name.toLowerCase().replaceAll(' ', '-')}/*`] },
        destination: { registry: 'to' },
        schedule,
        ...more,
      },
    });
  const runsOf = async (hub: Hub, name = 'rule'): Promise<SyncRun[]> => (await hub.services.syncRules.runs(ana, name)).items.toReversed();
  /** Lets real time pass, and a little of the clock's, until there are so many runs and all have ended. */
  const settled = async (hub: Hub, count: number, name = 'rule'): Promise<SyncRun[]> => {
    for (let i = 0; ; i++) {
      const runs = await runsOf(hub, name);
      if (runs.length >= count && runs.every(({ finishedAt }) => finishedAt !== undefined)) return runs;
      if (i > 500) throw new Error(`${count} runs were expected: ${JSON.stringify(runs)}`);
      await clock.advance(300);
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
  };
  /** As much as a run would take. */
  const quiet = async () => {
    for (let i = 0; i < 15; i++) {
      await clock.advance(300);
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
  };
  const put = (repository: string, tag: string) => {
    const image = imageOf(50);
    from.put(repository, image, tag);
    return image;
  };

  return { now: () => ({ clock, from, to }), open, openAnother, close, connect, make, runsOf, settled, quiet, put };
}
