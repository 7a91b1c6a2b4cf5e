import { describe, expect, it } from 'vitest';
import { parseTagRule } from '../tag-rule.ts';
import { Globs } from './glob.ts';
import { writtenNames } from './written-names.ts';

const written = (rule: string, repository: string, kind: 'repository' | 'tag' = 'repository', tag = '*') =>
  writtenNames(parseTagRule(rule, kind), { registry: 'ghcr.io:443', repository, tag });

describe('writtenNames', () => {
  it.each([
    ['mirror/{repository}', 'shop/*', 'mirror/shop/*'],
    ['{name}', 'shop/**', '*'],
    ['all/{name}', 'shop/api-*', 'all/api-*'],
    ['{registry}/{repository}', 'shop/api', 'ghcr.io-443/shop/api'],
    ['{repository#shop/}', 'shop/**', '**'],
    ['{repository#team/}', 'shop/**', 'shop/**'],
    ['{repository%/api}', 'shop/**', '**'],
    ['{repository%/api}', '**/web', '**/web'],
    ['{repository/shop/prod}', 'shop/eu-*', 'prod/eu-*'],
    ['{repository/eu/us}', 'shop/*', '**'],
    ['{repository/shop/prod}', 'team/shop/api', 'team/prod/api'],
    ['x{repository}', '**/api', 'x**api'],
  ])('%s of %s writes %s', (rule, glob, expected) => {
    expect(written(rule, glob)).toBe(expected);
  });

  it.each([
    ['{tag}', '1.*', '1.*'],
    ['{tag#v}-x', 'v1.*', '1.*-x'],
    ['{tag}-{digest:12}', '1', '1-*'],
    ['{repository#shop/}-{tag}', '1.*', 'api-1.*'],
    ['{date}', '*', '*'],
  ])('tags: %s of %s writes %s', (rule, tag, expected) => {
    expect(written(rule, 'shop/api', 'tag', tag)).toBe(expected);
  });

  it('never misses a name that a rule makes', () => {
    const parts = ['shop', 'api', 'eu', 'shop-api', 'a'];
    const names = parts.flatMap((one) => [
      one,
      ...parts.flatMap((two) => [`${one}/${two}`, ...parts.map((three) => `${one}/${two}/${three}`)]),
    ]);
    const rules = [
      '{repository}',
      'x{repository}',
      '{repository}x',
      'm/{repository}/z',
      '{repository#shop}z',
      '{repository#shop/}',
      '{repository%api}z',
    ];
    rules.push(
      '{repository/shop/prod}',
      '{repository/p\\/a/-}',
      '{name}/{repository}',
      'q{name#sh}',
      '{repository%/api}',
      '{repository#eu/}',
    );
    const globs = ['**', '*', 'shop/*', '**/api', 'shop/**', '*/shop/**', 'shop/**/a', 's*/?', '?', 'shop/api', '*-api', 'sh**'];
    const missed: string[] = [];
    for (const text of rules) {
      const rule = parseTagRule(text, 'repository');
      for (const glob of globs) {
        const [from, to] = [new Globs([glob]), new Globs([writtenNames(rule, { registry: 'r', repository: glob, tag: '*' })])];
        for (const repository of names) {
          if (!from.matches(repository)) continue;
          let made: string;
          try {
            made = rule.render({ repository });
          } catch {
            continue;
          }
          if (!to.matches(made)) missed.push(`${text} of ${glob}: ${repository} → ${made}`);
        }
      }
    }
    expect(missed).toEqual([]);
  });
});
