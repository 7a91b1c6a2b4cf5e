import { describe, expect, it } from 'vitest';
import { Globs } from '../glob.ts';
import { patternToGlobs } from './pattern-globs.ts';

const names = [
  'alpine',
  'library/alpine',
  'library/alpine/x',
  'library/a',
  'eu/api',
  'us/api',
  'eu/api-v2',
  'a.b',
  'axb',
  'xalpine',
  'alpinex',
  'team/eu/api',
];

describe('patternToGlobs', () => {
  it.each([
    'alpine',
    'library/.*',
    'library/.+',
    '.*',
    '(eu|us)/api',
    '(?:eu|us)/api-[^/]+',
    'library/[^/]*',
    'a\\.b',
    'a.b',
    '^alpine$',
    'alpine|eu/api',
    'a|x|b',
    '[^/]+',
    '.*/api',
    'e[^/]/api',
  ])('says the same as %s', (pattern) => {
    const globs = patternToGlobs(pattern);
    expect(globs).toBeDefined();
    const regexp = new RegExp(`^${pattern}$`);
    const fits = new Globs(globs ?? []);
    expect(names.filter((name) => fits.matches(name))).toEqual(names.filter((name) => regexp.test(name)));
  });

  it.each(['a{2}', 'a+', 'ab?', '[a-z]+', '\\d+', '(a|b)*', '(a', 'a)', 'A', '(?i)a', 'a$b', '(a|b|c|d)(a|b|c|d)(a|b|c|d)', ''])(
    'has nothing for %s',
    (pattern) => {
      expect(patternToGlobs(pattern)).toBeUndefined();
    },
  );
});

it('gives up patterns that are longer than anybody writes', () => {
  expect(patternToGlobs('('.repeat(4096))).toBeUndefined();
});
