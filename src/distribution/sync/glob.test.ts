import { describe, expect, it } from 'vitest';
import { checkRepositoryGlob, Globs, mayMeet } from './glob.ts';

describe('Globs', () => {
  it.each([
    ['shop/api', 'shop/api', true],
    ['shop/*', 'shop/api', true],
    ['shop/*', 'shop/api/v2', false],
    ['shop/*', 'shop', false],
    ['shop/**', 'shop/api/v2', true],
    ['shop/**', 'shop', false],
    ['**', 'a/b/c', true],
    ['**/api', 'api', true],
    ['**/api', 'shop/eu/api', true],
    ['**/api', 'shop/myapi', false],
    ['shop/**/api', 'shop/api', true],
    ['shop/**/api', 'shop/eu/api', true],
    ['a**z', 'a/b/z', true],
    ['*-api', 'shop-api', true],
    ['*-api', 'eu/shop-api', false],
    ['api-?', 'api-1', true],
    ['api-?', 'api-/', false],
    ['a.b', 'axb', false],
  ])('%s on %s: %s', (glob, name, fits) => {
    expect(new Globs([glob]).matches(name)).toBe(fits);
  });

  it('fits what fits any of them, and nothing when there are none', () => {
    expect(new Globs(['a', 'b/*']).matches('b/c')).toBe(true);
    expect(new Globs([]).matches('a')).toBe(false);
  });

  it('takes no time for what would hold up a regular expression', () => {
    const glob = new Globs([`${'a*'.repeat(60)}b`]);
    const begin = performance.now();
    expect(glob.matches('a'.repeat(255))).toBe(false);
    expect(performance.now() - begin).toBeLessThan(1000);
  });
});

describe('mayMeet', () => {
  const meet = (one: string[], other: string[], except: string[] = []) => mayMeet(new Globs(one), new Globs(other), new Globs(except));

  it.each([
    [['shop/*'], ['shop/api'], true],
    [['shop/*'], ['shop/eu/*'], false],
    [['shop/**'], ['shop/eu/*'], true],
    [['mirror/**'], ['shop/**'], false],
    [['*a'], ['b*'], true],
    [['*-prod'], ['*-test'], false],
    [['**/api'], ['shop/*'], true],
    [['a?'], ['a'], false],
    [['x', 'y'], ['z', 'y'], true],
    [[], ['**'], false],
  ])('%j and %j: %s', (one, other, expected) => {
    expect(meet(one, other)).toBe(expected);
    expect(meet(other, one)).toBe(expected);
  });

  it('leaves out what is excluded, and nothing more', () => {
    expect(meet(['mirror/**'], ['**'], ['mirror/**'])).toBe(false);
    expect(meet(['mirror/**'], ['**'], ['mirror/*'])).toBe(true);
    expect(meet(['mirror/*'], ['**'], ['mirror/?*'])).toBe(true);
    expect(meet(['mirror/api'], ['**'], ['**/api'])).toBe(false);
  });

  it('says yes rather than searching for ever', () => {
    const hard = Array.from({ length: 12 }, (_, i) => `*${'ab'[i % 2]}${'?'.repeat(i + 3)}`);
    const begin = performance.now();
    expect(
      meet(
        hard,
        hard.map((glob) => `${glob}c`),
        ['*c'],
      ),
    ).toBeTypeOf('boolean');
    expect(performance.now() - begin).toBeLessThan(5000);
  });
});

describe('checkRepositoryGlob', () => {
  it.each([
    ['Shop/api', 'lower-case'],
    ['shop//api', 'empty part'],
    ['/shop', 'empty part'],
    ['shop/api:1.0', 'which tags are taken'],
    ['shop/[ab]', 'cannot stand in the name'],
    [' ', 'is missing'],
  ])('refuses %s', (text, says) => {
    expect(() => checkRepositoryGlob(text, 'source.repositories.0')).toThrow(says);
  });
});
