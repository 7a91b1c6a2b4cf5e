import { describe, expect, it } from 'vitest';
import { countWords } from './count-words.ts';

const words = (loaded: number, total: number | undefined, more: boolean, partial = false) =>
  countWords({ loaded, total, more, partial }, 'tag', 'tags');

describe('count words', () => {
  it('say all only when it is all', () => {
    expect(words(100, 9036, true)).toBe('all 9,036 tags');
    expect(words(100, undefined, true)).toBe('more than 100 tags');
    expect(words(2000, undefined, false, true)).toBe('first 2,000 tags of more');
    expect(words(1, 1, false)).toBe('1 tag');
    expect(words(0, 0, false)).toBe('0 tags');
  });
});
