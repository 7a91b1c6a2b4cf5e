import { createHash } from 'node:crypto';
import { type Clock, systemClock } from '../core/clock.ts';
import { type Credential, RegistryClient } from '../oci/index.ts';
import type { AnyProvider, CatalogContext, ListPage, RepositoryInfo, TagInfo } from '../provider/define.ts';
import type { ProviderSet } from '../provider/set.ts';
import { catalogContext, clientOptions, providerContext } from './connect.ts';
import type { CredentialCache, OutboundPolicy } from './deps.ts';
import type { RegistryConfiguration } from './draft.ts';
import { type StoredRegistry, toDraft } from './row.ts';
import type { Registry } from './types.ts';
import type { Vault } from './vault.ts';

/** A saved registry, ready to be asked. The client is shared: never close it. */
export interface OpenRegistry {
  registry: Registry;
  provider: AnyProvider;
  client: RegistryClient;
  catalogContext(signal?: AbortSignal): CatalogContext;
  /** From the broker: cached, and refreshed before it ends. */
  credential(signal?: AbortSignal): Promise<Credential>;
  /**
   * Pages of repositories: of the provider's own API, else of `/v2/_catalog`; the pinned names where the provider has neither.
   * A refusal is thrown, never replaced by the pinned names: whether those may stand in is the caller's decision.
   */
  listRepositories(signal?: AbortSignal): AsyncIterable<ListPage<RepositoryInfo>>;
  /** Pages of tags: of the provider's own API (with digests and times), else of `/v2/<name>/tags/list`. */
  listTags(repository: string, signal?: AbortSignal): AsyncIterable<ListPage<TagInfo>>;
}

interface Entry {
  key: string;
  client: RegistryClient;
  usedAt: number;
}

/** Clients that are kept open at most; the one unused for longest goes first. */
const mostClients = 256;

export interface OpenerDeps {
  providers: ProviderSet;
  vault: Vault;
  broker: CredentialCache;
  policy: OutboundPolicy;
  clock?: Clock;
}

/** Keeps one client a registry, and makes a new one when what it depends on was edited. */
export class Opener {
  readonly #deps: OpenerDeps;
  readonly #clock: Clock;
  readonly #entries = new Map<string, Entry>();
  readonly #closing = new Set<Promise<void>>();

  constructor(deps: OpenerDeps) {
    this.#deps = deps;
    this.#clock = deps.clock ?? systemClock;
  }

  open(stored: StoredRegistry): OpenRegistry {
    const { vault, policy } = this.#deps;
    const configuration = toDraft(stored, this.#deps.providers);
    const entry = this.#entryOf(stored, configuration);
    const { client } = entry;
    const { provider } = configuration;
    const credential = (signal?: AbortSignal) => this.#credential(entry.key, configuration, client, { ...(signal && { signal }) });
    const contextOf = (signal?: AbortSignal) =>
      catalogContext(configuration, vault, policy, { client, credential, clock: this.#clock, ...(signal && { signal }) });
    return {
      registry: stored.registry,
      provider,
      client,
      credential,
      catalogContext: contextOf,
      listRepositories: (signal) => listRepositories(provider, contextOf(signal), configuration),
      listTags: (repository, signal) => listTags(provider, contextOf(signal), repository),
    };
  }

  /** Retires the client of a registry whose connection or credential is another one now. */
  refresh(stored: StoredRegistry): void {
    const { id } = stored.registry;
    if (this.#entries.get(id)?.key !== `${id}@${fingerprint(stored)}`) this.retire(id);
  }

  /** Forgets everything that was cached for a registry: client, credential, tokens. */
  retire(registryId: string): void {
    const entry = this.#entries.get(registryId);
    if (!entry) return;
    this.#entries.delete(registryId);
    this.#deps.broker.drop(registryId);
    entry.client.forgetTokens();
    const closing = entry.client.close().catch(() => {});
    this.#closing.add(closing);
    void closing.then(() => this.#closing.delete(closing));
  }

  async close(): Promise<void> {
    for (const id of this.#entries.keys()) this.retire(id);
    await Promise.all(this.#closing);
  }

  #entryOf(stored: StoredRegistry, configuration: RegistryConfiguration & { id: string }): Entry {
    const { id } = configuration;
    const key = `${id}@${fingerprint(stored)}`;
    const known = this.#entries.get(id);
    if (known?.key === key) {
      known.usedAt = this.#clock.now();
      return known;
    }
    this.retire(id);
    this.#makeRoom();
    const client: RegistryClient = new RegistryClient({
      ...clientOptions(configuration, this.#deps.vault, this.#deps.policy),
      clock: this.#clock,
      credentialId: key,
      credential: ({ renew, signal }) => this.#credential(key, configuration, client, { renew, ...(signal && { signal }) }),
    });
    const entry = { key, client, usedAt: this.#clock.now() };
    this.#entries.set(id, entry);
    return entry;
  }

  #credential(
    key: string,
    configuration: RegistryConfiguration,
    client: RegistryClient,
    { renew, signal }: { renew?: boolean; signal?: AbortSignal },
  ): Promise<Credential> {
    const { broker, vault, policy } = this.#deps;
    const issue = (issuing: AbortSignal) =>
      configuration.provider.issueCredential(
        providerContext(configuration, vault, policy, { http: client, clock: this.#clock, signal: issuing }),
      );
    return broker.get(key, issue, {
      ...(configuration.credentialExpiry !== undefined && { expiryOverride: configuration.credentialExpiry }),
      ...(renew && { fresh: true }),
      ...(signal && { signal }),
    });
  }

  #makeRoom(): void {
    if (this.#entries.size < mostClients) return;
    const [oldest] = [...this.#entries].sort(([, a], [, b]) => a.usedAt - b.usedAt);
    if (oldest) this.retire(oldest[0]);
  }
}

/** Changes whenever the client or its credential would be another one; a new description does not cost a connection. */
function fingerprint({ registry, sealed }: StoredRegistry): string {
  const { provider, url, namespace, signIn, settings, connection, trustedRealms, credentialExpiry } = registry;
  const facts = JSON.stringify([provider, url, namespace, signIn, settings, connection, trustedRealms, credentialExpiry ?? null, sealed]);
  return createHash('sha256').update(facts).digest('base64url').slice(0, 22);
}

export async function* listRepositories(
  provider: AnyProvider,
  context: CatalogContext,
  configuration: Pick<RegistryConfiguration, 'namespace' | 'pinnedRepositories'>,
): AsyncGenerator<ListPage<RepositoryInfo>, void, undefined> {
  if (provider.listRepositories) {
    yield* provider.listRepositories(context);
  } else if (provider.traits.catalog === 'none') {
    yield { items: configuration.pinnedRepositories.map((name) => ({ name })) };
  } else {
    const below = configuration.namespace === '' ? '' : `${configuration.namespace}/`;
    for await (const names of context.client.listRepositories(context.signal ? { signal: context.signal } : {})) {
      yield { items: names.filter((name) => name.startsWith(below)).map((name) => ({ name })) };
    }
  }
}

async function* listTags(
  provider: AnyProvider,
  context: CatalogContext,
  repository: string,
): AsyncGenerator<ListPage<TagInfo>, void, undefined> {
  if (provider.listTags) {
    yield* provider.listTags(context, repository);
    return;
  }
  for await (const names of context.client.repository(repository).listTags(context.signal ? { signal: context.signal } : {})) {
    yield { items: names.map((name) => ({ name })) };
  }
}
