import type { Role, User, UserPatch } from '../../sdk/index.ts';
import { everyItem } from '../../sdk/index.ts';
import { approve, type ChangeOptions, showDryRun } from '../change.ts';
import type { Cli, CommonOptions } from '../cli.ts';
import { UsageError } from '../errors.ts';
import { openHub } from '../hub-client.ts';
import { askSecret, isInteractive, readSecretFromStdin } from '../output/prompt.ts';
import { printable } from '../output/text.ts';
import { relativeTime } from '../output/time.ts';

interface PasswordOptions extends ChangeOptions {
  passwordStdin?: boolean;
}

export async function userAdd(cli: Cli, name: string, options: PasswordOptions & { role: Role; displayName?: string }): Promise<void> {
  const { role, displayName } = options;
  if (options.dryRun) return showDryRun(cli, options, 'POST', '/users', { name, displayName, role, password: '[secret]' });
  const hub = await openHub(cli, options);
  const password = await newPassword(cli, name, options);
  const user = await hub.createUser({ name, displayName, role, password });
  said(cli, options, user, `Added ${user.name} (${user.role}).`, `tell them ${hub.address.url}, and let them change the password there`);
}

export async function userList(cli: Cli, options: CommonOptions): Promise<void> {
  const hub = await openHub(cli, options);
  const items = await Array.fromAsync(everyItem((cursor) => hub.listUsers({ cursor, limit: 1000 })));
  const output = cli.output(options);
  output.result({
    json: () => ({ items }),
    quiet: () => items.map((item) => printable(item.name)),
    human: () =>
      output.table<User>(
        [
          { title: 'NAME', value: (item) => item.name },
          { title: 'ROLE', value: (item) => item.role },
          { title: 'SHOWN AS', value: (item) => item.displayName, optional: true, shrinkTo: 12 },
          {
            title: 'STATE',
            value: (item) => (item.disabled ? 'disabled' : 'active'),
            paint: (item) => (item.disabled ? output.palette.warn : output.palette.dim),
          },
          { title: 'LAST SEEN', value: (item) => (item.lastSeenAt ? relativeTime(item.lastSeenAt, output.now()) : 'never') },
          { title: 'ADDED', value: (item) => relativeTime(item.createdAt, output.now()) },
        ],
        items,
      ),
  });
}

interface EditOptions extends ChangeOptions {
  role?: Role;
  name?: string;
  displayName?: string;
  disable?: boolean;
  enable?: boolean;
}

export async function userEdit(cli: Cli, name: string, options: EditOptions): Promise<void> {
  const patch: UserPatch = {
    name: options.name,
    displayName: options.displayName,
    role: options.role,
    disabled: options.disable ? true : options.enable ? false : undefined,
  };
  if (Object.values(patch).every((value) => value === undefined))
    throw new UsageError('Nothing to change was named.', 'See `tagboat user edit --help`.');
  if (options.dryRun) return showDryRun(cli, options, 'PATCH', `/users/${name}`, patch);
  const hub = await openHub(cli, options);
  const { id, version } = await hub.getUser(name);
  const user = await hub.updateUser(id, patch, { ifMatch: version });
  said(cli, options, user, `Changed ${user.name}: ${user.role}${user.disabled ? ', disabled' : ''}.`);
}

export async function userRemove(cli: Cli, name: string, options: ChangeOptions): Promise<void> {
  if (options.dryRun) return showDryRun(cli, options, 'DELETE', `/users/${name}`);
  const hub = await openHub(cli, options);
  const user = await hub.getUser(name);
  await approve(cli, options, `Remove ${user.name} (${user.role}), with all their sessions and tokens?`);
  await hub.deleteUser(user.id, { ifMatch: user.version });
  said(cli, options, user, `Removed ${user.name}.`);
}

export async function userPassword(cli: Cli, name: string | undefined, options: PasswordOptions): Promise<void> {
  if (name === undefined) return ownPassword(cli, options);
  if (options.dryRun) return showDryRun(cli, options, 'PATCH', `/users/${name}`, { password: '[secret]' });
  const hub = await openHub(cli, options);
  const { id } = await hub.getUser(name);
  const user = await hub.updateUser(id, { password: await newPassword(cli, name, options) });
  said(cli, options, user, `The password of ${user.name} is set; their sessions have ended.`);
}

async function ownPassword(cli: Cli, options: PasswordOptions): Promise<void> {
  if (options.dryRun) return showDryRun(cli, options, 'PATCH', '/session/password', { current: '[secret]', password: '[secret]' });
  const hub = await openHub(cli, options);
  const { user } = await hub.getSession();
  let current: string;
  let password: string;
  if (options.passwordStdin) {
    const lines = (await readSecretFromStdin(cli.io, '--password-stdin')).split(/\r?\n/);
    if (lines.length !== 2)
      throw new UsageError('Two lines are expected on standard input.', 'Pipe in the present password, then the new one, each on a line.');
    [current = '', password = ''] = lines;
  } else {
    needTerminal(cli);
    current = await askSecret(cli.io, `Present password of ${user.name}`, { signal: cli.signal });
    password = await newPassword(cli, user.name, options);
  }
  await hub.changePassword({ current, password });
  said(cli, options, user, 'Your password is changed; your other sessions have ended.');
}

async function newPassword(cli: Cli, name: string, options: PasswordOptions): Promise<string> {
  if (options.passwordStdin) return readSecretFromStdin(cli.io, '--password-stdin');
  needTerminal(cli);
  for (;;) {
    const first = await askSecret(cli.io, `New password of ${name}`, { signal: cli.signal });
    if (first === (await askSecret(cli.io, 'Once more', { signal: cli.signal }))) return first;
    cli.io.stderr.write('The two are not the same.\n');
  }
}

function needTerminal(cli: Cli): void {
  if (!isInteractive(cli.io)) throw new UsageError('There is no terminal to ask for the password.', 'Add --password-stdin and pipe it in.');
}

function said(cli: Cli, options: CommonOptions, user: User, sentence: string, next?: string): void {
  const output = cli.output(options);
  output.result({
    json: () => user,
    human: () => [`${output.palette.good('✓')} ${printable(sentence)}`, ...(next ? [`Next: ${next}`] : [])],
  });
}
