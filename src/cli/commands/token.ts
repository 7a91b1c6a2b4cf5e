import { Command, Option } from 'commander';
import type { Cli } from '../cli.ts';
import { withChangeOptions, withDataOptions, withExamples } from '../help.ts';
import { roles } from './user.ts';

const collect = (value: string, earlier: readonly string[] | undefined): readonly string[] => [...(earlier ?? []), value];

export function tokenCommand(cli: Cli): Command {
  const token = new Command('token').description('API tokens: for scripts, pipelines and this command line.');
  token.addCommand(
    withExamples(
      withChangeOptions(
        new Command('create')
          .summary('create a token')
          .description('Creates an API token and prints it: this once, and never again.')
          .argument('<name>', 'what it is for')
          .addOption(new Option('--role <role>', 'what it may do, never more than you (default: as you)').choices(roles))
          .option('--registry <registry>', 'only for this registry; may be repeated', collect)
          .addOption(new Option('--expires <time>', 'life, e.g. 12h, 30d, 1y (default: 90 days)').conflicts('neverExpires'))
          .option('--never-expires', 'valid until it is revoked'),
      ),
      [
        { command: 'tagboat token create ci --role viewer --expires 30d', does: 'for a pipeline' },
        { command: 'tagboat token create backup --registry harbor --quiet > token.txt', does: 'the token alone' },
      ],
    ).action(async (name: string, options) => (await import('./token-run.ts')).tokenCreate(cli, name, options)),
  );
  token.addCommand(
    withExamples(
      withDataOptions(
        new Command('list')
          .alias('ls')
          .summary('list tokens')
          .description('Lists your API tokens; the tokens themselves are not stored.')
          .option('--all', "everybody's, for administrators"),
      ),
      [{ command: 'tagboat token list', does: 'which there are, and when they end' }],
    ).action(async (options) => (await import('./token-run.ts')).tokenList(cli, options)),
  );
  token.addCommand(
    withExamples(
      withChangeOptions(
        new Command('revoke')
          .summary('revoke a token')
          .description('Revokes an API token at once.')
          .argument('<token>', 'id or name, as listed')
          .option('--all', "look for it among everybody's, for administrators")
          .option('-y, --yes', 'do not ask'),
      ),
      [{ command: 'tagboat token revoke ci', does: 'asks first' }],
    ).action(async (id: string, options) => (await import('./token-run.ts')).tokenRevoke(cli, id, options)),
  );
  return withExamples(token, [
    { command: 'tagboat token create ci --role viewer --expires 30d', does: 'for a pipeline' },
    { command: 'tagboat token list', does: 'which there are, and when they end' },
  ]);
}
