import { parseTagFilter, type TagFilter } from '../../catalog/tag-filter.ts';
import { compareVersions, parseTagVersion, type TagVersion } from '../../catalog/tag-version.ts';
import { parseDuration } from '../../core/durations.ts';
import { InvalidSettings } from '../../core/errors.ts';
import { isReferrersTag } from '../../oci/index.ts';
import { checkRepositoryGlob, Globs, isGlob } from './glob.ts';
import type { SyncSpec, TagSelection } from './types.ts';
import type { TagInfo } from './world.ts';

/** Each name is held against all of them at once, and what that costs grows with them. Two in each of as many globs as a rule can have. */
const mostWildcards = 2000;
/** How long filters may take over one listing, in milliseconds: the process does nothing else meanwhile. */
const longestChoice = 5000;
const entriesBetweenLooks = 64;

/** Which repositories a rule is about. */
export interface RepositorySelection {
  /** Those that are named in full: they need no listing. */
  readonly names: readonly string[];
  readonly hasGlobs: boolean;
  matches(repository: string): boolean;
}

/** @throws InvalidSettings at `source.repositories.<index>` or `source.exclude.<index>` */
export function selectRepositories({ repositories, exclude = [] }: SyncSpec['source']): RepositorySelection {
  if (repositories.length === 0) {
    const message = 'Name at least one repository, or ** for all.';
    throw new InvalidSettings(message, [{ field: 'source.repositories', message }]);
  }
  const wanted = repositories.map((text, i) => checkRepositoryGlob(text, `source.repositories.${i}`));
  const unwanted = exclude.map((text, i) => checkRepositoryGlob(text, `source.exclude.${i}`));
  const wildcards = [...wanted, ...unwanted].reduce((sum, text) => sum + text.split(/\*+|\?/).length - 1, 0);
  if (wildcards > mostWildcards) {
    const message = `A rule may have ${mostWildcards} wildcards in its repositories; this one has ${wildcards}. Divide it.`;
    throw new InvalidSettings(message, [{ field: 'source.repositories', message }]);
  }
  const [include, leaveOut] = [new Globs(wanted), new Globs(unwanted)];
  const matches = (repository: string): boolean => include.matches(repository) && !leaveOut.matches(repository);
  return { names: [...new Set(wanted.filter((text) => !isGlob(text)))].filter(matches), hasGlobs: wanted.some(isGlob), matches };
}

/** What a selection takes of a listing. */
export interface ChosenTags {
  tags: TagInfo[];
  /** Why nothing could be chosen, in a sentence. */
  problem?: string;
  /** Why more might have been chosen: as a part of a sentence. What is not among them is not known to be unwanted. */
  unsure?: string;
}

export interface TagChooser {
  /** @param now epoch milliseconds */
  choose(listing: Iterable<TagInfo>, now: number): ChosenTags;
}

/** Characters of a filter: those taken over from other systems join several patterns. */
const longestFilter = 2000;
const mostNewest = 100_000;

/**
 * Tags that hold what is said of a digest (signatures, lists of referrers) are never chosen: they come with their image, where that is
 * asked for.
 *
 * @throws InvalidSettings at `source.tags.…`
 */
export function selectTags(selection: TagSelection = {}, { longest = longestChoice }: { longest?: number } = {}): TagChooser {
  const { include = [], exclude = [], newest, pushedWithin } = selection;
  const read = (list: readonly string[], name: string): TagFilter[] => list.map((text, i) => readFilter(text, `source.tags.${name}.${i}`));
  const [wanted, unwanted] = [read(include, 'include'), read(exclude, 'exclude')];
  const age = pushedWithin === undefined ? undefined : readAge(pushedWithin);
  if (newest && !(Number.isInteger(newest.count) && newest.count >= 1 && newest.count <= mostNewest)) {
    const message = `The number of newest tags is a whole number from 1 to ${mostNewest}.`;
    throw new InvalidSettings(message, [{ field: 'source.tags.newest.count', message }]);
  }
  return {
    choose(listing, now) {
      let entries: Entry[] = [];
      for (const info of listing) if (!isReferrersTag(info.name)) entries.push({ info, version: parseTagVersion(info.name) });
      const passes = ({ info: { name }, version }: Entry): boolean => {
        const holds = (filter: TagFilter): boolean => filter({ name, ...(version && { version }) });
        return (wanted.length === 0 || wanted.some(holds)) && !unwanted.some(holds);
      };
      const passing: Entry[] = [];
      const since = performance.now();
      for (const [at, entry] of entries.entries()) {
        if (passes(entry)) passing.push(entry);
        if (at % entriesBetweenLooks === 0 && performance.now() - since > longest)
          return {
            tags: [],
            problem: 'The patterns for tags take too long over so many tags. Write fewer or simpler ones, or divide the rule.',
          };
      }
      entries = passing;
      const asksTimes = age !== undefined || newest?.by === 'pushed';
      if (asksTimes && entries.length > 0 && entries.every(({ info }) => info.pushedAt === undefined))
        return { tags: [], problem: 'The registry does not tell when its tags were pushed, and the rule chooses by that.' };
      const isUnsure = asksTimes && entries.some(({ info }) => info.pushedAt === undefined);
      if (age !== undefined) entries = entries.filter(({ info }) => info.pushedAt !== undefined && info.pushedAt >= now - age);
      if (newest) entries = entries.sort(newest.by === 'version' ? byVersion : byPush).slice(0, newest.count);
      const tags = entries.map(({ info }) => info);
      return { tags, ...(isUnsure && { unsure: 'the registry does not tell of all tags when they were pushed' }) };
    },
  };
}

interface Entry {
  info: TagInfo;
  version: TagVersion | undefined;
}

/** Newest first. What the order says nothing of comes last, so that `latest` pushes no version out. */
function byVersion(a: Entry, b: Entry): number {
  if (a.version && b.version) return compareVersions(b.version, a.version) || byName(a, b);
  if (!a.version && !b.version) return timeOf(b) - timeOf(a) || byName(a, b);
  return a.version ? -1 : 1;
}

function byPush(a: Entry, b: Entry): number {
  return timeOf(b) - timeOf(a) || (timeOf(a) === 0 ? byVersion(a, b) : byName(a, b));
}

function timeOf({ info }: Entry): number {
  return info.pushedAt ?? 0;
}

function byName(a: Entry, b: Entry): number {
  return a.info.name < b.info.name ? -1 : 1;
}

function readFilter(text: string, field: string): TagFilter {
  if (text.trim() !== '') return parseTagFilter(text, { plain: 'exact', field, longest: longestFilter });
  const message = 'This is empty: write a tag, a glob such as 1.4.*, a range such as >=1.4 <2, or /pattern/.';
  throw new InvalidSettings(message, [{ field, message }]);
}

function readAge(text: string): number {
  const age = parseDuration(text, 'source.tags.pushedWithin');
  if (age > 0) return age;
  const message = 'Tags are pushed within some time: 12h, 30d.';
  throw new InvalidSettings(message, [{ field: 'source.tags.pushedWithin', message }]);
}
