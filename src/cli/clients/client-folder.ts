import { mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { IssuedCredential, Registry } from '../../sdk/index.ts';
import { MachineError } from '../errors.ts';
import type { Io } from '../io.ts';
import { authEntry, clientNames } from './client-keys.ts';

/** A throw-away configuration of docker and of podman and its kin. */
export interface ClientFolder {
  /** For DOCKER_CONFIG. */
  docker: string;
  /** For REGISTRY_AUTH_FILE. */
  authFile: string;
  /** For PATH: holds `docker-credential-tagboat`. */
  bin: string;
  remove(): Promise<void>;
}

export interface ClientFolderOptions {
  /** Registries whose hosts ask our helper. */
  registries: readonly Pick<Registry, 'prefix'>[];
  /** Written down instead of asking the helper. */
  logins?: readonly IssuedCredential[];
}

type Json = Record<string, unknown>;

const helper = 'tagboat';

/**
 * Makes the folder, readable by its owner only. Docker's other settings are kept (contexts, plug-ins, proxies, the current
 * context, TLS of its daemon): copied or linked. Stored sign-ins are not.
 */
export async function createClientFolder(io: Io, { registries, logins }: ClientFolderOptions): Promise<ClientFolder> {
  const root = await mkdtemp(join(tmpdir(), 'tagboat-exec-'));
  const remove = () => rm(root, { recursive: true, force: true });
  try {
    const [docker, containers, bin] = [join(root, 'docker'), join(root, 'containers'), join(root, 'bin')];
    for (const folder of [docker, containers, bin]) await mkdir(folder, { mode: 0o700 });
    const own = resolve(io.env['DOCKER_CONFIG'] || join(io.home, '.docker'));
    const { auths: _auths, credsStore: _store, credHelpers, ...settings } = await readConfig(join(own, 'config.json'));
    await linkOthers(own, docker);
    const helpers = logins ? {} : Object.fromEntries(registries.flatMap(({ prefix }) => clientNames(prefix).map((name) => [name, helper])));
    const others = typeof credHelpers === 'object' && credHelpers !== null ? credHelpers : {};
    const authFile = join(containers, 'auth.json');
    await writeJson(join(docker, 'config.json'), { ...settings, auths: dockerAuths(logins), credHelpers: { ...others, ...helpers } });
    await writeJson(authFile, { auths: containersAuths(logins), credHelpers: helpers });
    await writeFile(join(bin, `docker-credential-${helper}`), helperScript(), { mode: 0o700 });
    return { docker, authFile, bin, remove };
  } catch (error) {
    await remove();
    throw error;
  }
}

async function readConfig(path: string): Promise<Json> {
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return {};
    throw new MachineError(
      `${path} cannot be read (${(error as NodeJS.ErrnoException).code}).`,
      'Correct its permissions, or name another folder with DOCKER_CONFIG.',
      error,
    );
  }
  try {
    const json: unknown = JSON.parse(text === '' ? '{}' : text);
    if (typeof json === 'object' && json !== null && !Array.isArray(json)) return json as Json;
  } catch (error) {
    // The parser's message quotes the file, which may hold a password.
    if (!(error instanceof SyntaxError)) throw error;
  }
  throw new MachineError(`${path} is not a JSON object.`, 'Correct it, or name another folder with DOCKER_CONFIG.');
}

/** Folders and certificates beside config.json: what a command changes there (contexts, builders) stays changed. */
async function linkOthers(from: string, to: string): Promise<void> {
  let names: string[];
  try {
    names = await readdir(from);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return;
    throw error;
  }
  for (const name of names) if (name !== 'config.json') await symlink(join(from, name), join(to, name));
}

/** Docker compares hosts only, so a credential for a path would be taken for the whole host: left to podman and its kin. */
function dockerAuths(logins: readonly IssuedCredential[] = []): Json {
  const auths: Json = {};
  for (const login of [...logins].sort((a, b) => depth(b) - depth(a))) {
    const entry = authEntry(login);
    if (entry && (depth(login) === 0 || !login.shared)) for (const key of new Set([login.server, ...login.hosts])) auths[key] = entry;
  }
  return auths;
}

function containersAuths(logins: readonly IssuedCredential[] = []): Json {
  return Object.fromEntries(
    logins.flatMap((login) => {
      const entry = authEntry(login);
      return entry ? login.prefixes.map((prefix) => [prefix, entry] as const) : [];
    }),
  );
}

const depth = ({ prefixes }: IssuedCredential): number => (prefixes[0] ?? '').split('/').length - 1;

const writeJson = (path: string, content: Json): Promise<void> => writeFile(path, `${JSON.stringify(content, null, 2)}\n`, { mode: 0o600 });

/** Starts the helper of this very program, wherever that is installed. */
function helperScript(): string {
  const entry = new URL(`../../helpers/docker-credential${import.meta.url.endsWith('.ts') ? '.ts' : '.js'}`, import.meta.url);
  const word = (text: string) => `'${text.replaceAll("'", `'\\''`)}'`;
  return `#!/bin/sh\nexec ${word(process.execPath)} ${word(fileURLToPath(entry))} "$@"\n`;
}
