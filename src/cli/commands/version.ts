import { Command } from 'commander';
import type { Cli } from '../cli.ts';
import { withExamples } from '../help.ts';
import { packageVersion } from '../../version.ts';

export function versionCommand(cli: Cli): Command {
  const command = new Command('version')
    .description('Prints the version of this program, and of the Node.js that runs it.')
    .option('--json', 'print JSON');
  withExamples(command, [{ command: 'tagboat version --json', does: 'for a program' }]);
  return command.action((options: { json?: boolean }) => {
    const version = packageVersion();
    cli.output(options).result({
      json: () => ({ version, node: process.version, platform: `${process.platform}/${process.arch}` }),
      human: () => [`tagboat ${version} (Node.js ${process.version}, ${process.platform} ${process.arch})`],
    });
  });
}
