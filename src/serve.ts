import type { AddressInfo } from 'node:net';
import { fileURLToPath } from 'node:url';
import type { Api } from './api/api.ts';
import { createApp } from './api/app.ts';
import { type HubConfig, hubConfig } from './config.ts';
import { HubError } from './core/errors.ts';
import { createHub, type Hub, type HubParts } from './hub.ts';
import { loggerOptions } from './log.ts';
import type { RequestRecord } from './oci/index.ts';
import { packageVersion } from './version.ts';

export interface RunningHub {
  hub: Hub;
  app: Api;
  /** Where it listens, e.g. `http://127.0.0.1:7330`. */
  url: string;
  /** Where people go first: to the page, or to its set-up with the one-time token. */
  setupUrl: string | undefined;
  close(): Promise<void>;
}

export interface ServeParts extends HubParts {
  /** Folder of the built web page. Default: the one of this package. */
  webRoot?: string;
}

/** How long a stopping hub waits for requests under way, in milliseconds. */
const patience = 10_000;

/**
 * Starts a hub: opens it, listens, and begins its background work.
 *
 * @throws HubError `address_in_use`, `address_unavailable`, and those of `createHub`
 */
export async function startHub(given: Partial<HubConfig>, parts: ServeParts = {}): Promise<RunningHub> {
  const config = hubConfig(given);
  const version = packageVersion();
  let app: Api | undefined;
  const warn = parts.warn ?? ((message, error) => (app ? app.log.warn({ err: error }, message) : process.stderr.write(`${message}\n`)));
  const outbound = { onRequest: (record: RequestRecord) => app?.log.debug({ ...record }, 'asked a registry'), ...parts.outbound };
  const hub = await createHub(config, version, { ...parts, outbound, warn });
  try {
    app = await createApp(hub.services, {
      logger: loggerOptions(config.logLevel),
      trustProxy: config.trustProxy,
      publicUrl: config.publicUrl,
      webRoot: parts.webRoot ?? fileURLToPath(new URL('../web/dist', import.meta.url)),
    });
    const url = await listen(app, config);
    const token = await hub.services.setup.begin();
    hub.start();
    const base = config.publicUrl?.origin ?? url;
    const listening = app;
    return {
      hub,
      app,
      url,
      setupUrl: token === undefined ? undefined : `${base}/setup#token=${token}`,
      close: async () => {
        await closeApp(listening);
        await hub.close();
      },
    };
  } catch (error) {
    await app?.close();
    await hub.close();
    throw error;
  }
}

/** Runs a hub in this process until SIGTERM, SIGINT or SIGHUP; a second signal ends it at once. */
export async function serve(
  given: Partial<HubConfig>,
  options: { databaseByFlag?: boolean; onListening?: () => void } = {},
): Promise<void> {
  // Programs that the hub starts (credential helpers) have no business with these.
  delete process.env['TAGBOAT_MASTER_KEY'];
  delete process.env['TAGBOAT_DATABASE'];
  if (options.databaseByFlag && given.database && new URL(given.database.reveal()).password) {
    process.stderr.write('Everybody on this machine can read the password in --database: give the URL as TAGBOAT_DATABASE instead.\n');
  }
  const running = await startHub(given);
  process.stdout.write(greeting(running));
  options.onListening?.();
  await stopSignal();
  await running.close();
}

function greeting({ hub, url, setupUrl }: RunningHub): string {
  const lines = [`Tagboat ${hub.services.version} listens on ${url}`];
  if (setupUrl) lines.push('', 'Open this link to set it up. It works once, and until the next start:', `  ${setupUrl}`, '');
  if (hub.services.keyring.state === 'lost') {
    lines.push('The master key is lost: registries work again once an administrator accepts the loss and their secrets are entered again.');
  }
  return `${lines.join('\n')}\n`;
}

async function listen(app: Api, { host, port }: HubConfig): Promise<string> {
  try {
    await app.listen({ host, port });
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'EADDRINUSE') {
      throw new HubError(`Port ${port} of ${host} is taken by another program, perhaps by another hub.`, 'address_in_use', error, {
        host,
        port,
      });
    }
    if (code === 'EACCES' || code === 'EADDRNOTAVAIL' || code === 'ENOTFOUND') {
      throw new HubError(`The hub cannot listen on port ${port} of ${host} (${code}).`, 'address_unavailable', error, { host, port });
    }
    throw error;
  }
  const address = app.server.address() as AddressInfo;
  return `http://${urlHost(host)}:${address.port}`;
}

/** A host that a browser on this machine can open: an address that stands for all is none. */
function urlHost(host: string): string {
  if (host === '0.0.0.0' || host === '::') return '127.0.0.1';
  return host.includes(':') ? `[${host}]` : host;
}

async function closeApp(app: Api): Promise<void> {
  const force = setTimeout(() => app.server.closeAllConnections(), patience);
  try {
    await app.close();
  } finally {
    clearTimeout(force);
  }
}

function stopSignal(): Promise<void> {
  return new Promise((resolve) => {
    let stopping = false;
    for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP'] as const) {
      process.on(signal, () => {
        if (stopping) process.exit(1);
        stopping = true;
        resolve();
      });
    }
  });
}
