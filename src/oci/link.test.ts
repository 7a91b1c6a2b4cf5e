import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { nextLink } from './link.ts';

describe('nextLink', () => {
  it.each<[string | undefined, string | undefined]>([
    [undefined, undefined],
    ['', undefined],
    ['</v2/a/tags/list?n=2&last=b>; rel="next"', '/v2/a/tags/list?n=2&last=b'],
    ['</x>;rel=next', '/x'],
    ['</x> ; REL = "Next"', '/x'],
    ['</x>; title="a; rel=next"; rel=prev', undefined],
    ['</x>; rel="prev", </y?a=1,2>; rel="next"', '/y?a=1,2'],
    ['</x>; rel="first next last"', '/x'],
    ['</x>', undefined],
    ['</x>, </y>; rel=next', '/y'],
    ['</x; rel="next"', undefined],
    ['/x; rel="next"', undefined],
    ['</x>; rel="\\n\\e\\x\\t"', '/x'],
    ['</x>; rel="next', '/x'],
    ['<>; rel="next"', ''],
  ])('%j', (header, target) => {
    expect(nextLink(header)).toBe(target);
  });

  it('refuses a header that is too long, rather than taking the page for the last', () => {
    expect(() => nextLink(`</${'x'.repeat(9000)}>; rel="next"`)).toThrow(/Link header is longer/);
  });

  it('survives anything', () => {
    const pieces = fc
      .array(fc.constantFrom('<', '>', ';', ',', '=', '"', '\\', 'rel', 'next', ' ', '/x'), { maxLength: 60 })
      .map((some) => some.join(''));
    fc.assert(
      fc.property(fc.oneof(pieces, fc.string({ unit: 'binary' })), (header) => {
        const target = nextLink(header);
        expect(target === undefined || header.includes(`<${target}>`)).toBe(true);
      }),
      { numRuns: 500 },
    );
  });

  it('finds the next link wherever it stands', () => {
    const uri = fc.stringMatching(/^[a-z0-9/?&=,;%._~-]{1,40}$/);
    const other = fc.tuple(uri, fc.constantFrom('prev', 'first', 'last', 'nextish')).map(([target, rel]) => `<${target}>; rel="${rel}"`);
    fc.assert(
      fc.property(fc.array(other, { maxLength: 4 }), uri, fc.array(other, { maxLength: 4 }), (before, target, after) => {
        expect(nextLink([...before, `<${target}>; rel="next"`, ...after].join(', '))).toBe(target);
      }),
    );
  });
});
