import { isMapValue } from '../../../imports/candidate.ts';
import { Entry } from '../../../imports/entry.ts';
import type { ImportNote } from '../../../imports/types.ts';
import type { Value } from '../../../imports/value.ts';
import { parseReference, TagboatError } from '../../../oci/index.ts';
import type { SyncSpec, TagSelection } from '../types.ts';
import { Unreadable } from './notes.ts';
import { RuleNames } from './names.ts';
import { patternToGlobs } from './pattern-globs.ts';
import { readRegsyncSchedule } from './regsync-schedule.ts';
import { readRegsyncSettings } from './regsync-settings.ts';
import { readTagSets } from './regsync-tags.ts';
import type { DocumentRule, DocumentRules, ReadRulesOptions, Unchecked } from './types.ts';

/**
 * Reads the `sync` entries of a `regsync.yml` (`ConfigSync` of regclient 0.11). Registries and credentials in it are what
 * `tagboat import` takes.
 */
export function readRegsync(value: Value, name: string, names: RuleNames, options: ReadRulesOptions): DocumentRules {
  const notes: ImportNote[] = [];
  const found: DocumentRules = { rules: [], notes: [], connections: new Map() };
  if (!isMapValue(value)) return { ...found, notes: ['This is no configuration of regsync: it has to be a map.'] };
  const root = new Entry(value, '', notes);
  const connections = readConnections(root);
  const defaults = root.map('defaults');
  const list = root.list('sync') ?? [];
  list.forEach((item, i) => {
    const path = `sync[${i}]`;
    const from = name === '' ? path : `${name}, ${path}`;
    if (isMapValue(item)) found.rules.push(...readEntry(item, { path, from, defaults, names, options }));
    else notes.push({ level: 'warning', key: path, message: 'This is no rule: it has to be a map.' });
  });
  if (list.length === 0) notes.push({ level: 'warning', key: 'sync', message: 'There is nothing under `sync`.' });
  if (defaults) sayOfDefaults(defaults);
  root.ignore('version');
  root.leaveOut('Scripts are not run.', 'scripts');
  root.finish();
  return { ...found, connections, notes: notes.map(({ key, message }) => `${key}: ${message}`) };
}

interface Around {
  path: string;
  from: string;
  defaults: Entry | undefined;
  names: RuleNames;
  options: ReadRulesOptions;
}

/** One rule, or one for each set of tags: sets that leave something out cannot be joined. */
function readEntry(item: Value & { kind: 'map' }, { path, from, defaults, names, options }: Around): DocumentRule[] {
  const notes: ImportNote[] = [];
  const entry = new Entry(item, path, notes);
  const spec: SyncSpec = { source: { registry: '', repositories: [] }, destination: { registry: '' } };
  let sets: (TagSelection | undefined)[] = [undefined];
  let problem: string | undefined;
  try {
    const [source, target] = [expand(entry, 'source', options), expand(entry, 'target', options)];
    const type = entry.text('type') ?? '';
    Object.assign(spec, readPlaces(type, source, target, entry));
    const settings = readRegsyncSettings(entry, defaults);
    const schedule = readRegsyncSchedule(entry, defaults);
    if (Object.keys(settings).length > 0) spec.settings = settings;
    if (schedule) spec.schedule = schedule;
    if (type !== 'image') sets = readTagSets(entry);
  } catch (error) {
    if (!(error instanceof Unreadable)) throw error;
    problem = error.message;
  }
  entry.finish();
  const inWords = ({ key, message }: ImportNote): string => `${key.replace(`${path}.`, '')}: ${message}`;
  // What was left out may be what chooses: without it the rule would copy more than is meant.
  const wrong = notes.filter(({ level }) => level === 'warning');
  if (wrong.length > 0) problem ??= wrong.map(inWords).join(' ');
  const said = notes.map(inWords);
  const { source } = spec;
  const base = spec.destination.repository?.includes('{')
    ? `${source.registry} to ${spec.destination.registry}`
    : (spec.destination.repository ?? path);
  return sets.map((tags) => ({
    name: names.take(base),
    from,
    spec: tags ? { ...spec, source: { ...source, tags } } : spec,
    notes: said,
    ...(problem !== undefined && { problem }),
  }));
}

/** @throws Unreadable */
function readPlaces(type: string, source: string, target: string, entry: Entry): Pick<SyncSpec, 'source' | 'destination'> {
  if (source.startsWith('ocidir://'))
    throw new Unreadable('The source is a directory: name it as a layout in rules of Tagboat (`layout: ./directory`).');
  if (type === 'registry') {
    const from = splitRegistry(source);
    const to = splitRegistry(target);
    const [repositories, exclude] = readRepositories(entry);
    return {
      source: {
        registry: from.registry,
        repositories: repositories.map((glob) => from.prefix + glob),
        ...(exclude.length > 0 && { exclude: exclude.map((glob) => from.prefix + glob) }),
      },
      destination: {
        registry: to.registry,
        repository: `${to.prefix}{repository${from.prefix === '' ? '' : `#${from.prefix.replaceAll('/', '\\/')}`}}`,
      },
    };
  }
  if (type !== 'repository' && type !== 'image')
    throw new Unreadable(`The type has to be registry, repository or image${type === '' ? ', and is missing' : ''}.`);
  const from = reference(source, 'source');
  const to = reference(target, 'target');
  const destination = { registry: to.registry, repository: to.repository };
  if (type === 'repository') return { source: { registry: from.registry, repositories: [from.repository] }, destination };
  if (from.digest !== undefined)
    throw new Unreadable('The source is named by its digest, which never changes: copy it once with `tagboat copy`.');
  const [tag, toTag] = [from.tag ?? 'latest', to.tag ?? 'latest'];
  return {
    source: { registry: from.registry, repositories: [from.repository], tags: { include: [tag] } },
    destination: { ...destination, ...(toTag !== tag && { tag: toTag }) },
  };
}

/** Patterns for names of repositories become globs. @throws Unreadable where they cannot */
function readRepositories(entry: Entry): [include: string[], exclude: string[]] {
  const repos = entry.map('repos');
  const globs = (key: string): string[] =>
    (repos?.texts(key) ?? []).flatMap((pattern) => {
      const found = patternToGlobs(pattern);
      if (found) return found;
      throw new Unreadable(
        `The pattern ${pattern.slice(0, 100)} for names of repositories cannot be said with globs. Write a rule with globs for it.`,
      );
    });
  const [allow, deny] = [globs('allow'), globs('deny')];
  repos?.finish();
  return [allow.length > 0 ? allow : ['**'], deny];
}

function splitRegistry(text: string): { registry: string; prefix: string } {
  const { registry, repository } = reference(`${text.replace(/\/+$/, '')}/x/x`, 'source');
  // A host alone that has neither dot nor port would be Docker Hub's by Docker's rules.
  if (!text.startsWith(registry)) throw new Unreadable(`${text.slice(0, 100)} is no host of a registry.`);
  return { registry, prefix: repository.slice(0, -'x/x'.length) };
}

function reference(text: string, key: string) {
  if (text.startsWith('ocidir://')) {
    const [, path = '', tag] = /^ocidir:\/\/(.+?)(?::([A-Za-z0-9_][A-Za-z0-9._-]{0,127}))?$/.exec(text) ?? [];
    return {
      registry: `oci:${path}`,
      repository: path.split('/').findLast((part) => /^[a-z0-9][a-z0-9._-]*$/.test(part)) ?? 'images',
      tag,
      digest: undefined,
    };
  }
  try {
    return { digest: undefined, tag: undefined, ...parseReference(text, { defaultTag: null }) };
  } catch (error) {
    if (!(error instanceof TagboatError)) throw error;
    throw new Unreadable(`${key} is no reference: ${error.message}`);
  }
}

/** A text in which regsync expands Go templates when it starts. Only what is in the environment is known here. */
function expand(entry: Entry, key: string, { env = {} }: ReadRulesOptions): string {
  const text = entry.text(key);
  if (text === undefined) throw new Unreadable(`${key} is missing.`);
  const expanded = text.replace(/\{\{-?\s*env\s+["`]([A-Za-z_][A-Za-z0-9_]*)["`]\s*-?\}\}/g, (whole, name: string) => env[name] ?? whole);
  if (!expanded.includes('{{')) return expanded;
  throw new Unreadable(`${key} is a template, whose value only regsync knows: ${expanded.slice(0, 200)}. Write what it stands for.`);
}

/** Hosts that are reached by plain HTTP, or without a check of their certificate. */
function readConnections(root: Entry): Map<string, Unchecked> {
  const connections = new Map<string, Unchecked>();
  for (const item of root.list('creds') ?? []) {
    if (!isMapValue(item)) continue;
    const entry = new Entry(item, 'creds');
    const [host, tls] = [entry.text('registry'), entry.text('tls')];
    if (host !== undefined && tls === 'disabled') connections.set(host, 'plain');
    if (host !== undefined && tls === 'insecure') connections.set(host, 'insecure');
    if (['user', 'pass', 'token', 'credHelper'].some((key) => entry.has(key)))
      root.note(
        'info',
        'creds',
        `The credential for ${(host ?? 'a registry').slice(0, 100)} is not taken from here. \`tagboat import\` takes it into a hub; without one, sign in with \`docker login\`.`,
      );
  }
  return connections;
}

function sayOfDefaults(defaults: Entry): void {
  defaults.leaveOut('How much is done at once is found out by itself.', 'parallel', 'blobLimit');
  defaults.leaveOut('What was read is not kept between runs.', 'cacheCount', 'cacheTime');
  defaults.leaveOut('Docker’s configuration is used where there is no hub.', 'skipDockerConfig');
  defaults.leaveOut('Tagboat names itself.', 'userAgent');
  // The rest is said at each rule that it is for.
}
