import { describe, expect, it } from 'vitest';
import { RunTally } from './run-tally.ts';
import type { SyncCounts, SyncItem } from './types.ts';
import type { SyncProgress } from './world.ts';

const counts = (more: Partial<SyncCounts> = {}): SyncCounts => ({
  repositories: 1,
  tags: 10,
  unchanged: 0,
  copied: 0,
  deleted: 0,
  failed: 0,
  skipped: 0,
  bytes: { moved: 0, saved: 0 },
  requests: { source: 0, destination: 0 },
  ...more,
});
const progress = (of: SyncCounts): SyncProgress => ({
  phase: 'tags',
  repositories: { total: 1, done: 1 },
  tags: { total: 10, done: 3 },
  counts: of,
});
const item = (tag: string, outcome: SyncItem['outcome'] = 'done'): SyncItem => ({
  action: 'copy',
  destination: { repository: 'shop/api', tag },
  outcome,
});

describe('what a run has done so far', () => {
  it('is handed out when there is something new, with items only when there are more', () => {
    const tally = new RunTally();
    expect(tally.take()).toBeUndefined();
    tally.onItem(item('1'));
    tally.onProgress(progress(counts({ copied: 1 })));
    expect(tally.take()).toMatchObject({
      counts: { copied: 1 },
      progress: { tags: { total: 10, done: 3 } },
      items: [{ destination: { tag: '1' } }],
    });
    expect(tally.take()).toBeUndefined();
    tally.onProgress(progress(counts({ copied: 1, unchanged: 4 })));
    expect(tally.take()).not.toHaveProperty('items');
  });

  it('counts once what was copied before its hub ended', () => {
    const before = {
      counts: counts({ copied: 3, failed: 1, bytes: { moved: 300, saved: 50 }, requests: { source: 5, destination: 6 } }),
      items: [item('1'), item('2', 'failed')],
    };
    const tally = new RunTally(before);
    expect(tally.soFar()?.counts.copied).toBe(3);
    const whole = tally.report({
      counts: counts({ copied: 2, unchanged: 8, bytes: { moved: 200, saved: 10 }, requests: { source: 10, destination: 10 } }),
      items: [item('2'), item('3')],
      partial: [],
    });
    expect(whole.counts).toMatchObject({
      copied: 5,
      unchanged: 5,
      failed: 0,
      bytes: { moved: 500, saved: 10 },
      requests: { source: 15, destination: 16 },
    });
    // What had failed was tried again: its end is in the new report.
    expect(whole.items.map(({ destination }) => destination.tag)).toEqual(['1', '2', '3']);
  });

  it('keeps a thousand items', () => {
    const tally = new RunTally();
    for (let i = 0; i < 1500; i++) tally.onItem(item(`${i}`));
    tally.onProgress(progress(counts({ copied: 1500 })));
    expect(tally.take()?.items).toHaveLength(1000);
  });
});
