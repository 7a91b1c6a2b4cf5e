import { displayWidth, pad, printable, truncate } from './text.ts';

type Paint = (text: string) => string;

export interface Column<Row> {
  title: string;
  /** Raw text; control characters are made visible here. */
  value: (row: Row) => string | undefined;
  /** What stands for an absent value. Default `–`. */
  absent?: string;
  align?: 'left' | 'right';
  paint?: (row: Row) => Paint;
  /** Gives way first when the terminal is too narrow, down to this many columns. */
  shrinkTo?: number;
  /** Left out when no row has a value. */
  optional?: boolean;
}

export interface TableOptions {
  /** Columns of the terminal; absent in a pipe, where nothing is cut. */
  width?: number;
  heading?: Paint;
}

const gap = '   ';

/** Lines of a table: a heading in capitals, columns as wide as their content, numbers right-aligned where asked. */
export function renderTable<Row>(columns: readonly Column<Row>[], rows: readonly Row[], options: TableOptions = {}): string[] {
  const cells = new Map(columns.map((column) => [column, rows.map((row) => column.value(row))]));
  const shown = columns.filter((column) => !column.optional || cells.get(column)?.some((value) => value !== undefined && value !== ''));
  const texts = shown.map((column) =>
    (cells.get(column) ?? []).map((value) => printable(value === undefined || value === '' ? (column.absent ?? '–') : value)),
  );
  const widths = shown.map((column, index) =>
    (texts[index] ?? []).reduce((most, text) => Math.max(most, displayWidth(text)), displayWidth(column.title)),
  );
  if (options.width !== undefined) fit(shown, widths, options.width);

  const line = (parts: readonly string[], paint: (text: string, index: number) => string): string =>
    parts
      .map((text, index) => {
        const last = index === parts.length - 1;
        const cut = truncate(text, widths[index] ?? 0);
        const align = shown[index]?.align ?? 'left';
        if (last && align === 'left') return paint(cut, index);
        // Padding stays outside of the colour, so that widths do not count escape sequences.
        const padded = pad(cut, widths[index] ?? 0, align);
        return align === 'left'
          ? paint(cut, index) + padded.slice(cut.length)
          : padded.slice(0, padded.length - cut.length) + paint(cut, index);
      })
      .join(gap)
      .trimEnd();

  const heading = options.heading ?? ((text) => text);
  const lines = [
    line(
      shown.map((column) => column.title),
      heading,
    ),
  ];
  rows.forEach((row, rowIndex) => {
    lines.push(
      line(
        shown.map((_, index) => texts[index]?.[rowIndex] ?? ''),
        (text, index) => (shown[index]?.paint?.(row) ?? ((plain: string) => plain))(text),
      ),
    );
  });
  return lines;
}

/** Takes width from the columns that allow it, the widest first, until the line fits. */
function fit<Row>(columns: readonly Column<Row>[], widths: number[], width: number): void {
  let excess = widths.reduce((sum, part) => sum + part, 0) + gap.length * (widths.length - 1) - width;
  while (excess > 0) {
    let widest = -1;
    columns.forEach((column, index) => {
      if (column.shrinkTo === undefined || (widths[index] ?? 0) <= column.shrinkTo) return;
      if (widest < 0 || (widths[index] ?? 0) > (widths[widest] ?? 0)) widest = index;
    });
    if (widest < 0) return;
    widths[widest] = (widths[widest] ?? 0) - 1;
    excess--;
  }
}

export type Field = readonly [label: string, value: string | undefined, paint?: Paint];

/** Label and value pairs, labels in one column: for showing one thing. Empty values are left out, several lines are indented. */
export function renderFields(fields: readonly Field[], paintLabel: Paint = (text) => text): string[] {
  const shown = fields.filter(([, value]) => value !== undefined && value !== '');
  const width = shown.reduce((most, [label]) => Math.max(most, displayWidth(label)), 0);
  return shown.flatMap(([label, value, paint = (text) => text]) =>
    (value as string).split('\n').map((text, index) => {
      const margin = index === 0 ? paintLabel(label) + ' '.repeat(width - displayWidth(label) + 2) : ' '.repeat(width + 2);
      return margin + paint(printable(text));
    }),
  );
}
