import { Command } from 'commander';
import type { Cli } from '../cli.ts';
import { withChangeOptions, withExamples } from '../help.ts';

const collect = (value: string, earlier: readonly string[] | undefined): readonly string[] => [...(earlier ?? []), value];

export function applyCommand(cli: Cli): Command {
  const command = new Command('apply')
    .description(
      'Makes the hub have the registries of a file, as `tagboat export` writes it: creates and changes by name, removes nothing. Shows the differences first; a second time there are none.',
    )
    .requiredOption('-f, --file <path>', 'the file, - for standard input; may be repeated', collect)
    .option('-y, --yes', 'do not ask')
    .option('--secret-file <registry.field=path>', 'read a missing secret from a file; may be repeated', collect);
  return withExamples(withChangeOptions(command), [
    { command: 'tagboat apply -f tagboat.yaml --dry-run', does: 'see the differences' },
    { command: 'tagboat apply -f tagboat.yaml --yes', does: 'in a pipeline' },
  ]).action(async (options) => (await import('./apply-run.ts')).applyRun(cli, options));
}
