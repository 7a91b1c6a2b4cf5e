import { type ApiToken, type ApiTokenInput, everyItem, type Role } from '../../sdk/index.ts';
import { approve, type ChangeOptions, showDryRun } from '../change.ts';
import type { Cli, CommonOptions } from '../cli.ts';
import { UsageError } from '../errors.ts';
import { type Hub, openHub } from '../hub-client.ts';
import { printable } from '../output/text.ts';
import { parseDuration, relativeTime } from '../output/time.ts';

interface CreateOptions extends ChangeOptions {
  role?: Role;
  registry?: readonly string[];
  expires?: string;
  neverExpires?: boolean;
}

export async function tokenCreate(cli: Cli, name: string, options: CreateOptions): Promise<void> {
  const life = options.expires === undefined ? undefined : parseDuration(options.expires);
  if (options.expires !== undefined && life === undefined)
    throw new UsageError(`“${options.expires}” is not a time.`, 'Write it as 12h, 30d or 1y.');
  const input: ApiTokenInput = {
    name,
    role: options.role,
    registries: options.registry && [...options.registry],
    expiresAt: life === undefined ? undefined : new Date(cli.io.now() + life).toISOString(),
    neverExpires: options.neverExpires,
  };
  if (options.dryRun) return showDryRun(cli, options, 'POST', '/tokens', input);
  const { token, secret } = await (await openHub(cli, options)).createToken(input);
  const output = cli.output(options);
  output.result({
    json: () => ({ token, secret }),
    quiet: () => [secret],
    human: () => [
      secret,
      output.palette.dim(
        `${printable(token.name)}, ${token.role}, ${token.expiresAt ? `until ${token.expiresAt}` : 'until it is revoked'}. It is shown this once.`,
      ),
    ],
  });
}

export async function tokenList(cli: Cli, options: CommonOptions & { all?: boolean }): Promise<void> {
  const items = await listTokens(await openHub(cli, options), options.all);
  const output = cli.output(options);
  const now = output.now();
  output.result({
    json: () => ({ items }),
    quiet: () => items.map((item) => item.id),
    human: () =>
      items.length === 0
        ? ['There is no token yet.', 'Next: tagboat token create <name>']
        : output.table<ApiToken>(
            [
              { title: 'NAME', value: (item) => item.name, shrinkTo: 16 },
              { title: 'TOKEN', value: (item) => item.hint },
              { title: 'ROLE', value: (item) => item.role },
              { title: 'OWNER', value: (item) => (options.all ? item.userName : undefined), optional: true },
              { title: 'REGISTRIES', value: (item) => (item.registries ? String(item.registries.length) : 'all'), align: 'right' },
              { title: 'LAST USED', value: (item) => (item.lastUsedAt ? relativeTime(item.lastUsedAt, now) : 'never') },
              {
                title: 'EXPIRES',
                value: (item) => (item.expiresAt ? relativeTime(item.expiresAt, now) : 'never'),
                paint: (item) => (item.expiresAt && Date.parse(item.expiresAt) < now ? output.palette.bad : output.palette.dim),
              },
              { title: 'ID', value: (item) => item.id, paint: () => output.palette.dim },
            ],
            items,
          ),
  });
}

export async function tokenRevoke(cli: Cli, idOrName: string, options: ChangeOptions & { all?: boolean }): Promise<void> {
  const hub = await openHub(cli, options);
  const tokens = await listTokens(hub, options.all);
  const found = tokens.filter((token) => token.id === idOrName || token.name === idOrName);
  const [token] = found;
  if (!token)
    throw new UsageError(`There is no token “${idOrName}”.`, `List them with \`tagboat token list${options.all ? ' --all' : ''}\`.`);
  if (found.length > 1)
    throw new UsageError(
      `${found.length} tokens are called “${idOrName}”.`,
      `Name one by its id: ${found.map((one) => one.id).join(', ')}.`,
    );
  if (options.dryRun) return showDryRun(cli, options, 'DELETE', `/tokens/${token.id}`);
  await approve(cli, options, `Revoke ${token.name} (${token.hint}, ${token.role}) of ${token.userName}? What uses it stops working.`);
  await hub.deleteToken(token.id);
  const output = cli.output(options);
  output.result({ json: () => token, human: () => [`${output.palette.good('✓')} Revoked ${printable(token.name)}.`] });
}

function listTokens(hub: Hub, all: boolean | undefined): Promise<ApiToken[]> {
  return Array.fromAsync(everyItem((cursor) => hub.listTokens({ cursor, limit: 1000, all: all || undefined })));
}
