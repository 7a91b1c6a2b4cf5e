import { Command, InvalidArgumentError } from 'commander';
import type { Cli } from '../cli.ts';
import { withExamples, withStandaloneOptions } from '../help.ts';
import { reposCreateCommand } from './repos-create.ts';

export const positiveInteger = (text: string): number => {
  if (!/^[1-9]\d{0,8}$/.test(text)) throw new InvalidArgumentError('It has to be a whole number above 0.');
  return Number(text);
};

export function reposCommand(cli: Cli): Command {
  const command = new Command('repos')
    .description('Lists the repositories of a registry: by its name at the hub, or by its host.')
    .argument('[registry]', 'name at the hub, or host (default: the default registry of the hub)')
    .option('--limit <number>', 'repositories at most', positiveInteger, 200)
    .option('--all', 'all of them')
    .option('--filter <text>', 'only names with this in them')
    .option('--refresh', 'ask the registry, even if the hub listed it lately');
  withStandaloneOptions(command);
  // Options behind `create` are its own, although `repos` has some of the same name.
  command.enablePositionalOptions().addCommand(reposCreateCommand(cli));
  withExamples(command, [
    { command: 'tagboat repos harbor', does: 'a registry of the hub' },
    { command: 'tagboat repos --filter shop', does: 'the default registry' },
    { command: 'tagboat repos localhost:5000 --plain-http --no-hub', does: 'straight to a registry' },
    { command: 'tagboat repos harbor --all --quiet', does: 'all names, for a script' },
    { command: 'tagboat repos create prod-ecr/shop/api', does: 'where a push does not create it' },
  ]);
  return command.action(async (registry: string | undefined, options) =>
    (await import('./list-repos.ts')).listRepos(cli, registry, options),
  );
}
