import { Command } from 'commander';
import type { Cli } from '../cli.ts';
import { withExamples } from '../help.ts';
import { positiveInteger } from './repos.ts';

export function demoCommand(cli: Cli): Command {
  const command = new Command('demo')
    .description(
      'Runs a hub together with a registry full of sample images, both in this process, on this machine only. No account is needed, and nothing is kept: the data is in a temporary directory that is removed at the end.',
    )
    .option('--port <number>', 'port of the hub (default: any free one)', positiveInteger);
  withExamples(command, [{ command: 'tagboat demo', does: 'then open the address that it prints; Ctrl-C ends it' }]);
  return command.action(async (options: { port?: number }) => (await import('./demo-run.ts')).demo(cli, options));
}
