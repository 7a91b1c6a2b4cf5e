import type { Principal } from '../../access/index.ts';
import { Conflict, InvalidSettings, NotFound } from '../../core/errors.ts';
import { parseRepositoryName } from '../../oci/index.ts';
import { printable } from '../../oci/text.ts';
import type { ProviderSet } from '../../provider/set.ts';
import { type MatchCandidate, rankMatches } from '../match.ts';
import { referenceHosts } from '../prefix.ts';
import type { Registries } from '../registries.ts';
import type { Registry } from '../types.ts';
import { type ClientKey, parseClientKey } from './client-key.ts';
import type { HandoutRequest } from './types.ts';

/** The registry that a request is for. */
export interface Chosen {
  registry: Registry;
  /** Names as in `/v2/<name>/`; empty for the whole registry. */
  repositories: string[];
  /** Every host that stands for it in references. */
  hosts: string[];
  /** Other registries are on the same host, told apart by path. */
  shared: boolean;
}

interface Candidate extends MatchCandidate {
  registry: Registry;
}

/**
 * Finds the registry that a client means, among those that exist for the caller.
 *
 * @throws InvalidSettings, InvalidReference; NotFound when none is meant; Conflict when the path would have to decide and there is none
 */
export async function chooseRegistry(
  registries: Registries,
  providers: ProviderSet,
  principal: Principal,
  request: HandoutRequest,
): Promise<Chosen> {
  if (request.registry === undefined && request.reference === undefined) {
    const message = 'Name the registry, by `registry` or by `reference`.';
    throw new InvalidSettings(message, [{ field: 'reference', message }]);
  }
  const asked = request.repositories?.map(parseRepositoryName);
  const candidates = (await registries.list(principal)).map((registry) => candidateOf(registry, providers));
  if (request.registry !== undefined) {
    const { id } = await registries.get(principal, request.registry);
    const named = candidates.find(({ registry }) => registry.id === id);
    if (!named) throw new NotFound(`There is no registry “${printable(request.registry, 64)}”.`);
    return chosen(named, candidates, asked ?? belowOf(named, request.reference));
  }
  const text = request.reference ?? '';
  for (const key of parseClientKey(text)) {
    const found = bestOf(key, candidates);
    if (found) return chosen(found, candidates, asked ?? repositoriesOf(key, found));
  }
  throw new NotFound(`No registry that ${printable(principal.name, 64)} may use is for “${printable(text, 120)}”.`, {
    help: 'Connect the registry, or look which registries the API token is limited to.',
  });
}

/** The repository that a reference names at a registry that was named as well. */
function belowOf(named: Candidate, reference: string | undefined): string[] {
  if (reference === undefined) return [];
  const key = parseClientKey(reference).find((one) => bestOf(one, [named]));
  if (key) return repositoriesOf(key, named);
  throw new Conflict(`“${printable(reference, 120)}” is not of the registry ${named.registry.name}.`, 'conflict', {
    help: 'Name the registry that the reference belongs to, or the reference alone.',
  });
}

function candidateOf(registry: Registry, providers: ProviderSet): Candidate {
  const provider = providers.get(registry.provider);
  const hosts = provider ? referenceHosts(new URL(registry.url), provider) : [registry.host];
  return { registry, prefix: registry.prefix, hosts, default: registry.default, createdAt: registry.createdAt };
}

/** By the longest prefix; a host alone may also mean the one registry that is below it. */
function bestOf(key: ClientKey, candidates: readonly Candidate[]): Candidate | undefined {
  const [best] = rankMatches(key.host, key.path, candidates);
  if (best || key.path !== '') return best;
  const below = candidates.filter((candidate) => standsFor(candidate, key.host));
  if (below.length < 2) return below[0];
  const preferred = below.find((candidate) => candidate.default);
  if (preferred) return preferred;
  const names = below.slice(0, 5).map(({ registry }) => `${registry.prefix} (${registry.name})`);
  throw new Conflict(
    `Several registries are at ${printable(key.host, 120)}, and no path says which is meant: ${names.join(', ')}.`,
    'conflict',
    {
      help: 'Name the registry or a whole reference; or make one the default; or connect one for the host as a whole.',
    },
  );
}

const standsFor = (candidate: Candidate, host: string): boolean => hostOf(candidate) === host || candidate.hosts.includes(host);

const hostOf = ({ prefix }: MatchCandidate): string => prefix.split('/', 1)[0] ?? '';

/** The repository that a reference names below the registry: references hold the path of its URL, names of its API do not. */
function repositoriesOf({ path }: ClientKey, { registry, prefix }: Candidate): string[] {
  const start = prefix.includes('/') ? prefix.slice(prefix.indexOf('/') + 1) : '';
  if (path === '' || path === start) return [];
  const base = new URL(registry.url).pathname.replace(/^\/+|\/+$/g, '');
  return [base !== '' && path.startsWith(`${base}/`) ? path.slice(base.length + 1) : path];
}

function chosen(found: Candidate, candidates: readonly Candidate[], repositories: string[]): Chosen {
  const host = hostOf(found);
  // The host of the prefix may be one that the provider does not name: it was typed in.
  const hosts = [...new Set([host, ...(found.hosts.includes(host) ? found.hosts : [])])];
  const shared = candidates.some((other) => other.registry.id !== found.registry.id && standsFor(other, host));
  return { registry: found.registry, repositories, hosts, shared };
}
