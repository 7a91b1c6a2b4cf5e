import { isMapValue } from '../../../imports/candidate.ts';
import { Entry } from '../../../imports/entry.ts';
import type { TagSelection } from '../types.ts';
import { Unreadable } from './notes.ts';
import { readRegclientRange } from './ranges.ts';

/**
 * `tags` and `tagSets` of an entry: what any of them takes is copied. Several become one where none leaves anything out.
 *
 * @throws Unreadable for what would take other tags here
 */
export function readTagSets(entry: Entry): (TagSelection | undefined)[] {
  const items = entry.list('tagSets') ?? [];
  if (!items.every(isMapValue)) throw new Unreadable('tagSets: each of them has to be a map.');
  const sets = items.filter(isMapValue).map((item) => readSet(new Entry(item, `${entry.path}.tagSets`, entry.notes)));
  const tags = entry.map('tags');
  const own = tags ? readSet(tags) : {};
  if (hasConditions(own)) sets.push(own);
  if (sets.length === 0 || !sets.every(hasConditions)) return [undefined];
  if (sets.some(({ exclude, include }) => exclude || !include)) return sets;
  return [{ include: [...new Set(sets.flatMap(({ include = [] }) => include))] }];
}

function hasConditions({ include, exclude }: TagSelection): boolean {
  return include !== undefined || exclude !== undefined;
}

function readSet(entry: Entry): TagSelection {
  const [allow, deny, ranges] = ['allow', 'deny', 'semverRange'].map((key) => (entry.texts(key) ?? []).filter((text) => text !== ''));
  entry.finish();
  if (ranges?.length && allow?.length)
    throw new Unreadable(
      'Tags are chosen by a range and by patterns at once, and here by the one or the other. Write a rule with one of them.',
    );
  const versions = ranges?.map((text) => {
    const read = readRegclientRange(text);
    if (!read) throw new Unreadable(`The range ${text.slice(0, 100)} cannot be read here.`);
    return read.include;
  });
  if (versions?.length) entry.note('info', 'semverRange', 'Pre-releases are taken only where the range names one.');
  const include = [...(versions ?? []), ...(allow ?? []).map(anchored)];
  const exclude = (deny ?? []).map(anchored);
  return { ...(include.length > 0 && { include }), ...(exclude.length > 0 && { exclude }) };
}

/** As regsync anchors it, which binds only the outer ones of several alternatives. A tag that says nothing but itself stays one. */
function anchored(pattern: string): string {
  return /^[A-Za-z0-9_-]+$/.test(pattern) ? pattern : `/^${pattern}$/`;
}
