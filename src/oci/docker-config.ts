import { open } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';
import type { CredentialSource } from './client-options.ts';
import { ContentError } from './content-error.ts';
import { anonymous, type Credential } from './credential.ts';
import { askCredentialHelper } from './credential-helper.ts';
import { CredentialError } from './errors.ts';
import { field, isObject, type JsonObject, parseJson } from './json.ts';
import { parseScope } from './scope.ts';
import { SingleFlight } from './single-flight.ts';
import { quote } from './text.ts';

export interface DockerConfigOptions {
  /** Default `process.env`. */
  env?: Readonly<Record<string, string | undefined>>;
  /** Home directory. Default that of the user. */
  home?: string;
  /** Milliseconds for a credential helper. Default 30 000. */
  helperTimeout?: number;
  /** Exactly these files, which have to be there. Default: those that Docker and podman use. */
  files?: readonly string[];
}

/** What `docker login` and `podman login` have stored. Only read, never written. */
export interface DockerConfig {
  /** Files that were found, in order of precedence. */
  files: readonly string[];
  /** Hosts, or `host/path`, that something is stored for. */
  hosts: readonly string[];
  /**
   * The credential for a registry host, or `host/repository`: podman's files may hold one for a path, and the longest wins.
   *
   * @returns anonymous when there is none.
   * @throws CredentialError `credential_helper_failed`, `docker_config_invalid`
   */
  credentialFor(registry: string, options?: { signal?: AbortSignal }): Promise<Credential>;
}

interface ConfigFile {
  /** What it is, at the beginning of a sentence. */
  what: string;
  auths: ReadonlyMap<string, JsonObject>;
  credHelpers: ReadonlyMap<string, string>;
  credsStore: string | undefined;
  /** Whether its credential helpers may be run. */
  helpers: boolean;
}

const maxFileBytes = 4 * 1024 * 1024;
/** Docker Hub's key, with scheme, path and slash; helpers know it by that name only. */
const dockerHubServer = 'https://index.docker.io/v1/';
/** A helper's answer is used for this long: a short-lived credential lives longer, and each call starts a program. */
const helperLifetime = 5 * 60_000;

/**
 * Reads the files that Docker and podman use: `$REGISTRY_AUTH_FILE`; `$DOCKER_CONFIG/config.json`, else `~/.docker/config.json`;
 * `$XDG_RUNTIME_DIR/containers/auth.json`; `$XDG_CONFIG_HOME/containers/auth.json`, else `~/.config/containers/auth.json`. The first
 * that has something for a registry is used.
 *
 * @throws CredentialError `docker_config_invalid` for a file that is there and cannot be read.
 */
export async function loadDockerConfig(options: DockerConfigOptions = {}): Promise<DockerConfig> {
  const env = options.env ?? process.env;
  const found: { path: string; file: ConfigFile }[] = [];
  for (const path of options.files ?? candidates(env, options.home ?? homedir())) {
    const file = await readConfigFile(path, options.files !== undefined);
    if (file) found.push({ path, file });
  }
  const files = found.map(({ file }) => file);
  return { ...dockerConfig(files, { ...options, env }), files: found.map(({ path }) => path) };
}

/**
 * The same of a configuration that was read already: the value of a pull secret, for instance. Its credential helpers are not run:
 * who wrote it has no say over the programs of this machine.
 *
 * @param what it is, at the beginning of a sentence, for error messages
 * @param form `legacy`: entries by host without `auths` around them, as `.dockercfg` has them
 */
export function parseDockerConfig(json: unknown, what: string, form: 'config' | 'legacy' = 'config'): DockerConfig {
  return dockerConfig([parseConfig(what, form === 'legacy' ? { auths: json } : json, false)], { env: {} });
}

function dockerConfig(files: readonly ConfigFile[], { env = {}, helperTimeout }: DockerConfigOptions): DockerConfig {
  return {
    files: [],
    hosts: [...new Set(files.flatMap(({ auths, credHelpers }) => [...auths.keys(), ...credHelpers.keys()]))],
    credentialFor: async (registry, { signal } = {}) => {
      const keys = lookupKeys(registry);
      for (const file of files) {
        const found = await find(file, keys, { env, timeout: helperTimeout, ...(signal ? { signal } : {}) });
        if (found) return found;
      }
      return anonymous;
    },
  };
}

/**
 * Credentials for one registry from Docker's configuration, read at the first need and again when they are refused. Takes the
 * repository from the scopes, so that a credential stored for a path is found.
 */
export function dockerCredentialSource(registryHost: string, options: DockerConfigOptions = {}): CredentialSource {
  let config: Promise<DockerConfig> | undefined;
  const answers = new Map<string, { credential: Credential; until: number }>();
  const flights = new SingleFlight<Credential>();
  const ask = async (key: string, signal: AbortSignal): Promise<Credential> => {
    config ??= loadDockerConfig(options);
    const credential = await (await config).credentialFor(key, { signal });
    if (answers.size >= 1000) answers.clear();
    answers.set(key, { credential, until: Date.now() + helperLifetime });
    return credential;
  };
  return async ({ scopes, renew, signal }) => {
    if (renew) {
      config = undefined;
      answers.clear();
    }
    const repository = scopes.map(parseScope).find((scope) => scope?.type === 'repository')?.name;
    const key = repository === undefined ? registryHost : `${registryHost}/${repository}`;
    const known = answers.get(key);
    if (known && known.until > Date.now()) return known.credential;
    // A helper is a program: twenty requests at once must not start it twenty times.
    return flights.join(renew ? `renew ${key}` : key, (shared) => ask(key, shared), signal);
  };
}

function candidates(env: Readonly<Record<string, string | undefined>>, home: string): string[] {
  const paths = [
    env.REGISTRY_AUTH_FILE,
    join(env.DOCKER_CONFIG || join(home, '.docker'), 'config.json'),
    env.XDG_RUNTIME_DIR && join(env.XDG_RUNTIME_DIR, 'containers', 'auth.json'),
    join(env.XDG_CONFIG_HOME || join(home, '.config'), 'containers', 'auth.json'),
  ];
  return [...new Set(paths.filter((path): path is string => path !== undefined && path !== ''))];
}

async function readConfigFile(path: string, required: boolean): Promise<ConfigFile | undefined> {
  const what = `The file ${path}`;
  let bytes: Buffer;
  try {
    await using file = await open(path, 'r');
    const { size } = await file.stat();
    if (size > maxFileBytes) throw invalid(what, `has ${size} bytes, more than a configuration can have`);
    bytes = await file.readFile();
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code;
    if (!required && (code === 'ENOENT' || code === 'ENOTDIR')) return undefined;
    if (error instanceof CredentialError) throw error;
    throw invalid(what, `cannot be read (${code ?? 'unknown error'})`, error);
  }
  if (bytes.length === 0) return undefined;
  try {
    return parseConfig(what, parseJson(bytes, 'The file'), true);
  } catch (error) {
    if (error instanceof ContentError) throw invalid(what, 'is not valid JSON');
    throw error;
  }
}

function parseConfig(what: string, json: unknown, helpers: boolean): ConfigFile {
  if (!isObject(json)) throw invalid(what, 'is not a JSON object');
  const credsStore = field(json, 'credsStore');
  return {
    what,
    helpers,
    auths: new Map(entries(json, 'auths').flatMap(([key, value]) => (isObject(value) ? [[normaliseKey(key), value] as const] : []))),
    credHelpers: new Map(
      entries(json, 'credHelpers').flatMap(([key, value]) => (typeof value === 'string' ? [[normaliseKey(key), value] as const] : [])),
    ),
    credsStore: typeof credsStore === 'string' && credsStore !== '' ? credsStore : undefined,
  };
}

function entries(json: JsonObject, name: string): [string, unknown][] {
  const value = field(json, name);
  return isObject(value) ? Object.entries(value) : [];
}

/** A key of `auths` as host, port and path: without scheme, API version and slash at the end. */
function normaliseKey(key: string): string {
  const bare = key
    .replace(/^https?:\/\//, '')
    .replace(/\/+$/, '')
    .replace(/\/v[12]$/, '');
  const slash = bare.indexOf('/');
  const host = (slash < 0 ? bare : bare.slice(0, slash)).toLowerCase();
  return normaliseHub(host) + (slash < 0 ? '' : bare.slice(slash));
}

function normaliseHub(host: string): string {
  return host === 'index.docker.io' || host === 'registry-1.docker.io' ? 'docker.io' : host;
}

/** `host/a/b`, `host/a`, `host`. */
function lookupKeys(registry: string): string[] {
  const keys = [normaliseKey(registry)];
  for (let key = keys[0] ?? ''; key.includes('/'); ) {
    key = key.slice(0, key.lastIndexOf('/'));
    keys.push(key);
  }
  return keys;
}

async function find(
  file: ConfigFile,
  keys: readonly string[],
  { env, timeout, signal }: { env: Readonly<Record<string, string | undefined>>; timeout: number | undefined; signal?: AbortSignal },
): Promise<Credential | undefined> {
  const host = keys.at(-1) ?? '';
  const server = host === 'docker.io' ? dockerHubServer : host;
  const options = { env, ...(timeout === undefined ? {} : { timeout }), ...(signal ? { signal } : {}) };
  const ask = (helper: string) => {
    if (file.helpers) return askCredentialHelper(helper, server, options);
    throw invalid(file.what, `leaves the credential of ${host} to the credential helper ${quote(helper, 64)}, which is not run here`);
  };
  const own = keys.map((key) => file.credHelpers.get(key)).find((name) => name !== undefined);
  if (own !== undefined) return ask(own);
  for (const key of keys) {
    const credential = readAuth(file.what, file.auths.get(key));
    if (credential) return credential;
  }
  return file.credsStore === undefined ? undefined : ask(file.credsStore);
}

/** An entry of `auths`; undefined for an empty one, which stands for a credential that is in the store. */
function readAuth(what: string, entry: JsonObject | undefined): Credential | undefined {
  if (!entry) return undefined;
  const text = (name: string): string | undefined => {
    const value = field(entry, name);
    return typeof value === 'string' && value !== '' ? value : undefined;
  };
  const registryToken = text('registrytoken');
  if (registryToken !== undefined) return { kind: 'bearer', token: registryToken };
  const login = decodeAuth(what, text('auth')) ?? { username: text('username') ?? '', password: text('password') ?? '' };
  const identityToken = text('identitytoken');
  if (identityToken !== undefined)
    return { kind: 'identity', token: identityToken, ...(login.username === '' ? {} : { username: login.username }) };
  return login.username === '' && login.password === '' ? undefined : { kind: 'basic', ...login };
}

/** Base64 of `user:password`. The password may hold colons: a JSON key does. */
function decodeAuth(what: string, auth: string | undefined): { username: string; password: string } | undefined {
  if (auth === undefined) return undefined;
  const plain = Buffer.from(auth, 'base64').toString();
  const colon = plain.indexOf(':');
  if (colon < 0) throw invalid(what, 'holds an "auth" that is not base64 of "user:password"');
  // Docker pads with zero bytes.
  return { username: plain.slice(0, colon), password: plain.slice(colon + 1).replace(/\0+$/, '') };
}

function invalid(what: string, why: string, cause?: unknown): CredentialError {
  return new CredentialError(`${what} ${why}.`, { code: 'docker_config_invalid', fault: 'caller', cause });
}
