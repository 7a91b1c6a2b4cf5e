import { describe, expect, it } from 'vitest';
import type { Tag } from '../api/types.ts';
import { groupByDigest } from './group-tags.ts';

const tag = (name: string, digest?: string): Tag => ({ name, kind: 'image', ...(digest === undefined ? {} : { digest }) });

describe('tags grouped by digest', () => {
  it('stand where the first of them stood', () => {
    const groups = groupByDigest([tag('latest', 'a'), tag('1.1', 'b'), tag('1.2', 'a'), tag('x'), tag('y')]);
    expect(groups.map((group) => [group.name, group.also])).toEqual([
      ['latest', ['1.2']],
      ['1.1', []],
      ['x', []],
      ['y', []],
    ]);
  });
});
