import { describe, expect, it } from 'vitest';
import { displayWidth, pad, printable, printableJson, printableJsonLine, printableLines, truncate, wrap } from './text.ts';

describe('printable', () => {
  it('shows control characters instead of obeying them', () => {
    expect(printable('a\u001b[31mb')).toBe('a\\x1b[31mb');
    expect(printable('line\r\nnext\t\u0000')).toBe('line\\x0d\\x0anext\\x09\\x00');
    expect(printable('\u009b2J\u007f')).toBe('\\x9b2J\\x7f');
  });

  it('shows what reorders or hides text', () => {
    expect(printable('a\u202eb\u2066c\u200bd\ufeff')).toBe('a\\u202eb\\u2066c\\u200bd\\ufeff');
  });

  it('shows halves of surrogate pairs and keeps whole ones', () => {
    expect(printable('\ud83d!')).toBe('\\ud83d!');
    expect(printable('🚢 ñ 貨物')).toBe('🚢 ñ 貨物');
  });

  it('keeps line feeds where lines are wanted', () => {
    expect(printableLines('one\r\ntwo\u0007')).toBe('one\ntwo\\x07');
  });
});

describe('printableJson', () => {
  it('escapes what a terminal might obey, and means the same', () => {
    const value = { tag: 'a\u009b2J\u202e\n', list: ['ñ', 1] };
    expect(printableJson(value)).toContain('a\\u009b2J\\u202e\\n');
    expect(JSON.parse(printableJson(value))).toEqual(value);
    expect(printableJsonLine(value)).toBe('{"tag":"a\\u009b2J\\u202e\\n","list":["ñ",1]}');
  });
});

describe('widths', () => {
  it('counts columns, not code units', () => {
    expect(displayWidth('abc')).toBe(3);
    expect(displayWidth('貨物')).toBe(4);
    expect(displayWidth('e\u0301')).toBe(1);
    expect(displayWidth('🚢')).toBe(2);
  });

  it('cuts and pads to columns', () => {
    expect(truncate('platform/postgres', 10)).toBe('platform/…');
    expect(truncate('貨物船', 5)).toBe('貨物…');
    expect(truncate('short', 5)).toBe('short');
    expect(pad('貨', 4)).toBe('貨  ');
    expect(pad('7', 3, 'right')).toBe('  7');
  });

  it('wraps at spaces and leaves long words whole', () => {
    expect(wrap('the registry rejected the password', 12)).toEqual(['the registry', 'rejected the', 'password']);
    expect(wrap('sha256:0123456789 x', 8)).toEqual(['sha256:0123456789', 'x']);
  });
});
