import { basename } from 'node:path';
import { systemClock } from '../../core/clock.ts';
import { TransportError } from '../../oci/index.ts';
import { Transport } from '../../oci/transport.ts';
import { packageVersion } from '../../version.ts';
import type { Cli } from '../cli.ts';
import { MachineError, UsageError } from '../errors.ts';
import { askSecret, isInteractive, readSecretFromStdin } from '../output/prompt.ts';
import { printable } from '../output/text.ts';
import { type DirectOptions, readTextFile, tlsOptions } from '../standalone/client.ts';
import { proxyFromEnvironment } from '../standalone/proxy.ts';

export interface SourceDocument {
  name: string;
  content: string;
}

/** Flags of imports that ask the other system. */
export interface ApiOptions extends DirectOptions {
  tokenStdin?: boolean;
}

const maxBytes = 1024 * 1024;

/** Files, or standard input for `-`. */
export async function readSources(cli: Cli, paths: readonly string[]): Promise<SourceDocument[]> {
  if (paths.filter((path) => path === '-').length > 1) throw new UsageError('Standard input can be read once only.', 'Leave one - out.');
  const documents: SourceDocument[] = [];
  for (const path of paths) {
    if (/^https?:\/\//i.test(path))
      throw new UsageError('This takes files, not URLs.', 'Download it first, or pipe it in: curl … | tagboat import … -');
    documents.push(
      path === '-'
        ? { name: 'standard input', content: await readStdin(cli) }
        : { name: basename(path), content: await readTextFile(path, 'the command') },
    );
  }
  return documents;
}

async function readStdin(cli: Cli): Promise<string> {
  if (cli.io.stdin.isTTY) throw new UsageError('Standard input is the terminal.', 'Name a file, or pipe the document in.');
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of cli.io.stdin) {
    const bytes = Buffer.from(chunk as Uint8Array);
    size += bytes.length;
    if (size > maxBytes)
      throw new MachineError('Standard input holds more than 1 MiB.', 'Take out what is no registry, or import it in parts.');
    chunks.push(bytes);
  }
  return Buffer.concat(chunks).toString('utf8');
}

interface Api {
  title: string;
  /** Pages, by number from 1; undefined where there is but one. */
  path: (page: number) => string;
  pageSize?: number;
  authorisation: (cli: Cli, url: URL, options: ApiOptions) => Promise<Record<string, string>>;
}

const pageSize = 100;
const mostPages = 50;

const apis: Readonly<Record<string, Api>> = {
  harbor: {
    title: 'Harbor',
    path: (page) => `/api/v2.0/registries?page=${page}&page_size=${pageSize}`,
    pageSize,
    authorisation: async (cli, url, options) => {
      if (options.username === undefined)
        throw new UsageError('Harbor shows its endpoints to those who sign in.', 'Add --username <name>.');
      const password = await secret(cli, options.passwordStdin, '--password-stdin', `Password of ${options.username} at ${url.host}`);
      return { authorization: `Basic ${Buffer.from(`${options.username}:${password}`).toString('base64')}` };
    },
  },
  devtron: {
    title: 'Devtron',
    path: () => '/orchestrator/docker/registry',
    authorisation: async (cli, url, options) => ({
      token: await secret(cli, options.tokenStdin, '--token-stdin', `API token of Devtron at ${url.host}`),
    }),
  },
  zadig: {
    title: 'Zadig',
    path: () => '/openapi/system/registry',
    authorisation: async (cli, url, options) => ({
      authorization: `Bearer ${await secret(cli, options.tokenStdin, '--token-stdin', `API token of Zadig at ${url.host}`)}`,
    }),
  },
};

function secret(cli: Cli, fromStdin: boolean | undefined, flag: string, question: string): Promise<string> {
  if (fromStdin) return readSecretFromStdin(cli.io, flag);
  if (!isInteractive(cli.io)) throw new UsageError('A secret is needed, and there is no terminal to ask.', `Add ${flag} and pipe it in.`);
  return askSecret(cli.io, question, { signal: cli.signal });
}

/** Asks the other system for its registries, page by page. */
export async function fetchSource(cli: Cli, kind: string, text: string, options: ApiOptions): Promise<SourceDocument[]> {
  const api = apis[kind];
  const url = URL.parse(text);
  if (!api || !url) throw new UsageError(`“${printable(text)}” is not a URL.`, 'Write it as https://harbor.acme.io.');
  if (url.username !== '' || url.password !== '')
    throw new UsageError('The URL holds a user name or password.', 'Leave them out; they are asked for.');
  const tls = url.protocol === 'http:' ? ({ mode: 'plain' } as const) : await tlsOptions(options);
  if (tls.mode === 'plain' && !/^(?:localhost|127(?:\.\d+){3}|\[::1\])$/.test(url.hostname)) {
    throw new UsageError(
      `http:// would send your sign-in to ${url.host} unprotected.`,
      'Write https://, with --insecure or --ca-file if its certificate is its own.',
    );
  }
  const headers = { accept: 'application/json', ...(await api.authorisation(cli, url, options)) };
  const proxy = proxyFromEnvironment(url, cli.io.env);
  const transport = new Transport({
    hostname: url.hostname,
    tls,
    clock: systemClock,
    userAgent: `tagboat/${packageVersion()}`,
    ...(proxy !== undefined && { proxy: new URL(proxy) }),
  });
  try {
    const documents: SourceDocument[] = [];
    for (let page = 1; page <= mostPages; page++) {
      const address = new URL(url.pathname.replace(/\/+$/, '') + api.path(page), url);
      const answer = await transport.send({ method: 'GET', url: address, headers, maxBytes, signal: cli.signal });
      const content = new TextDecoder().decode(answer.bytes);
      const items = readAnswer(api, url, address, answer.status, content);
      if (items > 0 || page === 1) documents.push({ name: api.pageSize === undefined ? url.host : `${url.host} page ${page}`, content });
      if (api.pageSize === undefined || items < api.pageSize) return documents;
    }
    throw new MachineError(
      `${api.title} has more than ${mostPages * pageSize} registries.`,
      'Save its answers as files and import them in parts.',
    );
  } finally {
    await transport.close();
  }
}

/** Number of registries in an answer. What it says is judged by the hub. */
function readAnswer(api: Api, url: URL, address: URL, status: number, content: string): number {
  const fail = (what: string, code: string): never => {
    throw new TransportError(`${api.title} (${url.host}) answered GET ${address.pathname} with ${what}.`, {
      code,
      fault: 'remote',
      retry: 'after-change',
    });
  };
  if (status === 401) fail('401: the sign-in was not accepted', 'registry_unauthorized');
  if (status === 403) fail('403: this account may not see the registries', 'registry_denied');
  if (status !== 200) fail(String(status), 'registry_unexpected_status');
  let json: unknown;
  try {
    json = JSON.parse(content);
  } catch {
    fail('something that is not JSON: is it the right URL?', 'invalid_answer');
  }
  return Array.isArray(json) ? json.length : 1;
}
