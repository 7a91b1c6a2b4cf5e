import { resolve } from 'node:path';
import { ApiTokens, Audit, Projects, Sessions, Setup, Users } from './access/index.ts';
import type { Services } from './api/services.ts';
import { Catalog } from './catalog/index.ts';
import type { HubConfig } from './config.ts';
import { type Clock, systemClock } from './core/clock.ts';
import { HubEvents } from './core/events.ts';
import { CredentialBroker, type Keyring, openKeyring } from './credentials/index.ts';
import { type CredentialSourceOptions, CredentialSources } from './credentials/sources/index.ts';
import { copyParts, Deletions, syncParts, Targets } from './distribution/index.ts';
import { Imports } from './imports/index.ts';
import { loadProviders, type ProviderSet } from './provider/index.ts';
import { openQueue, type Queue } from './queue/index.ts';
import { CredentialWorker, Handouts, type OutboundPolicy, Registries, RegistryChecker, Repositories } from './registries/index.ts';
import { openStore, type Store } from './store/index.ts';

/** What an operator should look at, for the log. `error` where there is one. */
export type Warn = (message: string, error?: unknown) => void;

/** What tests and the demo replace. */
export interface HubParts {
  clock?: Clock;
  /** Default: those that Tagboat ships. */
  providers?: ProviderSet;
  /** Laid over what the configuration says of going out. */
  outbound?: OutboundPolicy;
  /** Laid over what the configuration says of places that secrets are read from. */
  sources?: CredentialSourceOptions;
  warn?: Warn;
  /** How the store is opened: `tool` for programs that run briefly, beside one another. Default `hub`. */
  access?: 'hub' | 'tool';
}

export interface Hub {
  readonly services: Services;
  /** Starts what a hub does by itself: checks of registries, renewing of credentials, sweeping of sessions that ended. */
  start(): void;
  /** Ends background work, then connections, then the store. */
  close(): Promise<void>;
}

const sweepInterval = 60 * 60_000;

/**
 * The composition root: opens the store and the keyring and puts every stage of the hub together, each on those before it.
 * When something fails on the way, what was opened is closed again.
 *
 * @throws HubError of `openStore` and `openKeyring`: store in use, wrong master key, …
 */
export async function createHub(config: HubConfig, version: string, parts: HubParts = {}): Promise<Hub> {
  await using opened = new AsyncDisposableStack();
  const { clock = systemClock, warn = () => {} } = parts;
  const deferClose = <T extends { close(): Promise<void> }>(thing: T): T => opened.adopt(thing, (it) => it.close());

  const store = deferClose(await openHubStore(config, warn, parts.access));
  const keyring = await openHubKeyring(config, store, warn);
  const providers = parts.providers ?? (await loadProviders());
  for (const { file, message } of providers.problems) warn(`The provider in ${file} is left out: ${message}`);

  const events = new HubEvents((event, error) => warn(`A listener of ${event} failed.`, error));
  const audit = new Audit({ store, clock });
  const users = new Users({ store, audit, clock });
  const idle = config.sessionHours * 60 * 60_000;
  const sessions = new Sessions({ store, audit, clock, idle, absolute: Math.max(idle, 7 * 24 * 60 * 60_000) });
  const broker = new CredentialBroker({ clock });
  const queue = deferClose(
    await openQueue({
      store,
      database: config.database?.reveal(),
      clock,
      onFailure: (error, topic) => warn(`The queue ${topic ?? ''} failed.`, error),
    }),
  );
  const sources = deferClose(new CredentialSources({ ...sourceOptions(config), clock, ...parts.sources }));
  const outbound = { ...outboundPolicy(config, version), ...parts.outbound };
  const registries = deferClose(
    new Registries({
      store,
      keyring,
      sources,
      broker,
      audit,
      providers,
      clock,
      events,
      policy: outbound,
      onFailure: (error) => warn('A connection test met an error of the hub itself.', error),
    }),
  );
  const checker = new RegistryChecker({
    registries,
    store,
    events,
    clock,
    onFailure: (id, error) => warn(`The background check of registry ${id} failed.`, error),
  });
  const worker = new CredentialWorker({
    credentials: registries.credentials,
    uses: registries.uses,
    queue,
    clock,
    onFailure: (error) => warn('Credentials could not be looked after.', error),
  });
  const projects = new Projects({ store, audit, clock });
  const imports = new Imports({
    registries,
    projects,
    providers,
    sources,
    onFailure: (error) => warn('An import met an error of the hub itself.', error),
  });
  const catalog = deferClose(new Catalog({ store, registries, clock }));
  const deletions = new Deletions({
    registries,
    audit,
    events,
    onDeleted: (id, repository) => catalog.expireTags(id, repository),
  });
  const repositories = new Repositories({ registries, audit, onCreated: (id) => catalog.expireRepositories(id) });
  const targets = new Targets({ registries, repositories });
  events.on('registry.removed', ({ id }) => targets.forget(id));
  const {
    copies,
    runner: copyRunner,
    uploads,
  } = copyParts({
    store,
    keyring,
    registries,
    targets,
    audit,
    events,
    queue,
    clock,
    parallel: config.parallelCopies,
    onWritten: (id, repository) => catalog.expireWritten(id, repository),
    onFailure: (error) => warn('Copies met an error of the hub itself.', error),
  });
  deferClose(copies);
  const { rules: syncRules, runner: syncRunner } = syncParts({
    store,
    registries,
    targets,
    uploads,
    audit,
    events,
    queue,
    clock,
    parallel: config.parallelSyncs,
    onWritten: (id, repository) => catalog.expireWritten(id, repository),
    onFailure: (error) => warn('Sync rules met an error of the hub itself.', error),
  });
  deletions.addUseSource(syncRules.usesOf);

  const services: Services = {
    store,
    keyring,
    setup: new Setup({ store, users }),
    users,
    sessions,
    tokens: new ApiTokens({ store, audit, clock }),
    projects,
    audit,
    providers,
    sources,
    registries,
    credentials: registries.credentials,
    alerts: registries.alerts,
    handouts: new Handouts({ registries, providers, audit, clock }),
    repositories,
    catalog,
    deletions,
    imports,
    copies,
    syncRules,
    events,
    clock,
    https: config.publicUrl?.protocol === 'https:',
    checkReady: () => store.ping(),
    version,
    startedAt: clock.now(),
  };

  const closing = opened.move();
  return {
    services,
    start() {
      if (config.backgroundChecks) {
        checker.start();
        closing.defer(() => checker.stop());
        worker.start();
        closing.defer(() => worker.stop());
      }
      copyRunner.start();
      closing.defer(() => copyRunner.stop());
      syncRunner.start();
      closing.defer(() => syncRunner.stop());
      const sweep = setInterval(() => {
        void sweepSessions(queue, sessions).catch((error: unknown) => warn('Sessions that ended could not be removed.', error));
        void sweepContent(queue, catalog).catch((error: unknown) => warn('Manifests that nobody uses could not be removed.', error));
      }, sweepInterval);
      sweep.unref();
      closing.defer(() => clearInterval(sweep));
    },
    close: () => closing.disposeAsync(),
  };
}

/** One replica does it, whichever comes first. */
async function sweepSessions(queue: Queue, sessions: Sessions): Promise<void> {
  const lease = await queue.lease('sessions.sweep', sweepInterval / 2);
  if (lease) await sessions.sweep();
}

async function sweepContent(queue: Queue, catalog: Catalog): Promise<void> {
  const lease = await queue.lease('content.sweep', sweepInterval / 2);
  if (lease) await catalog.sweep();
}

/** Opens a hub's store as its configuration says. */
export function openHubStore(config: Pick<HubConfig, 'database' | 'dataDir'>, warn: Warn, access: 'hub' | 'tool' = 'hub'): Promise<Store> {
  return openStore({
    database: config.database?.reveal(),
    dataDir: config.dataDir,
    access,
    onIdleFailure: (error) => warn('A connection to the database broke while it was idle.', error),
  });
}

/** Opens a hub's keyring as its configuration says. */
export function openHubKeyring(
  config: Pick<HubConfig, 'dataDir' | 'masterKey' | 'masterKeyLost'>,
  store: Store,
  warn: Warn,
): Promise<Keyring> {
  return openKeyring({
    store,
    dataDir: config.dataDir,
    masterKey: config.masterKey?.reveal(),
    masterKeyLost: config.masterKeyLost,
    onWarning: (message) => warn(message),
  });
}

/** Where a hub may read secrets, as its configuration says. */
function sourceOptions(config: HubConfig): CredentialSourceOptions {
  const { credentialCommands, credentialNamespaces, credentialDockerConfig, kubeconfig, vaultUrl, vaultToken, vaultTokenFile, vaultRole } =
    config;
  // Without a way to sign in there is nothing to ask Vault for, and the message about that names the options.
  const knowsVault = vaultToken !== undefined || vaultTokenFile !== undefined || vaultRole !== undefined;
  return {
    variables: config.credentialVariables,
    files: config.credentialFiles.map((folder) => resolve(folder)),
    ...(credentialCommands !== undefined && { commands: resolve(credentialCommands) }),
    ...(credentialNamespaces && { namespaces: credentialNamespaces }),
    ...(credentialDockerConfig !== undefined && { dockerConfig: resolve(credentialDockerConfig) }),
    ...(kubeconfig !== undefined && { kubeconfig: resolve(kubeconfig) }),
    ...(vaultUrl &&
      knowsVault && {
        vault: {
          url: vaultUrl,
          authMount: config.vaultAuthMount,
          ...(vaultToken && { token: vaultToken }),
          ...(vaultTokenFile !== undefined && { tokenFile: resolve(vaultTokenFile) }),
          ...(vaultRole !== undefined && { role: vaultRole }),
          ...(config.vaultNamespace !== undefined && { namespace: config.vaultNamespace }),
          ...(config.vaultCaFile !== undefined && { caFile: resolve(config.vaultCaFile) }),
        },
      }),
  };
}

function outboundPolicy(config: HubConfig, version: string): OutboundPolicy {
  return {
    addresses: { allowPrivate: config.allowPrivateAddresses, allowLoopback: config.allowLoopbackAddresses },
    userAgent: `tagboat/${version}`,
  };
}
