import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { InvalidSettings } from '../core/errors.ts';
import { parseRegistryUrl, urlText } from './url.ts';

const read = (text: string, options?: { plain?: boolean }) => urlText(parseRegistryUrl(text, options).url);

function refusal(text: string): string {
  try {
    return `accepted as ${read(text)}`;
  } catch (error) {
    if (!(error instanceof InvalidSettings)) throw error;
    expect(error.fields).toEqual([{ field: 'url', message: error.message }]);
    return error.message;
  }
}

describe('parseRegistryUrl', () => {
  it.each([
    ['registry.example.com', 'https://registry.example.com'],
    ['  Registry.Example.COM.  ', 'https://registry.example.com'],
    ['https://registry.example.com/', 'https://registry.example.com'],
    ['HTTPS://registry.example.com:443/v2/', 'https://registry.example.com'],
    ['registry.example.com:5000', 'https://registry.example.com:5000'],
    ['localhost:5000', 'https://localhost:5000'],
    ['registry:5000', 'https://registry:5000'],
    ['//registry.example.com/', 'https://registry.example.com'],
    ['oci://registry.example.com/charts', 'https://registry.example.com/charts'],
    ['"https://registry.example.com"', 'https://registry.example.com'],
    ['<https://registry.example.com>', 'https://registry.example.com'],
    ['https://index.docker.io/v1/', 'https://index.docker.io'],
    ['art.example.com/artifactory/api/docker/Team_1/', 'https://art.example.com/artifactory/api/docker/Team_1'],
    ['10.0.0.1:5000', 'https://10.0.0.1:5000'],
    ['[2001:DB8::1]:5000', 'https://[2001:db8::1]:5000'],
    ['münchen.example', 'https://xn--mnchen-3ya.example'],
    ['http://localhost:80', 'http://localhost'],
  ])('reads %s', (typed, expected) => {
    expect(read(typed)).toBe(expected);
  });

  it('tells which scheme was typed', () => {
    expect(parseRegistryUrl('host.test').scheme).toBeUndefined();
    expect(parseRegistryUrl('HTTP://host.test').scheme).toBe('http');
    expect(read('host.test:5000', { plain: true })).toBe('http://host.test:5000');
  });

  it.each([
    ['', /Enter the address/],
    ['https://', /names no host/],
    ['user:secret@registry.test', /user name or password/],
    ['https://ghcr.io@evil.test', /user name or password/],
    ['ftp://registry.test', /ftp:\/\//],
    ['registry.test?x=1', /query/],
    ['registry.test/a#b', /fragment/],
    ['registry .test', /space/],
    ['registry.test\u0007', /control characters/],
    ['registry.test\\a', /backslash/],
    ['registry%2etest', /percent/],
    ['registry.test:99999', /port/],
    ['registry.test:', /port/],
    ['registry.test:0', /port/],
    ['2001:db8::1', /brackets/],
    ['registry.test:http', /port/],
    ['registry..test', /two dots/],
    ['0x7f.1', /four decimal numbers/],
    ['2130706433', /four decimal numbers/],
    ['registry.test/a//b', /single slashes/],
    ['registry.test/..%2f', /path/],
    ['registry.test/<x>', /path/],
    [`${'a'.repeat(64)}.test`, /too long/],
    ['x'.repeat(3000), /longer than/],
  ])('refuses %s', (typed, expected) => {
    expect(refusal(typed)).toMatch(expected);
  });

  it('never repeats a password', () => {
    expect(refusal('https://ci:hunter2@registry.test/v2/')).not.toContain('hunter2');
  });

  it('answers, whatever is typed, with a URL that reads the same again, or InvalidSettings', () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.webUrl({ withQueryParameters: true }), fc.domain()), (text) => {
        let once: string;
        try {
          once = read(text);
        } catch (error) {
          expect(error).toBeInstanceOf(InvalidSettings);
          return;
        }
        expect(read(once)).toBe(once);
        expect(new URL(once).username + new URL(once).search).toBe('');
      }),
      { numRuns: 500 },
    );
  });
});
