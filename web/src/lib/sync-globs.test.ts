import { describe, expect, it } from 'vitest';
import { globMatcher, isGlob, matchingNames } from './sync-globs.ts';

const names = ['api', 'shop/api', 'shop/web', 'shop/dev/api', 'shop-old/api', 'platform/toolbox', 'a.b/c_d', 'axb/c_d'];
describe('globs over repositories', () => {
  it('stay in one part with one star, and cross slashes with two', () => {
    const taken = (glob: string) => names.filter(globMatcher([glob]));
    expect(taken('shop/*')).toEqual(['shop/api', 'shop/web']);
    expect(taken('shop/**')).toEqual(['shop/api', 'shop/web', 'shop/dev/api']);
    expect(taken('**/api')).toEqual(['api', 'shop/api', 'shop/dev/api', 'shop-old/api']);
    expect(taken('a?b/*')).toEqual(['a.b/c_d', 'axb/c_d']);
    expect(taken('a.b/*')).toEqual(['a.b/c_d']);
    expect(taken('**')).toEqual(names);
  });
  it('leave out what is excepted', () => {
    expect(matchingNames(names, ['shop/**'], ['shop/dev/*'])).toEqual(['shop/api', 'shop/web']);
    expect(matchingNames(names, [], [])).toEqual([]);
  });
  it('are told from names', () => {
    expect(isGlob('shop/api')).toBe(false);
    expect(isGlob('shop/*')).toBe(true);
  });
  it('answer at once for stars that are many', () => {
    const begin = performance.now();
    expect(globMatcher([`${'*a'.repeat(4)}**********b`])('a'.repeat(255))).toBe(false);
    expect(performance.now() - begin).toBeLessThan(500);
  });
});
