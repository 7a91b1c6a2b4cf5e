import { open } from 'node:fs/promises';
import { isAbsolute } from 'node:path';
import { parseArgs } from 'node:util';
import { normaliseHubUrl } from '../cli/config.ts';
import type { HubAddress } from '../cli/hub-address.ts';

export interface KubeletSettings {
  address: HubAddress;
  /** PEM. */
  ca?: string;
  /** Milliseconds. */
  timeout: number;
  /** Where the token comes from, for messages. */
  tokenPlace: string;
}

/** Content of the configuration file, all of it optional. */
interface FileSettings {
  hub?: string;
  token?: string;
  tokenFile?: string;
  caFile?: string;
  timeoutSeconds?: number;
}

/** Read when it is there and `--config` names no other. */
export const defaultConfigFile = '/etc/tagboat/kubelet-credential-provider.json';
const longestFile = 1024 * 1024;
/** The kubelet gives a plugin a minute. */
const defaultTimeout = 20;

/**
 * Where the hub is and how to sign in: flags before environment (TAGBOAT_URL, TAGBOAT_TOKEN, TAGBOAT_TOKEN_FILE,
 * TAGBOAT_CA_FILE) before the file.
 *
 * @throws Error with a sentence for the log of the kubelet
 */
export async function loadKubeletSettings(
  argv: readonly string[],
  env: Readonly<Record<string, string | undefined>>,
): Promise<KubeletSettings> {
  const flags = readFlags(argv);
  const path = flags.config ?? defaultConfigFile;
  const file = await readSettingsFile(path, flags.config !== undefined);
  const hub = flags.hub || env['TAGBOAT_URL'] || file.hub;
  if (!hub) throw new Error(`No hub is named: set "hub" in ${path}, --hub, or TAGBOAT_URL.`);
  const { token, place } = await findToken(flags['token-file'], env, file, path);
  const caFile = flags['ca-file'] || env['TAGBOAT_CA_FILE'] || file.caFile;
  const seconds = Number(flags.timeout ?? file.timeoutSeconds ?? defaultTimeout);
  if (!(seconds > 0 && seconds <= 55)) throw new Error('The timeout has to be between 1 and 55 seconds: the kubelet waits for one minute.');
  return {
    address: { url: normaliseHubUrl(hub), token, source: 'named' },
    ...(caFile && { ca: await readText(caFile) }),
    timeout: seconds * 1000,
    tokenPlace: place,
  };
}

function readFlags(argv: readonly string[]) {
  const text = { type: 'string' } as const;
  try {
    return parseArgs({ args: [...argv], options: { config: text, hub: text, 'token-file': text, 'ca-file': text, timeout: text } }).values;
  } catch (error) {
    throw new Error(`The arguments cannot be used: ${error instanceof Error ? error.message : 'unknown error'} See --help.`);
  }
}

async function findToken(
  flag: string | undefined,
  env: Readonly<Record<string, string | undefined>>,
  file: FileSettings,
  path: string,
): Promise<{ token: string; place: string }> {
  if (!flag && env['TAGBOAT_TOKEN']) return { token: env['TAGBOAT_TOKEN'], place: 'TAGBOAT_TOKEN' };
  const tokenFile = flag || env['TAGBOAT_TOKEN_FILE'] || file.tokenFile;
  if (tokenFile) return { token: (await readText(tokenFile, true)).trim(), place: tokenFile };
  if (file.token) return { token: file.token, place: path };
  throw new Error(`No API token is given: set "tokenFile" in ${path}, --token-file, or TAGBOAT_TOKEN.`);
}

async function readSettingsFile(path: string, named: boolean): Promise<FileSettings> {
  let text: string;
  try {
    text = await readText(path);
  } catch (error) {
    if (!named && error instanceof Error && (error.cause as NodeJS.ErrnoException | undefined)?.code === 'ENOENT') return {};
    throw error;
  }
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch (error) {
    // The parser's message quotes the file, which may hold a token.
    if (error instanceof SyntaxError) throw new Error(`${path} is not valid JSON.`);
    throw error;
  }
  if (typeof json !== 'object' || json === null || Array.isArray(json)) throw new Error(`${path} is not a JSON object.`);
  const known: Readonly<Record<string, 'string' | 'number'>> = {
    hub: 'string',
    token: 'string',
    tokenFile: 'string',
    caFile: 'string',
    timeoutSeconds: 'number',
  };
  for (const [name, value] of Object.entries(json)) {
    if (!Object.hasOwn(known, name)) throw new Error(`${path} has a setting “${name.slice(0, 64)}” that is not known here.`);
    if (typeof value !== known[name]) throw new Error(`The setting “${name}” in ${path} has to be a ${known[name]}.`);
  }
  if ('token' in json) await readText(path, true);
  return json;
}

/** @param secret refuses a file that every user of the machine can read */
async function readText(path: string, secret = false): Promise<string> {
  if (!isAbsolute(path)) throw new Error(`${path} has to be an absolute path: the kubelet starts this program in a folder of its own.`);
  let file: Awaited<ReturnType<typeof open>>;
  try {
    file = await open(path, 'r');
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code ?? 'unknown error';
    throw new Error(`${path} cannot be read (${code}).`, { cause: error });
  }
  try {
    const { size, mode } = await file.stat();
    if (size > longestFile) throw new Error(`${path} is too large.`);
    if (secret && process.platform !== 'win32' && (mode & 0o004) !== 0) {
      throw new Error(`${path} can be read by every user of this machine: run \`chmod 600 ${path}\`.`);
    }
    return await file.readFile('utf8');
  } finally {
    await file.close();
  }
}
