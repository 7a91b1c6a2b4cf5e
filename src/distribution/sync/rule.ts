import { type FieldError, InvalidSettings, TagboatError } from '../../core/errors.ts';
import { type CopyOptions, parsePlatform, type Platform } from '../../oci/index.ts';
import type { CopySettings } from '../copies/types.ts';
import { parseTagRule, type TagRule } from '../tag-rule.ts';
import { checkSchedule } from './schedule.ts';
import { type RepositorySelection, selectRepositories, selectTags, type TagChooser } from './selection.ts';
import type { SyncSpec } from './types.ts';

/** A spec that was read and found usable. */
export interface ReadRule {
  readonly repositories: RepositorySelection;
  readonly tags: TagChooser;
  /** Makes the names of the destination's repositories. */
  readonly repositoryRule: TagRule;
  readonly tagRule: TagRule;
  readonly mirrors: boolean;
  /** Per cent. */
  readonly deletionLimit: number;
  /** How each copy is made. */
  readonly copy: Pick<CopyOptions, 'platforms' | 'referrers' | 'digestTags' | 'foreignLayers' | 'verify' | 'quotaReserve'>;
  /** Bytes a second of the whole run. */
  readonly bandwidth: number | undefined;
}

const defaultDeletionLimit = 10;
/** Variables that stand for the same whenever a rule runs. A repository's name cannot depend on a tag: its tags are one set. */
const ofRepositories = ['registry', 'repository', 'name'];
const ofTags = [...ofRepositories, 'tag', 'digest', 'date'];

/**
 * Reads a spec, whole.
 *
 * @throws InvalidSettings with everything that is wrong, at its fields
 */
export function readRule(spec: SyncSpec): ReadRule {
  const errors: FieldError[] = [];
  const part = <T>(read: () => T): T | undefined => {
    try {
      return read();
    } catch (error) {
      if (!(error instanceof InvalidSettings)) throw error;
      errors.push(...error.fields);
      return undefined;
    }
  };
  const mirrors = spec.mode === 'mirror';
  const repositories = part(() => selectRepositories(spec.source));
  const tags = part(() => selectTags(spec.source.tags));
  const repositoryRule = part(() =>
    ruleOf(spec.destination.repository ?? '{repository}', 'repository', 'destination.repository', ofRepositories),
  );
  const tagRule = part(() => ruleOf(spec.destination.tag ?? '{tag}', 'tag', 'destination.tag', ofTags));
  const settings = part(() => readSettings(spec.settings));
  part(() => spec.schedule && checkSchedule(spec.schedule));
  part(() => checkMirror(spec, tagRule));
  if (errors.length > 0 || !repositories || !tags || !repositoryRule || !tagRule || !settings)
    throw new InvalidSettings(errors[0]?.message ?? 'This is no sync rule.', errors);
  const deletionLimit = spec.deletionLimit ?? defaultDeletionLimit;
  return { repositories, tags, repositoryRule, tagRule, mirrors, deletionLimit, ...settings };
}

function ruleOf(text: string, kind: 'tag' | 'repository', field: string, known: readonly string[]): TagRule {
  const rule = parseTagRule(text, kind, field);
  const unknown = rule.variables.find((name) => !known.includes(name));
  if (unknown === undefined) return rule;
  const message = ofTags.includes(unknown)
    ? `The name of a repository cannot depend on {${unknown}}: all of its tags go to one.`
    : `A sync rule knows no {${unknown}}. There are ${known.map((name) => `{${name}}`).join(', ')}.`;
  throw new InvalidSettings(message, [{ field, message }]);
}

function checkMirror({ mode, deletionLimit }: SyncSpec, tagRule: TagRule | undefined): void {
  if (deletionLimit !== undefined && !(deletionLimit >= 0 && deletionLimit <= 100)) {
    const message = 'The limit of deletions is a percentage from 0 to 100.';
    throw new InvalidSettings(message, [{ field: 'deletionLimit', message }]);
  }
  if (mode === 'mirror' && tagRule?.variables.includes('date')) {
    const message = 'A mirror cannot have the date in its tags: it would delete what the run before made. Take the mode one-way.';
    throw new InvalidSettings(message, [{ field: 'destination.tag', message }]);
  }
}

function readSettings(settings: CopySettings = {}): Pick<ReadRule, 'copy' | 'bandwidth'> {
  const { platforms = [], bandwidth, referrers, digestTags, foreignLayers, verify, quotaReserve } = settings;
  const fail = (field: string, message: string): never => {
    throw new InvalidSettings(message, [{ field: `settings.${field}`, message }]);
  };
  if (bandwidth !== undefined && !(bandwidth >= 1024)) fail('bandwidth', 'The bandwidth is bytes a second, at least 1024.');
  if (quotaReserve !== undefined && !(Number.isInteger(quotaReserve) && quotaReserve >= 0))
    fail('quotaReserve', 'What is left of the quota is a whole number of requests.');
  const copy = {
    platforms: platforms.map((text, i) => readPlatform(text, `settings.platforms.${i}`)),
    ...(referrers !== undefined && { referrers }),
    ...(digestTags !== undefined && { digestTags }),
    ...(foreignLayers !== undefined && { foreignLayers }),
    ...(verify !== undefined && { verify }),
    ...(quotaReserve !== undefined && { quotaReserve }),
  };
  return { copy, bandwidth };
}

function readPlatform(text: string, field: string): Platform {
  try {
    return parsePlatform(text);
  } catch (error) {
    if (!(error instanceof TagboatError)) throw error;
    throw new InvalidSettings(error.message, [{ field, message: error.message }]);
  }
}
