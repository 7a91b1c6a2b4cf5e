import { Cron } from 'croner';
import { parseDuration } from '../../core/durations.ts';
import { InvalidSettings } from '../../core/errors.ts';
import type { SyncSchedule } from './types.ts';

const minute = 60_000;
/** A year: beyond that it is no schedule. */
const longest = 366 * 24 * 60 * minute;
/** How often the source of a rule that runs on changes is looked at. */
const defaultLook = 5 * minute;

/**
 * When a rule is due next, epoch milliseconds; undefined when it has no times. Cron expressions follow the clock of their time zone: what
 * falls into an hour that is skipped in spring runs right after it, and what falls into the hour that comes twice in autumn runs once.
 *
 * @param after Epoch milliseconds of the run before, or now.
 */
export function nextRun(schedule: SyncSchedule, after: number): number | undefined {
  if (schedule.cron !== undefined) return cronOf(schedule).nextRun(new Date(after))?.getTime();
  const every = everyOf(schedule);
  return every === undefined ? undefined : after + every;
}

/** @throws InvalidSettings at `schedule.…` */
export function checkSchedule(schedule: SyncSchedule): void {
  const { cron, every, timeZone } = schedule;
  if (cron !== undefined && every !== undefined) fail('cron', 'A rule runs either every so often or by cron: leave one of them out.');
  if (timeZone !== undefined && cron === undefined) fail('timeZone', 'A time zone belongs to a cron expression.');
  everyOf(schedule);
  if (cron === undefined) return;
  if (!cronOf(schedule).nextRun()) fail('cron', `There is no time that fits ${cron.trim()}.`);
}

function everyOf({ every, onChange, cron }: SyncSchedule): number | undefined {
  if (every === undefined) return onChange && cron === undefined ? defaultLook : undefined;
  const length = parseDuration(every, 'schedule.every');
  if (length < minute) return fail('every', 'A rule runs at most once a minute: 1m, 15m, 6h, 1d.');
  if (length > longest) return fail('every', 'A rule runs at least once a year: 15m, 6h, 1d.');
  return length;
}

function cronOf({ cron = '', timeZone = 'UTC' }: SyncSchedule): Cron {
  const text = cron.trim();
  // A sixth field would be seconds.
  if (text.length > 200 || text.split(/\s+/).length !== 5)
    return fail('cron', 'A cron expression has five fields: minute, hour, day of month, month and day of week, e.g. 30 2 * * 1-5.');
  try {
    new Intl.DateTimeFormat('en', { timeZone });
  } catch {
    return fail('timeZone', `“${timeZone.slice(0, 80)}” is no time zone. They are named like Europe/Berlin or America/New_York.`);
  }
  try {
    // Paused, and without a function to call: it only tells times.
    return new Cron(text, { timezone: timeZone, paused: true, mode: '5-part' });
  } catch (error) {
    const why = error instanceof Error ? error.message.replace(/^CronPattern: /, '') : String(error);
    return fail('cron', `This cron expression cannot be read: ${why}`);
  }
}

function fail(field: keyof SyncSchedule, message: string): never {
  throw new InvalidSettings(message, [{ field: `schedule.${field}`, message }]);
}
