import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { canonicalScopes, coversScopes, formatScope, mergeScopes, parseScope, splitScopes } from './scope.ts';

describe('parseScope', () => {
  it.each<[string, object | undefined]>([
    ['repository:ns/app:pull,push', { type: 'repository', name: 'ns/app', actions: ['pull', 'push'] }],
    ['registry:catalog:*', { type: 'registry', name: 'catalog', actions: ['*'] }],
    ['repository(plugin):a/b:pull', { type: 'repository', class: 'plugin', name: 'a/b', actions: ['pull'] }],
    ['repository:localhost:5000/app:pull', { type: 'repository', name: 'localhost:5000/app', actions: ['pull'] }],
    ['repository:app:', { type: 'repository', name: 'app', actions: [] }],
    ['*', undefined],
    ['aws', undefined],
    ['a:b', undefined],
    ['::', undefined],
    ['', undefined],
    ['(x):a:b', undefined],
  ])('%s', (text, scope) => {
    expect(parseScope(text)).toEqual(scope);
    if (scope) expect(formatScope(parseScope(text) ?? { type: '', name: '', actions: [] })).toBe(text);
  });
});

describe('mergeScopes', () => {
  it('puts first what comes first, and unites actions', () => {
    expect(mergeScopes(['repository:a:push'], ['repository:b:pull', 'repository:a:pull,push'], ['aws', '*', 'aws'])).toEqual([
      'repository:a:push,pull',
      'repository:b:pull',
      'aws',
      '*',
    ]);
    expect(mergeScopes(['repository(plugin):a:pull'], ['repository:a:push'])).toHaveLength(2);
  });

  it('keeps names apart that are dangerous as keys', () => {
    expect(mergeScopes(['repository:__proto__:pull', '__proto__', 'constructor'])).toEqual([
      'repository:__proto__:pull',
      '__proto__',
      'constructor',
    ]);
  });

  it('is idempotent, keeps every action and invents none', () => {
    const scope = fc
      .tuple(
        fc.constantFrom('repository:a', 'repository:b', 'registry:catalog', 'repository:h:1/c'),
        fc.uniqueArray(fc.constantFrom('pull', 'push', 'delete', '*'), { minLength: 1 }),
      )
      .map(([name, actions]) => `${name}:${actions.join(',')}`);
    fc.assert(
      fc.property(fc.array(scope), fc.array(scope), (a, b) => {
        const merged = mergeScopes(a, b);
        expect(mergeScopes(merged)).toEqual(merged);
        expect(coversScopes(merged, a) && coversScopes(merged, b)).toBe(true);
        expect(coversScopes([...a, ...b], merged)).toBe(true);
        expect(canonicalScopes(merged)).toBe(canonicalScopes([...b, ...a]));
      }),
    );
  });
});

describe('coversScopes', () => {
  it.each<[string[], string[], boolean]>([
    [['repository:a:pull,push'], ['repository:a:pull'], true],
    [['repository:a:pull'], ['repository:a:push'], false],
    [['repository:a:pull'], [], true],
    [[], ['repository:a:pull'], false],
    [['repository:a:pull'], ['*'], false],
  ])('%j has %j: %s', (held, wanted, covered) => {
    expect(coversScopes(held, wanted)).toBe(covered);
  });
});

it('splitScopes takes at most 64', () => {
  expect(splitScopes('a  b ')).toEqual(['a', 'b']);
  expect(splitScopes(undefined)).toEqual([]);
  expect(splitScopes('a '.repeat(1000))).toHaveLength(64);
});
