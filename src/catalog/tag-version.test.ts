import fc from 'fast-check';
import semver from 'semver';
import { describe, expect, it } from 'vitest';
import { compareVersions, parseTagVersion, type TagVersion } from './tag-version.ts';

const version = (tag: string): TagVersion => parseTagVersion(tag) ?? expect.fail(`${tag} is a version`);
const sorted = (tags: string[]) => tags.toSorted((a, b) => compareVersions(version(a), version(b)));

describe('parseTagVersion', () => {
  it.each([
    ['1.4.2', [1, 4, 2], []],
    ['v1.4.2-rc.1', [1, 4, 2], ['rc', 1]],
    ['17', [17], []],
    ['2026.09.1', [2026, 9, 1], []],
    ['1.29-alpine3.20', [1, 29], ['alpine3', 20]],
    ['1.8rc1', [1, 8], ['rc1']],
    ['1.2.3.4_build', [1, 2, 3, 4], ['build']],
  ])('reads %s', (tag, numbers, suffix) => {
    expect(parseTagVersion(tag)).toEqual({ numbers, suffix });
  });

  it.each(['latest', 'main', '4f0c2e1', 'v', '', '1.', '1.2-', 'release-1.2', '99999999999999999999'])(
    'does not take %s for a version',
    (tag) => {
      expect(parseTagVersion(tag)).toBeUndefined();
    },
  );
});

describe('compareVersions', () => {
  it('orders as people count', () => {
    const order = ['0.9', '1', '1.0', '1.0.0', '1.2.0-alpha', '1.2.0-rc.1', '1.2.0-rc.2', '1.2.0-rc.10', '1.2.0', '1.9.0', '1.10.0', 'v2'];
    expect(sorted(order.toReversed())).toEqual(order);
  });

  it('agrees with semver on what is semantic', () => {
    const part = fc.nat({ max: 30 });
    const identifier = fc.oneof(part.map(String), fc.stringMatching(/^[a-z][a-z0-9]{0,3}$/));
    const tags = fc
      .tuple(part, part, part, fc.array(identifier, { maxLength: 3 }))
      .map(([major, minor, patch, pre]) => `${major}.${minor}.${patch}${pre.length > 0 ? `-${pre.join('.')}` : ''}`);
    fc.assert(
      fc.property(tags, tags, (a, b) => {
        expect(Math.sign(compareVersions(version(a), version(b)))).toBe(semver.compare(a, b));
      }),
    );
  });
});
