import { describe, expect, it } from 'vitest';
import { checkSchedule, nextRun } from './schedule.ts';
import type { SyncSchedule } from './types.ts';

function times(schedule: SyncSchedule, after: string, count: number): string[] {
  const found: string[] = [];
  for (let at: number | undefined = Date.parse(after); found.length < count; ) {
    at = nextRun(schedule, at);
    if (at === undefined) break;
    found.push(new Date(at).toISOString().slice(0, 16));
  }
  return found;
}

describe('nextRun', () => {
  it('counts from the run before', () => {
    expect(times({ every: '6h' }, '2026-11-21T10:20:00Z', 2)).toEqual(['2026-11-21T16:20', '2026-11-21T22:20']);
  });

  it('has none without times, and looks for changes every five minutes', () => {
    expect(nextRun({}, 0)).toBeUndefined();
    expect(nextRun({ onChange: true }, 0)).toBe(300_000);
    expect(nextRun({ onChange: true, every: '1m' }, 0)).toBe(60_000);
  });

  it('follows the clock of its time zone through both changes', () => {
    const nightly = { cron: '30 2 * * *', timeZone: 'Europe/Berlin' };
    // 02:30 does not exist on 29 March: it runs right after the hour that is skipped.
    expect(times(nightly, '2026-03-27T12:00:00Z', 3)).toEqual(['2026-03-28T01:30', '2026-03-29T01:00', '2026-03-30T00:30']);
    // 02:30 comes twice on 25 October: it runs once.
    expect(times(nightly, '2026-10-24T12:00:00Z', 2)).toEqual(['2026-10-25T00:30', '2026-10-26T01:30']);
    expect(times({ cron: '0 * * * *', timeZone: 'Europe/Berlin' }, '2026-10-24T23:30:00Z', 4)).toEqual([
      '2026-10-25T00:00',
      '2026-10-25T01:00',
      '2026-10-25T02:00',
      '2026-10-25T03:00',
    ]);
  });

  it('takes UTC where no time zone is named, whatever the machine has', () => {
    expect(times({ cron: '0 3 * * MON-FRI' }, '2026-11-20T12:00:00Z', 2)).toEqual(['2026-11-23T03:00', '2026-11-24T03:00']);
  });
});

describe('checkSchedule', () => {
  it.each<[SyncSchedule, string]>([
    [{ every: '30s' }, 'at most once a minute'],
    [{ every: '5y' }, 'not a length of time'],
    [{ every: '9999d' }, 'once a year'],
    [{ every: '1h', cron: '0 * * * *' }, 'leave one of them out'],
    [{ every: '1h', timeZone: 'UTC' }, 'belongs to a cron expression'],
    [{ cron: '* * * * * *' }, 'five fields'],
    [{ cron: '@hourly' }, 'five fields'],
    [{ cron: '61 * * * *' }, 'cannot be read: Invalid value for minute'],
    [{ cron: '0 0 30 2 *' }, 'no time that fits'],
    [{ cron: '0 0 * * *', timeZone: 'Berlin' }, 'is no time zone'],
  ])('refuses %j', (schedule, says) => {
    expect(() => checkSchedule(schedule)).toThrow(says);
  });

  it('takes what runs', () => {
    for (const schedule of [{}, { every: '1m' }, { cron: '*/5 * * * *', timeZone: 'Asia/Tokyo' }, { onChange: true, every: '10m' }])
      expect(() => checkSchedule(schedule)).not.toThrow();
  });
});
