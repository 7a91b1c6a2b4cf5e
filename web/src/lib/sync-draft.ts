import type { CopySettings, SyncRule, SyncSchedule, SyncSpec } from '../api/types.ts';
import type { FieldErrors } from './draft-check.ts';
import { parseDuration } from './duration.ts';

export type ScheduleKind = 'hand' | 'every' | 'cron' | 'change';

/** A rule as its form holds it: texts as they are typed, lists one a line. */
export interface RuleDraft {
  name: string;
  source: string;
  repositories: string;
  exclude: string;
  include: string;
  leaveOut: string;
  newest: string;
  newestBy: 'version' | 'pushed';
  pushedWithin: string;
  destination: string;
  repositoryRule: string;
  tagRule: string;
  mode: 'one-way' | 'mirror';
  deletionLimit: string;
  schedule: ScheduleKind;
  every: string;
  cron: string;
  timeZone: string;
  /** Of a cron expression: only if the source changed. */
  ifChanged: boolean;
  /** How often the source is looked at for changes; empty for the usual. */
  look: string;
  settings: CopySettings;
}

export const emptyRule: RuleDraft = {
  name: '',
  source: '',
  repositories: '',
  exclude: '',
  include: '',
  leaveOut: '',
  newest: '',
  newestBy: 'version',
  pushedWithin: '',
  destination: '',
  repositoryRule: '{repository}',
  tagRule: '{tag}',
  mode: 'one-way',
  deletionLimit: '10',
  schedule: 'every',
  every: '6h',
  cron: '30 2 * * *',
  timeZone: 'UTC',
  ifChanged: false,
  look: '',
  settings: {},
};

/** The form of a rule that is saved. */
export function ruleDraft({ name, spec }: Pick<SyncRule, 'name' | 'spec'>): RuleDraft {
  const { source, destination, mode = 'one-way', deletionLimit, schedule, settings = {} } = spec;
  const tags = source.tags ?? {};
  return {
    ...emptyRule,
    name,
    source: source.registry,
    repositories: source.repositories.join('\n'),
    exclude: (source.exclude ?? []).join('\n'),
    include: (tags.include ?? []).join('\n'),
    leaveOut: (tags.exclude ?? []).join('\n'),
    newest: tags.newest === undefined ? '' : String(tags.newest.count),
    newestBy: tags.newest?.by ?? 'version',
    pushedWithin: tags.pushedWithin ?? '',
    destination: destination.registry,
    repositoryRule: destination.repository ?? emptyRule.repositoryRule,
    tagRule: destination.tag ?? emptyRule.tagRule,
    mode,
    ...(deletionLimit !== undefined && { deletionLimit: String(deletionLimit) }),
    ...scheduleDraft(schedule),
    settings,
  };
}

function scheduleDraft(schedule: SyncSchedule | undefined): Partial<RuleDraft> {
  if (schedule?.cron !== undefined)
    return { schedule: 'cron', cron: schedule.cron, timeZone: schedule.timeZone ?? 'UTC', ifChanged: schedule.onChange === true };
  if (schedule?.onChange === true) return { schedule: 'change', ...(schedule.every !== undefined && { look: schedule.every }) };
  return schedule?.every === undefined ? { schedule: 'hand' } : { schedule: 'every', every: schedule.every };
}

/** Lines that say something. */
export function lines(text: string): string[] {
  return text
    .split('\n')
    .map((line) => line.trim())
    .filter(Boolean);
}

/** What the hub is told. Standard values are left out. */
export function specOf(draft: RuleDraft): SyncSpec {
  const [exclude, include, leaveOut] = [lines(draft.exclude), lines(draft.include), lines(draft.leaveOut)];
  const tags = {
    ...(include.length > 0 && { include }),
    ...(leaveOut.length > 0 && { exclude: leaveOut }),
    ...(draft.newest.trim() !== '' && { newest: { count: Number(draft.newest), by: draft.newestBy } }),
    ...(draft.pushedWithin.trim() !== '' && { pushedWithin: draft.pushedWithin.trim() }),
  };
  const schedule = scheduleOf(draft);
  const [repository, tag] = [draft.repositoryRule.trim(), draft.tagRule.trim()];
  return {
    source: {
      registry: draft.source,
      repositories: lines(draft.repositories),
      ...(exclude.length > 0 && { exclude }),
      ...(Object.keys(tags).length > 0 && { tags }),
    },
    destination: {
      registry: draft.destination,
      ...(repository !== '' && repository !== emptyRule.repositoryRule && { repository }),
      ...(tag !== '' && tag !== emptyRule.tagRule && { tag }),
    },
    ...(draft.mode === 'mirror' && { mode: draft.mode, deletionLimit: Number(draft.deletionLimit) }),
    ...(schedule && { schedule }),
    ...(Object.keys(draft.settings).length > 0 && { settings: draft.settings }),
  };
}

/**
 * What the hub is told of an edit: nothing of the spec where nothing changed, and of a new schedule only that, so that a plan that was seen
 * still counts.
 */
export function specChange(before: SyncRule, draft: RuleDraft): SyncSpec | undefined {
  const [was, is] = [specOf(ruleDraft(before)), specOf(draft)];
  if (JSON.stringify(was) === JSON.stringify(is)) return undefined;
  if (planRelevant(was) !== planRelevant(is)) return is;
  const { schedule: _, ...rest } = before.spec;
  return { ...rest, ...(is.schedule && { schedule: is.schedule }) };
}

/** What of a spec a plan depends on: all but when it runs. */
export function planRelevant({ schedule: _schedule, ...rest }: SyncSpec): string {
  return JSON.stringify(rest);
}

function scheduleOf(draft: RuleDraft): SyncSchedule | undefined {
  switch (draft.schedule) {
    case 'hand':
      return undefined;
    case 'every':
      return { every: draft.every.trim() };
    case 'change':
      return { ...(draft.look.trim() !== '' && { every: draft.look.trim() }), onChange: true };
    case 'cron':
      return { cron: draft.cron.trim(), timeZone: draft.timeZone, ...(draft.ifChanged && { onChange: true }) };
  }
}

/** What can be said without asking the hub, by the path of the field in what it is told. */
export function checkRule(draft: RuleDraft): FieldErrors {
  const errors: Record<string, string> = {};
  if (draft.name.trim() === '') errors.name = 'Give it a name that says what it keeps in step.';
  if (draft.source === '') errors['spec.source.registry'] = 'Choose where the images come from.';
  if (draft.destination === '') errors['spec.destination.registry'] = 'Choose where they go.';
  if (lines(draft.repositories).length === 0) errors['spec.source.repositories'] = 'Name at least one repository, or ** for all.';
  if (draft.newest.trim() !== '' && !/^[1-9]\d{0,5}$/.test(draft.newest.trim()))
    errors['spec.source.tags.newest.count'] = 'A whole number above 0, or empty for no bound.';
  const limit = Number(draft.deletionLimit);
  if (draft.mode === 'mirror' && (draft.deletionLimit.trim() === '' || !(limit >= 0 && limit <= 100)))
    errors['spec.deletionLimit'] = 'A percentage from 0 to 100.';
  const every = draft.schedule === 'every' ? draft.every : draft.schedule === 'change' && draft.look.trim() !== '' ? draft.look : undefined;
  // What cannot be read here is left to the hub, which knows more units.
  if (every !== undefined && (every.trim() === '' || (parseDuration(every) ?? 60) < 60))
    errors['spec.schedule.every'] = 'A time of a minute or more, like 15m, 6h or 1d.';
  if (draft.schedule === 'cron' && draft.cron.trim() === '')
    errors['spec.schedule.cron'] = 'Five fields: minute, hour, day, month, weekday.';
  return errors;
}

/**
 * Errors of the hub at the fields of the form: what it says of one line of a list (`spec.source.repositories.1`) stands at the list, with
 * the line named where there are several.
 */
export function placeErrors(errors: FieldErrors): FieldErrors {
  const placed: Record<string, string> = {};
  for (const [path, message] of Object.entries(errors)) {
    const [, list, line] = /^(spec\.source\.(?:repositories|exclude|tags\.include|tags\.exclude))\.(\d+)$/.exec(path) ?? [];
    const at = list ?? path;
    const words = line === undefined ? message : `Line ${Number(line) + 1}: ${message}`;
    placed[at] = placed[at] === undefined ? words : `${placed[at]} ${words}`;
  }
  return placed;
}
