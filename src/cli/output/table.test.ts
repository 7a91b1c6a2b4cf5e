import { describe, expect, it } from 'vitest';
import { type Column, renderFields, renderTable } from './table.ts';

interface Row {
  name: string;
  size?: string;
}

const columns: readonly Column<Row>[] = [
  { title: 'NAME', value: (row) => row.name, shrinkTo: 6 },
  { title: 'SIZE', value: (row) => row.size, align: 'right' },
];

describe('renderTable', () => {
  it('aligns text left, numbers right, and leaves no space at line ends', () => {
    expect(
      renderTable(columns, [
        { name: 'api', size: '61 MiB' },
        { name: 'a-longer-one', size: '5 B' },
      ]),
    ).toEqual(['NAME             SIZE', 'api            61 MiB', 'a-longer-one      5 B']);
  });

  it('shows a dash for what is not known, and drops optional columns that say nothing', () => {
    expect(renderTable(columns, [{ name: 'api' }])).toEqual(['NAME   SIZE', 'api       –']);
    const optional = columns.map((column) => ({ ...column, optional: true }));
    expect(renderTable(optional, [{ name: 'api' }])).toEqual(['NAME', 'api']);
  });

  it('cuts to the terminal, and never in a pipe', () => {
    const rows = [{ name: 'platform/postgres', size: '61 MiB' }];
    expect(renderTable(columns, rows, { width: 20 })[1]).toBe('platform/p…   61 MiB');
    expect(renderTable(columns, rows, { width: 10 })[1]).toBe('platf…   61 MiB');
    expect(renderTable(columns, rows)[1]).toBe('platform/postgres   61 MiB');
  });

  it('never passes on control characters, and colours without shifting columns', () => {
    const [, evil] = renderTable(columns, [{ name: 'x\u001b]0;title\u0007', size: '1 B' }]);
    expect(evil).toBe('x\\x1b]0;title\\x07    1 B');
    const painted = columns.map((column) => ({ ...column, paint: () => (text: string) => `<${text}>` }));
    expect(renderTable(painted, [{ name: 'a', size: '1 B' }])[1]).toBe('<a>       <1 B>');
  });
});

describe('renderFields', () => {
  it('leaves out what is empty, and indents further lines', () => {
    expect(
      renderFields([
        ['name', 'harbor'],
        ['description', ''],
        ['environment', 'A=1\nB=\u0000'],
      ]),
    ).toEqual(['name         harbor', 'environment  A=1', '             B=\\x00']);
  });
});
