import { Command, InvalidArgumentError, Option } from 'commander';
import type { Cli } from '../cli.ts';
import { withEndpointOptions, withExamples } from '../help.ts';

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
    )
    .option('--platform <os/arch>', 'of an index, only this platform; may be repeated', collect, [])
    .option('--all-tags', 'every tag of the repository; name both sides without a tag')
    .option('--tags <filter>', 'with --all-tags, only those: text, glob (1.4.*), semver range (>=1.4 <2) or /re2/')
    .option('--referrers', 'also signatures, SBOMs and attestations that refer to it')
    .option('--digest-tags', "also Cosign's tags: sha256-….sig, .att, .sbom")
    .option('--foreign-layers', 'also layers that their publishers keep elsewhere')
    .addOption(new Option('--verify <when>', 'hash on the way as well').choices(['destination', 'always']).default('destination'))
    .option('--parallel <number>', 'blobs on the way at the same time', number, 6)
    .option('--bandwidth <bytes>', 'bytes a second at most, e.g. 20M', bytes)
    .option('--dry-run', 'show what would be sent, and send nothing');
  withEndpointOptions(command);
  withExamples(command, [
    { command: 'tagboat copy alpine:3.22 registry.acme.io/mirror/alpine', does: 'keeps the tag' },
    { command: 'tagboat copy ghcr.io/acme/api:1.4 registry.acme.io/prod/api:1.4 registry.acme.io/prod/api:stable', does: 'under two tags' },
    { command: 'tagboat copy ghcr.io/acme/api:1.4 oci:./api:1.4 --platform linux/arm64', does: 'one platform, to disk' },
    { command: "tagboat copy ghcr.io/acme/api registry.acme.io/prod/api --all-tags --tags '>=1.4'", does: 'many tags' },
    { command: 'tagboat copy oci:./api:1.4 localhost:5000/api:1.4 --dest-plain-http --dry-run', does: 'what would be sent' },
  ]);
  return command.action(async (source: string, destinations: string[], options) =>
    (await import('./copy-run.ts')).runCopy(cli, source, destinations, options),
  );
}

function collect(value: string, before: readonly string[]): string[] {
  return [...before, value];
}

function number(text: string): number {
  if (!/^[1-9][0-9]?$/.test(text)) throw new InvalidArgumentError('It has to be a number from 1 to 99.');
  return Number(text);
}

function bytes(text: string): number {
  const match = /^([0-9]+(?:\.[0-9]+)?)([KMG])?i?B?$/i.exec(text.trim());
  const value =
    Number(match?.[1]) * { K: 1024, M: 1024 ** 2, G: 1024 ** 3, '': 1 }[(match?.[2] ?? '').toUpperCase() as 'K' | 'M' | 'G' | ''];
  if (!match || !(value >= 1024)) throw new InvalidArgumentError('It has to be bytes a second, at least 1K: 500K, 20M, 1.5G.');
  return value;
}
