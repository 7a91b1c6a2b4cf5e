import { InvalidSettings } from '../../../core/errors.ts';
import type { Entry } from '../../../imports/entry.ts';
import { parseGoDuration } from '../../../imports/go-duration.ts';
import { checkSchedule } from '../schedule.ts';
import type { SyncSchedule } from '../types.ts';

const minute = 60_000;
/** What robfig/cron has names for. */
const named: Readonly<Record<string, string>> = {
  '@hourly': '0 * * * *',
  '@daily': '0 0 * * *',
  '@midnight': '0 0 * * *',
  '@weekly': '0 0 * * 0',
  '@monthly': '0 0 1 * *',
  '@yearly': '0 0 1 1 *',
  '@annually': '0 0 1 1 *',
};

/** `schedule` or `interval` of an entry, else of the defaults; the schedule comes first where both are there. */
export function readRegsyncSchedule(entry: Entry, defaults: Entry | undefined): SyncSchedule | undefined {
  const [own, ofAll] = [timesOf(entry), defaults && timesOf(defaults)];
  const at = own.schedule === undefined && own.interval === undefined ? (ofAll ?? own) : own;
  if (at.schedule !== undefined) return readCron(at.schedule, entry);
  return at.interval === undefined ? undefined : readInterval(at.interval, 'interval', entry);
}

function timesOf(entry: Entry): { schedule: string | undefined; interval: string | undefined } {
  return { schedule: entry.text('schedule'), interval: entry.text('interval') };
}

function readCron(text: string, entry: Entry): SyncSchedule | undefined {
  const every = /^@every\s+(\S+)$/.exec(text)?.[1];
  if (every !== undefined) return readInterval(every, 'schedule', entry);
  const [, timeZone, rest = ''] = /^(?:(?:CRON_)?TZ=(\S+)\s+)?(.*)$/s.exec(text) ?? [];
  const schedule: SyncSchedule = { cron: named[rest] ?? rest.replaceAll('?', '*'), ...(timeZone !== undefined && { timeZone }) };
  try {
    checkSchedule(schedule);
  } catch (error) {
    if (!(error instanceof InvalidSettings)) throw error;
    entry.note('unmapped', 'schedule', `${error.message} The rule has no times.`);
    return undefined;
  }
  if (timeZone === undefined)
    entry.note(
      'info',
      'schedule',
      'regsync goes by the clock of its machine; here it is UTC. Set a time zone where that makes a difference.',
    );
  return schedule;
}

function readInterval(text: string, key: string, entry: Entry): SyncSchedule | undefined {
  const length = parseGoDuration(text);
  if (length === undefined || length <= 0) {
    entry.note('unmapped', key, `“${text.slice(0, 40)}” is no length of time. The rule has no times.`);
    return undefined;
  }
  if (length < minute) entry.note('info', key, 'A rule runs at most once a minute here.');
  return { every: inWords(Math.max(minute, Math.round(length / 1000) * 1000)) };
}

function inWords(length: number): string {
  if (length % (60 * minute) === 0) return `${length / (60 * minute)}h`;
  return length % minute === 0 ? `${length / minute}m` : `${length / 1000}s`;
}
