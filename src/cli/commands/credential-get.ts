import { Command, Option } from 'commander';
import type { Cli } from '../cli.ts';
import { withDataOptions, withExamples } from '../help.ts';

const collect = (value: string, earlier: readonly string[] | undefined): readonly string[] => [...(earlier ?? []), value];

export function credentialGetCommand(cli: Cli): Command {
  return withExamples(
    withDataOptions(
      new Command('get')
        .summary('get a credential for a client')
        .description(
          'Gets a credential of a registry: a short-lived one that can do only what is asked for, where the registry makes such. The secret is printed with --format and with --json only; that it was handed out is recorded.',
        )
        .argument('<registry>', 'name of a registry, or a reference or server as clients name it')
        .option('--repository <name>', 'only for this repository, as in /v2/<name>/; may be repeated', collect)
        .option('--push', 'good for pushing too')
        .addOption(
          new Option('--format <format>', 'print the secret: as a credential helper answers, as shell variables, or alone').choices([
            'helper',
            'env',
            'plain',
          ]),
        ),
    ),
    [
      { command: 'tagboat credential get harbor', does: 'what there is, without the secret' },
      {
        command: 'tagboat credential get ghcr.io/acme/api --format helper',
        does: 'for that repository, in the form of credential helpers',
      },
      {
        command: 'tagboat credential get harbor --format plain | skopeo login -u ci --password-stdin harbor.acme.io',
        does: 'the secret alone',
      },
      { command: 'tagboat credential get harbor --push --format env', does: 'REGISTRY, REGISTRY_USERNAME and REGISTRY_PASSWORD, for eval' },
    ],
  ).action(async (registry: string, options) => (await import('./credential-get-run.ts')).credentialGet(cli, registry, options));
}
