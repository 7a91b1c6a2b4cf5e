import { describe, expect, it } from 'vitest';
import { parseTagFilter } from './tag-filter.ts';
import { parseTagVersion } from './tag-version.ts';

const tags = ['latest', '1.3.9', '1.4', '1.4.0', 'v1.4.7', '1.4.7-alpine', '1.10.0', '2.0.0-rc.1', '2.0.0', 'Main'];
const filtered = (filter: string) => {
  const holds = parseTagFilter(filter);
  return tags.filter((name) => holds({ name, version: parseTagVersion(name) }));
};

describe('parseTagFilter', () => {
  it.each([
    ['', tags],
    ['LATE', ['latest']],
    ['1.4', ['1.4', '1.4.0', 'v1.4.7', '1.4.7-alpine']],
    ['1.4.*', ['1.4.0', '1.4.7-alpine']],
    ['?1.4.*', ['v1.4.7']],
    ['>=1.4 <2', ['1.4', '1.4.0', 'v1.4.7', '1.10.0']],
    ['^1.4', ['1.4', '1.4.0', 'v1.4.7', '1.10.0']],
    ['~1.4.0', ['1.4', '1.4.0', 'v1.4.7']],
    ['=1.4.0', ['1.4', '1.4.0']],
    ['1.3 - 1.4', ['1.3.9', '1.4', '1.4.0', 'v1.4.7']],
    ['1.3.9 || >=2', ['1.3.9', '2.0.0']],
    ['>=2.0.0-rc.0', ['2.0.0-rc.1', '2.0.0']],
    ['/^v?1\\.4/', ['1.4', '1.4.0', 'v1.4.7', '1.4.7-alpine']],
    ['/main/', []],
    ['/main/i', ['Main']],
  ])('%s', (filter, expected) => {
    expect(filtered(filter)).toEqual(expected);
  });

  it('takes dots and brackets of a glob as they are', () => {
    expect(parseTagFilter('1.4.[0]*')({ name: '1x4.0' })).toBe(false);
  });

  it.each(['/(/', '>=one', '/(?=a)/', 'x'.repeat(201)])('says what is wrong with %s', (filter) => {
    expect(() => parseTagFilter(filter)).toThrow(
      expect.objectContaining({ code: 'invalid_settings', fields: [expect.objectContaining({ field: 'filter' })] }),
    );
  });

  it('takes no pattern that grows by repetitions inside each other', () => {
    expect(() => parseTagFilter('/(((a|b)*c?){30}){30}$/')).toThrow('too large');
    expect(parseTagFilter('/^[a-f0-9]{7,64}(-[a-z]+){0,5}$/')({ name: `${'a'.repeat(40)}-amd` })).toBe(true);
  });

  it('is not slowed down by patterns that make others backtrack', () => {
    const start = performance.now();
    parseTagFilter('/(a+)+$/')({ name: `${'a'.repeat(127)}!` });
    expect(performance.now() - start).toBeLessThan(500);
  });
});
