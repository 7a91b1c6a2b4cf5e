import type { Command, Option } from 'commander';
import type { Cli } from './cli.ts';

/** Gives a command and all below it the same manners: no process exit, output through `io`, complaints reported once. */
export function adopt(command: Command, cli: Cli): void {
  const { io } = cli;
  command.exitOverride();
  command.configureOutput({
    writeOut: (text) => void io.stdout.write(text),
    // Help that was not asked for; what is wrong is reported once, by report.ts.
    writeErr: (text) => void (text.startsWith('error:') || io.stderr.write(text)),
    getOutHelpWidth: () => io.stdout.columns ?? 100,
    getErrHelpWidth: () => io.stderr.columns ?? 100,
    getOutHasColors: () => io.stdout.isTTY === true && !io.env['NO_COLOR'],
    getErrHasColors: () => io.stderr.isTTY === true && !io.env['NO_COLOR'],
  });
  command.configureHelp({ subcommandTerm, optionDescription });
  if (command.name() !== 'tagboat' && !command.options.some((option) => option.long === '--help'))
    command.helpOption('-h, --help', 'show help');
  if (command.commands.length > 0 && command.parent) command.helpCommand(false);
  for (const child of command.commands) adopt(child, cli);
}

/** `add [name] [url]`: options go without saying. */
function subcommandTerm(command: Command): string {
  const operands = command.registeredArguments.map((argument) => ` ${argument.required ? `<${argument.name()}>` : `[${argument.name()}]`}`);
  return `${[command.name(), ...command.aliases()].join(', ')}${operands.join('')}`;
}

/** Choices and defaults as a person would write them, without quotation marks. */
function optionDescription(option: Option): string {
  const remarks: string[] = [];
  if (option.argChoices) remarks.push(option.argChoices.join(', '));
  if (option.defaultValue !== undefined && typeof option.defaultValue !== 'boolean')
    remarks.push(`default: ${String(option.defaultValue)}`);
  return remarks.length > 0 ? `${option.description} (${remarks.join('; ')})` : option.description;
}
