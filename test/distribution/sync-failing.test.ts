import { expect, it } from 'vitest';
import { startRegistry, status } from '../../src/testing/index.ts';
import { describeEachStore } from '../store/each-store.ts';
import { imageOf } from './copies-world.ts';
import { ana, minute, syncHubs } from './sync-hubs.ts';

const repositories = Array.from({ length: 30 }, (_, i) => `rule/r${i}`);

describeEachStore('sync rules that fail again and again', (bench) => {
  const world = syncHubs(bench);
  const { open, connect, make, runsOf, settled, quiet, put } = world;

  const pass = async (minutes: number) => {
    for (let i = 0; i < minutes; i++) {
      await world.now().clock.advance(minute);
      await new Promise((resolve) => setTimeout(resolve, 20));
      await world.now().clock.advance(300);
    }
    await quiet();
  };

  it.each([
    ['on schedule', { every: '1m' }, 8],
    ['on change', { onChange: true }, 5],
  ] as const)('%s try a password that is wrong a few times, and soon once an hour', async (_how, schedule, most) => {
    await using locked = await startRegistry({ auth: { kind: 'basic', users: { robot: 'the right one' } } });
    for (const name of repositories) locked.put(name, imageOf(10), '1');
    const hub = await open();
    await connect(hub);
    const { registries } = hub.services;
    const password = (value: string) => ({ signIn: 'password', fields: { username: 'robot', password: value } });
    const input = { name: 'locked', url: locked.url, connection: { tls: 'plain' as const }, allProjects: true };
    await registries.create(ana, { ...input, ...password('the wrong one') });
    await make(hub, schedule, { source: { registry: 'locked', repositories } });
    const [first] = await settled(hub, 1);
    expect(first).toMatchObject({
      state: 'failed',
      failure: { code: 'registry_unauthorized', help: expect.stringContaining('user name and password') },
    });
    await pass(60);
    const runs = await runsOf(hub);
    expect(runs.length).toBeGreaterThan(2);
    expect(runs.length).toBeLessThanOrEqual(most);
    const signIns = locked.requests.filter(({ headers }) => headers.authorization !== undefined).length;
    // A look, too, signs in.
    expect(signIns).toBeLessThanOrEqual(most * 6);

    expect((await hub.services.syncRules.get(ana, 'rule')).failing).toEqual({ runs: runs.length, since: first?.createdAt });

    await registries.update(ana, 'locked', password('the right one'));
    await hub.services.syncRules.run(ana, 'rule', 'run');
    expect((await settled(hub, runs.length + 1)).at(-1)).toMatchObject({ state: 'done', counts: { copied: 30 } });
    expect((await hub.services.syncRules.get(ana, 'rule')).failing).toBeUndefined();
  });

  it.each(['basic', 'token'] as const)('try a wrong password of the destination a few times only, %s, also as mirrors', async (kind) => {
    await using locked = await startRegistry({ auth: { kind, users: { robot: 'the right one' } } });
    const hub = await open();
    await connect(hub);
    const { registries, syncRules } = hub.services;
    for (const name of repositories) world.now().from.put(name, imageOf(10), '1');
    const signIn = { signIn: 'password', fields: { username: 'robot', password: 'the wrong one' }, allProjects: true };
    await registries.create(ana, { name: 'locked', url: locked.url, connection: { tls: 'plain' }, ...signIn });
    await make(hub, { cron: '0 0 1 1 *' }, { destination: { registry: 'locked' }, mode: 'mirror' });
    await syncRules.run(ana, 'rule', 'run');
    const [run] = await settled(hub, 1);
    expect(run).toMatchObject({
      state: 'failed',
      failure: { code: kind === 'basic' ? 'registry_unauthorized' : 'credential_refused', side: 'destination' },
    });
    expect(locked.requests.filter(({ headers }) => headers.authorization !== undefined).length).toBeLessThanOrEqual(3);
    await registries.update(ana, 'locked', { signIn: 'password', fields: { username: 'robot', password: 'the right one' } });
    await syncRules.run(ana, 'rule', 'run');
    expect((await settled(hub, 2)).at(-1)).toMatchObject({ state: 'done', counts: { copied: 30, failed: 0 } });
  });

  it('on change say so when their source cannot be read any more', async () => {
    const hub = await open();
    await connect(hub);
    const { clock, from } = world.now();
    put('rule/api', '1');
    put('rule/web', '1');
    await make(hub, { onChange: true });
    await settled(hub, 1);
    from.faults.add({ path: '/rule/web/tags/', times: Infinity }, status(403));
    await clock.advance(5 * minute);
    const [, failed] = await settled(hub, 2);
    expect(failed).toMatchObject({ state: 'failed', counts: { unchanged: 1, failed: 1 } });
    expect(failed?.failure?.message).toContain('1 of 2 repositories failed. The first: rule/web: ');
    from.faults.clear();
    await pass(20);
    expect((await runsOf(hub)).at(-1)).toMatchObject({ state: 'done', counts: { unchanged: 2 } });
  });

  it('in one tag of many keep their pace', async () => {
    const hub = await open();
    await connect(hub);
    const { clock, to } = world.now();
    put('rule/api', '1');
    put('rule/broken', '1');
    to.faults.add({ method: 'POST', path: '/rule/broken/blobs/uploads/', times: Infinity }, status(403));
    await make(hub, { every: '2m' });
    const [first] = await settled(hub, 1);
    for (let count = 2; count <= 6; count++) {
      await clock.advance(2 * minute);
      await settled(hub, count);
    }
    const last = (await runsOf(hub)).at(-1);
    expect(last).toMatchObject({ state: 'failed', counts: { unchanged: 1, failed: 1 } });
    expect((last?.createdAt ?? 0) - (first?.createdAt ?? 0)).toBeLessThan(20 * minute);
  });
});
