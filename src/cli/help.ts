import { type Command, Option } from 'commander';

export interface Example {
  command: string;
  /** What it does, in a few words. */
  does: string;
}

const examplesByCommand = new WeakMap<Command, readonly Example[]>();

/** Ends the command's help page with examples. A test parses each of them with the real program. */
export function withExamples<C extends Command>(command: C, examples: readonly Example[]): C {
  examplesByCommand.set(command, examples);
  const width = Math.min(
    58,
    examples.reduce((most, example) => Math.max(most, example.command.length), 0),
  );
  const lines = examples.map(({ command: text, does }) =>
    text.length > width ? `  ${text}\n  ${' '.repeat(width)}  # ${does}` : `  ${text.padEnd(width)}  # ${does}`,
  );
  command.addHelpText('after', `\nExamples:\n${lines.join('\n')}`);
  return command;
}

export function examplesOf(command: Command): readonly Example[] {
  return examplesByCommand.get(command) ?? [];
}

const groups = { connection: 'Connection:', output: 'Output:' } as const;

const hubOption = (): Option =>
  new Option('--hub <url>', 'hub to speak to (default: TAGBOAT_URL, else the one signed in to)').helpGroup(groups.connection);
const debugOption = (): Option => new Option('--debug', 'log every request to standard error').helpGroup(groups.output);
const colorOption = (): Option => new Option('--no-color', 'no colour, as with NO_COLOR').helpGroup(groups.output);

/** Options of every command that prints data of a hub. */
export function withDataOptions<C extends Command>(command: C): C {
  command
    .addOption(hubOption())
    .addOption(new Option('--json', 'print JSON, in the shape documented in the reference').helpGroup(groups.output))
    .addOption(new Option('-q, --quiet', 'print names only, and nothing that is not asked for').helpGroup(groups.output))
    .addOption(colorOption())
    .addOption(debugOption());
  return command;
}

/** Options of commands that change something: those of data, and a look at what would be done. */
export function withChangeOptions<C extends Command>(command: C): C {
  withDataOptions(command).addOption(new Option('--dry-run', 'show what would be sent, without secrets, and change nothing'));
  return command;
}

/** Options of commands that also work without a hub, with Docker's own configuration and credential helpers. */
export function withStandaloneOptions<C extends Command>(command: C): C {
  command
    .addOption(hubOption())
    .addOption(new Option('--no-hub', 'ask the registry directly, even where a hub knows it').helpGroup(groups.connection))
    .addOption(new Option('-u, --username <name>', 'sign in to the registry directly with this name').helpGroup(groups.connection))
    .addOption(new Option('--password-stdin', 'read the password or token from standard input').helpGroup(groups.connection))
    .addOption(new Option('--plain-http', 'speak plain HTTP to the registry').helpGroup(groups.connection))
    .addOption(new Option('--insecure', 'accept any certificate of the registry').helpGroup(groups.connection))
    .addOption(new Option('--ca-file <path>', 'trust these certificate authorities too (PEM)').helpGroup(groups.connection))
    .addOption(new Option('--json', 'print JSON, in the shape documented in the reference').helpGroup(groups.output))
    .addOption(new Option('-q, --quiet', 'print names only, and nothing that is not asked for').helpGroup(groups.output))
    .addOption(colorOption())
    .addOption(debugOption());
  return command;
}

/** Options of commands with two ends, each reached in its own way: `--src-…` and `--dest-…`. */
export function withEndpointOptions<C extends Command>(command: C): C {
  command
    .addOption(hubOption())
    .addOption(new Option('--no-hub', 'reach both ends directly, even where a hub knows them').helpGroup(groups.connection));
  for (const [side, name] of [
    ['src', 'source'],
    ['dest', 'destination'],
  ] as const) {
    command
      .addOption(new Option(`--${side}-username <name>`, `sign in to the ${name} with this name`).helpGroup(groups.connection))
      .addOption(new Option(`--${side}-password-stdin`, `read the ${name}'s password from standard input`).helpGroup(groups.connection))
      .addOption(new Option(`--${side}-plain-http`, `speak plain HTTP to the ${name}`).helpGroup(groups.connection))
      .addOption(new Option(`--${side}-insecure`, `accept any certificate of the ${name}`).helpGroup(groups.connection))
      .addOption(new Option(`--${side}-ca-file <path>`, `trust these authorities for the ${name} too (PEM)`).helpGroup(groups.connection));
  }
  command
    .addOption(new Option('--json', 'print JSON lines: what happens, then the result').helpGroup(groups.output))
    .addOption(new Option('-q, --quiet', 'print the digest only').helpGroup(groups.output))
    .addOption(colorOption())
    .addOption(debugOption());
  return command;
}
