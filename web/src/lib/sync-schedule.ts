import type { SyncSchedule } from '../api/types.ts';
import { parseDuration } from './duration.ts';
import { plural } from './format.ts';

const weekdays = ['Sunday', 'Monday', 'Tuesday', 'Wednesday', 'Thursday', 'Friday', 'Saturday', 'Sunday'];
const months = ['January', 'February', 'March', 'April', 'May', 'June', 'July', 'August', 'September', 'October', 'November', 'December'];

/** When a rule runs, for people: `every 6 hours`, `at 02:30 from Monday to Friday, Europe/Berlin`, `when the source changes`, `by hand`. */
export function scheduleWords(schedule: SyncSchedule | undefined): string {
  if (schedule?.cron !== undefined) {
    const words = `${cronWords(schedule.cron) ?? `by cron ${schedule.cron}`}, ${schedule.timeZone ?? 'UTC'}`;
    return schedule.onChange === true ? `${words}, if the source changed` : words;
  }
  if (schedule?.onChange === true) return `when the source changes, looked at ${everyWords(schedule.every ?? '5m')}`;
  return schedule?.every === undefined ? 'by hand' : everyWords(schedule.every);
}

/** `6h` → `every 6 hours`, `1d` → `every day`; what is no length of time is repeated. */
export function everyWords(every: string): string {
  const seconds = parseDuration(every);
  if (seconds === undefined || seconds === 0) return `every ${every}`;
  for (const [size, one] of [
    [86_400, 'day'],
    [3600, 'hour'],
    [60, 'minute'],
  ] as const)
    if (seconds % size === 0) return seconds === size ? `every ${one}` : `every ${plural(seconds / size, one)}`;
  return `every ${every}`;
}

/** A cron expression of five fields as words; undefined where it is none, or too special for words. */
export function cronWords(cron: string): string | undefined {
  const [minute, hour, day, month, weekday, ...more] = cron.trim().split(/\s+/);
  if (minute === undefined || hour === undefined || day === undefined || month === undefined || weekday === undefined || more.length > 0)
    return undefined;
  const time = timeWords(minute, hour);
  const on = dayWords(day, weekday);
  const during = month === '*' ? '' : listWords(month, 1, 12, (value) => months[value - 1]);
  if (time === undefined || on === undefined || during === undefined) return undefined;
  // “Every 15 minutes every day” says nothing more.
  return [time, on === 'every day' && time.includes('every') ? '' : on, during === '' ? '' : `in ${during}`].filter(Boolean).join(' ');
}

function timeWords(minute: string, hour: string): string | undefined {
  const minutes = /^\*\/(\d+)$/.exec(minute)?.[1];
  if (hour === '*' && minute === '*') return 'every minute';
  if (hour === '*' && minutes !== undefined) return `every ${plural(Number(minutes), 'minute')}`;
  const at = listWords(minute, 0, 59, (value) => String(value).padStart(2, '0'));
  if (at === undefined) return undefined;
  if (hour === '*') return minute === '0' ? 'every hour' : `at minute ${at} of every hour`;
  const hours = /^\*\/(\d+)$/.exec(hour)?.[1];
  const [, single] = /^(\d+)$/.exec(minute) ?? [];
  if (hours !== undefined) return `${single === '0' ? '' : `at minute ${at} of `}every ${plural(Number(hours), 'hour')}`;
  if (single === undefined || Number(single) > 59) return undefined;
  const times = listWords(hour, 0, 23, (value) => `${String(value).padStart(2, '0')}:${single.padStart(2, '0')}`);
  return times === undefined ? undefined : /-/.test(hour) ? `hourly, ${times}` : `at ${times}`;
}

/** Where both a day of the month and a weekday are given, cron takes either. */
function dayWords(day: string, weekday: string): string | undefined {
  const ofMonth = day === '*' ? '' : listWords(day, 1, 31, (value) => `the ${ordinal(value)}`);
  const ofWeek = weekday === '*' ? '' : listWords(weekday, 0, 7, (value) => weekdays[value]);
  if (ofMonth === undefined || ofWeek === undefined) return undefined;
  if (ofMonth === '' && ofWeek === '') return 'every day';
  return `on ${[ofMonth, ofWeek].filter(Boolean).join(' and on ')}`;
}

/** `1-5` → `Monday to Friday`, `1,4` → `Monday and Thursday`; undefined for steps and names, which are rare. */
function listWords(text: string, least: number, most: number, word: (value: number) => string | undefined): string | undefined {
  const parts = text.split(',').map((part) => {
    const ends = part.split('-').map((end) => (/^\d{1,2}$/.test(end) ? Number(end) : Number.NaN));
    if (ends.length > 2 || ends.some((end) => !(end >= least && end <= most))) return undefined;
    return ends.map((end) => word(end)).join(' to ');
  });
  if (parts.includes(undefined)) return undefined;
  return parts.length < 2 ? parts[0] : `${parts.slice(0, -1).join(', ')} and ${parts.at(-1)}`;
}

function ordinal(value: number): string {
  const suffix = value >= 11 && value <= 13 ? 'th' : (['th', 'st', 'nd', 'rd'][value % 10] ?? 'th');
  return `${value}${suffix}`;
}
