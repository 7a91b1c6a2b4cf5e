import { expect, it } from 'vitest';
import { SeenStore } from '../../src/distribution/sync/seen-store.ts';
import { describeEachStore } from '../store/each-store.ts';
import { ana, minute, syncHubs } from './sync-hubs.ts';

describeEachStore('what rules that wait for changes saw', (bench) => {
  const world = syncHubs(bench);
  const { open, connect, make, runsOf, settled, quiet, put } = world;

  /** A hub that runs nothing, a rule of it, and what is kept of what that saw. */
  const kept = async () => {
    const hub = await open({ start: false });
    await connect(hub);
    const { id } = await make(hub, { onChange: true });
    const { store, syncRules } = hub.services;
    const seen = new SeenStore(store);
    return { hub, id, store, syncRules, seen, settle: () => store.transaction((trx) => seen.settle(trx, id)) };
  };
  const tagsOf = (count: number, digest: string, repository = 'rule/api') =>
    Array.from({ length: count }, (_, i) => ({ repository, tag: `${i}`, digest }));
  const byTag = (tags: readonly { tag: string }[] = []) => tags.toSorted((a, b) => Number(a.tag) - Number(b.tag));

  it('is many tags, of which those are written that are another now', async () => {
    const { id, seen, settle, syncRules } = await kept();
    expect(await seen.read(id)).toEqual([]);
    await seen.doubt(id);
    expect(await seen.write(id, tagsOf(11_001, 'sha256:1'))).toBe(true);
    await settle();
    expect(byTag(await seen.read(id))).toEqual(tagsOf(11_001, 'sha256:1'));
    const next = tagsOf(9000, 'sha256:1').map((one, i) => (i % 5 === 0 ? { ...one, digest: 'sha256:2' } : one));
    await seen.doubt(id);
    expect(await seen.write(id, [...next, ...tagsOf(1200, 'sha256:3', 'rule/web')])).toBe(true);
    await settle();
    const read = await seen.read(id);
    expect(byTag(read?.filter(({ repository }) => repository === 'rule/api'))).toEqual(next);
    expect(read?.filter(({ repository }) => repository === 'rule/web')).toHaveLength(1200);
    await syncRules.update(ana, 'rule', { enabled: false });
    await syncRules.update(ana, 'rule', { enabled: true, unseen: true });
    // Who enables it wants it to run.
    expect(await seen.read(id)).toBeUndefined();
  });

  it('is not known while it is written, and lets others write in between', async () => {
    const { id, seen, settle, syncRules } = await kept();
    await seen.doubt(id);
    await seen.write(id, tagsOf(2000, 'sha256:1'));
    await settle();
    await seen.doubt(id);
    const ended: string[] = [];
    let portions = 0;
    const whole = seen.write(id, tagsOf(8000, 'sha256:2'), () => ++portions <= 15).then((is) => ended.push(`written: ${is}`));
    await Promise.all([whole, syncRules.update(ana, id, { name: 'other' }).then(() => ended.push('edited'))]);
    expect(ended).toEqual(['edited', 'written: false']);
    expect(await seen.read(id)).toBeUndefined();
    await seen.write(id, []);
    await settle();
    expect(await seen.read(id)).toEqual([]);
  });

  it('counts no more once a run wrote something, though the source went back to what it was', async () => {
    const hub = await open();
    await connect(hub);
    const { clock, from, to } = world.now();
    const good = put('rule/api', 'latest');
    const rule = await make(hub, { onChange: true });
    await settled(hub, 1);
    const seen = new SeenStore(hub.services.store);
    expect(await seen.read(rule.id)).toMatchObject([{ tag: 'latest', digest: good.digest }]);

    // A bad image goes out, and the run after it is stopped before it is through.
    const bad = put('rule/api', 'latest');
    put('rule/web', 'latest');
    from.faults.add({ method: 'GET', path: '/rule/web/blobs/', times: Infinity }, { hold: new Promise(() => {}) });
    await clock.advance(5 * minute);
    for (let i = 0; to.content.resolve('rule/api', 'latest') !== bad.digest; i++) {
      if (i > 100) throw new Error(JSON.stringify(await runsOf(hub)));
      await quiet();
    }
    expect(await seen.read(rule.id)).toBeUndefined();
    const [, run] = await runsOf(hub);
    await hub.services.syncRules.cancel(ana, run?.id ?? '');
    await settled(hub, 2);
    from.faults.clear();
    from.put('rule/api', good, 'latest');
    from.content.deleteTag('rule/web', 'latest');
    await clock.advance(5 * minute);
    expect((await settled(hub, 3)).at(-1)).toMatchObject({ state: 'done', cause: 'change', counts: { copied: 1 } });
    expect(to.content.resolve('rule/api', 'latest')).toBe(good.digest);
    await clock.advance(11 * minute);
    await quiet();
    expect(await runsOf(hub)).toHaveLength(3);
  });

  it('is in doubt after an edit during the run', async () => {
    const hub = await open();
    await connect(hub);
    const { clock, from } = world.now();
    put('rule/api', '1');
    let release = () => {};
    from.faults.add({ method: 'GET', path: '/rule/api/blobs/' }, { hold: new Promise<void>((resolve) => (release = resolve)) });
    const { id, spec } = await make(hub, { onChange: true });
    for (let i = 0; i < 200 && (await runsOf(hub))[0]?.state !== 'running'; i++) await quiet();
    await hub.services.syncRules.update(ana, 'rule', { spec: { ...spec, settings: { referrers: true } }, unseen: true });
    release();
    await settled(hub, 1);
    expect(await new SeenStore(hub.services.store).read(id)).toBeUndefined();
    await clock.advance(5 * minute);
    expect((await settled(hub, 2)).at(-1)).toMatchObject({ state: 'done', counts: { unchanged: 1 } });
    expect(await new SeenStore(hub.services.store).read(id)).toHaveLength(1);
  });
});
