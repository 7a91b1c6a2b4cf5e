import { type Clock, systemClock } from '../core/clock.ts';
import type { KeptCredential } from '../credentials/index.ts';
import { type Credential, RegistryClient, type VendorDeletion } from '../oci/index.ts';
import type { AnyProvider, CatalogContext, ListPage, ProviderContext, RepositoryInfo, TagInfo } from '../provider/define.ts';
import type { ProviderSet } from '../provider/set.ts';
import { catalogContext, clientOptions, issueCredential, usesOwnApi } from './connect.ts';
import type { CredentialCache, OutboundPolicy, SecretSources } from './deps.ts';
import type { RegistryConfiguration } from './draft.ts';
import { fingerprint, stamped } from './fingerprint.ts';
import { SourceReader, sourceStamp } from './readings.ts';
import { type StoredRegistry, toDraft } from './row.ts';
import type { Registry } from './types.ts';
import type { Vault } from './vault.ts';

/** A saved registry, ready to be asked. The client is shared: never close it. */
export interface OpenRegistry {
  registry: Registry;
  provider: AnyProvider;
  client: RegistryClient;
  /** For the provider's own functions. @throws UnsupportedError when `usesOwnApi` is false */
  catalogContext(signal?: AbortSignal): Promise<CatalogContext>;
  /** Whether the provider's own functions can be called: not with a ready credential from elsewhere that it takes no other way. */
  usesOwnApi(signal?: AbortSignal): Promise<boolean>;
  /** From the broker: cached, and refreshed before it ends. */
  credential(signal?: AbortSignal): Promise<Credential>;
  /**
   * Renews it: `ahead`, if that is due; `now`, in any case. Throws when it cannot be renewed; the one in use stays in use while it
   * is valid.
   */
  renewCredential(when: 'ahead' | 'now', signal?: AbortSignal): Promise<Credential>;
  /** The credential for a client that keeps it for a while: with a good part of its life left, where its issuer can be reached. */
  credentialForClient(signal?: AbortSignal): Promise<Credential>;
  /**
   * Another credential of this registry, made by `make` and kept by the broker under a name of its own until the registry is
   * edited. `make` gets what the provider's functions are called with.
   */
  derivedCredential(name: string, make: MakeCredential, signal?: AbortSignal): Promise<Credential>;
  /**
   * Pages of repositories: of the provider's own API, else of `/v2/_catalog`; the pinned names where the provider has neither.
   * A refusal is thrown, never replaced by the pinned names: whether those may stand in is the caller's decision.
   */
  listRepositories(signal?: AbortSignal): AsyncIterable<ListPage<RepositoryInfo>>;
  /** Pages of tags: of the provider's own API (with digests and times), else of `/v2/<name>/tags/list`. */
  listTags(repository: string, signal?: AbortSignal): AsyncIterable<ListPage<TagInfo>>;
  /** How the provider's own API deletes from a repository; undefined where it has none for that, or where it cannot be called. */
  vendorDeletion(repository: string, signal?: AbortSignal): Promise<VendorDeletion | undefined>;
}

export type MakeCredential = (context: ProviderContext) => Promise<Credential>;

interface Entry {
  key: string;
  fingerprint: string;
  client: RegistryClient;
  reader: SourceReader;
  /** Where the credential is kept beyond this process. */
  keep?: KeptCredential;
  usedAt: number;
}

/** One demand may ask for the provider's context and for the credential: what was read for it is read once. Milliseconds. */
const sameDemand = 1000;
/** Clients that are kept open at most; the one unused for longest goes first. */
const mostClients = 256;

export interface OpenerDeps {
  providers: ProviderSet;
  vault: Vault;
  sources: SecretSources;
  broker: CredentialCache;
  policy: OutboundPolicy;
  /** Where the credential issued for a registry with this (stamped) fingerprint is kept beyond this process. */
  keep?: (registryId: string, fingerprint: string) => KeptCredential;
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

  async open(stored: StoredRegistry): Promise<OpenRegistry> {
    const { vault, policy, sources } = this.#deps;
    const configuration = toDraft(stored, this.#deps.providers);
    const entry = this.#entryOf(stored, configuration, await sourceStamp(configuration, sources));
    const { client, reader } = entry;
    const { provider } = configuration;
    const credential = (signal?: AbortSignal) => this.#credential(entry, configuration, { ...(signal && { signal }) });
    const contextOf = async (signal?: AbortSignal) => {
      const secrets = { vault, policy, readings: await reader.current(signal) };
      return catalogContext(configuration, secrets, { client, credential, clock: this.#clock, ...(signal && { signal }) });
    };
    const usesOwn = async (signal?: AbortSignal) => usesOwnApi(configuration, await reader.current(signal));
    const own = async (signal?: AbortSignal) => ((await usesOwn(signal)) ? contextOf(signal) : undefined);
    return {
      registry: stored.registry,
      provider,
      client,
      credential,
      renewCredential: (when, signal) =>
        this.#credential(entry, configuration, { ...(when === 'now' ? { renew: true } : { ahead: true }), ...(signal && { signal }) }),
      credentialForClient: (signal) => this.#credential(entry, configuration, { forClient: true, ...(signal && { signal }) }),
      derivedCredential: (name, make, signal) =>
        this.#deps.broker.get(`${entry.key}/${name}`, async (issuing) => make(await contextOf(issuing)), {
          forClient: true,
          ...(signal && { signal }),
        }),
      catalogContext: contextOf,
      usesOwnApi: usesOwn,
      listRepositories: (signal) => listRepositories({ provider, client, context: () => own(signal) }, configuration, signal),
      listTags: (repository, signal) => listTags({ provider, client, context: () => own(signal) }, repository, signal),
      async vendorDeletion(repository, signal) {
        const grain = provider.traits.providerDeletes;
        const deleteImage = provider.deleteImage?.bind(provider);
        if (!deleteImage || grain === undefined || !(await usesOwn(signal))) return undefined;
        return { grain, delete: async (what, cancel) => deleteImage(await contextOf(cancel), repository, what) };
      },
    };
  }

  /** Retires the client of a registry whose connection or credential is another one now. */
  refresh(stored: StoredRegistry): void {
    const { id } = stored.registry;
    if (this.#entries.get(id)?.fingerprint !== fingerprint(stored)) this.retire(id);
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

  /** @param stamp of what the registry's sources read: when a file behind them changed, everything begins anew */
  #entryOf(stored: StoredRegistry, configuration: RegistryConfiguration & { id: string }, stamp: string): Entry {
    const { id } = configuration;
    const facts = fingerprint(stored);
    const full = stamped(facts, stamp);
    const key = `${id}@${full}`;
    const known = this.#entries.get(id);
    if (known?.key === key) {
      known.usedAt = this.#clock.now();
      return known;
    }
    this.retire(id);
    this.#makeRoom();
    const reader = new SourceReader(configuration, this.#deps.sources, this.#clock);
    const client: RegistryClient = new RegistryClient({
      ...clientOptions(configuration, this.#deps.vault, this.#deps.policy),
      clock: this.#clock,
      credentialId: key,
      credential: ({ renew, signal }) => this.#credential(entry, configuration, { renew, ...(signal && { signal }) }),
    });
    const keep = this.#deps.keep?.(id, full);
    const entry: Entry = { key, fingerprint: facts, client, reader, usedAt: this.#clock.now(), ...(keep && { keep }) };
    this.#entries.set(id, entry);
    return entry;
  }

  #credential(
    { key, client, reader, keep }: Entry,
    configuration: RegistryConfiguration,
    { renew, ahead, forClient, signal }: { renew?: boolean; ahead?: boolean; forClient?: boolean; signal?: AbortSignal },
  ): Promise<Credential> {
    const { broker, vault, policy } = this.#deps;
    const issue = async (issuing: AbortSignal) => {
      const secrets = { vault, policy, readings: await (renew ? reader.read(issuing) : reader.current(issuing, sameDemand)) };
      return issueCredential(configuration, secrets, { http: client, clock: this.#clock, signal: issuing });
    };
    return broker.get(key, issue, {
      ...(configuration.credentialExpiry !== undefined && { expiryOverride: configuration.credentialExpiry }),
      ...(renew && { fresh: true }),
      ...(forClient && { forClient }),
      ...(ahead && { ahead }),
      ...(keep && { keep }),
      ...(signal && { signal }),
    });
  }

  #makeRoom(): void {
    if (this.#entries.size < mostClients) return;
    const [oldest] = [...this.#entries].sort(([, a], [, b]) => a.usedAt - b.usedAt);
    if (oldest) this.retire(oldest[0]);
  }
}

/** Whom a listing asks. */
interface Lister {
  provider: AnyProvider;
  client: RegistryClient;
  /** Undefined when the provider's own functions cannot be called. */
  context: () => Promise<CatalogContext | undefined>;
}

export async function* listRepositories(
  { provider, client, context }: Lister,
  configuration: Pick<RegistryConfiguration, 'namespace' | 'pinnedRepositories'>,
  signal?: AbortSignal,
): AsyncGenerator<ListPage<RepositoryInfo>, void, undefined> {
  const own = provider.listRepositories && (await context());
  if (provider.listRepositories && own) {
    yield* provider.listRepositories(own);
  } else if (provider.traits.catalog === 'none') {
    yield { items: configuration.pinnedRepositories.map((name) => ({ name })) };
  } else {
    const below = configuration.namespace === '' ? '' : `${configuration.namespace}/`;
    for await (const names of client.listRepositories(signal ? { signal } : {})) {
      yield { items: names.filter((name) => name.startsWith(below)).map((name) => ({ name })) };
    }
  }
}

async function* listTags(
  { provider, client, context }: Lister,
  repository: string,
  signal?: AbortSignal,
): AsyncGenerator<ListPage<TagInfo>, void, undefined> {
  const own = provider.listTags && (await context());
  if (provider.listTags && own) {
    yield* provider.listTags(own, repository);
    return;
  }
  for await (const names of client.repository(repository).listTags(signal ? { signal } : {})) {
    yield { items: names.map((name) => ({ name })) };
  }
}
