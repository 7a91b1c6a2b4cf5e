import { describe, expect, it } from 'vitest';
import { newId } from './ids.ts';
import { nameKey, parseName } from './names.ts';

describe('parseName', () => {
  it('tidies', () => {
    expect(parseName('  Team Blau ')).toBe('Team Blau');
    expect(parseName('e\u0301')).toBe('\u00e9');
    expect(parseName('x'.repeat(64))).toHaveLength(64);
  });

  it.each(['', '   ', 'x'.repeat(65), 'a\nb', 'a\u0000', 'a\u202eb', 'a/b', newId('usr')])('refuses %j', (name) => {
    expect(() => parseName(name, 'user')).toThrow(
      expect.objectContaining({ code: 'invalid_settings', fields: [expect.objectContaining({ field: 'user' })] }),
    );
  });
});

describe('nameKey', () => {
  it('compares without case and compatibility forms', () => {
    expect(nameKey('Ana')).toBe(nameKey('ANA'));
    expect(nameKey('ﬁn')).toBe('fin');
  });
});
