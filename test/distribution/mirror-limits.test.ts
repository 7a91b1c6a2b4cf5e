import { describe, expect, it } from 'vitest';
import type { SyncItem } from '../../src/distribution/sync/types.ts';
import { buildImage, type BuiltContent, status } from '../../src/testing/index.ts';
import { type Sides, syncBench } from './sync-world.ts';

const image = (text: string): BuiltContent => buildImage({ layers: [{ files: { own: text } }] });
const line = ({ action, outcome, destination, code }: SyncItem) =>
  `${action} ${outcome} ${destination.repository}:${destination.tag}${code === undefined ? '' : ` ${code}`}`;
const mirror = (more: Partial<Sides> = {}): Sides => ({ source: { repositories: ['shop/*'] }, mode: 'mirror', deletionLimit: 50, ...more });

describe('what a mirror may delete at most', () => {
  it('is measured by what is there before, in plans and in runs alike, and not by what comes to it', async () => {
    await using bench = await syncBench();
    for (const tag of ['1', '2', '3', '4']) bench.to.put('shop/api', image(tag), tag);
    for (const tag of ['5', '6', '7', '8', '9']) bench.from.put('shop/api', image(tag), tag);
    const kept = 'keep kept shop/api:* sync_deletion_limit';
    expect((await bench.plan(mirror())).items.map(line)).toContain(kept);
    expect((await bench.run(mirror())).items.map(line)).toContain(kept);
    expect(bench.to.content.tags('shop/api')).toEqual(['1', '2', '3', '4', '5', '6', '7', '8', '9']);
  });

  it('is measured by tags of its own form: those of others do not make room', async () => {
    await using bench = await syncBench();
    bench.from.put('shop/api', image('1'), '1');
    for (const tag of ['2-eu', '3-eu', 'by-hand', 'other', 'latest']) bench.to.put('shop/api', image(tag), tag);
    const report = await bench.run(mirror({ destination: { tag: '{tag}-eu' } }));
    expect(report.items.map(line)).toContain('keep kept shop/api:* sync_deletion_limit');
    expect(report.items.find(({ code }) => code === 'sync_deletion_limit')?.reason).toContain('2 of 2 tags');
    expect(bench.to.content.tags('shop/api')).toContain('2-eu');
  });

  it('is nothing where the registry tells of some tags only when they were pushed, and the rule chooses by that', async () => {
    const pushed: Record<string, number> = { old: 0, new: Date.now() };
    await using bench = await syncBench({
      source: () => ({
        listTagInfo: async function* () {
          yield ['old', 'new', 'unknown'].map((name) => ({ name, ...(name in pushed && { pushedAt: pushed[name] }) }));
        },
      }),
    });
    for (const tag of ['old', 'new', 'unknown']) {
      bench.from.put('shop/api', image(tag), tag);
      bench.to.put('shop/api', image(tag), tag);
    }
    const report = await bench.run(mirror({ source: { repositories: ['shop/api'], tags: { pushedWithin: '30d' } }, deletionLimit: 100 }));
    expect(report.items.map(line)).toEqual(['keep kept shop/api:* sync_partial']);
    expect(bench.to.content.tags('shop/api')).toEqual(['new', 'old', 'unknown']);
  });

  it('is nothing, and no failure, in a repository that is not there before, where registries refuse to list such', async () => {
    await using bench = await syncBench();
    bench.from.put('shop/api', image('1'), '1');
    bench.to.faults.add({ path: '/tags/list', times: 1 }, status(403));
    const report = await bench.run(mirror());
    expect([report.items.map(line), report.partial]).toEqual([['copy done shop/api:1'], []]);
  });

  it('is no more than what its listing had: what somebody pushes, or deletes, meanwhile is left to them', async () => {
    await using bench = await syncBench();
    for (const tag of ['1', '2', '3', '4']) bench.from.put('shop/api', image(tag), tag);
    for (const tag of ['1', '2', '3', 'gone', 'old']) bench.to.put('shop/api', image(tag), tag);
    const report = await bench.run(mirror(), {
      onInStep: () => {
        bench.to.put('shop/api', image('hotfix'), 'hotfix');
        bench.to.content.deleteTag('shop/api', 'gone');
      },
    });
    expect(report.items.map(line).sort()).toEqual(['copy done shop/api:4', 'delete done shop/api:old']);
    expect(bench.to.content.tags('shop/api')).toEqual(['1', '2', '3', '4', 'hotfix']);
  });
});
