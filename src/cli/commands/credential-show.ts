import { Command } from 'commander';
import type { Cli } from '../cli.ts';
import { withDataOptions, withExamples } from '../help.ts';

export function credentialShowCommand(cli: Cli): Command {
  return withExamples(
    withDataOptions(
      new Command('show')
        .summary('show how the credential of a registry is')
        .description('Shows when a credential was issued and ends, who used it, what depends on it, and which one is next. Never a secret.')
        .argument('<registry>', 'name or id'),
    ),
    [{ command: 'tagboat credential show harbor', does: 'before it is rotated' }],
  ).action(async (name: string, options) => (await import('./credential-run.ts')).credentialShow(cli, name, options));
}
