import { Command, Option } from 'commander';
import type { Cli } from '../cli.ts';
import { withDataOptions, withExamples } from '../help.ts';

export function loginCommand(cli: Cli): Command {
  const command = new Command('login')
    .description(
      'Signs in to a hub, creates an API token for this machine there, and keeps it in ~/.config/tagboat/config.json, readable by you only. The password is not kept.',
    )
    .argument('[url]', 'address of the hub (default: TAGBOAT_URL, the hub in use, else http://127.0.0.1:7330)')
    .option('-u, --username <name>', 'name to sign in with (default: asked for)')
    .option('--password-stdin', 'read the password from standard input')
    .addOption(
      new Option('--token-stdin', 'keep an API token that is read from standard input, instead of creating one').conflicts([
        'passwordStdin',
        'username',
      ]),
    )
    .option('--token-name <name>', 'name of the token at the hub (default: tagboat on this host)')
    .option('--expires <time>', 'life of the token, e.g. 30d (default: as the hub decides)')
    .option('--json', 'print JSON')
    .option('-q, --quiet', 'print nothing')
    .option('--no-color', 'no colour, as with NO_COLOR')
    .option('--debug', 'log every request to standard error');
  withExamples(command, [
    { command: 'tagboat login http://127.0.0.1:7330', does: 'asks for name and password' },
    { command: 'tagboat login tagboat.acme.io --username ana --password-stdin < password.txt', does: 'from a script' },
    { command: 'tagboat login tagboat.acme.io --token-stdin < token.txt', does: 'with a token made elsewhere' },
  ]);
  return command.action(async (url: string | undefined, options) => (await import('./login-run.ts')).login(cli, url, options));
}

export function logoutCommand(cli: Cli): Command {
  const command = new Command('logout')
    .description('Revokes the token that `tagboat login` created for this machine, and forgets it.')
    .argument('[url]', 'address of the hub (default: the one in use)')
    .option('-q, --quiet', 'print nothing')
    .option('--debug', 'log every request to standard error');
  withExamples(command, [
    { command: 'tagboat logout', does: 'the hub in use' },
    { command: 'tagboat logout tagboat.acme.io', does: 'another one' },
  ]);
  return command.action(async (url: string | undefined, options) => (await import('./login-run.ts')).logout(cli, url, options));
}

export function whoamiCommand(cli: Cli): Command {
  const command = withDataOptions(new Command('whoami').description('Shows who is signed in, at which hub, with which role.'));
  withExamples(command, [
    { command: 'tagboat whoami', does: 'name, role and hub' },
    { command: 'tagboat whoami --json', does: 'with every permission' },
  ]);
  return command.action(async (options) => (await import('./login-run.ts')).whoami(cli, options));
}
