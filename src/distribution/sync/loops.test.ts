import { describe, expect, it } from 'vitest';
import { describeLoop, findLoop, type LoopRule } from './loops.ts';
import type { SyncSpec } from './types.ts';

type Sides = Partial<SyncSpec['source']> & { to?: string; as?: string };

function rule(name: string, [from, to]: [string, string], { to: repository, as, ...source }: Sides = {}): LoopRule {
  return {
    id: name,
    name,
    source: { id: from, host: `${from}.acme.io` },
    destination: { id: to, host: `${to}.acme.io` },
    spec: {
      source: { registry: from, repositories: ['**'], ...source },
      destination: { registry: to, ...(repository !== undefined && { repository }), ...(as !== undefined && { tag: as }) },
    },
  };
}

const names = (rules: LoopRule[]) => findLoop(rules)?.map(({ name }) => name);

describe('findLoop', () => {
  it('finds two rules that copy to and fro', () => {
    const found = findLoop([rule('there', ['a', 'b']), rule('back', ['b', 'a'])]);
    expect(describeLoop(found ?? [])).toBe('there → back → there');
  });

  it('finds a circle of three among others, and the shortest one', () => {
    const three = [rule('1', ['a', 'b']), rule('2', ['b', 'c']), rule('3', ['c', 'a'])];
    expect(names([rule('x', ['x', 'y']), ...three, rule('z', ['a', 'z'])])).toEqual(['1', '2', '3']);
    expect(names([...three, rule('4', ['b', 'a'])])).toEqual(['1', '4']);
  });

  it('takes stages in a row for none', () => {
    expect(names([rule('test', ['dev', 'test']), rule('prod', ['test', 'prod'])])).toBeUndefined();
  });

  it('knows a registry by its host as well', () => {
    const back = rule('back', ['b', 'other']);
    back.destination.host = 'A.acme.io';
    expect(names([rule('there', ['a', 'b']), back])).toEqual(['there', 'back']);
  });

  it('compares the names that are written with those that are read', () => {
    const there = rule('there', ['a', 'b'], { repositories: ['shop/*'], to: 'mirror/{repository}' });
    expect(names([there, rule('back', ['b', 'a'], { repositories: ['shop/*'] })])).toBeUndefined();
    expect(names([there, rule('back', ['b', 'a'], { repositories: ['mirror/**'] })])).toBeUndefined();
    expect(names([there, rule('back', ['b', 'a'], { repositories: ['mirror/**'], to: '{repository#mirror/}' })])).toEqual([
      'there',
      'back',
    ]);
    expect(names([there, rule('back', ['b', 'a'], { repositories: ['mirror/shop/*'], to: 'shop/{name}' })])).toEqual(['there', 'back']);
  });

  it('finds a rule that copies what it wrote', () => {
    expect(names([rule('self', ['a', 'a'], { to: 'mirror/{repository}' })])).toEqual(['self']);
    expect(names([rule('self', ['a', 'a'], { to: 'mirror/{repository}', exclude: ['mirror/**'] })])).toBeUndefined();
    expect(names([rule('self', ['a', 'a'], { repositories: ['dev/*'], to: '{repository/dev/prod}' })])).toBeUndefined();
    expect(names([rule('self', ['a', 'a'], { repositories: ['*/api'], to: '{repository/dev/prod}' })])).toEqual(['self']);
  });

  it('tells tags apart where they are names or globs', () => {
    const split = (include: string[], back: string[]) =>
      names([rule('there', ['a', 'b'], { tags: { include } }), rule('back', ['b', 'a'], { tags: { include: back } })]);
    expect(split(['1.*'], ['2.*'])).toBeUndefined();
    expect(split(['1.*'], ['1.4'])).toEqual(['there', 'back']);
    expect(split(['>=1 <2'], ['2.*'])).toEqual(['there', 'back']);
    const promote = (tags: SyncSpec['source']['tags']) =>
      names([rule('promote', ['a', 'a'], { repositories: ['shop/api'], as: '{tag}-stable', ...(tags && { tags }) })]);
    expect(promote({ include: ['1.*'] })).toEqual(['promote']);
    expect(promote({ include: ['1.*'], exclude: ['*-stable'] })).toBeUndefined();
    expect(promote({ include: ['1.4', '1.5'] })).toBeUndefined();
    expect(promote({ include: ['1.*'], exclude: ['/-stable$/'] })).toEqual(['promote']);
  });
});
