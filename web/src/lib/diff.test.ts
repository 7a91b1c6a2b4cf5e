import { describe, expect, it } from 'vitest';
import { diffObjects } from './diff.ts';

describe('differences', () => {
  it('name the path and both values', () => {
    expect(diffObjects({ name: 'a', connection: { tls: 'verify' }, same: 1 }, { name: 'b', connection: { tls: 'ca' }, same: 1 })).toEqual([
      { path: 'name', before: 'a', after: 'b' },
      { path: 'connection.tls', before: 'verify', after: 'ca' },
    ]);
  });
  it('say what came and went; empty counts as absent', () => {
    expect(diffObjects({ gone: 'x', list: ['a'], empty: '' }, { come: true, list: ['a', 'b'], empty: null })).toEqual([
      { path: 'gone', before: 'x' },
      { path: 'list', before: 'a', after: 'a, b' },
      { path: 'come', after: 'yes' },
    ]);
    expect(diffObjects(undefined, { a: 1 })).toEqual([{ path: 'a', after: '1' }]);
  });
});
