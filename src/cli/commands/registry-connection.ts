import type { RegistryInput } from '../../sdk/index.ts';
import type { Cli } from '../cli.ts';
import { UsageError } from '../errors.ts';
import { askSecret, isInteractive } from '../output/prompt.ts';
import { readTextFile } from '../standalone/client.ts';
import type { ConnectionSecret } from './registry-fields.ts';
import type { SettingsOptions } from './registry-options.ts';

export type Connection = NonNullable<RegistryInput['connection']>;

/** What the connection flags say; `undefined` when there are none. */
export async function collectConnection(
  cli: Cli,
  options: SettingsOptions,
  secrets: ReadonlyMap<ConnectionSecret, string>,
): Promise<Connection | undefined> {
  const connection: Connection = {};
  const modes = [
    options.plainHttp && '--plain-http',
    options.insecure && '--insecure',
    options.caFile && '--ca-file',
    options.verifyTls && '--verify-tls',
  ].filter(Boolean);
  if (modes.length > 1) throw new UsageError(`${modes.join(' and ')} exclude each other.`, 'Leave all but one out.');
  if (options.plainHttp) connection.tls = 'plain';
  if (options.insecure) connection.tls = 'insecure';
  if (options.verifyTls) connection.tls = 'verify';
  if (options.caFile) {
    connection.tls = 'ca';
    connection.ca = await readTextFile(options.caFile, '--ca-file');
  }
  if (options.clientCert === false) connection.clientCertificate = null;
  else if (options.clientCert !== undefined) {
    if (options.clientKey === undefined) throw new UsageError('--client-cert needs --client-key.', 'Add --client-key <path>.');
    connection.clientCertificate = {
      cert: await readTextFile(options.clientCert, '--client-cert'),
      key: await readTextFile(options.clientKey, '--client-key'),
      passphrase: secrets.get('client-key-passphrase'),
    };
  } else if (options.clientKey !== undefined) {
    throw new UsageError('--client-key needs --client-cert.', 'Add --client-cert <path>.');
  }
  if (options.proxy === false) connection.proxy = '';
  else if (options.proxy !== undefined) connection.proxy = await proxyUrl(cli, options.proxy, secrets.get('proxy-password'));
  if (options.rps === false) connection.requestsPerSecond = null;
  else if (options.rps !== undefined) connection.requestsPerSecond = options.rps;
  return Object.keys(connection).length > 0 ? connection : undefined;
}

async function proxyUrl(cli: Cli, text: string, password: string | undefined): Promise<string> {
  const url = URL.parse(text.includes('://') ? text : `http://${text}`);
  if (!url || !/^https?:$/.test(url.protocol))
    throw new UsageError('--proxy takes the URL of an HTTP or HTTPS proxy.', 'Write it as http://proxy.acme.io:3128.');
  if (url.password) {
    throw new UsageError(
      'The password of the proxy is not accepted as an argument: other programs of this machine can read arguments, and the shell keeps them.',
      'Leave it out of the URL to be asked, or use --secret-file proxy-password=<path>. Change it if it was a real one.',
    );
  }
  if (url.username === '') return url.href;
  const secret =
    password ??
    (isInteractive(cli.io)
      ? await askSecret(cli.io, `Password of ${decodeURIComponent(url.username)} at the proxy`, { signal: cli.signal })
      : undefined);
  if (secret !== undefined) url.password = encodeURIComponent(secret);
  return url.href;
}
