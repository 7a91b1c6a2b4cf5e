import { Command, Option } from 'commander';
import type { Cli } from '../cli.ts';
import { withExamples } from '../help.ts';

const collect = (value: string, earlier: readonly string[] | undefined): readonly string[] => [...(earlier ?? []), value];

export function execCommand(cli: Cli): Command {
  const command = new Command('exec')
    .description(
      'Runs a command with a throw-away configuration of docker, podman, skopeo and buildah that takes its credentials from Tagboat. Your own settings stay as they are; the folder is removed at the end.',
    )
    .usage('[options] -- <command> [arguments]')
    .argument('<command...>', 'what to run, after --')
    .option('--registry <registry>', 'only this registry; may be repeated (default: all that you may see)', collect)
    .option('--pull-only', 'credentials that need not be good for pushing')
    .option('--static', 'write the credentials themselves, for programs that know no credential helpers')
    .addOption(new Option('--hub <url>', 'hub to ask (default: TAGBOAT_URL, else TAGBOAT_DATA, else the one signed in to)'))
    .option('--no-color', 'no colour, as with NO_COLOR')
    .option('--debug', 'log every request to standard error');
  withExamples(command, [
    { command: 'tagboat exec -- docker build -t harbor.acme.io/shop/api .', does: 'bases are pulled with credentials of the hub' },
    { command: 'tagboat exec --registry harbor -- skopeo copy docker://harbor.acme.io/a oci:a', does: 'with one registry only' },
    { command: 'tagboat exec --static --pull-only -- trivy image harbor.acme.io/shop/api', does: 'for a program without helpers' },
  ]);
  return command.action(async (given: string[], options) => (await import('./exec-run.ts')).exec(cli, given, options));
}
