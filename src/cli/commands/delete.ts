import { Command, Option } from 'commander';
import type { Cli } from '../cli.ts';
import { withExamples, withStandaloneOptions } from '../help.ts';

export function deleteCommand(cli: Cli): Command {
  const command = new Command('delete')
    .description(
      'Deletes tags, and images by digest with all of their tags. A tag takes its image along when nothing else needs it. What another tag, an index or a rule of the hub needs is kept.',
    )
    .argument('<reference...>', 'host/repository:tag, host/repository@sha256:…, or the same below the name of a registry of the hub')
    .addOption(new Option('--force', 'also what is in use'))
    .addOption(new Option('-y, --yes', 'do not ask'))
    .addOption(new Option('--dry-run', 'show what would be deleted, and delete nothing'));
  withStandaloneOptions(command);
  withExamples(command, [
    { command: 'tagboat delete registry.acme.io/shop/api:1.4-rc1', does: 'one tag; others of the same image stay' },
    { command: 'tagboat delete harbor/shop/api:1.2 harbor/shop/api:1.3 --yes', does: 'two, without a question' },
    {
      command:
        'tagboat delete localhost:5000/api@sha256:44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a --force --dry-run',
      does: 'an image with all of its tags: what would go',
    },
  ]);
  return command.action(async (references: string[], options) => (await import('./delete-run.ts')).runDelete(cli, references, options));
}
