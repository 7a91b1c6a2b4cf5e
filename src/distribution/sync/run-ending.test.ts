import { describe, expect, it } from 'vitest';
import { describeCounts, endingOf } from './run-ending.ts';
import type { SyncReport } from './types.ts';

const report = (more: Partial<SyncReport> = {}, failed = 0): SyncReport => ({
  counts: {
    repositories: 1,
    tags: 10,
    unchanged: 7,
    copied: 2,
    deleted: 1,
    failed,
    skipped: 0,
    bytes: { moved: 4096, saved: 0 },
    requests: { source: 0, destination: 0 },
  },
  items: [],
  partial: [],
  ...more,
});

describe('the end of a run', () => {
  it('is done when nothing failed, and of a plan in any case', () => {
    expect(endingOf('run', report())).toEqual({ state: 'done' });
    expect(endingOf('plan', report({ partial: [{ repository: 'a', reason: 'no' }] }, 3))).toEqual({ state: 'done' });
  });

  it('says how much failed, and what first', () => {
    const items = [
      { action: 'copy', destination: { repository: 'a', tag: '1' }, outcome: 'done' },
      { action: 'copy', destination: { repository: 'b', tag: '2' }, outcome: 'failed', reason: 'The registry refused.' },
    ] as const;
    expect(endingOf('run', report({ items }, 2))).toMatchObject({
      state: 'failed',
      failure: { code: 'sync_incomplete', message: '2 of 10 tags failed. The first: b:2: The registry refused.' },
    });
  });

  it('tells repositories that could not be read from tags that failed', () => {
    const failing = (tag: string) =>
      ({
        action: 'skip',
        source: { repository: 'a', tag },
        destination: { repository: 'a', tag },
        outcome: 'failed',
        reason: 'No.',
      }) as const;
    const message = (more: Partial<SyncReport>, failed: number, tags: number) => {
      const { counts, ...rest } = report(more, failed);
      return endingOf('run', { ...rest, counts: { ...counts, tags, repositories: 4 } }).failure?.message;
    };
    expect(message({ items: [failing('*'), failing('*')] }, 2, 0)).toBe('2 of 4 repositories failed. The first: a: No.');
    expect(message({ items: [failing('*'), failing('1')] }, 2, 9)).toBe('1 of 4 repositories and 1 of 9 tags failed. The first: a: No.');
  });

  it('is no success when a listing did not come to its end', () => {
    const partial = [{ repository: 'shop/api', reason: 'the connection was reset' }];
    expect(endingOf('run', report({ partial })).failure?.message).toBe(
      'The listing of shop/api did not come to its end: the connection was reset.',
    );
  });

  it('is one sentence in the audit log', () => {
    expect(describeCounts(report({}, 1).counts)).toBe('2 copied (4096 bytes moved), 7 in step, 1 deleted, 1 failed.');
  });
});
