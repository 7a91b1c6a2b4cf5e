import { Command, InvalidArgumentError, Option } from 'commander';
import { clientIds } from '../../registries/client-config/types.ts';
import type { Cli } from '../cli.ts';
import { withDataOptions, withExamples } from '../help.ts';

const hosts = (text: string): readonly string[] => {
  const found = text.split(',').map((one) => one.trim());
  if (found.includes('')) throw new InvalidArgumentError('Write hosts with commas between them.');
  return found;
};

export function clientConfigCommand(cli: Cli): Command {
  const connection = 'Connection, for a registry that no hub is asked about:';
  const command = new Command('client-config')
    .description(
      'Shows what Docker, containerd, BuildKit, Podman, CRI-O, skopeo or Buildah need to reach a registry: files, where they go, what to do after.',
    )
    .argument('<registry>', 'name at the hub, or host')
    .addOption(new Option('--for <client>', 'program that is to reach it').choices(clientIds).makeOptionMandatory())
    .option('--mirror-of <host>', 'the registry is a pull-through cache of this host, e.g. docker.io')
    .option('--mirrors <hosts>', 'hosts that are asked before it, with commas between them', hosts)
    .addOption(new Option('--containerd-version <major>', 'of containerd').choices(['1', '2']).default('2'))
    .option('--no-helper', 'leave out signing in through docker-credential-tagboat')
    .option('-o, --output <folder>', 'write the files below this folder; what is there is completed, never replaced')
    .option('--force', 'with --output, replace what is there and differs')
    .addOption(new Option('--ca-file <path>', 'trust these certificate authorities too (PEM)').helpGroup(connection))
    .addOption(new Option('--client-cert <path>', 'client certificate (PEM); its key is put in place by you').helpGroup(connection))
    .addOption(new Option('--insecure', 'accept any certificate').helpGroup(connection))
    .addOption(new Option('--plain-http', 'speak plain HTTP').helpGroup(connection));
  // Behind --hub, whose default it would set otherwise.
  withDataOptions(command).addOption(new Option('--no-hub', 'do not ask a hub').helpGroup(connection));
  withExamples(command, [
    { command: 'tagboat client-config harbor --for docker', does: 'shows the files' },
    { command: 'tagboat client-config harbor --for containerd --output ./node', does: 'writes them below ./node' },
    { command: 'tagboat client-config cache --for podman --mirror-of docker.io', does: 'pull Docker Hub through it' },
    { command: 'tagboat client-config registry.acme.io --for skopeo --ca-file acme-ca.pem', does: 'without a hub' },
  ]);
  return command.action(async (registry: string, options) => (await import('./client-config-run.ts')).clientConfig(cli, registry, options));
}
