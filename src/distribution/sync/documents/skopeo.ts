import { isMapValue } from '../../../imports/candidate.ts';
import { Entry } from '../../../imports/entry.ts';
import type { ImportNote } from '../../../imports/types.ts';
import type { Value } from '../../../imports/value.ts';
import { isDigest, isTag, parseReference, TagboatError } from '../../../oci/index.ts';
import type { TagSelection } from '../types.ts';
import { RuleNames } from './names.ts';
import { readMastermindsRange } from './ranges.ts';
import type { DocumentRule, DocumentRules, ReadRulesOptions, Unchecked } from './types.ts';

/**
 * Reads what `skopeo sync --src yaml` reads (skopeo-sync(1), "YAML file content"): registries, each with `images`, `images-by-tag-regex`
 * and `images-by-semver`. Where it goes stands on skopeo's command line, and so in `options`. Repositories of which the same tags are
 * copied become one rule.
 */
export function readSkopeo(value: Value, name: string, names: RuleNames, options: ReadRulesOptions): DocumentRules {
  if (!isMapValue(value))
    return { rules: [], notes: ['This is no file of skopeo sync: it has to be a map of registries.'], connections: new Map() };
  const connections = new Map<string, Unchecked>();
  const notes: string[] = [];
  const rules = [...value.entries].flatMap(([registry, item]) => {
    const from = `${name === '' ? '' : `${name}, `}${registry.slice(0, 200)}`;
    if (!isMapValue(item)) {
      notes.push(`${registry.slice(0, 200)}: this is no registry: it has to be a map with \`images\`.`);
      return [];
    }
    const entry = new Entry(item, '');
    if (entry.boolean('tls-verify') === false) connections.set(registry, 'either');
    return readRegistry(entry, { registry, from, names, options });
  });
  if (rules.length > 0)
    notes.push(
      'Images are copied for all of their platforms, as with `skopeo sync --all`. Without it, skopeo takes that of its own machine: set the platforms if that is meant.',
    );
  return { rules, notes, connections };
}

interface Around {
  registry: string;
  from: string;
  names: RuleNames;
  options: ReadRulesOptions;
}

/** Repositories of which the same tags are taken. */
interface Group {
  repositories: string[];
  tags: TagSelection;
  problem?: string;
}

function readRegistry(entry: Entry, { registry, from, names, options }: Around): DocumentRule[] {
  const groups = new Map<string, Group>();
  const add = (image: string, tags: TagSelection, problem?: string): void => {
    const repository = repositoryOf(registry, image);
    const why = problem ?? (repository === undefined ? `${image.slice(0, 100)} is no name of a repository.` : undefined);
    const key = JSON.stringify([tags, why]);
    const group = groups.get(key) ?? { repositories: [], tags, ...(why !== undefined && { problem: why }) };
    group.repositories.push(repository ?? image);
    groups.set(key, group);
  };
  readImages(entry, add);
  readPatterns(entry, add);
  readRanges(entry, add);
  entry.leaveOut(
    'Credentials are not taken from here. Connect the registry to the hub with them, or sign in with `docker login`.',
    'credentials',
  );
  if (entry.has('cert-dir'))
    entry.note(
      'unmapped',
      'cert-dir',
      'Certificates are not taken from here: give them to the registry of the hub, or with --src-ca-file.',
    );
  if (entry.boolean('tls-verify') === false)
    entry.note('warning', 'tls-verify', 'The certificate is not checked there. At a hub, this is a setting of the registry.');
  entry.ignore('cert-dir');
  entry.finish();
  const said = entry.notes.map(noteOf);
  const { destination, problem: nowhere } = readDestination(options);
  return [...groups.values()].map(({ repositories, tags, problem = nowhere }) => {
    const one = repositories.length === 1 ? repositories[0] : `${registry} ${repositories.length} repositories`;
    return {
      name: names.take(one ?? registry),
      from,
      spec: { source: { registry: hostOf(registry), repositories, ...(Object.keys(tags).length > 0 && { tags }) }, destination },
      notes: said,
      ...(problem !== undefined && { problem }),
    };
  });
}

type Add = (image: string, tags: TagSelection, problem?: string) => void;

function readImages(entry: Entry, add: Add): void {
  const images = entry.map('images');
  for (const image of images?.keys() ?? []) {
    const before = entry.notes.length;
    const references = images?.texts(image) ?? [];
    const wrong = entry.notes.slice(before).find(({ level }) => level === 'warning');
    if (wrong) {
      // Without it all tags would be copied, or fewer than are meant.
      add(image, {}, noteOf(wrong));
      continue;
    }
    const tags = references.filter(isTag);
    for (const reference of references) {
      if (isDigest(reference))
        images?.note(
          'unmapped',
          image,
          `What is named by its digest never changes: copy it once with \`tagboat copy\`. ${reference.slice(0, 20)}… is left out.`,
        );
      else if (!isTag(reference)) images?.note('unmapped', image, `“${reference.slice(0, 100)}” can be no tag. It is left out.`);
    }
    if (references.length === 0) add(image, {});
    else if (tags.length > 0) add(image, { include: tags });
  }
}

/** They are found anywhere in a tag, as ours are. */
function readPatterns(entry: Entry, add: Add): void {
  const images = entry.map('images-by-tag-regex');
  for (const image of images?.keys() ?? []) {
    const pattern = images?.text(image);
    if (pattern === undefined) add(image, {}, 'The pattern for its tags is missing.');
    else add(image, { include: [`/${pattern}/`] });
  }
}

function readRanges(entry: Entry, add: Add): void {
  const images = entry.map('images-by-semver');
  for (const image of images?.keys() ?? []) {
    const text = images?.text(image) ?? '';
    const range = readMastermindsRange(text);
    if (!range) add(image, {}, `The range ${text.slice(0, 100)} cannot be read here.`);
    else add(image, { include: [range.include], ...(range.exclude.length > 0 && { exclude: range.exclude }) });
  }
}

function readDestination({ destination, scoped = false }: ReadRulesOptions): {
  destination: DocumentRule['spec']['destination'];
  problem?: string;
} {
  if (destination === undefined || destination.trim() === '')
    return { destination: { registry: '' }, problem: 'A file of skopeo sync does not say where its images go: give a destination.' };
  const text = destination.trim().replace(/\/+$/, '');
  const layout = /^oci:.+/.test(text);
  const slash = layout ? -1 : text.indexOf('/');
  const prefix = slash < 0 ? '' : `${text.slice(slash + 1)}/`;
  return {
    destination: {
      registry: slash < 0 ? text : text.slice(0, slash),
      repository: `${prefix}${scoped ? '{registry}/{repository}' : '{name}'}`,
    },
  };
}

function repositoryOf(registry: string, image: string): string | undefined {
  try {
    const { repository, tag, digest } = parseReference(`${registry}/${image}`, { defaultTag: null });
    return tag === undefined && digest === undefined ? repository : undefined;
  } catch (error) {
    if (!(error instanceof TagboatError)) throw error;
    return undefined;
  }
}

/** The registry of the host that is written, which has other names at Docker Hub. A path below the host belongs to the repositories. */
function hostOf(registry: string): string {
  try {
    return parseReference(`${registry}/x`).registry;
  } catch (error) {
    if (!(error instanceof TagboatError)) throw error;
    return registry;
  }
}

function noteOf({ key, message }: ImportNote): string {
  return `${key}: ${message}`;
}
