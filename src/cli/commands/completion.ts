import { Argument, Command } from 'commander';
import type { Cli } from '../cli.ts';
import { withExamples } from '../help.ts';

export const shells = ['bash', 'zsh', 'fish'] as const;

export function completionCommand(cli: Cli): Command {
  const command = new Command('completion')
    .description('Prints a script that makes the shell complete commands, options, registries, repositories and tags.')
    .addArgument(new Argument('<shell>', 'which shell').choices(shells));
  withExamples(command, [
    { command: 'source <(tagboat completion bash)', does: 'bash, for this session; add it to ~/.bashrc' },
    { command: 'source <(tagboat completion zsh)', does: 'zsh, after compinit; add it to ~/.zshrc' },
    { command: 'tagboat completion fish > ~/.config/fish/completions/tagboat.fish', does: 'fish' },
  ]);
  return command.action(async (shell: (typeof shells)[number]) => {
    const { completionScript } = await import('./completion-script.ts');
    cli.io.stdout.write(completionScript(shell));
  });
}

/** What the scripts call: words typed so far after the program's name, the last one unfinished. */
export function completeCommand(cli: Cli): Command {
  return new Command('__complete')
    .description('Answers the completion script: one candidate a line.')
    .argument('[words...]')
    .allowUnknownOption()
    .helpOption(false)
    .action(async () => (await import('./complete.ts')).complete(cli, cli.argv.slice(1)));
}
