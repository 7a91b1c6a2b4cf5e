import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { paginate } from './paginate.ts';

const self = (item: string): string => item;

describe('paginate', () => {
  it('shows every item once, in order, whatever the size of the page', () => {
    fc.assert(
      fc.property(fc.uniqueArray(fc.string()), fc.integer({ min: 1, max: 7 }), (items, limit) => {
        const seen: string[] = [];
        let cursor: string | undefined;
        do {
          const page = paginate(items, { limit, cursor }, self);
          expect(page.items.length).toBeLessThanOrEqual(limit);
          expect(page.total).toBe(items.length);
          seen.push(...page.items);
          cursor = page.next;
        } while (cursor !== undefined);
        expect(seen).toEqual(items.toSorted((a, b) => (a < b ? -1 : 1)));
      }),
    );
  });

  it('neither repeats nor hides items when others come and go in between', () => {
    const first = paginate(['a', 'b', 'd', 'e'], { limit: 2 }, self);
    const second = paginate(['a', 'c', 'd', 'e'], { limit: 2, cursor: first.next }, self);
    expect([...first.items, ...second.items]).toEqual(['a', 'b', 'c', 'd']);
  });

  it.each(['', 'nonsense', Buffer.from('{}').toString('base64url'), Buffer.from('[1]').toString('base64url')])(
    'refuses the cursor %j',
    (cursor) => {
      expect(() => paginate(['a'], { limit: 1, cursor }, self)).toThrow(expect.objectContaining({ code: 'invalid_cursor' }));
    },
  );
});
