import { describe, expect, it } from 'vitest';
import { type KnownTag, TagListing } from './tag-listing.ts';
import type { TagSort } from './types.ts';

const digest = `sha256:${'a'.repeat(64)}`;
const tag = (name: string, pushedAt?: number): KnownTag => ({ name, seenAt: 0, ...(pushedAt !== undefined && { pushedAt }) });
const listing = (...tags: KnownTag[]) => new TagListing(0, tags);
const names = (list: TagListing, sort: TagSort, filter?: string) =>
  list.page({ limit: 100, sort, filter }).entries.map((entry) => entry.tag.name);
const mixed = listing(tag('1.9'), tag('latest'), tag('1.10'), tag(digest.replace(':', '-') + '.sig'), tag('abc'), tag('1.10-rc.1'));

describe('TagListing', () => {
  it('sorts by version, and puts what is none at the end in either direction', () => {
    const rest = ['abc', 'latest', `${digest.replace(':', '-')}.sig`];
    expect(names(mixed, '-semver')).toEqual(['1.10', '1.10-rc.1', '1.9', ...rest]);
    expect(names(mixed, 'semver')).toEqual(['1.9', '1.10-rc.1', '1.10', ...rest]);
    expect(mixed.page({ limit: 1, sort: '-semver' }).unsortable).toBe(3);
  });

  it('sorts by push time, versions breaking ties, the unknown after the known', () => {
    const list = listing(tag('1.8', 50), tag('1.8.2', 50), tag('2.0'), tag('1.7', 10), tag('latest'));
    expect(names(list, '-pushed')).toEqual(['1.8.2', '1.8', '1.7', '2.0', 'latest']);
    expect(names(list, 'pushed')).toEqual(['1.7', '1.8', '1.8.2', '2.0', 'latest']);
  });

  it('sorts by push time unless that is mostly unknown', () => {
    expect(listing(tag('1', 1), tag('2', 1), tag('3')).defaultSort()).toBe('-pushed');
    expect(listing(tag('1', 1), tag('2'), tag('3')).defaultSort()).toBe('-semver');
    expect(listing().defaultSort()).toBe('-semver');
  });

  it.each(['name', '-name', 'semver', '-semver', 'pushed', '-pushed'] as const)('pages through everything once, by %s', (sort) => {
    const tags = Array.from({ length: 500 }, (_, at) =>
      tag(at % 7 === 0 ? `branch-${at}` : `v1.${at % 20}.${at}`, at % 3 === 0 ? undefined : at % 50),
    );
    const list = listing(...tags);
    const seen: string[] = [];
    let cursor: string | undefined;
    do {
      const page = list.page({ cursor, limit: 33, sort });
      expect(page.total).toBe(500);
      seen.push(...page.entries.map((entry) => entry.tag.name));
      cursor = page.next;
    } while (cursor);
    expect(seen).toEqual(list.page({ limit: 1000, sort }).entries.map((entry) => entry.tag.name));
    expect(new Set(seen).size).toBe(500);
  });

  it('goes on where it was, although tags came, went and moved meanwhile', () => {
    const before = listing(tag('a', 50), tag('b', 40), tag('c', 30), tag('d', 20));
    const { next } = before.page({ limit: 2, sort: '-pushed' });
    const after = listing(tag('new', 99), tag('a', 50), tag('c', 30), tag('d', 20));
    expect(after.page({ limit: 2, cursor: next }).entries.map((entry) => entry.tag.name)).toEqual(['c', 'd']);
  });

  it('refuses a cursor that it did not make', () => {
    expect(() => mixed.page({ limit: 1, cursor: 'bm9uc2Vuc2U' })).toThrow(expect.objectContaining({ code: 'invalid_cursor' }));
  });

  it('knows what digest tags say of a digest, and its other names', () => {
    const list = new TagListing(0, [
      { name: '1.0', digest, seenAt: 0 },
      { name: '1', digest, seenAt: 0 },
      tag(`sha256-${'a'.repeat(64)}.sig`),
      tag(`sha256-${'a'.repeat(64)}`),
    ]);
    expect(list.attachedTo(digest)).toEqual(['Cosign signature']);
    expect(list.namesOf(digest)).toEqual(['1.0', '1']);
  });
});
