import { readFile } from 'node:fs/promises';
import { type Credential, dockerCredentialSource, RegistryClient, type TlsOptions, TransportError } from '../../oci/index.ts';
import type { Cli, CommonOptions } from '../cli.ts';
import { MachineError, UsageError } from '../errors.ts';
import { askSecret, isInteractive, readSecretFromStdin } from '../output/prompt.ts';
import { printable } from '../output/text.ts';
import { packageVersion } from '../../version.ts';
import { proxyFromEnvironment } from './proxy.ts';

/** Flags of commands that ask a registry directly. */
export interface DirectOptions extends CommonOptions {
  username?: string;
  passwordStdin?: boolean;
  plainHttp?: boolean;
  insecure?: boolean;
  caFile?: string;
}

/** Whether a flag was given that makes sense only for a direct connection. */
export function namesDirectConnection(options: DirectOptions): boolean {
  return Boolean(options.username || options.passwordStdin || options.plainHttp || options.insecure || options.caFile);
}

/** `docker.io` is a name in references; the registry itself is elsewhere. */
const apiHosts: Readonly<Record<string, string>> = { 'docker.io': 'registry-1.docker.io' };

const loopback = /^(localhost|127(\.\d{1,3}){3}|\[::1\])(:\d+)?$/;

/** A client for a registry host with Docker's own configuration and credential helpers, or with the flags given. Close it. */
export async function openDirect(cli: Cli, host: string, options: DirectOptions): Promise<RegistryClient> {
  const tls = await tlsOptions(options);
  const credential = await credentialOption(cli, host, options);
  const open = (plain: boolean): RegistryClient => {
    const url = new URL(`${plain ? 'http' : 'https'}://${apiHosts[host] ?? host}`);
    return new RegistryClient({
      url,
      credential: credential ?? dockerCredentialSource(host, { env: cli.io.env, home: cli.io.home }),
      tls: plain ? { mode: 'plain' } : tls,
      trustRealm: isProvidersRealm,
      proxy: proxyFromEnvironment(url, cli.io.env),
      userAgent: `tagboat/${packageVersion()}`,
      onRequest: cli.isDebug(options)
        ? ({ method, url: at, status, duration, error }) =>
            cli.io.stderr.write(`${printable(`${method} ${at} ${status ?? error ?? ''} ${Math.round(duration)} ms`)}\n`)
        : undefined,
      onWarning: (text) => cli.output(options).note(printable(`Registry: ${text}`)),
    });
  };
  if (options.plainHttp) return open(true);
  const client = open(false);
  if (options.insecure || options.caFile || !loopback.test(host)) return client;
  // As Docker does: a registry on this very machine may speak plain HTTP.
  try {
    await client.ping({ signal: cli.signal });
    return client;
  } catch (error) {
    if (error instanceof TransportError && error.code === 'plain_http_on_https_port') {
      await client.close();
      return open(true);
    }
    await client.close();
    throw error;
  }
}

/**
 * Token servers that belong to the provider of a registry, as auth.docker.io does to Docker Hub. The providers are loaded only when a
 * registry names a token server on another host.
 */
export async function isProvidersRealm(realm: URL, registry: URL): Promise<boolean> {
  const [{ loadProviders }, { trustsRealm }] = await Promise.all([import('../../provider/load.ts'), import('../../provider/realm.ts')]);
  const provider = (await loadProviders()).detectByHost(registry);
  return provider !== undefined && trustsRealm(provider, realm);
}

/** The TLS mode that the flags name. */
export async function tlsOptions(options: DirectOptions): Promise<TlsOptions> {
  const modes = [options.plainHttp && '--plain-http', options.insecure && '--insecure', options.caFile && '--ca-file'].filter(Boolean);
  if (modes.length > 1) throw new UsageError(`${modes.join(' and ')} exclude each other.`, 'Leave all but one out.');
  if (options.insecure) return { mode: 'insecure' };
  if (options.caFile) return { mode: 'ca', ca: await readTextFile(options.caFile, '--ca-file') };
  return { mode: 'verify' };
}

async function credentialOption(cli: Cli, host: string, options: DirectOptions): Promise<Credential | undefined> {
  if (options.username === undefined) {
    if (options.passwordStdin) throw new UsageError('--password-stdin needs --username.', 'Add --username <name>.');
    return undefined;
  }
  if (options.username.includes(':'))
    throw new UsageError('A user name cannot contain a colon.', 'Give the password with --password-stdin, or leave it out to be asked.');
  if (options.passwordStdin)
    return { kind: 'basic', username: options.username, password: await readSecretFromStdin(cli.io, '--password-stdin') };
  if (!isInteractive(cli.io)) throw new UsageError('--username was given, and no password.', 'Add --password-stdin and pipe it in.');
  return {
    kind: 'basic',
    username: options.username,
    password: await askSecret(cli.io, `Password of ${options.username} at ${host}`, { signal: cli.signal }),
  };
}

const maxFile = 1024 * 1024;

/** A text file named by a flag; at most 1 MiB. */
export async function readTextFile(path: string, flag: string): Promise<string> {
  let bytes: Buffer;
  try {
    bytes = await readFile(path);
  } catch (error) {
    throw new MachineError(`${path}, named by ${flag}, cannot be read: ${reason(error)}.`, 'Check the path and its permissions.', error);
  }
  if (bytes.length > maxFile)
    throw new MachineError(`${path}, named by ${flag}, is larger than 1 MiB.`, 'Check that it is the right file.');
  return bytes.toString('utf8');
}

/** Why the file system refused, in words. */
export function reason(error: unknown): string {
  const { code, message } = error as NodeJS.ErrnoException;
  if (code === 'EEXIST') return 'it exists already';
  return code === 'ENOENT'
    ? 'there is no such file'
    : code === 'EACCES'
      ? 'permission denied'
      : code === 'EISDIR'
        ? 'it is a folder'
        : message;
}
