import { Command, Option } from 'commander';
import type { Cli } from '../cli.ts';
import { withChangeOptions, withExamples } from '../help.ts';
import { lenient, withTestOptions } from './registry.ts';

const collect = (value: string, earlier: readonly string[] | undefined): readonly string[] => [...(earlier ?? []), value];

export function nextDefinition(): Command {
  const signIn = 'Signing in (secrets come by prompt, standard input or file only):';
  const add = (flags: string, description: string): Option => new Option(flags, description).helpGroup(signIn);
  const command = new Command('next')
    .summary('prepare and test the next credential')
    .description('Keeps a credential beside the one in use and tests it. `tagboat credential promote` puts it in use.')
    .argument('<registry>', 'name or id')
    .addOption(add('--sign-in <method>', 'way of signing in (default: the present one, or the first that takes the fields given)'))
    .addOption(add('--ask-secrets', 'ask for the secrets; an empty answer keeps one'))
    .addOption(add('--password-stdin', "read the method's password, token or key from standard input"))
    .addOption(add('--secret-file <field=path>', 'read a secret from a file; may be repeated').argParser(collect))
    .addOption(add('--field <name=value>', 'set a field by its name; may be repeated').argParser(collect))
    .addOption(add('--ends <date>', 'when its secret ends, e.g. 2027-01-31: you are warned before'))
    .addOption(new Option('--no-test', 'keep it without testing').helpGroup('Test:'))
    .addOption(new Option('--again', 'test the one that is prepared again').helpGroup('Test:'))
    .option('--discard', 'forget the one that is prepared');
  withTestOptions(command);
  withChangeOptions(command);
  return withExamples(command, [
    { command: 'tagboat credential next harbor --ask-secrets', does: 'asks for the new secret and tests it' },
    { command: 'tagboat credential next harbor --password-stdin --ends 2027-01-31 < token.txt', does: 'from a script' },
    { command: 'tagboat credential next harbor --again', does: 'test it once more' },
    { command: 'tagboat credential next harbor --discard', does: 'forget it' },
  ]);
}

/** Parsed twice, like `registry edit`: the flags of the provider are known when the hub has been asked. */
export function credentialNextCommand(cli: Cli): Command {
  return lenient(nextDefinition()).action(async (_name: unknown, _options: unknown, command: Command) => {
    await (await import('./credential-next-run.ts')).credentialNext(cli, command);
  });
}
