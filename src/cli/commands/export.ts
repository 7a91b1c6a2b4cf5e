import { Command, Option } from 'commander';
import type { Cli } from '../cli.ts';
import { withDataOptions, withExamples } from '../help.ts';

export function exportCommand(cli: Cli): Command {
  const command = new Command('export')
    .description('Writes the registries that you may see as a file, without secrets.')
    .addOption(
      new Option('--format <format>', 'form of the file')
        .choices(['tagboat', 'argocd-image-updater', 'regsync', 'docker-config'])
        .default('tagboat'),
    )
    .option('-o, --output <file>', 'write it there (default: standard output)');
  return withExamples(withDataOptions(command), [
    { command: 'tagboat export --output tagboat.yaml', does: 'to keep, or for another hub' },
    { command: 'tagboat export --format argocd-image-updater', does: 'registries.conf' },
  ]).action(async (options) => (await import('./export-run.ts')).exportRun(cli, options));
}
