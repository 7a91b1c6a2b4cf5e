import { Command } from 'commander';
import type { Cli } from '../cli.ts';
import { withEndpointOptions, withExamples } from '../help.ts';
import { withCopyOptions } from './copy-options.ts';

export function copyCommand(cli: Cli): Command {
  const command = new Command('copy')
    .description(
      'Copies an image, or anything else that registries hold, between registries and to and from disk. What is there is not sent.',
    )
    .argument(
      '<source>',
      'host/repository:tag, host/repository@sha256:…, oci:<directory>:<tag>, oci-archive:<file> or docker-archive:<file>',
    )
    .argument(
      '<destination...>',
      'where to: host/repository[:tag], oci:<directory>[:<tag>] or oci-archive:<file>[:<tag>]; without a tag, that of the source',
    );
  withCopyOptions(command)
    .option('--on-hub', 'the hub makes the copy, between registries that it knows, and it is shown here')
    .option('--detach', 'with --on-hub, do not wait for it');
  withEndpointOptions(command);
  withExamples(command, [
    { command: 'tagboat copy alpine:3.22 registry.acme.io/mirror/alpine', does: 'keeps the tag' },
    { command: 'tagboat copy ghcr.io/acme/api:1.4 registry.acme.io/prod/api:1.4 registry.acme.io/prod/api:stable', does: 'under two tags' },
    { command: 'tagboat copy ghcr.io/acme/api:1.4 oci:./api:1.4 --platform linux/arm64', does: 'one platform, to disk' },
    { command: "tagboat copy ghcr.io/acme/api registry.acme.io/prod/api --all-tags --tags '>=1.4'", does: 'many tags' },
    { command: 'tagboat copy harbor/shop/api:1.4 prod/shop/api --on-hub --detach', does: 'by the hub, in the background' },
    { command: 'tagboat copy oci:./api:1.4 localhost:5000/api:1.4 --dest-plain-http --dry-run', does: 'what would be sent' },
  ]);
  return command.action(async (source: string, destinations: string[], options) => {
    await (await import('./copy-run.ts')).runCopy(cli, source, destinations, options);
  });
}
