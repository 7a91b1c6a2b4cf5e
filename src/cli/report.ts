import { CommanderError } from 'commander';
import { TagboatError } from '../core/errors.ts';
import type { Cli } from './cli.ts';
import { CanceledError, type Described, describeError, Failed, UsageError } from './errors.ts';
import { printableJsonLine, printableLines } from './output/text.ts';
import { printError } from './print-error.ts';

/** Prints an error to standard error, beginning with the side at fault and ending with the next step, and chooses the exit code. */
export async function report(cli: Cli, error: unknown): Promise<number> {
  if (error instanceof CommanderError) {
    if (error.exitCode === 0 || error.code === 'commander.helpDisplayed' || error.code === 'commander.version') return 0;
    // A group of commands without its command: its help was shown.
    if (error.code === 'commander.help') return 2;
    printError(cli, describeUsage(cli, error));
    return 2;
  }
  if (error instanceof Failed) return error.exitCode;
  if (error instanceof CanceledError) {
    if (!error.isInterrupt) cli.io.stderr.write(`${error.message}\n`);
    return error.isInterrupt ? 130 : 1;
  }
  const described = await describeError(error);
  printError(cli, described);
  if (cli.isDebug({ debug: cli.argv.includes('--debug') })) printCauses(cli, error);
  return error instanceof UsageError || described.side === 'Usage' ? 2 : 1;
}

const secretFlag = /^--?(\w+-)*(password|passwd|secret|token|passphrase|key|access-key)(-\w+)*$/;

/** The parser's complaint in our words. What was typed is repeated as far as the name of a flag: a value may be a secret. */
function describeUsage(cli: Cli, error: CommanderError): Described {
  const command = commandPath(cli.argv);
  const help = `See \`tagboat ${command}--help\`.`;
  const usage = (message: string, next = help): Described => ({ side: 'Usage', code: 'usage', message, next });
  if (error.code === 'commander.unknownOption') {
    const flag = /'([^'=]*)/.exec(error.message)?.[1] ?? '';
    if (secretFlag.test(flag)) {
      return usage(
        `${flag} is not accepted: other programs of this machine can read arguments, and the shell keeps them.`,
        'Leave it out to be asked, use --password-stdin, or --secret-file <field>=<path>. Change the secret if it was a real one.',
      );
    }
    const suggestion = /\(Did you mean ([^)]*)\?\)/.exec(error.message)?.[1];
    return usage(`There is no option ${flag}.`, suggestion ? `Did you mean ${suggestion}? ${help}` : help);
  }
  if (error.code === 'commander.unknownCommand') {
    const name = /'([^']*)'/.exec(error.message)?.[1] ?? '';
    const suggestion = /\(Did you mean ([^)]*)\?\)/.exec(error.message)?.[1];
    return usage(`There is no command “${name}”.`, suggestion ? `Did you mean \`${suggestion}\`? ${help}` : help);
  }
  if (error.code === 'commander.excessArguments') {
    const counts = /Expected (\d+) arguments? but got (\d+)/.exec(error.message);
    return usage(counts ? `Too many arguments: ${counts[2]} instead of at most ${counts[1]}.` : 'Too many arguments.');
  }
  if (error.code === 'commander.missingArgument') {
    return usage(`The argument <${/'([^']*)'/.exec(error.message)?.[1] ?? ''}> is missing.`);
  }
  if (error.code === 'commander.optionMissingArgument') {
    return usage(`${/'([^']*)'/.exec(error.message)?.[1] ?? 'An option'} needs a value.`);
  }
  const text = error.message.replace(/^error: /, '').replace(/^./, (first) => first.toUpperCase());
  return usage(/[.?!]$/.test(text) ? text : `${text}.`);
}

/** The words at the beginning that name the command, with a space after each. */
function commandPath(argv: readonly string[]): string {
  const groups = new Set(['registry', 'user', 'token', 'project', 'key', 'member', 'credential', 'secret', 'copies', 'sync']);
  const words: string[] = [];
  for (const argument of argv) {
    if (argument.startsWith('-')) break;
    words.push(argument);
    if (!groups.has(argument)) break;
  }
  return words.length === 0 || !/^[a-z_]+$/.test(words[0] as string) ? '' : `${words.join(' ')} `;
}

function printCauses(cli: Cli, error: unknown): void {
  for (let current = error, depth = 0; current instanceof Error && depth < 8; current = current.cause, depth++) {
    cli.io.stderr.write(`${depth === 0 ? '' : 'caused by '}${printableLines(current.stack ?? current.message)}\n`);
    if (current instanceof TagboatError) cli.io.stderr.write(`context ${printableJsonLine(current.context)}\n`);
  }
}
