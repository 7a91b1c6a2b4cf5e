import { Command, Option } from 'commander';
import type { Cli } from '../cli.ts';
import { withChangeOptions, withExamples } from '../help.ts';

export function alertsCommand(cli: Cli): Command {
  return withExamples(
    withChangeOptions(
      new Command('alerts')
        .description('Shows what ends soon or cannot be renewed, worst first. Exit code 0 whether there are alerts or not.')
        .option('--registry <registry>', 'only of this registry')
        .addOption(new Option('--level <level>', 'this level and those above').choices(['notice', 'warning', 'critical']))
        .option('--open', 'only those that nobody acknowledged')
        .option('--acknowledge <id>', 'say that somebody sees to this one'),
    ),
    [
      { command: 'tagboat alerts', does: 'all that you may see' },
      { command: 'tagboat alerts --level critical --json', does: 'for a program' },
      { command: 'tagboat alerts --acknowledge alr_01kdv2m7q8', does: 'you see to it' },
    ],
  ).action(async (options) => (await import('./alerts-run.ts')).alerts(cli, options));
}
