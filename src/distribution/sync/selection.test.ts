import { describe, expect, it } from 'vitest';
import { Globs, mayMeet } from './glob.ts';
import { selectRepositories, selectTags } from './selection.ts';
import type { TagSelection } from './types.ts';
import type { TagInfo } from './world.ts';

const day = 86_400_000;
const now = Date.UTC(2026, 10, 21);
const choose = (selection: TagSelection, listing: (string | TagInfo)[]) =>
  selectTags(selection).choose(
    listing.map((one) => (typeof one === 'string' ? { name: one } : one)),
    now,
  );
const names = (selection: TagSelection, listing: (string | TagInfo)[]) => choose(selection, listing).tags.map(({ name }) => name);

describe('selectTags', () => {
  const tags = ['latest', '1.3.9', '1.4.0', '1.4.1-rc.1', '1.4.1', '2.0.0', 'main', '1.4.1-alpine'];

  it('takes everything by default, but for what is said of digests', () => {
    expect(names({}, [...tags, `sha256-${'a'.repeat(64)}`, `sha256-${'b'.repeat(64)}.sig`])).toEqual(tags);
  });

  it('takes a word for the tag itself, and not for a part of it', () => {
    expect(names({ include: ['1.4.1'] }, tags)).toEqual(['1.4.1']);
    expect(names({ include: ['1.4.*'] }, tags)).toEqual(['1.4.0', '1.4.1-rc.1', '1.4.1', '1.4.1-alpine']);
    expect(names({ include: ['main', '/^lat/'] }, tags)).toEqual(['latest', 'main']);
    expect(names({ include: ['>=1.4 <2'] }, tags)).toEqual(['1.4.0', '1.4.1']);
  });

  it('leaves out what is excluded', () => {
    expect(names({ include: ['1.*'], exclude: ['*-*', '1.3.9'] }, tags)).toEqual(['1.4.0', '1.4.1']);
  });

  it('takes the newest by version, tags without one last', () => {
    expect(names({ newest: { count: 3, by: 'version' }, exclude: ['*-*'] }, tags)).toEqual(['2.0.0', '1.4.1', '1.4.0']);
    expect(names({ newest: { count: 9, by: 'version' }, include: ['1.4.0', 'main', 'latest', '2.0.0'] }, tags)).toEqual([
      '2.0.0',
      '1.4.0',
      'latest',
      'main',
    ]);
  });

  it('takes the newest and the young ones by push time', () => {
    const pushed = [
      { name: 'a', pushedAt: now - 40 * day },
      { name: 'b', pushedAt: now - 2 * day },
      { name: 'c', pushedAt: now - day },
      { name: '9.9' },
    ];
    expect(names({ newest: { count: 2, by: 'pushed' } }, pushed)).toEqual(['c', 'b']);
    expect(names({ pushedWithin: '30d' }, pushed)).toEqual(['b', 'c']);
  });

  it('says so where the registry tells no push times, rather than choosing something else', () => {
    expect(choose({ newest: { count: 2, by: 'pushed' } }, tags)).toMatchObject({
      tags: [],
      problem: expect.stringContaining('does not tell when'),
    });
    expect(choose({ pushedWithin: '1d' }, tags).problem).toBeDefined();
    expect(choose({ pushedWithin: '1d' }, []).problem).toBeUndefined();
  });

  it.each<[TagSelection, string, string]>([
    [{ include: ['/(/'] }, 'source.tags.include.0', 'not a valid pattern'],
    [{ exclude: ['a', '>=one'] }, 'source.tags.exclude.1', 'not a valid version range'],
    [{ include: [''] }, 'source.tags.include.0', 'empty'],
    [{ pushedWithin: 'soon' }, 'source.tags.pushedWithin', 'not a length of time'],
    [{ newest: { count: 0, by: 'version' } }, 'source.tags.newest.count', 'whole number'],
  ])('refuses %j at its field', (selection, field, says) => {
    expect(() => selectTags(selection)).toThrow(expect.objectContaining({ fields: [{ field, message: expect.stringContaining(says) }] }));
  });
});

describe('selectRepositories', () => {
  it('knows which it can name without a listing', () => {
    const selection = selectRepositories({ registry: 'r', repositories: ['shop/api', 'team/*'], exclude: ['team/test-*'] });
    expect(selection).toMatchObject({ names: ['shop/api'], hasGlobs: true });
    expect(['shop/api', 'team/a', 'team/test-a', 'team/a/b'].map((name) => selection.matches(name))).toEqual([true, true, false, false]);
  });

  it('leaves out a name that is excluded', () => {
    expect(selectRepositories({ registry: 'r', repositories: ['a', 'b'], exclude: ['a'] }).names).toEqual(['b']);
  });

  it('wants something to be named', () => {
    expect(() => selectRepositories({ registry: 'r', repositories: [] })).toThrow('at least one repository');
  });
});

describe('what a rule may cost', () => {
  it('has a bound for wildcards of repositories', () => {
    const repositories = Array.from({ length: 21 }, (_, i) => `${'*a'.repeat(100)}${i}`);
    expect(() => selectRepositories({ registry: 'a', repositories })).toThrow('2100');
    expect(selectRepositories({ registry: 'a', repositories: repositories.slice(1) }).hasGlobs).toBe(true);
  });

  it('has a bound for the time that patterns take', () => {
    const include = Array.from({ length: 50 }, (_, i) => `/(?:(a?b?){50}[0-9xyz_]?){2}[^ab0-9${i % 10}]/`);
    const tags = Array.from({ length: 5000 }, (_, i) => ({ name: `${'ab'.repeat(60)}${i}` }));
    const { problem, tags: chosen } = selectTags({ include }, { longest: 20 }).choose(tags, 0);
    expect([problem, chosen]).toEqual([expect.stringContaining('take too long'), []]);
  });

  it('has none that real rules come upon', () => {
    const mostly = Array.from({ length: 500 }, (_, i) => `team-${i}/*`);
    expect(
      selectRepositories({ registry: 'a', repositories: mostly, exclude: mostly.map((text) => `${text}-old`) }).matches('team-7/api'),
    ).toBe(true);
    const { meet, took } = compared(
      mostly.map((text) => `mirror/${text}`),
      mostly,
    );
    expect([meet, took < 2000]).toEqual([false, true]);
  });

  it('has a bound for comparing patterns: what would take minutes is taken to meet', () => {
    const nasty = (from: number) => Array.from({ length: 60 }, (_, i) => `**${(((i + from) * 7) % 36).toString(36)}`).join('');
    const many = (from: number) => Array.from({ length: 100 }, (_, i) => nasty(from + i));
    const { meet, took } = compared(many(0), many(1));
    expect([meet, took < 10_000]).toEqual([true, true]);
  });
});

function compared(one: readonly string[], other: readonly string[]) {
  const since = performance.now();
  const meet = mayMeet(new Globs(one), new Globs(other));
  return { meet, took: performance.now() - since };
}
