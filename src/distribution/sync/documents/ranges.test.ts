import { describe, expect, it } from 'vitest';
import { parseTagFilter } from '../../../catalog/tag-filter.ts';
import { parseTagVersion } from '../../../catalog/tag-version.ts';
import { type ReadRange, readMastermindsRange, readRegclientRange } from './ranges.ts';

const tags = ['1.0.0', 'v1.2.0', '1.2.5', '1.3.0', '1.10.0', '2.0.0', '2.1.0-rc.1', 'latest'];
function takes(range: ReadRange | undefined): string[] {
  const holds = (filter: string, name: string) => {
    const version = parseTagVersion(name);
    return parseTagFilter(filter, { plain: 'exact' })({ name, ...(version && { version }) });
  };
  return tags.filter((name) => range && holds(range.include, name) && !range.exclude.some((one) => holds(one, name)));
}

describe('ranges of Masterminds/semver', () => {
  it.each([
    ['>= 1.2.0', ['v1.2.0', '1.2.5', '1.3.0', '1.10.0', '2.0.0']],
    ['>=1.2, <1.10', ['v1.2.0', '1.2.5', '1.3.0']],
    ['>=1.2 <1.10', ['v1.2.0', '1.2.5', '1.3.0']],
    ['1.2.x', ['v1.2.0', '1.2.5']],
    ['1.2', ['v1.2.0', '1.2.5']],
    ['*', ['1.0.0', 'v1.2.0', '1.2.5', '1.3.0', '1.10.0', '2.0.0']],
    ['~1.2.0 || >= 2', ['v1.2.0', '1.2.5', '2.0.0']],
    ['1.2 - 1.3', ['v1.2.0', '1.2.5', '1.3.0']],
    ['^1.2, != 1.3.0', ['v1.2.0', '1.2.5', '1.10.0']],
    ['!= 1.3.0', ['1.0.0', 'v1.2.0', '1.2.5', '1.10.0', '2.0.0']],
  ])('%s', (range, expected) => {
    expect(takes(readMastermindsRange(range))).toEqual(expected);
  });

  it('cannot all be said', () => {
    expect(readMastermindsRange('!=1.0 || >2')).toBeUndefined();
    expect(readMastermindsRange('newest')).toBeUndefined();
  });
});

describe('ranges of regclient', () => {
  it.each([
    ['>1.2', ['1.2.5', '1.3.0', '1.10.0', '2.0.0']],
    ['~1', ['1.0.0']],
    ['^1.2', ['v1.2.0', '1.2.5', '1.3.0', '1.10.0']],
    ['1.2', ['v1.2.0']],
    ['>=1.2 <1.10', ['v1.2.0', '1.2.5', '1.3.0']],
  ])('%s', (range, expected) => {
    expect(takes(readRegclientRange(range))).toEqual(expected);
  });

  it('cannot all be said', () => {
    for (const range of ['', '1.2.3.4', '>= 1.2', '1.x']) expect(readRegclientRange(range)).toBeUndefined();
  });
});
