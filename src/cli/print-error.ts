import type { Cli } from './cli.ts';
import type { Described } from './errors.ts';
import { paletteFor } from './output/colour.ts';
import { printable, printableJsonLine, printableLines } from './output/text.ts';

/** Prints an error to standard error: the side at fault, what happened, what to do next; with `--json` as one line of JSON. */
export function printError(cli: Cli, described: Described): void {
  const { stderr, env } = cli.io;
  if (cli.argv.includes('--json')) {
    const { side, code, message, next, field, fields, references } = described;
    stderr.write(`${printableJsonLine({ error: { side: side.toLowerCase(), code, message, next, field, fields, references } })}\n`);
    return;
  }
  const palette = paletteFor(stderr, env, !cli.argv.includes('--no-color'));
  const lines = [`${palette.bad(`${described.side}:`)} ${printableLines(described.message)}`];
  for (const { field, message } of described.fields ?? []) {
    if (message !== described.message) lines.push(`  ${printable(field)}: ${printable(message)}`);
  }
  for (const reference of described.references ?? []) lines.push(`  ${printable(reference.kind)} ${printable(reference.name)}`);
  if (described.next) lines.push(`${palette.strong('Next:')} ${printableLines(described.next)}`);
  stderr.write(`${lines.join('\n')}\n`);
}
