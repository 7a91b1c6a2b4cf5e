import { Command, Option } from 'commander';
import type { Cli } from '../cli.ts';
import { withExamples, withStandaloneOptions } from '../help.ts';

export function inspectCommand(cli: Cli): Command {
  const command = new Command('inspect')
    .description('Shows an image: digest, platforms, layers with the commands that made them, configuration, and how to pull it.')
    .argument('<reference>', 'registry/repository:tag, host/repository@sha256:…')
    .option('--platform <platform>', 'which one of an index, e.g. linux/arm64 (default: linux/amd64, else the first)')
    .addOption(new Option('--config', 'only the configuration: environment, entrypoint, labels, …').conflicts('referrers'))
    .option('--referrers', 'also signatures, SBOMs and attestations')
    .addOption(
      new Option('--raw', "the manifest's own bytes, or with --config those of the configuration; asks the registry directly").conflicts(
        'referrers',
      ),
    );
  withStandaloneOptions(command);
  withExamples(command, [
    { command: 'tagboat inspect harbor/shop/api:1.8.2', does: 'what is in it' },
    { command: 'tagboat inspect alpine --no-hub --platform linux/arm64', does: "one platform's image" },
    { command: 'tagboat inspect harbor/shop/api:1.8.2 --config', does: 'what runs when it is started' },
    { command: 'tagboat inspect harbor/shop/api:1.8.2 --referrers', does: 'who signed it' },
    { command: 'tagboat inspect ghcr.io/acme/api:1.8.2 --raw --no-hub', does: 'the manifest, byte for byte' },
  ]);
  return command.action(async (reference: string, options) => (await import('./show-image.ts')).showImage(cli, reference, options));
}
