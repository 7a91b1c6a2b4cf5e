import { expect, it } from 'vitest';
import { encodeToml, tomlComment } from './toml.ts';

it('keeps text inside its quotes', () => {
  expect(encodeToml({ 'a"]\n[b': 'x"\ny = "\\\u007f\u0001' })).toBe('"a\\"]\\n[b" = "x\\"\\ny = \\"\\\\\\u007f\\u0001"\n');
  expect(encodeToml({ a: '\ud800' })).toBe('a = "\ufffd"\n');
  expect(tomlComment('one\ntwo = 2\u2028three')).toBe('# one two = 2 three\n');
});

it('writes values before tables, and no header for tables of tables', () => {
  expect(encodeToml({ table: { deep: { x: 1 } }, list: [{ a: true }, { a: ['b', 'c'], of: { d: 'e' } }], empty: [], value: 'v' })).toBe(
    'empty = []\nvalue = "v"\n\n[table.deep]\nx = 1\n\n[[list]]\na = true\n\n[[list]]\na = ["b", "c"]\n\n[list.of]\nd = "e"\n',
  );
});
