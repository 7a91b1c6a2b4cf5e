import { describe, expect, it } from 'vitest';
import { arrange } from './stable-order.ts';

describe('stable order', () => {
  it('keeps rows in place when their sort value changes', () => {
    const first = arrange(undefined, 'state', ['a', 'b', 'c']);
    const second = arrange(first.order, 'state', ['c', 'a', 'b']);
    expect(second.shown).toEqual(['a', 'b', 'c']);
  });
  it('announces new rows and lets removed ones go', () => {
    const first = arrange(undefined, 'state', ['a', 'b']);
    const second = arrange(first.order, 'state', ['n', 'b']);
    expect(second).toMatchObject({ shown: ['b'], waiting: ['n'] });
    expect(arrange(second.order, 'state', ['n', 'a', 'b'])).toMatchObject({ shown: ['a', 'b'], waiting: ['n'] });
  });
  it('sorts anew when the person chooses another order, or nothing was there', () => {
    const first = arrange(undefined, 'state', ['a', 'b']);
    expect(arrange(first.order, 'name', ['b', 'a']).shown).toEqual(['b', 'a']);
    expect(arrange(arrange(undefined, 'k', []).order, 'k', ['a']).shown).toEqual(['a']);
  });
});
