import type { Tag } from '../api/types.ts';

export interface TagGroup extends Tag {
  /** Other tags of the same digest, in the list's order. */
  also: string[];
}

/** Tags of one digest as one row, at the place of the first of them. Tags whose digest is not known stay alone. */
export function groupByDigest(tags: readonly Tag[]): TagGroup[] {
  const groups: TagGroup[] = [];
  const byDigest = new Map<string, TagGroup>();
  for (const tag of tags) {
    const first = tag.digest === undefined ? undefined : byDigest.get(tag.digest);
    if (first) {
      first.also.push(tag.name);
      continue;
    }
    const group = { ...tag, also: [] };
    groups.push(group);
    if (tag.digest !== undefined) byDigest.set(tag.digest, group);
  }
  return groups;
}
