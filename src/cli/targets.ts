import { parseReference, type Reference, type RegistryClient } from '../oci/index.ts';
import { ApiError } from '../sdk/api-error.ts';
import type { Registry } from '../sdk/index.ts';
import type { Cli } from './cli.ts';
import { HubUnreachable, UsageError } from './errors.ts';
import { connect, findHub, type Hub } from './hub-client.ts';
import { printable } from './output/text.ts';
import { type DirectOptions, namesDirectConnection, openDirect } from './standalone/client.ts';

/** Content as a hub knows it. */
export interface HubTarget {
  via: 'hub';
  hub: Hub;
  registry: Registry;
  /** Repository, tag and digest below the registry; the repository is empty when only a registry was named. */
  repository: string;
  tag?: string;
  digest?: string;
}

/** Content at a registry that is asked directly. `client` has to be closed. */
export interface DirectTarget {
  via: 'direct';
  client: RegistryClient;
  reference: Reference;
}

export interface TargetOptions {
  /** A registry alone is enough (`repos`), or a repository is needed, or a tag or digest too; `content`: with or without one. */
  needs: 'registry' | 'repository' | 'image' | 'content';
}

/**
 * Finds out what a text means: a registry's name at the hub, with what follows it; a full reference whose registry the hub
 * knows; or a full reference that is read from its registry directly, with Docker's sign-in.
 */
export async function resolveTarget(
  cli: Cli,
  text: string,
  options: DirectOptions,
  { needs }: TargetOptions,
): Promise<HubTarget | DirectTarget> {
  if (/^[a-z][a-z0-9+.-]*:\/\//i.test(text))
    throw new UsageError('This is a URL, not a reference.', 'Leave out everything up to and including “://”.');
  if (needs === 'repository') refuseTag(text);
  const direct = async (): Promise<DirectTarget> => {
    const reference = parseDirect(text, needs);
    return { via: 'direct', client: await openDirect(cli, reference.registry, options), reference };
  };
  if (namesDirectConnection(options)) {
    if (typeof options.hub === 'string')
      throw new UsageError('--hub excludes the flags of a direct connection.', 'Leave out --hub, or set up the registry at the hub.');
    return direct();
  }
  const address = await findHub(cli, options);
  if (!address) return direct();
  const hub = connect(cli, address, options);
  try {
    const target = await resolveAtHub(hub, text, needs);
    if (target) return target;
    if (!startsWithHost(text)) throw ambiguous(text, address.url);
    cli.output(options).note('No registry of the hub has this; asking it directly.');
  } catch (error) {
    // A host is reachable without the hub; the name of a registry is not.
    if (!(error instanceof HubUnreachable) || address.source === 'named' || !startsWithHost(text)) throw error;
    cli.output(options).note(`${printable(error.message)} Asking the registry directly.`);
  }
  return direct();
}

/** A repository of a registry that the hub knows, by the registry's name or host. */
export async function repositoryAtHub(hub: Hub, text: string): Promise<HubTarget> {
  if (/^[a-z][a-z0-9+.-]*:\/\//i.test(text))
    throw new UsageError('This is a URL, not a reference.', 'Leave out everything up to and including “://”.');
  refuseTag(text);
  const target = await resolveAtHub(hub, text, 'repository');
  if (target) return target;
  throw new UsageError(
    `The hub at ${hub.address.url} has no registry for “${text}” that you may see.`,
    'List them with `tagboat registry list`, and write the name of one before the repository.',
  );
}

/** Content of a registry that the hub knows, with or without a tag or digest. */
export async function contentAtHub(hub: Hub, text: string): Promise<HubTarget> {
  const target = await resolveAtHub(hub, text, 'content');
  if (target && target.repository !== '') return target;
  throw new UsageError(
    target ? 'A repository is missing.' : `The hub at ${hub.address.url} has no registry for “${text}” that you may see.`,
    target
      ? `Write ${target.registry.name}/<repository>:<tag>.`
      : 'List them with `tagboat registry list`; the hub copies between those only.',
  );
}

function refuseTag(text: string): void {
  const last = text.slice(text.lastIndexOf('/') + 1);
  if (!text.includes('/') && startsWithHost(text))
    throw new UsageError('A repository is missing behind the host.', `List them with \`tagboat repos ${text}\`.`);
  const at = last.search(/[:@]/);
  if (at < 0) return;
  throw new UsageError(
    'The tags of a repository are listed, and this names one of them.',
    `Leave out ${last.slice(at)}, or look at it with \`tagboat inspect\`.`,
  );
}

async function resolveAtHub(hub: Hub, text: string, needs: TargetOptions['needs']): Promise<HubTarget | undefined> {
  if (needs === 'registry') return registryAtHub(hub, text.replace(/\/+$/, ''));
  if (!text.includes('/')) {
    // `harbor` alone would be Docker Hub's library/harbor; the hub's own registry of that name is meant more likely.
    const registry = await findRegistry(hub, text.split(/[:@]/, 1)[0] ?? '');
    if (registry)
      throw new UsageError(
        'A repository is missing behind the name of the registry.',
        `List them with \`tagboat repos ${registry.name}\`.`,
      );
  }
  const { registry, reference } = await hub.matchRegistry({ reference: text });
  if (!registry) return undefined;
  const { repository, digest, ...found } = parseReference(reference);
  // The hub fills in `latest`, as pulls do: whoever asks for content wants to know what was named.
  const tag = needs === 'content' && !/[:@]/.test(text.slice(text.lastIndexOf('/') + 1)) ? undefined : found.tag;
  const isNamed = text.slice(0, text.indexOf('/')).toLowerCase() === registry.name.toLowerCase();
  const path = new URL(registry.url).pathname.replace(/^\/+|\/+$/g, '');
  // References hold the path of the registry's URL, names in its API do not.
  const below = !isNamed && path && repository.startsWith(`${path}/`) ? repository.slice(path.length + 1) : repository;
  return { via: 'hub', hub, registry, repository: below, tag, digest };
}

/** The registry of the hub that a name or host stands for. */
export async function registryAtHub(hub: Hub, text: string): Promise<HubTarget | undefined> {
  const named = await findRegistry(hub, text);
  if (named) return { via: 'hub', hub, registry: named, repository: '' };
  if (!startsWithHost(text)) {
    throw new UsageError(
      `The hub at ${hub.address.url} has no registry “${text}” that you may see.`,
      'List them with `tagboat registry list`, or name a host such as ghcr.io.',
    );
  }
  const { registry } = await hub.matchRegistry({ reference: `${text}/any` });
  return registry && { via: 'hub', hub, registry, repository: '' };
}

async function findRegistry(hub: Hub, name: string): Promise<Registry | undefined> {
  if (!/^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/.test(name)) return undefined;
  try {
    return await hub.getRegistry(name);
  } catch (error) {
    if (error instanceof ApiError && error.status === 404) return undefined;
    throw error;
  }
}

/** Whether the first component is a host by Docker's rules; alone, `host:port` counts as one too. */
function startsWithHost(text: string): boolean {
  const first = text.split('/', 1)[0] ?? '';
  return first === 'localhost' || first.includes('.') || (text.includes('/') ? first.includes(':') : /:\d+$/.test(first));
}

/** By Docker's rules this would be Docker Hub's. With a hub in use, a mistyped registry is as likely, and must not be looked up elsewhere. */
function ambiguous(text: string, hub: string): UsageError {
  const name = text.split(/[/:@]/, 1)[0] ?? '';
  return new UsageError(
    `The hub at ${hub} has no registry “${name}” that you may see, nor one for Docker Hub.`,
    `List them with \`tagboat registry list\`. To ask Docker Hub directly, write docker.io/${text.includes('/') ? text : `library/${text}`} or add --no-hub.`,
  );
}

function parseDirect(text: string, needs: TargetOptions['needs']): Reference {
  if (needs === 'registry') {
    const host = text.replace(/\/+$/, '');
    if (host.includes('/'))
      throw new UsageError('A registry is named by its host alone.', `Write \`tagboat repos ${host.split('/', 1)[0]}\`.`);
    if (!startsWithHost(host)) {
      throw new UsageError(
        `“${host}” is not a host, and no hub is in use that could know it by name.`,
        'Name a host such as ghcr.io or localhost:5000, or sign in with `tagboat login`.',
      );
    }
    return { registry: parseReference(`${host}/any`).registry, repository: '' };
  }
  return parseReference(text, { defaultTag: needs === 'image' ? 'latest' : null });
}
