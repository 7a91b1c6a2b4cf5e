import { Command } from 'commander';
import type { Cli } from '../cli.ts';
import { withChangeOptions, withExamples } from '../help.ts';

export function credentialRefreshCommand(cli: Cli): Command {
  return withExamples(
    withChangeOptions(
      new Command('refresh')
        .summary('have a new credential issued now')
        .description('Has a new credential issued now. The one in use stays in use when that fails.')
        .argument('<registry>', 'name or id'),
    ),
    [{ command: 'tagboat credential refresh prod-ecr', does: 'after rights were changed at the issuer' }],
  ).action(async (name: string, options) => (await import('./credential-run.ts')).credentialRefresh(cli, name, options));
}

export function credentialPromoteCommand(cli: Cli): Command {
  return withExamples(
    withChangeOptions(
      new Command('promote')
        .summary('put the next credential in use')
        .description('Puts the next credential in use. The one before is kept for 30 days, to go back to.')
        .argument('<registry>', 'name or id')
        .option('--force', 'although its test is missing or failed')
        .option('-y, --yes', 'do not ask'),
    ),
    [
      { command: 'tagboat credential promote harbor', does: 'asks first' },
      { command: 'tagboat credential promote harbor --yes', does: 'in a script' },
    ],
  ).action(async (name: string, options) => (await import('./credential-run.ts')).credentialPromote(cli, name, options));
}

export function credentialRollbackCommand(cli: Cli): Command {
  return withExamples(
    withChangeOptions(
      new Command('rollback')
        .summary('go back to the credential before')
        .description(
          'Puts the previous credential in use again. The one in use becomes the next one, so that it can be corrected and tested.',
        )
        .argument('<registry>', 'name or id')
        .option('-y, --yes', 'do not ask'),
    ),
    [{ command: 'tagboat credential rollback harbor', does: 'when the new one turns out wrong' }],
  ).action(async (name: string, options) => (await import('./credential-run.ts')).credentialRollback(cli, name, options));
}
