import { Command, Option } from 'commander';
import type { Cli } from '../cli.ts';
import { withChangeOptions, withDataOptions, withExamples } from '../help.ts';

export const roles = ['viewer', 'operator', 'administrator'];

export function userCommand(cli: Cli): Command {
  const user = new Command('user').description('The people of the hub. Administrators only, but for your own password.');
  const roleOption = (): Option => new Option('--role <role>', 'what they may do').choices(roles);

  user.addCommand(
    withExamples(
      withChangeOptions(
        new Command('add')
          .summary('add a person')
          .description('Adds a person. The password is asked for twice, or read from standard input.')
          .argument('<name>', 'name to sign in with')
          .addOption(roleOption().default('viewer'))
          .option('--display-name <name>', 'name to show')
          .option('--password-stdin', 'read the password from standard input'),
      ),
      [
        { command: 'tagboat user add ana --role operator', does: 'asks for a password' },
        { command: 'tagboat user add ci --password-stdin < password.txt', does: 'from a script' },
      ],
    ).action(async (name: string, options) => (await import('./user-run.ts')).userAdd(cli, name, options)),
  );
  user.addCommand(
    withExamples(withDataOptions(new Command('list').alias('ls').summary('list people').description('Lists the people of the hub.')), [
      { command: 'tagboat user list', does: 'who is there, and when they were last seen' },
    ]).action(async (options) => (await import('./user-run.ts')).userList(cli, options)),
  );
  user.addCommand(
    withExamples(
      withChangeOptions(
        new Command('edit')
          .summary('change a person')
          .description('Changes role or name, or disables the account.')
          .argument('<user>', 'name or id')
          .addOption(roleOption())
          .option('--name <name>', 'new name to sign in with')
          .option('--display-name <name>', 'new name to show')
          .addOption(new Option('--disable', 'let them sign in no more').conflicts('enable'))
          .option('--enable', 'let them sign in again'),
      ),
      [
        { command: 'tagboat user edit ana --role administrator', does: 'give a role' },
        { command: 'tagboat user edit ana --disable', does: 'shut out, but keep' },
      ],
    ).action(async (name: string, options) => (await import('./user-run.ts')).userEdit(cli, name, options)),
  );
  user.addCommand(
    withExamples(
      withChangeOptions(
        new Command('remove')
          .alias('rm')
          .summary('remove a person')
          .description('Removes a person, with their sessions and tokens.')
          .argument('<user>', 'name or id')
          .option('-y, --yes', 'do not ask'),
      ),
      [{ command: 'tagboat user remove ana', does: 'asks first' }],
    ).action(async (name: string, options) => (await import('./user-run.ts')).userRemove(cli, name, options)),
  );
  user.addCommand(
    withExamples(
      withChangeOptions(
        new Command('password')
          .summary('set a password')
          .description("Changes your own password, which asks for the present one, or sets another person's. Their sessions end.")
          .argument('[user]', 'name or id (default: yourself)')
          .option('--password-stdin', 'read the new password from standard input; for your own, the present one first, each on a line'),
      ),
      [
        { command: 'tagboat user password', does: 'your own' },
        { command: 'tagboat user password ana', does: 'as an administrator' },
      ],
    ).action(async (name: string | undefined, options) => (await import('./user-run.ts')).userPassword(cli, name, options)),
  );
  return withExamples(user, [
    { command: 'tagboat user list', does: 'who is there' },
    { command: 'tagboat user add ana --role operator', does: 'one more' },
  ]);
}
