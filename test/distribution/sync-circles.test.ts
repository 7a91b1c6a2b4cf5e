import { beforeEach, expect, it } from 'vitest';
import type { TestRegistry } from '../../src/testing/index.ts';
import { describeEachStore } from '../store/each-store.ts';
import { ana, hour, syncHubs } from './sync-hubs.ts';

describeEachStore('sync rules that became a circle', (bench) => {
  const world = syncHubs(bench);
  const { open, connect, make, settled, put } = world;
  let from: TestRegistry;
  let to: TestRegistry;
  beforeEach(() => ({ from, to } = world.now()));

  const rule = (source: string, destination: string) => ({
    source: { registry: source, repositories: ['ring/*'] },
    destination: { registry: destination },
  });

  it('copy nothing, say which they are, and run again once it is mended', async () => {
    const hub = await open();
    await connect(hub);
    const { registries, syncRules, audit } = hub.services;
    const third = { name: 'third', url: 'http://127.0.0.1:1', signIn: 'anonymous', connection: { tls: 'plain' as const }, fields: {} };
    await registries.create(ana, { ...third, allProjects: true });
    await make(hub, { every: '1h' }, rule('from', 'to'), 'there');
    await settled(hub, 1, 'there');
    await make(hub, { every: '1h' }, rule('to', 'third'), 'onward');
    const [failed] = await settled(hub, 1, 'onward');
    expect(failed?.failure?.code).not.toBe('sync_loop');

    // What was another registry is the first one now.
    await registries.update(ana, 'third', { url: from.url });
    put('ring/api', '1');
    const [asked, askedTo] = [from.requests.length, to.requests.length];
    await world.now().clock.advance(hour);
    const [, there] = await settled(hub, 2, 'there');
    expect(there).toMatchObject({
      state: 'failed',
      failure: { code: 'sync_loop', help: expect.stringContaining('given the address of another one') },
    });
    expect(there?.failure?.message).toContain('“there” → another rule → “there”');
    expect(there?.counts).toBeUndefined();
    expect((await settled(hub, 2, 'onward')).at(-1)).toMatchObject({ failure: { code: 'sync_loop' } });
    expect([from.requests.length, to.requests.length]).toEqual([asked, askedTo]);
    expect(to.content.resolve('ring/api', '1')).toBeUndefined();
    expect(await syncRules.get(ana, 'there')).toMatchObject({ enabled: true, version: 1, lastRun: { state: 'failed' } });
    const { items } = await audit.list({ action: 'sync-rule.finish', limit: 10 });
    expect(items.map(({ detail }) => detail)).toContain(
      'On schedule: nothing was done. Images would go in a circle: “there” → “onward” → “there”.',
    );

    await syncRules.update(ana, 'onward', { enabled: false });
    const { id } = await syncRules.run(ana, 'there', 'run');
    expect((await settled(hub, 3, 'there')).at(-1)).toMatchObject({ id, state: 'done', counts: { copied: 1 } });
    // By hand it would go round as well.
    await syncRules.run(ana, 'onward', 'run', { unseen: true });
    expect((await settled(hub, 3, 'onward')).at(-1)).toMatchObject({ failure: { code: 'sync_loop' } });
  });

  it('of two between the same registries name each other', async () => {
    const hub = await open();
    await connect(hub);
    const { registries, syncRules } = hub.services;
    const { id } = await registries.get(ana, 'to');
    await syncRules.create(ana, { name: 'back', spec: rule('to', 'from') });
    await make(hub, { cron: '0 0 1 1 *' }, rule('from', 'to'), 'there');
    // Written past the service: as a hub would find it that looked less closely when it was saved.
    await hub.services.store.db.updateTable('sync_rules').set({ enabled: 1 }).where('source_registry_id', '=', id).execute();
    await syncRules.run(ana, 'there', 'run');
    const [run] = await settled(hub, 1, 'there');
    expect(run?.failure?.message).toBe(
      'Nothing was copied: images would go in a circle, “there” → “back” → “there”. There was none when the rule was saved.',
    );
  });
});
