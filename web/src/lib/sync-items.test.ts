import { describe, expect, it } from 'vitest';
import type { SyncItem } from '../api/types.ts';
import { filterItems, itemWords, kindOf, placeWords, sortItems } from './sync-items.ts';

const item = (action: SyncItem['action'], tag: string, outcome: SyncItem['outcome'] = 'planned', reason?: string): SyncItem => ({
  action,
  outcome,
  destination: { repository: 'shop/api', tag },
  ...(reason !== undefined && { reason }),
});

const items = [
  item('copy', '1.10'),
  item('copy', '1.9'),
  item('delete', '0.9'),
  item('keep', '*', 'kept', 'more than the limit'),
  item('copy', '2.0', 'failed', 'out of space'),
];

describe('what a plan or run does', () => {
  it('is shown with what needs a look first', () =>
    expect(sortItems(items).map(({ destination }) => destination.tag)).toEqual(['2.0', '0.9', '*', '1.9', '1.10']));
  it('is filtered by kind, place and reason', () => {
    expect(items.map(kindOf)).toEqual(['copy', 'copy', 'delete', 'left', 'failed']);
    expect(filterItems(items, 'copy', '').map(({ destination }) => placeWords(destination))).toEqual(['shop/api:1.10', 'shop/api:1.9']);
    expect(filterItems(items, 'all', 'LIMIT')).toEqual([items[3]]);
    expect(filterItems(items, 'all', 'api:1.').length).toBe(2);
    const renamed = { ...item('copy', 'x'), source: { repository: 'other/web', tag: '7' } };
    expect(filterItems([renamed], 'all', 'other/')).toEqual([renamed]);
  });
  it('has a word for each outcome', () =>
    expect(items.map((each) => itemWords(each).text)).toEqual(['copy', 'copy', 'delete', 'kept', 'not copied']));
});
