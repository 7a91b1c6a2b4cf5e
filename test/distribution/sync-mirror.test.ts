import { describe, expect, it } from 'vitest';
import type { SyncItem } from '../../src/distribution/sync/types.ts';
import { buildCosignTag, buildImage, buildIndex, type BuiltContent, status } from '../../src/testing/index.ts';
import { isWhole } from '../copy/copy-world.ts';
import { type Sides, syncBench } from './sync-world.ts';

const image = (text: string): BuiltContent => buildImage({ layers: [{ files: { own: text } }] });
const line = ({ action, outcome, destination, code }: SyncItem) =>
  `${action} ${outcome} ${destination.repository}:${destination.tag}${code === undefined ? '' : ` ${code}`}`;
const mirror = (more: Partial<Sides> = {}): Sides => ({
  source: { repositories: ['shop/*'] },
  mode: 'mirror',
  deletionLimit: 50,
  ...more,
});
const versions = (count: number) => Array.from({ length: count }, (_, i) => `1.${i}`);

/** `shop/api` with ten tags on both sides, and two more at the destination. */
async function inStep(...options: Parameters<typeof syncBench>) {
  const bench = await syncBench(...options);
  for (const tag of versions(10)) bench.from.put('shop/api', image(tag), tag);
  for (const tag of [...versions(10), 'old', 'older']) bench.to.put('shop/api', image(tag), tag);
  return bench;
}

describe('a mirror', () => {
  it('deletes what the source does not have, after it was copied, and plans to before', async () => {
    await using bench = await inStep();
    bench.from.put('shop/api', image('new'), 'new');
    const planned = await bench.plan(mirror());
    expect(planned.items.map(line).sort()).toEqual([
      'copy planned shop/api:new',
      'delete planned shop/api:old',
      'delete planned shop/api:older',
    ]);
    expect(bench.to.content.tags('shop/api')).toHaveLength(12);
    const report = await bench.run(mirror());
    expect(report.counts).toMatchObject({ copied: 1, deleted: 2, unchanged: 10, failed: 0 });
    expect(bench.to.content.tags('shop/api')).toEqual([...versions(10), 'new'].sort());
  });

  it('is not what a rule is by default', async () => {
    await using bench = await inStep();
    expect((await bench.run({ source: { repositories: ['shop/*'] } })).counts.deleted).toBe(0);
    expect(bench.to.content.tags('shop/api')).toContain('old');
  });

  it('deletes nothing where it would be more than the limit, and says so', async () => {
    await using bench = await inStep();
    const report = await bench.run(mirror({ deletionLimit: 10 }));
    expect(report.items.map(line)).toEqual(['keep kept shop/api:* sync_deletion_limit']);
    expect(report.items[0]?.reason).toContain(
      '2 of 12 tags would be deleted here, more than the limit of 10 %: nothing is. They are old, older.',
    );
    expect(report.counts).toMatchObject({ deleted: 0, skipped: 2 });
    expect(bench.to.content.tags('shop/api')).toHaveLength(12);
    expect((await bench.run(mirror({ deletionLimit: 17 }))).counts.deleted).toBe(2);
  });

  it('measures the limit in each repository by itself, with 10 % where none is given', async () => {
    await using bench = await inStep();
    for (const tag of versions(30)) bench.from.put('shop/web', image(tag), tag);
    for (const tag of [...versions(30), 'old']) bench.to.put('shop/web', image(tag), tag);
    const { deletionLimit: _limit, ...rule } = mirror();
    const report = await bench.run(rule);
    expect(report.items.map(line).sort()).toEqual(['delete done shop/web:old', 'keep kept shop/api:* sync_deletion_limit']);
  });

  it('allows the limit itself, in whole tags', async () => {
    await using bench = await syncBench();
    for (let i = 0; i < 93; i++) bench.from.put('shop/api', image(`${i % 3}`), `1.${i}`);
    for (let i = 0; i < 100; i++) bench.to.put('shop/api', image(`${i % 3}`), `1.${i}`);
    expect((await bench.plan(mirror({ deletionLimit: 6.9 }))).counts).toMatchObject({ deleted: 0, skipped: 7 });
    expect((await bench.plan(mirror({ deletionLimit: 7 }))).counts).toMatchObject({ deleted: 7, skipped: 0 });
  });

  it('never empties a repository because the source has nothing left that the rule chooses', async () => {
    await using bench = await inStep();
    const report = await bench.run(mirror({ source: { repositories: ['shop/api'], tags: { include: ['9.*'] } }, deletionLimit: 99 }));
    expect(report.counts.deleted).toBe(0);
    expect(bench.to.content.tags('shop/api')).toHaveLength(12);
  });

  it('deletes nothing on a partial listing of the source', async () => {
    await using bench = await inStep({ from: { maxPageSize: 3 } });
    bench.from.faults.add({ path: /tags\/list\?.*last=/, times: Infinity }, status(403));
    const report = await bench.run(mirror());
    expect(report.counts.deleted).toBe(0);
    expect(report.items.map(line)).toContain('keep kept shop/api:* sync_partial');
    expect(bench.to.content.tags('shop/api')).toHaveLength(12);
  });

  it('deletes nothing on a partial listing of the destination', async () => {
    await using bench = await inStep({ to: { maxPageSize: 5 } });
    bench.to.faults.add({ path: /tags\/list\?.*last=/, times: Infinity }, status(403));
    const report = await bench.run(mirror());
    expect(report.counts).toMatchObject({ deleted: 0, failed: 1 });
    expect(report.partial).toEqual([{ repository: 'shop/api', reason: expect.any(String) }]);
    expect(bench.to.content.tags('shop/api')).toHaveLength(12);
  });

  it('deletes nothing when the repositories were not listed whole', async () => {
    await using bench = await inStep({ from: { maxPageSize: 1 } });
    bench.from.put('shop/web', image('1'), '1');
    bench.from.faults.add({ path: /_catalog\?.*last=/, times: Infinity }, status(403));
    const report = await bench.run(mirror({ source: { repositories: ['shop/api', 'shop/w*'] } }));
    expect(report.counts.deleted).toBe(0);
    expect(report.partial.map(({ repository }) => repository)).toContain('**');
  });

  it('deletes nothing where a repository that belongs there could not be read', async () => {
    await using bench = await syncBench();
    for (const name of ['eu', 'us']) bench.from.put(`${name}/api`, image(name), name);
    bench.to.put('api', image('eu'), 'eu');
    bench.to.put('api', image('us'), 'us');
    bench.from.faults.add({ path: '/us/api/tags', times: Infinity }, status(403));
    const report = await bench.run(mirror({ source: { repositories: ['*/api'] }, destination: { repository: '{name}' } }));
    expect(report.items.map(line)).toContain('keep kept api:* sync_partial');
    expect(bench.to.content.tags('api')).toEqual(['eu', 'us']);
  });

  it('leaves repositories alone that it maps nothing to', async () => {
    await using bench = await inStep();
    bench.to.put('shop/gone', image('a'), 'a');
    bench.to.put('other/app', image('a'), 'a');
    await bench.run(mirror());
    expect(bench.to.content.tags('shop/gone')).toEqual(['a']);
    expect(bench.to.content.tags('other/app')).toEqual(['a']);
  });

  it('leaves tags alone that have another form than those it makes', async () => {
    await using bench = await syncBench();
    for (const tag of ['1', '2']) bench.from.put('shop/api', image(tag), tag);
    for (const tag of ['1', '2', '3']) bench.to.put('shop/api', image(tag), `${tag}-eu`);
    bench.to.put('shop/api', image('hand'), 'by-hand');
    const report = await bench.run(mirror({ destination: { tag: '{tag}-eu' } }));
    expect(report.items.map(line)).toEqual(['delete done shop/api:3-eu']);
    expect(bench.to.content.tags('shop/api')).toEqual(['1-eu', '2-eu', 'by-hand']);
  });

  it('leaves what is said of images, and takes a tag without what other tags share or an index names', async () => {
    await using bench = await inStep();
    const kept = image('1.0');
    const { tag, content } = buildCosignTag(kept, 'sig');
    bench.to.put('shop/api', content, tag);
    const index = buildIndex({ manifests: [image('part'), kept] });
    bench.from.put('shop/api', index, 'all');
    bench.to.put('shop/api', index, 'all');
    bench.to.put('shop/api', image('part'), 'part-amd64');
    bench.to.content.putTag('shop/api', 'same-as-1.1', image('1.1').digest);
    const report = await bench.run(mirror());
    expect(report.counts).toMatchObject({ deleted: 4, failed: 0 });
    expect(bench.to.content.tags('shop/api')).toEqual([...versions(10), 'all', tag].sort());
    expect(isWhole(bench.to, 'shop/api', index)).toBe(true);
    expect(isWhole(bench.to, 'shop/api', image('1.1'))).toBe(true);
  });

  it('keeps what something else wants there', async () => {
    await using bench = await inStep({
      world: {
        reasonToKeep: async (repository, tag, digest) =>
          tag === 'old' ? `${repository}@${digest.slice(0, 10)} runs somewhere.` : undefined,
      },
    });
    const report = await bench.run(mirror());
    expect(report.items.map(line).sort()).toEqual(['delete done shop/api:older', 'keep kept shop/api:old']);
    expect(bench.to.content.tags('shop/api')).toContain('old');
  });

  it('keeps what cannot be deleted alone, and goes on when one deletion fails', async () => {
    await using bench = await inStep({ destination: () => ({ deleteTag: undefined }) });
    expect((await bench.run(mirror())).items.map(line)).toEqual([
      'keep kept shop/api:old unsupported',
      'keep kept shop/api:older unsupported',
    ]);
    await using refusing = await inStep();
    refusing.to.faults.add({ method: 'DELETE', path: '/manifests/' }, status(403));
    const report = await refusing.run(mirror());
    expect(report.counts).toMatchObject({ deleted: 1, failed: 1 });
  });

  it('does nothing where there is no repository yet', async () => {
    await using bench = await syncBench();
    bench.from.put('shop/api', image('1'), '1');
    expect((await bench.plan(mirror())).counts).toMatchObject({ copied: 1, deleted: 0, failed: 0 });
    expect((await bench.run(mirror())).counts).toMatchObject({ copied: 1, deleted: 0, failed: 0 });
  });

  it('leaves a tag that has moved since it was looked at', async () => {
    const wanted = image('pushed meanwhile');
    let push = (): void => {};
    // Right after the look that precedes the deletion.
    await using bench = await inStep({
      world: {
        reasonToKeep: async (_repository, tag) => {
          if (tag === 'old') push();
          return undefined;
        },
      },
    });
    push = () => {
      bench.to.put('shop/api', wanted, 'old');
    };
    await bench.run(mirror());
    expect(bench.to.content.resolve('shop/api', 'old')).toBe(wanted.digest);
    expect(bench.to.content.resolve('shop/api', 'older')).toBeUndefined();
  });
});
