import { describe, expect, it } from 'vitest';
import { formatPlatform, matchPlatform, type Platform, parsePlatform, selectPlatform } from './platform.ts';

describe('platforms', () => {
  it.each([
    ['linux/amd64', 'linux/amd64'],
    ['Linux/x86_64', 'linux/amd64'],
    ['linux/aarch64', 'linux/arm64'],
    ['linux/arm64/v8', 'linux/arm64/v8'],
    ['linux/armhf', 'linux/arm/v7'],
    ['linux/arm', 'linux/arm'],
    ['macos/arm64', 'darwin/arm64'],
  ])('%s is %s', (text, expected) => {
    expect(formatPlatform(parsePlatform(text))).toBe(expected);
  });

  it.each(['', 'linux', 'linux/', '/amd64', 'a/b/c/d', 'linux/am d64', 'linux/\u0000', `linux/${'a'.repeat(300)}`])(
    'refuses %j',
    (text) => {
      expect(() => parsePlatform(text)).toThrow(expect.objectContaining({ code: 'invalid_reference' }));
    },
  );

  it.each<[string, string, boolean]>([
    ['linux/arm64', 'linux/arm64/v8', true],
    ['linux/arm64/v8', 'linux/arm64', true],
    ['linux/amd64', 'linux/amd64/v1', true],
    ['linux/amd64', 'linux/amd64/v3', false],
    ['linux/arm', 'linux/arm/v6', true],
    ['linux/arm/v7', 'linux/arm/v6', false],
    ['linux/amd64', 'windows/amd64', false],
    ['linux/ppc64le', 'linux/ppc64le', true],
  ])('%s matches %s: %s', (wanted, offered, matches) => {
    expect(matchPlatform(parsePlatform(wanted), parsePlatform(offered))).toBe(matches);
  });

  it('selects the best that runs', () => {
    const offered = ['linux/arm/v5', 'linux/arm/v6', 'linux/amd64', 'linux/amd64/v2', 'linux/arm64/v8'].map((text) => ({
      platform: parsePlatform(text),
    }));
    const best = (text: string) => {
      const found = selectPlatform<{ platform?: Platform }>(parsePlatform(text), [
        {},
        { platform: { os: 'unknown', architecture: 'unknown' } },
        ...offered,
      ])?.platform;
      return found && formatPlatform(found);
    };
    expect(best('linux/arm/v7')).toBe('linux/arm/v6');
    expect(best('linux/amd64')).toBe('linux/amd64');
    expect(best('linux/amd64/v3')).toBe('linux/amd64/v2');
    expect(best('linux/arm64')).toBe('linux/arm64/v8');
    expect(best('linux/s390x')).toBeUndefined();
  });

  it('wants the right Windows when asked to', () => {
    const windows = { os: 'windows', architecture: 'amd64' };
    expect(matchPlatform({ ...windows, 'os.version': '10.0.1' }, { ...windows, 'os.version': '10.0.2' })).toBe(false);
    expect(matchPlatform(windows, { ...windows, 'os.version': '10.0.2' })).toBe(true);
  });
});
