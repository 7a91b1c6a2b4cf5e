import { InvalidSettings } from '../../../core/errors.ts';
import { isMapValue } from '../../../imports/candidate.ts';
import { Entry } from '../../../imports/entry.ts';
import type { ImportNote } from '../../../imports/types.ts';
import type { Value } from '../../../imports/value.ts';
import type { CopySettings } from '../../copies/types.ts';
import { readRule } from '../rule.ts';
import type { SyncSchedule, SyncSpec, TagSelection } from '../types.ts';
import { RuleNames } from './names.ts';
import type { DocumentRule } from './types.ts';

/**
 * Reads rules as Tagboat writes them: a map with `rules`, a list. What is not known is an error rather than a remark: a misspelt
 * `exclude` would copy too much.
 *
 * @param name of the document, for messages
 * @throws InvalidSettings that names the keys
 */
export function readOwn(value: Value, name: string, names: RuleNames): DocumentRule[] {
  if (!isMapValue(value)) throw wrong(name, [{ key: '', message: 'it has to be a map with `rules`.' }]);
  const notes: ImportNote[] = [];
  const root = new Entry(value, '', notes);
  const version = root.number('version') ?? 1;
  if (version !== 1) throw wrong(name, [{ key: 'version', message: 'only version 1 is known here.' }]);
  const list = root.list('rules');
  if (!list || list.length === 0) throw wrong(name, [{ key: 'rules', message: 'a list of rules is missing.' }]);
  root.finish('this key is not known.');
  const rules = list.map((item, i) => {
    const path = `rules[${i}]`;
    if (!isMapValue(item)) throw wrong(name, [{ key: path, message: 'a rule has to be a map.' }]);
    return readOne(new Entry(item, path, notes), name === '' ? path : `${name}, ${path}`, names);
  });
  if (notes.length > 0) throw wrong(name, notes);
  for (const { spec, from } of rules) check(spec, from);
  return rules;
}

function readOne(entry: Entry, from: string, names: RuleNames): DocumentRule {
  const source = entry.map('source');
  const destination = entry.map('destination');
  if (!source) entry.note('warning', 'source', 'what is copied is missing.');
  if (!destination) entry.note('warning', 'destination', 'where it goes is missing.');
  const mode = entry.text('mode');
  if (mode !== undefined && mode !== 'one-way' && mode !== 'mirror') entry.note('warning', 'mode', 'this is either one-way or mirror.');
  const deletionLimit = entry.number('deletionLimit');
  const enabled = entry.boolean('enabled');
  const schedule = entry.map('schedule');
  const settings = entry.map('settings');
  const taken = source ? readSource(source) : { registry: '', repositories: [] };
  const to = destination ? readDestination(destination) : { registry: '' };
  const wanted = entry.text('name') ?? taken.repositories[0] ?? 'rule';
  const spec: SyncSpec = {
    source: taken,
    destination: to,
    ...(mode === 'mirror' || mode === 'one-way' ? { mode } : {}),
    ...(deletionLimit !== undefined && { deletionLimit }),
    ...(schedule && { schedule: readSchedule(schedule) }),
    ...(settings && { settings: readSettings(settings) }),
  };
  entry.finish('this key is not known.');
  return { name: names.take(wanted), from, spec, notes: [], ...(enabled !== undefined && { enabled }) };
}

/** A registry by name or host, or a layout on disk. */
function readPlace(entry: Entry): string {
  const [registry, layout] = [entry.text('registry'), entry.text('layout')];
  if (registry !== undefined && layout !== undefined) entry.note('warning', 'layout', 'it is either a registry or a layout.');
  if (registry === undefined && layout === undefined) entry.note('warning', 'registry', 'name a registry, or a layout on disk.');
  return layout === undefined ? (registry ?? '') : `oci:${layout}`;
}

function readSource(entry: Entry): SyncSpec['source'] {
  const registry = readPlace(entry);
  const repositories = listOf(entry, 'repositories');
  const exclude = listOf(entry, 'exclude');
  const tags = entry.map('tags');
  const source = { registry, repositories: repositories ?? [], ...(exclude && { exclude }), ...(tags && { tags: readTags(tags) }) };
  entry.finish('this key is not known.');
  return source;
}

function readTags(entry: Entry): TagSelection {
  const [include, exclude, newest] = [listOf(entry, 'include'), listOf(entry, 'exclude'), entry.map('newest')];
  const pushedWithin = entry.text('pushedWithin');
  const tags: TagSelection = {
    ...(include && { include }),
    ...(exclude && { exclude }),
    ...(pushedWithin !== undefined && { pushedWithin }),
  };
  if (newest) {
    const by = newest.text('by') ?? 'version';
    if (by !== 'version' && by !== 'pushed') newest.note('warning', 'by', 'this is either version or pushed.');
    tags.newest = { count: newest.number('count') ?? 0, by: by === 'pushed' ? 'pushed' : 'version' };
    newest.finish('this key is not known.');
  }
  entry.finish('this key is not known.');
  return tags;
}

function readDestination(entry: Entry): SyncSpec['destination'] {
  const registry = readPlace(entry);
  const [repository, tag] = [entry.text('repository'), entry.text('tag')];
  entry.finish('this key is not known.');
  return { registry, ...(repository !== undefined && { repository }), ...(tag !== undefined && { tag }) };
}

function readSchedule(entry: Entry): SyncSchedule {
  const [every, cron, timeZone, onChange] = [entry.text('every'), entry.text('cron'), entry.text('timeZone'), entry.boolean('onChange')];
  entry.finish('this key is not known.');
  return {
    ...(every !== undefined && { every }),
    ...(cron !== undefined && { cron }),
    ...(timeZone !== undefined && { timeZone }),
    ...(onChange !== undefined && { onChange }),
  };
}

function readSettings(entry: Entry): CopySettings {
  const settings: CopySettings = {};
  const platforms = listOf(entry, 'platforms');
  if (platforms) settings.platforms = platforms;
  for (const key of ['referrers', 'digestTags', 'foreignLayers'] as const) {
    const value = entry.boolean(key);
    if (value !== undefined) settings[key] = value;
  }
  for (const key of ['bandwidth', 'quotaReserve'] as const) {
    const value = entry.number(key);
    if (value !== undefined) settings[key] = value;
  }
  const verify = entry.text('verify');
  if (verify === 'always' || verify === 'destination') settings.verify = verify;
  else if (verify !== undefined) entry.note('warning', 'verify', 'this is either destination or always.');
  entry.finish('this key is not known.');
  return settings;
}

/** A list, or the one thing that would stand in it. */
function listOf(entry: Entry, key: string): string[] | undefined {
  if (!entry.has(key)) return undefined;
  const one = entry.isScalar(key) ? entry.text(key) : undefined;
  return one === undefined ? entry.texts(key) : [one];
}

function check(spec: SyncSpec, from: string): void {
  try {
    readRule(spec);
  } catch (error) {
    if (!(error instanceof InvalidSettings)) throw error;
    const said = error.fields.map(({ field, message }) => `${field}: ${message}`).join(' ');
    throw new InvalidSettings(`${from} cannot be used. ${said}`, error.fields);
  }
}

function wrong(name: string, notes: readonly Pick<ImportNote, 'key' | 'message'>[]): InvalidSettings {
  const said = notes.map(({ key, message }) => `${key === '' ? '' : `${key}: `}${message}`).join(' ');
  return new InvalidSettings(
    `${name === '' ? 'The document' : name} cannot be read as rules. ${said}`,
    notes.map(({ key, message }) => ({ field: key === '' ? 'documents' : key, message })),
  );
}
