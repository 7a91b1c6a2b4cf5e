import { IndexFolder } from './index-folder.ts';
import { stat } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { systemClock } from '../../core/clock.ts';
import { layoutRepositories, LayoutRepository } from '../../distribution/bundle/index.ts';
import type { Unchecked } from '../../distribution/sync/documents/index.ts';
import type { SyncSpec } from '../../distribution/sync/types.ts';
import type { SyncDestination, SyncSource, SyncWorld } from '../../distribution/sync/world.ts';
import {
  BlobKnowledge,
  canDeleteTags,
  deleteTag,
  OciLayout,
  parseReference,
  type RegistryClient,
  RepositoryTarget,
  TagboatError,
  TransportError,
} from '../../oci/index.ts';
import type { Cli } from '../cli.ts';
import { MachineError, UsageError } from '../errors.ts';
import { printable } from '../output/text.ts';
import { type DirectOptions, namesDirectConnection, openDirect } from './client.ts';
import { directOptions, type EndpointOptions } from './endpoint.ts';

/** A layout on disk that rules read or write. */
export interface OpenLayout {
  directory: string;
  layout: OciLayout;
}

/** Registries and layouts as rules of a file name them: hosts, with Docker's own configuration, and directories. Everything is opened once. */
export class DirectWorlds {
  readonly #cli: Cli;
  readonly #options: EndpointOptions;
  readonly #connections: ReadonlyMap<string, Unchecked>;
  readonly #clients = new Map<string, Promise<RegistryClient>>();
  readonly #layouts = new Map<string, OpenLayout>();
  readonly #knowledge: BlobKnowledge;

  /** @param connections hosts that a file reaches by plain HTTP, or without a check of their certificate */
  constructor(cli: Cli, options: EndpointOptions, connections: ReadonlyMap<string, Unchecked>) {
    this.#cli = cli;
    this.#options = options;
    this.#connections = connections;
    this.#knowledge = new BlobKnowledge({ indexes: new IndexFolder(cli.io.env) });
  }

  async open({ source, destination, mode }: SyncSpec): Promise<SyncWorld> {
    const common = { knowledge: this.#knowledge, clock: systemClock };
    const from = isLayout(source.registry) ? await this.#readLayout(source.registry) : await this.#readRegistry(source.registry);
    const to = isLayout(destination.registry)
      ? this.#writeLayout(destination.registry)
      : await this.#writeRegistry(destination.registry, mode === 'mirror');
    return { ...common, ...from, ...to };
  }

  /** The layout of `oci:<directory>`. */
  layout(registry: string): OpenLayout {
    const directory = resolve(registry.slice('oci:'.length));
    let open = this.#layouts.get(directory);
    // One object for all: it writes the index, one change after the other.
    if (!open) this.#layouts.set(directory, (open = { directory, layout: new OciLayout(directory) }));
    return open;
  }

  async close(): Promise<void> {
    await Promise.allSettled([
      ...[...this.#clients.values()].map(async (client) => (await client).close()),
      ...[...this.#layouts.values()].map(({ layout }) => layout.close()),
    ]);
  }

  async #readRegistry(registry: string): Promise<Pick<SyncWorld, 'sourceRegistry' | 'listRepositories' | 'openSource'>> {
    const { client, account } = await this.#client(registry, 'src');
    return {
      sourceRegistry: registry,
      listRepositories: (call) => listRepositories(client, registry, call),
      openSource: async (name): Promise<SyncSource> => ({ target: new RepositoryTarget(client.repository(name), account) }),
    };
  }

  async #writeRegistry(registry: string, mirrors: boolean): Promise<Pick<SyncWorld, 'openDestination'>> {
    const { client, account } = await this.#client(registry, 'dest');
    const deletion = mirrors ? await (await import('../commands/delete-run.ts')).traitOf(client) : undefined;
    return {
      openDestination: async (name): Promise<SyncDestination> => {
        const repository = client.repository(name);
        const target = new RepositoryTarget(repository, account);
        return {
          target,
          listTags: (call) => repository.listTags(call),
          ...(mirrors &&
            canDeleteTags(repository, { ...(deletion && { deletion }) }) && {
              deleteTag: async (tag, digest, call) => {
                const outcome = await deleteTag(repository, tag, { digest, ...call, ...(deletion && { deletion }) });
                if (outcome === 'moved') throw moved(`${target.label}:${tag}`);
              },
            }),
        };
      },
    };
  }

  async #readLayout(registry: string): Promise<Pick<SyncWorld, 'sourceRegistry' | 'listRepositories' | 'openSource'>> {
    const { directory, layout } = this.layout(registry);
    await stat(join(directory, 'oci-layout')).catch((error: unknown) => {
      throw new MachineError(
        `There is no OCI image layout in ${printable(directory)}.`,
        'Check the path: it is read from where the command is run.',
        error,
      );
    });
    return {
      sourceRegistry: 'layout',
      listRepositories: async function* () {
        yield await layoutRepositories(layout);
      },
      openSource: async (name) => ({ target: new LayoutRepository(layout, name) }),
    };
  }

  #writeLayout(registry: string): Pick<SyncWorld, 'openDestination'> {
    const { layout } = this.layout(registry);
    return {
      openDestination: async (name) => {
        const target = new LayoutRepository(layout, name);
        return {
          target,
          listTags: (call) => target.listTags(call),
          deleteTag: async (tag, digest) => {
            if (!(await target.removeTag(tag, digest))) throw moved(`${target.label}:${tag}`);
          },
        };
      },
    };
  }

  /** One client for all repositories of a registry. Both sides share it where they are reached in the same way. */
  async #client(registry: string, side: 'src' | 'dest'): Promise<{ client: RegistryClient; account: string }> {
    const host = hostOf(registry);
    const flags: DirectOptions = directOptions(side, this.#options);
    const how = namesDirectConnection(flags) ? undefined : this.#connections.get(registry);
    const key = namesDirectConnection(flags) ? `${side} ${host}` : host;
    let opening = this.#clients.get(key);
    if (!opening) this.#clients.set(key, (opening = this.#open(host, flags, how)));
    return { client: await opening, account: key };
  }

  async #open(host: string, flags: DirectOptions, how: Unchecked | undefined): Promise<RegistryClient> {
    if (how === undefined) return openDirect(this.#cli, host, flags);
    const plain = () => openDirect(this.#cli, host, { ...flags, plainHttp: true });
    if (how === 'plain') return plain();
    const client = await openDirect(this.#cli, host, { ...flags, insecure: true });
    if (how === 'insecure') return client;
    try {
      await client.ping({ signal: this.#cli.signal });
      return client;
    } catch (error) {
      await client.close();
      if (error instanceof TransportError && error.code === 'plain_http_on_https_port') return plain();
      throw error;
    }
  }
}

export function isLayout(registry: string): boolean {
  return registry.startsWith('oci:');
}

/** By what two rules of a file are found to be about the same place. */
export function placeOf(registry: string): string {
  return isLayout(registry) ? `oci:${resolve(registry.slice('oci:'.length))}` : (knownHost(registry) ?? registry);
}

/** @throws UsageError for what is no host: the name of a registry is known to a hub only */
export function hostOf(registry: string): string {
  const host = knownHost(registry);
  if (host !== undefined) return host;
  throw new UsageError(
    `“${printable(registry)}” is no host of a registry.`,
    'In a file that is run here, registries are hosts such as ghcr.io or localhost:5000; what stands behind belongs to the repositories. Rules that name registries of a hub are for the hub: `tagboat sync apply`.',
  );
}

function knownHost(registry: string): string | undefined {
  try {
    // By Docker's rules, what is no host would be a repository of Docker Hub.
    const { registry: host, repository } = parseReference(`${registry}/x/x`, { defaultTag: null });
    return repository === 'x/x' ? host : undefined;
  } catch (error) {
    if (!(error instanceof TagboatError)) throw error;
    return undefined;
  }
}

async function* listRepositories(
  client: RegistryClient,
  registry: string,
  call: Parameters<RegistryClient['listRepositories']>[0],
): AsyncGenerator<string[]> {
  try {
    yield* client.listRepositories(call);
  } catch (error) {
    if (
      !(error instanceof TagboatError) ||
      !['registry_not_found', 'registry_denied', 'registry_unauthorized', 'registry_unexpected_status'].includes(error.code)
    )
      throw error;
    throw new UsageError(
      `${registry} does not list its repositories to this sign-in: ${error.message}`,
      'Name the repositories in the rule instead of globs, or have a hub run it, which asks the provider.',
    );
  }
}

function moved(what: string): TagboatError {
  return new TagboatError(`${what} has been pushed to since it was looked at: it was left alone.`, {
    code: 'conflict',
    fault: 'remote',
    retry: 'never',
  });
}
