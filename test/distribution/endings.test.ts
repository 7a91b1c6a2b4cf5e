import { describe, expect, it, vi } from 'vitest';
import { imageOf, source, startCopiesWorld } from './copies-world.ts';
import { startSyncRulesWorld } from './sync-rules-world.ts';

describe('a copy', () => {
  it('that is made, and cannot be written down for a moment, is not said to have failed', async () => {
    await using world = await startCopiesWorld();
    world.from.put('shop/api', imageOf(50), '1.0');
    const { audit, events } = world.test.hub.services;
    const record = audit.record.bind(audit);
    vi.spyOn(audit, 'record').mockImplementation(async (entry, trx) => {
      if (entry.action === 'copy.finish') throw new Error('The database is away.');
      return record(entry, trx);
    });
    const told: string[] = [];
    events.on('copy.changed', ({ state }) => void told.push(state));
    const [copy] = await world.start({ source, destinations: [{ registry: 'to' }] });
    await vi.waitFor(() => expect(world.to.content.manifest('shop/api', '1.0')).toBeDefined(), { timeout: 10_000 });
    await new Promise((resolve) => setTimeout(resolve, 300));
    expect(await world.read(copy?.id ?? '')).toMatchObject({ state: 'running' });
    expect(told).not.toContain('failed');
  });
});

describe('a run of a rule', () => {
  it('that brings its hub down each time is not begun for ever', async () => {
    await using sync = await startSyncRulesWorld({}, { run: false });
    sync.world.from.put('shop/api', imageOf(51), '1.0');
    await sync.make('heavy');
    const run = await sync.start('heavy', 'run');
    const { store } = sync.world.test.hub.services;
    await store.db.updateTable('sync_runs').set({ attempts: 50 }).where('id', '=', run.id).execute();
    sync.world.test.hub.start();
    const ended = await sync.until(run.id, ({ finishedAt }) => finishedAt !== undefined);
    expect(ended).toMatchObject({
      state: 'failed',
      failure: { code: 'sync_incomplete', message: expect.stringContaining('begun 50 times') },
    });
    expect(sync.world.to.requests).toEqual([]);
    // One that ended with its hub as it should have is not counted.
    expect(await sync.ended('heavy', 'run')).toMatchObject({ state: 'done', counts: { copied: 1 } });
  });
});
