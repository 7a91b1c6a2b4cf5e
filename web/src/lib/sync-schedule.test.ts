import { describe, expect, it } from 'vitest';
import { cronWords, everyWords, scheduleWords } from './sync-schedule.ts';

describe('schedules', () => {
  it('are said in words', () => {
    expect(scheduleWords(undefined)).toBe('by hand');
    expect(scheduleWords({ every: '6h' })).toBe('every 6 hours');
    expect(scheduleWords({ onChange: true })).toBe('when the source changes, looked at every 5 minutes');
    expect(scheduleWords({ onChange: true, every: '1h' })).toBe('when the source changes, looked at every hour');
    expect(scheduleWords({ cron: '30 2 * * 1-5', timeZone: 'Europe/Berlin' })).toBe('at 02:30 on Monday to Friday, Europe/Berlin');
    expect(scheduleWords({ cron: '0 3 * * *', onChange: true })).toBe('at 03:00 every day, UTC, if the source changed');
    expect(scheduleWords({ cron: '0 3 L * *' })).toBe('by cron 0 3 L * *, UTC');
  });
  it('repeat at round lengths', () => {
    expect(everyWords('1d')).toBe('every day');
    expect(everyWords('90m')).toBe('every 90 minutes');
    expect(everyWords('60m')).toBe('every hour');
    expect(everyWords('often')).toBe('every often');
  });
  it.each([
    ['* * * * *', 'every minute'],
    ['*/15 * * * *', 'every 15 minutes'],
    ['0 * * * *', 'every hour'],
    ['7 * * * *', 'at minute 07 of every hour'],
    ['0 */6 * * *', 'every 6 hours'],
    ['20 */6 * * 0', 'at minute 20 of every 6 hours on Sunday'],
    ['30 2 * * *', 'at 02:30 every day'],
    ['0 9,18 * * 1,4', 'at 09:00 and 18:00 on Monday and Thursday'],
    ['0 9-17 * * 1-5', 'hourly, 09:00 to 17:00 on Monday to Friday'],
    ['0 4 1 * *', 'at 04:00 on the 1st'],
    ['0 4 2,13,23 1-3 *', 'at 04:00 on the 2nd, the 13th and the 23rd in January to March'],
    ['0 4 1 * 1', 'at 04:00 on the 1st and on Monday'],
  ])('reads %s', (cron, words) => expect(cronWords(cron)).toBe(words));
  it.each(['', '0 4 * *', '0 25 * * *', '61 4 * * *', '0 4 * * MON', '0 4 1-31/2 * *', 'a b c d e', '0 0 4 * * *'])(
    'has no words for “%s”',
    (cron) => expect(cronWords(cron)).toBeUndefined(),
  );
});
