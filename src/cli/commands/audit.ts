import { Command } from 'commander';
import type { Cli } from '../cli.ts';
import { withDataOptions, withExamples } from '../help.ts';
import { positiveInteger } from './repos.ts';

export function auditCommand(cli: Cli): Command {
  const command = new Command('audit')
    .description(
      'Shows who changed what, and every use of a secret, newest first: who, when, from where, before and after without secrets.',
    )
    .option('--limit <number>', 'entries at most', positiveInteger, 50)
    .option('--all', 'all of them')
    .option('--actor <name>', 'only what this person or token did')
    .option('--action <action>', 'only this action or its beginning, e.g. registry or registry.create')
    .option('--target <name>', 'only what was done to this')
    .option('--changes', 'with what was there before and after');
  withDataOptions(command);
  withExamples(command, [
    { command: 'tagboat audit', does: 'the last 50 entries' },
    { command: 'tagboat audit --target harbor --changes', does: 'the history of one registry' },
    { command: 'tagboat audit --actor ana --action registry --all --json', does: 'for a report' },
  ]);
  return command.action(async (options) => (await import('./audit-run.ts')).audit(cli, options));
}
