import { RE2JS } from 're2js';
import { type Comparator, Range } from 'semver';
import { InvalidSettings } from '../core/errors.ts';
import { compareVersions, type TagVersion } from './tag-version.ts';

/** What a filter looks at. */
export interface Filterable {
  name: string;
  version?: TagVersion;
}

export type TagFilter = (tag: Filterable) => boolean;

export interface TagFilterOptions {
  /** What text without any sign means: what the name contains, in any case, or the very name. Default `contains`. */
  plain?: 'contains' | 'exact';
  /** Where errors say they belong. Default `filter`. */
  field?: string;
  /** Characters. Default 200. */
  longest?: number;
}

/**
 * Reads what people type above a list of tags:
 * - `/…/`: a pattern in RE2 syntax, found anywhere in the name; `/…/i` ignores case
 * - `>=1.4 <2`, `^1.4`, `~1.4.2`, `1.2 - 1.4`, `1 || 2`: a range of semantic versions; as in npm, pre-releases only where the range names one
 * - `1.4.*`, `v?-alpine`: a glob over the whole name
 * - anything else: text that the name contains, in any case; or the very name
 *
 * @throws InvalidSettings at the field `filter`, or the one given
 */
export function parseTagFilter(text: string, { plain = 'contains', field = 'filter', longest = 200 }: TagFilterOptions = {}): TagFilter {
  try {
    return parse(text.trim(), plain, longest);
  } catch (error) {
    if (!(error instanceof InvalidFilter)) throw error;
    throw new InvalidSettings(error.message, [{ field, message: error.message }]);
  }
}

/** Which of the kinds a text is read as. */
export function tagFilterKind(text: string): 'pattern' | 'range' | 'glob' | 'plain' {
  if (patternForm.test(text)) return 'pattern';
  if (/^[<>=^~]|\|\|| - /.test(text)) return 'range';
  return /[*?]/.test(text) ? 'glob' : 'plain';
}

const patternForm = /^\/(.+)\/(i?)$/;

function parse(text: string, plain: 'contains' | 'exact', longest: number): TagFilter {
  if (text === '') return () => true;
  if (text.length > longest) throw invalid(`A filter has at most ${longest} characters.`);
  switch (tagFilterKind(text)) {
    case 'pattern': {
      const [, source = '', flags] = patternForm.exec(text) ?? [];
      return matching(compile(source, flags === 'i'));
    }
    case 'range':
      return inRange(text);
    case 'glob':
      return globbing(text);
    case 'plain': {
      if (plain === 'exact') return ({ name }) => name === text;
      const wanted = text.toLowerCase();
      return ({ name }) => name.toLowerCase().includes(wanted);
    }
  }
}

function matching(pattern: RE2JS): TagFilter {
  return ({ name }) => pattern.test(name);
}

/** Instructions of a compiled pattern. Time is linear in them: beyond, counted repetitions inside each other hold up everybody for seconds. */
const maxProgram = 1000;

function compile(source: string, ignoreCase: boolean): RE2JS {
  let pattern: RE2JS;
  try {
    pattern = RE2JS.compile(source, ignoreCase ? RE2JS.CASE_INSENSITIVE : 0);
  } catch (error) {
    throw invalid(`This is not a valid pattern (RE2 syntax): ${error instanceof Error ? error.message : String(error)}.`);
  }
  if (pattern.programSize() > maxProgram) throw invalid('This pattern is too large: repeat fewer times, as in a{1,50}.');
  return pattern;
}

function globbing(glob: string): TagFilter {
  const source = glob.replace(/[*?]|[^*?]+/g, (part) => (part === '*' ? '.*' : part === '?' ? '.' : RE2JS.quote(part)));
  return matching(compile(`^(?:${source})$`, false));
}

function inRange(text: string): TagFilter {
  let range: Range;
  try {
    range = new Range(text, { loose: true });
  } catch {
    throw invalid('This is not a valid version range. Examples: >=1.4 <2, ^1.8, ~1.4.2, 1.2 - 1.4.');
  }
  const alternatives = range.set.map((comparators) => comparators.map(toBound));
  return ({ version }) => version !== undefined && alternatives.some((bounds) => satisfies(version, bounds));
}

interface Bound {
  holds: (difference: number) => boolean;
  version: TagVersion | undefined;
}

const operators: Readonly<Record<string, Bound['holds']>> = {
  '': (difference) => difference === 0,
  '=': (difference) => difference === 0,
  '>': (difference) => difference > 0,
  '>=': (difference) => difference >= 0,
  '<': (difference) => difference < 0,
  '<=': (difference) => difference <= 0,
};

function toBound({ operator, semver }: Comparator): Bound {
  // "Any version" carries a symbol where a version would stand.
  const version =
    typeof semver === 'object' ? { numbers: [semver.major, semver.minor, semver.patch], suffix: semver.prerelease } : undefined;
  return { holds: operators[operator] ?? (() => false), version };
}

function satisfies(version: TagVersion, bounds: readonly Bound[]): boolean {
  const padded = { numbers: [0, 1, 2].map((at) => version.numbers[at] ?? 0).concat(version.numbers.slice(3)), suffix: version.suffix };
  if (!bounds.every((bound) => bound.version === undefined || bound.holds(compareVersions(padded, bound.version)))) return false;
  if (version.suffix.length === 0) return true;
  return bounds.some((bound) => bound.version?.suffix.length && bound.version.numbers.every((number, at) => number === padded.numbers[at]));
}

class InvalidFilter extends Error {}

function invalid(message: string): InvalidFilter {
  return new InvalidFilter(message);
}
