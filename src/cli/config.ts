import { mkdir, open, readFile, rename, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { MachineError, UsageError } from './errors.ts';
import type { Io } from './io.ts';

/** What `tagboat login` remembers of a hub. */
export interface HubLogin {
  /** API token, `tgb_…`. */
  token: string;
  /** Its id at the hub, so that `tagboat logout` can revoke it; absent for a token that was brought along. */
  tokenId?: string;
  /** Name of the user it belongs to. */
  user?: string;
}

/** Content of `~/.config/tagboat/config.json`. */
export interface CliConfig {
  /** URL of the hub that commands speak to unless told otherwise. */
  current?: string;
  /** By hub URL. */
  hubs: Record<string, HubLogin>;
}

/** `$XDG_CONFIG_HOME/tagboat/config.json`, `%APPDATA%\tagboat\config.json`, or `~/.config/tagboat/config.json`. */
export function configPath(io: Io): string {
  const base = io.env['XDG_CONFIG_HOME'] || (process.platform === 'win32' ? io.env['APPDATA'] : undefined) || join(io.home, '.config');
  return join(base, 'tagboat', 'config.json');
}

/** Reads the configuration; a file that is not there is an empty one. */
export async function loadConfig(io: Io): Promise<CliConfig> {
  const path = configPath(io);
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return { hubs: {} };
    throw new MachineError(
      `${path} cannot be read: ${(error as Error).message}.`,
      'Correct its permissions, or delete it and run `tagboat login` again.',
      error,
    );
  }
  let parsed: unknown;
  try {
    parsed = JSON.parse(text);
  } catch (error) {
    // The parser's message quotes the file, which holds a token.
    throw new MachineError(
      `${path} is not valid JSON.`,
      'Correct it, or delete it and run `tagboat login` again.',
      error instanceof SyntaxError ? undefined : error,
    );
  }
  if (!isConfig(parsed))
    throw new MachineError(`${path} does not hold what Tagboat writes there.`, 'Delete it and run `tagboat login` again.');
  return parsed;
}

function isConfig(value: unknown): value is CliConfig {
  if (typeof value !== 'object' || value === null) return false;
  const { current, hubs } = value as { current?: unknown; hubs?: unknown };
  if (current !== undefined && typeof current !== 'string') return false;
  return (
    typeof hubs === 'object' &&
    hubs !== null &&
    Object.values(hubs).every(
      (hub: unknown) => typeof hub === 'object' && hub !== null && typeof (hub as { token?: unknown }).token === 'string',
    )
  );
}

/** Writes the configuration, readable by its owner only, whole or not at all. */
export async function saveConfig(io: Io, config: CliConfig): Promise<void> {
  const path = configPath(io);
  // Not imported above: the credential helper, which only reads, is started for every pull.
  const { randomBytes } = await import('node:crypto');
  const draft = `${path}.${randomBytes(6).toString('hex')}`;
  try {
    await mkdir(dirname(path), { recursive: true, mode: 0o700 });
    const file = await open(draft, 'wx', 0o600);
    try {
      await file.writeFile(`${JSON.stringify(config, null, 2)}\n`);
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(draft, path);
  } catch (error) {
    await rm(draft, { force: true });
    throw new MachineError(
      `${path} cannot be written: ${(error as Error).message}.`,
      'Correct the permissions of its folder, or name another with XDG_CONFIG_HOME.',
      error,
    );
  }
}

/** `https://hub.acme.io` for what people type: scheme optional (http for loopback, else https), no path at the end, no userinfo. */
export function normaliseHubUrl(text: string): string {
  const trimmed = text.trim();
  const local = /^(localhost|127(\.\d+){3}|\[::1\])(:\d+)?(\/|$)/i.test(trimmed);
  let url: URL;
  try {
    url = new URL(/^[a-z][a-z0-9+.-]*:\/\//i.test(trimmed) ? trimmed : `${local ? 'http' : 'https'}://${trimmed}`);
  } catch {
    throw new UsageError(`“${trimmed}” is not the URL of a hub.`, 'Write it as https://tagboat.example.com or http://127.0.0.1:7330.');
  }
  if (url.protocol !== 'http:' && url.protocol !== 'https:') {
    throw new UsageError(
      `A hub is spoken to over https or http, not ${url.protocol.slice(0, -1)}.`,
      'Write it as https://tagboat.example.com.',
    );
  }
  if (url.username || url.password) {
    throw new UsageError('The URL of a hub must not hold a user name or password.', 'Sign in with `tagboat login`.');
  }
  return `${url.origin}${url.pathname.replace(/\/+$/, '')}`;
}
