import { Command, Option } from 'commander';
import type { Cli } from '../cli.ts';
import { withExamples, withStandaloneOptions } from '../help.ts';
import { positiveInteger } from './repos.ts';

export function tagsCommand(cli: Cli): Command {
  const command = new Command('tags')
    .description('Lists the tags of a repository with digest, age, size and platforms.')
    .argument('<repository>', 'registry/repository or host/repository')
    .option('--limit <number>', 'tags at most', positiveInteger, 50)
    .option('--all', 'all of them; digest, size and platforms as far as they are known')
    .addOption(
      new Option('--sort <order>', 'order (default: newest first where push times are known, else highest version first)').choices([
        'pushed',
        '-pushed',
        'semver',
        '-semver',
        'name',
        '-name',
      ]),
    )
    .option('--filter <filter>', 'text, glob (1.4.*), semver range (>=1.4 <2) or /re2/')
    .option('--details', 'read digest, size and platforms, even if that counts against a quota')
    .option('--no-details', 'names only, as fast as possible')
    .option('--refresh', 'ask the registry, even if the hub listed it lately');
  withStandaloneOptions(command);
  withExamples(command, [
    { command: 'tagboat tags harbor/shop/api --limit 3', does: 'the newest three' },
    { command: "tagboat tags harbor/shop/api --filter '>=1.4 <2'", does: 'a range of versions' },
    { command: 'tagboat tags alpine --no-hub --filter 3.', does: 'straight from Docker Hub' },
    { command: 'tagboat tags localhost:5000/demo --plain-http --all --quiet', does: 'all names, for a script' },
  ]);
  return command.action(async (repository: string, options) => (await import('./list-tags.ts')).listTags(cli, repository, options));
}
