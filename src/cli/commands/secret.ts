import { Command, Option } from 'commander';
import type { Cli } from '../cli.ts';
import { withDataOptions, withExamples } from '../help.ts';

export function secretCommand(cli: Cli): Command {
  const secret = new Command('secret').description('Pull secrets for Kubernetes.');
  secret.addCommand(
    withExamples(
      withDataOptions(
        new Command('render')
          .summary('print a pull secret as a manifest')
          .description(
            'Prints a Kubernetes Secret with a credential of a registry, for imagePullSecrets. It holds the credential: pipe it to kubectl, and do not commit it.',
          )
          .argument('<registry>', 'name of a registry, or a reference or server as clients name it')
          .requiredOption('-n, --namespace <namespace>', 'namespace of the secret')
          .option('--name <name>', 'name of the secret (default: <registry>-pull)')
          .addOption(
            new Option('--type <type>', 'type of the secret; dockercfg is the old one')
              .choices(['dockerconfigjson', 'dockercfg'])
              .default('dockerconfigjson'),
          ),
      ),
      [
        { command: 'tagboat secret render harbor --namespace shop | kubectl apply -f -', does: 'put it into a cluster' },
        { command: 'tagboat secret render ghcr.io -n shop --name ghcr --json', does: 'as JSON' },
      ],
    ).action(async (registry: string, options) => (await import('./secret-run.ts')).secretRender(cli, registry, options)),
  );
  return withExamples(secret, [
    { command: 'tagboat secret render harbor --namespace shop | kubectl apply -f -', does: 'put it into a cluster' },
  ]);
}
