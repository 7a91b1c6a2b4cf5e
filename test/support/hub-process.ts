import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type Client, createClient } from '../../src/sdk/index.ts';
import { temporaryDirectory } from './temporary.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));

export interface HubProcessOptions {
  /** Kept by the caller; default: a temporary folder that goes with the hub. */
  dataDir?: string;
  env?: Readonly<Record<string, string>>;
  args?: readonly string[];
  /** `dist/main.js` as `npm start` runs it, `src/main.ts`, or a hub with a provider for tests. Default: built. */
  entry?: 'dist/main.js' | 'src/main.ts' | 'test/support/issuing-hub.ts';
}

/** `tagboat serve` as a process of its own, on a free port of 127.0.0.1. */
export interface HubProcess {
  url: string;
  /** The one-time link that it printed, when it is not set up. */
  setupLink: string | undefined;
  dataDir: string;
  child: ChildProcess;
  /** All that it has printed. */
  log: () => string;
  stop: (signal?: NodeJS.Signals) => Promise<void>;
}

export async function startHubProcess(options: HubProcessOptions = {}): Promise<HubProcess> {
  const directory = options.dataDir === undefined ? await temporaryDirectory('tagboat-hub') : undefined;
  const dataDir = options.dataDir ?? directory?.path ?? '';
  const args = [join(root, options.entry ?? 'dist/main.js'), 'serve', '--data', dataDir, '--port', '0', ...(options.args ?? [])];
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'pipe'], env: { ...process.env, ...options.env }, cwd: root });
  let log = '';
  for (const stream of [child.stdout, child.stderr]) stream.setEncoding('utf8').on('data', (text: string) => (log += text));
  const stop = async (signal: NodeJS.Signals = 'SIGTERM') => {
    if (child.exitCode === null && child.signalCode === null) {
      const exited = once(child, 'exit');
      child.kill(signal);
      await exited;
    }
    await directory?.remove();
  };
  const url = await listening(child, () => log).catch(async (error: unknown) => {
    await stop('SIGKILL');
    throw error;
  });
  return { url, setupLink: /http\S+#token=\S+/.exec(log)?.[0], dataDir, child, log: () => log, stop };
}

async function listening(child: ChildProcess, log: () => string): Promise<string> {
  for (const deadline = Date.now() + 20_000; Date.now() < deadline; ) {
    const url = /listens on (http\S+)/.exec(log())?.[1];
    if (url && (await fetch(`${url}/readyz`).catch(() => undefined))?.ok) return url;
    if (child.exitCode !== null) break;
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  throw new Error(`The hub did not start:\n${log()}`);
}

export interface Administrator {
  name: string;
  password: string;
  token: string;
  hub: Client;
}

/** Goes through the set-up link and makes an API token, as a person and their first script do. */
export async function setUpHub(
  hub: Pick<HubProcess, 'url' | 'setupLink'>,
  name = 'ana',
  password = 'correct horse battery staple',
): Promise<Administrator> {
  const token = new URL(hub.setupLink ?? '').hash.slice('#token='.length);
  let cookie = '';
  const keepCookie: typeof fetch = async (input, init) => {
    const response = await fetch(input, { ...init, headers: { ...(init?.headers as Record<string, string>), ...(cookie && { cookie }) } });
    cookie = response.headers.get('set-cookie')?.split(';')[0] ?? cookie;
    return response;
  };
  const anybody = createClient({ baseUrl: hub.url, fetch: keepCookie });
  const { csrf } = await anybody.completeSetup({ token, name, password });
  const browser = createClient({ baseUrl: hub.url, fetch: keepCookie, csrf });
  const created = await browser.createToken({ name: 'tests', role: 'administrator' });
  return { name, password, token: created.secret, hub: createClient({ baseUrl: hub.url, token: created.secret }) };
}
