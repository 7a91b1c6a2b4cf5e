import { Command } from 'commander';
import { showDryRun } from '../change.ts';
import type { ChangeOptions } from '../change.ts';
import type { Cli } from '../cli.ts';
import { withChangeOptions, withExamples } from '../help.ts';
import { openHub } from '../hub-client.ts';
import { printable } from '../output/text.ts';
import { repositoryAtHub } from '../targets.ts';

export function reposCreateCommand(cli: Cli): Command {
  const command = new Command('create')
    .summary('create a repository, where a push does not')
    .description('Creates a repository at a registry that wants it to be there before a push. Says so when it is there already.')
    .argument('<repository>', "the registry's name at the hub, or its host, and the repository");
  withChangeOptions(command);
  withExamples(command, [
    { command: 'tagboat repos create prod-ecr/shop/api', does: 'by the name of the registry' },
    { command: 'tagboat repos create harbor.acme.io/shop/api --dry-run', does: 'see what would be sent' },
  ]);
  return command.action((reference: string, options: ChangeOptions) => createRepository(cli, reference, options));
}

async function createRepository(cli: Cli, reference: string, options: ChangeOptions): Promise<void> {
  const hub = await openHub(cli, options);
  const { registry, repository } = await repositoryAtHub(hub, reference);
  if (options.dryRun) return showDryRun(cli, options, 'POST', `/registries/${registry.id}/repositories`, { name: repository });
  const created = await hub.createRepository(registry.id, { name: repository });
  const output = cli.output(options);
  output.result({
    json: () => created,
    quiet: () => [printable(created.reference)],
    human: () => [
      created.outcome === 'created'
        ? `${output.palette.good('✓')} Created ${printable(created.reference)}.`
        : `${printable(created.reference)} is there already.`,
    ],
  });
}
