import { describe, expect, it } from 'vitest';
import { registriesHub } from '../../test/doctor/registries-hub.ts';
import { copy } from '../oci/index.ts';
import { buildImage, startRegistry, type TestRegistry } from '../testing/index.ts';
import { Targets } from './targets.ts';

async function startBench() {
  const opened = new AsyncDisposableStack();
  const hub = opened.use(await registriesHub());
  const registry: TestRegistry = opened.use(await startRegistry());
  const ensured: [string, string][] = [];
  const repositories = {
    ensure: async (_principal: unknown, id: string, name: string) => {
      ensured.push([id, name]);
      return 'by-push' as const;
    },
  };
  const targets = new Targets({ registries: hub.registries, repositories });
  const connect = (name: string) =>
    hub.registries.create(hub.admin, { name, url: registry.url, signIn: 'anonymous', connection: { tls: 'plain' }, allProjects: true });
  return { hub, registry, targets, ensured, connect, [Symbol.asyncDispose]: () => opened.disposeAsync() };
}

const digest = `sha256:${'a'.repeat(64)}`;

describe('Targets', () => {
  it('shares what is known within one registry, and not with another that leads to the same server', async () => {
    await using bench = await startBench();
    const [one, two] = [await bench.connect('one'), await bench.connect('two')];
    const open = (id: string) => bench.targets.openSource('system', id, 'shop/api', 'tests');
    const first = (await open(one.id)).target.place;
    expect((await open('one')).target.place).toEqual(first);
    expect((await open(two.id)).target.place.registry).not.toBe(first.registry);
  });

  it('believes nothing any more of a registry that is reached as somebody else now', async () => {
    await using bench = await startBench();
    const { id } = await bench.connect('one');
    const open = async () => (await bench.targets.openDestination('system', id, 'shop/api', 'tests')).target.place;
    const place = await open();
    bench.targets.knowledge.add(place, digest);
    await bench.hub.registries.update(bench.hub.admin, id, { description: 'The same, in other words.' });
    expect(await open()).toEqual(place);
    expect(bench.targets.knowledge.has(place, digest)).toBe(true);
    await bench.hub.registries.update(bench.hub.admin, id, { connection: { requestsPerSecond: 50 } });
    const next = await open();
    expect(next.registry).not.toBe(place.registry);
    expect(bench.targets.knowledge.has(next, digest)).toBe(false);
    expect(bench.targets.knowledge.has(place, digest)).toBe(false);
  });

  it('has the repository made before the first write, and for nothing less', async () => {
    await using bench = await startBench();
    const { id } = await bench.connect('one');
    bench.registry.put('shop/api', buildImage(), '1.0');
    const source = await bench.targets.openSource('system', id, 'shop/api', 'tests');
    const { target } = await bench.targets.openDestination('system', id, 'prod/api', 'tests');
    await copy(source.target, '1.0', target, ['1.0'], { plan: true });
    expect(bench.ensured).toEqual([]);
    await copy(source.target, '1.0', target, ['1.0']);
    expect(bench.ensured).toEqual([[id, 'prod/api']]);
  });

  it('asks for the right to pull, and to write', async () => {
    await using bench = await startBench();
    const { id } = await bench.connect('one');
    const viewer = bench.hub.principal('vera', 'viewer');
    await bench.targets.openSource(viewer, id, 'shop/api', 'tests');
    await expect(bench.targets.openDestination(viewer, id, 'shop/api', 'tests')).rejects.toMatchObject({ code: 'forbidden' });
    const limited = bench.hub.principal('ci', 'operator', {}, ['reg_other']);
    await expect(bench.targets.openSource(limited, id, 'shop/api', 'tests')).rejects.toMatchObject({ code: 'not_found' });
  });
});
