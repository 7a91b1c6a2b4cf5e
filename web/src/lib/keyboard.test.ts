import { describe, expect, it } from 'vitest';
import { isTyping, sequenceMatcher } from './keyboard.ts';

const commands = { 'g r': 'registries', 'g a': 'activity', '/': 'filter', '?': 'help' };

describe('key sequences', () => {
  it('completes a sequence within its time', () => {
    const keys = sequenceMatcher(commands);
    expect(keys.press('g', 0)).toBe('pending');
    expect(keys.press('r', 500)).toBe('registries');
    expect(keys.press('r', 600)).toBeUndefined();
  });
  it('forgets the first key after a while', () => {
    const keys = sequenceMatcher(commands, 1000);
    keys.press('g', 0);
    expect(keys.press('a', 1500)).toBeUndefined();
  });
  it('starts over with the key that did not fit', () => {
    const keys = sequenceMatcher(commands);
    keys.press('g', 0);
    expect(keys.press('g', 100)).toBe('pending');
    expect(keys.press('a', 200)).toBe('activity');
    keys.press('g', 300);
    expect(keys.press('/', 400)).toBe('filter');
  });
});

describe('typing', () => {
  it('tells fields from buttons', () => {
    const target = (tagName: string, type?: string) => isTyping({ tagName, type } as unknown as EventTarget);
    expect(target('INPUT', 'text')).toBe(true);
    expect(target('TEXTAREA')).toBe(true);
    expect(target('INPUT', 'checkbox')).toBe(false);
    expect(target('A')).toBe(false);
    expect(isTyping(null)).toBe(false);
  });
});
