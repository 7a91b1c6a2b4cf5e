import { Command } from 'commander';
import type { Cli } from '../cli.ts';
import { withExamples, withStandaloneOptions } from '../help.ts';
import { withCopyOptions } from './copy-options.ts';

export function pushCommand(cli: Cli): Command {
  const command = new Command('push')
    .description('Pushes an image from disk to registries. What is there is not sent.')
    .argument(
      '<place>',
      'OCI layout (a directory), or an archive of docker save, skopeo or tagboat; with :<tag> when there are several in it',
    )
    .argument('<reference...>', 'host/repository[:tag]; without a tag, that of the image on disk');
  withStandaloneOptions(withCopyOptions(command));
  withExamples(command, [
    { command: 'tagboat push ./image.tar registry.acme.io/shop/api:1.4', does: 'what docker save, buildah or skopeo wrote' },
    { command: 'tagboat push oci:./api:1.4 harbor/shop/api harbor/shop/api:latest', does: 'from an OCI layout, under two tags' },
  ]);
  return command.action(async (place: string, references: string[], options) =>
    (await import('./push-run.ts')).runPush(cli, place, references, options),
  );
}

export function pullCommand(cli: Cli): Command {
  const command = new Command('pull')
    .description('Pulls an image to disk: into an OCI layout, or an OCI archive, which docker load, podman load and skopeo read.')
    .argument('<reference>', 'host/repository[:tag|@digest], or the same below the name of a registry of the hub')
    .argument('[place]', 'directory of the layout, or a file that ends with .tar; default: ./<name of the repository>');
  withStandaloneOptions(withCopyOptions(command));
  withExamples(command, [
    { command: 'tagboat pull alpine:3.22', does: 'every platform, into the OCI layout ./alpine' },
    { command: 'tagboat pull ghcr.io/acme/api:1.4 api.tar --platform linux/arm64', does: 'one platform, into an archive' },
    { command: 'tagboat pull ghcr.io/acme/api oci:./mirror --all-tags --referrers', does: 'all tags with their signatures' },
  ]);
  return command.action(async (reference: string, place: string | undefined, options) =>
    (await import('./push-run.ts')).runPull(cli, reference, place, options),
  );
}
