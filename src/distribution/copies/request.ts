import type { Principal } from '../../access/index.ts';
import type { Clock } from '../../core/clock.ts';
import { CopyError, Forbidden, InvalidSettings, NotFound, TagboatError } from '../../core/errors.ts';
import { InvalidReference, isDigest, isTag, parsePlatform, parseRepositoryName } from '../../oci/index.ts';
import { mayFor, namespaceProblem, type Registries, type Registry, requirePullable } from '../../registries/index.ts';
import { parseTagRule, type RuleValues, type TagRule } from '../tag-rule.ts';
import type { Targets } from '../targets.ts';
import type { Copy, CopyDestinationRequest, CopyRequest, CopySettings } from './types.ts';

/** What is known of a copy before it is started. */
export type PlannedCopy = Pick<Copy, 'source' | 'destination' | 'settings'>;

export interface RequestDeps {
  registries: Pick<Registries, 'get'>;
  targets: Targets;
  clock: Clock;
}

/** A few words for the audit log. */
export const copyPurpose = 'copy images';

const mostDestinations = 50;
const mostTags = 20;

type Fail = (field: string, message: string) => void;

interface Destination {
  registry: Registry;
  repository: TagRule;
  tags: readonly TagRule[];
}

/**
 * Finds out what exactly is asked for: registries, names, tags. Everything is checked before anything is written, and all that is wrong
 * is said at once.
 *
 * @throws InvalidSettings with every field at fault; Forbidden that names the registry; where a rule uses `{digest}`, what the source
 *   answered
 */
export async function resolveRequest(
  deps: RequestDeps,
  principal: Principal,
  request: CopyRequest,
  signal?: AbortSignal,
): Promise<PlannedCopy[]> {
  const problems: { field: string; message: string }[] = [];
  const fail: Fail = (field, message) => void problems.push({ field, message });
  const check = (): void => {
    const [first] = problems;
    if (first) throw new InvalidSettings(first.message, problems);
  };

  if (request.destinations.length === 0) fail('destinations', 'Say where to: at least one destination is needed.');
  if (request.destinations.length > mostDestinations)
    fail('destinations', `At most ${mostDestinations} destinations can be given at once.`);
  check();
  const settings = settingsOf(request.settings ?? {}, fail);
  const source = await sourceOf(deps, principal, request.source, fail);
  const destinations: (Destination | undefined)[] = [];
  for (const [at, one] of request.destinations.entries()) {
    destinations.push(await destinationOf(deps, principal, one, { at, isTag: isTag(request.source.reference) }, fail));
  }
  check();
  if (!source) return [];

  const rules = destinations.flatMap((one) => (one ? [one.repository, ...one.tags] : []));
  const needsDigest = rules.some(({ variables }) => variables.includes('digest'));
  const digest = needsDigest ? await digestOf(deps, principal, source, signal) : undefined;
  const values: RuleValues = {
    registry: source.registry.host,
    repository: source.repository,
    ...(isTag(source.reference) && { tag: source.reference }),
    ...(digest !== undefined && { digest }),
    time: deps.clock.now(),
    variables: request.variables ?? {},
  };
  const taken = new Map<string, number>();
  const copies: PlannedCopy[] = [];
  for (const [at, one] of destinations.entries()) {
    const place = one && render(one, values, at, fail);
    if (!one || !place) continue;
    checkPlace({ source, destination: { ...place, registry: one.registry }, settings, at, taken }, fail);
    copies.push({
      source: {
        registryId: source.registry.id,
        registry: source.registry.name,
        repository: source.repository,
        reference: source.reference,
      },
      destination: { registryId: one.registry.id, registry: one.registry.name, ...place },
      settings,
    });
  }
  check();
  return copies;
}

interface Source {
  registry: Registry;
  repository: string;
  reference: string;
}

async function sourceOf(
  deps: RequestDeps,
  principal: Principal,
  { registry: name, repository, reference }: CopyRequest['source'],
  fail: Fail,
): Promise<Source | undefined> {
  const registry = await findRegistry(deps, principal, name, 'source.registry', fail);
  attempt('source.repository', fail, () => parseRepositoryName(repository));
  if (!isTag(reference) && !isDigest(reference)) fail('source.reference', `“${reference.slice(0, 100)}” is neither a tag nor a digest.`);
  if (registry && !mayFor(principal, 'credential:pull', registry)) refuse(principal, 'credential:pull', registry, 'source.registry');
  const beyond = registry && namespaceProblem(registry, repository);
  if (beyond !== undefined) fail('source.repository', beyond);
  else if (registry) requirePullable(principal, registry, repository);
  return registry && { registry, repository, reference };
}

async function destinationOf(
  deps: RequestDeps,
  principal: Principal,
  request: CopyDestinationRequest,
  { at, isTag: fromTag }: { at: number; isTag: boolean },
  fail: Fail,
): Promise<Destination | undefined> {
  const field = `destinations.${at}`;
  const registry = await findRegistry(deps, principal, request.registry, `${field}.registry`, fail);
  if (registry && !mayFor(principal, 'copy:write', registry)) refuse(principal, 'copy:write', registry, `${field}.registry`);
  const asked = request.tags ?? (fromTag ? ['{tag}'] : []);
  if (asked.length > mostTags) fail(`${field}.tags`, `At most ${mostTags} tags can be given for one destination.`);
  const repository = attempt(`${field}.repository`, fail, () => parseTagRule(request.repository ?? '{repository}', 'repository'));
  const tags = asked.map((text, i) => attempt(`${field}.tags.${i}`, fail, () => parseTagRule(text, 'tag')));
  const read = tags.filter((rule) => rule !== undefined);
  return registry && repository && read.length === tags.length ? { registry, repository, tags: read } : undefined;
}

async function findRegistry(
  { registries }: RequestDeps,
  principal: Principal,
  idOrName: string,
  field: string,
  fail: Fail,
): Promise<Registry | undefined> {
  try {
    return await registries.get(principal, idOrName);
  } catch (error) {
    if (!(error instanceof NotFound)) throw error;
    fail(field, error.message);
    return undefined;
  }
}

/** @throws Forbidden that says which of several registries it is about */
function refuse(principal: Principal, permission: string, { name }: Registry, field: string): never {
  const what = permission === 'copy:write' ? 'copy to' : 'pull from';
  throw new Forbidden(`${principal.name} may not ${what} “${name}”: that takes the permission ${permission}.`, { permission, field });
}

/** What a check answers; where it refuses, its message stands at the field. */
function attempt<T>(field: string, fail: Fail, work: () => T): T | undefined {
  try {
    return work();
  } catch (error) {
    if (!(error instanceof InvalidSettings || error instanceof InvalidReference)) throw error;
    fail(field, error.message);
    return undefined;
  }
}

function render(
  { repository, tags }: Destination,
  values: RuleValues,
  at: number,
  fail: Fail,
): { repository: string; tags: string[] } | undefined {
  const field = `destinations.${at}`;
  const name = attempt(`${field}.repository`, fail, () => repository.render(values));
  const rendered = tags.map((rule, i) => attempt(`${field}.tags.${i}`, fail, () => rule.render(values)));
  const names = rendered.filter((tag) => tag !== undefined);
  return name !== undefined && names.length === tags.length ? { repository: name, tags: [...new Set(names)] } : undefined;
}

function checkPlace(
  {
    source,
    destination: { registry, repository, tags },
    settings,
    at,
    taken,
  }: {
    source: Source;
    destination: { registry: Registry; repository: string; tags: readonly string[] };
    settings: CopySettings;
    at: number;
    taken: Map<string, number>;
  },
  fail: Fail,
): void {
  const { name, url } = registry;
  const beyond = namespaceProblem(registry, repository);
  if (beyond !== undefined) fail(`destinations.${at}.repository`, beyond);
  const isSamePlace = url === source.registry.url && repository === source.repository;
  if (isSamePlace && !settings.platforms) {
    const named = isTag(source.reference) ? source.reference : undefined;
    if (tags.length === 0 || tags.some((tag) => tag === named)) {
      fail(`destinations.${at}`, `${repository}${named === undefined ? '' : `:${named}`} of “${name}” would be copied onto itself.`);
    }
  }
  for (const tag of tags.length > 0 ? tags : ['']) {
    const key = `${url} ${repository} ${tag}`;
    const first = taken.get(key);
    if (first !== undefined) fail(`destinations.${at}`, `This is the same place as destination ${first + 1}.`);
    else taken.set(key, at);
  }
}

async function digestOf(
  { targets }: RequestDeps,
  principal: Principal,
  { registry, repository, reference }: Source,
  signal: AbortSignal | undefined,
): Promise<string> {
  if (isDigest(reference)) return reference;
  const { target } = await targets.openSource(principal, registry.id, repository, copyPurpose);
  try {
    return (await target.resolve(reference, signal ? { signal } : {})).digest;
  } catch (error) {
    throw error instanceof TagboatError && error.code !== 'canceled' ? new CopyError('source', target.label, error) : error;
  }
}

/** Only what is not as by default, so that rows are short and equal when they mean the same. */
function settingsOf(given: CopySettings, fail: Fail): CopySettings {
  const { platforms = [], referrers, digestTags, foreignLayers, verify, bandwidth, quotaReserve } = given;
  for (const [at, platform] of platforms.entries()) attempt(`settings.platforms.${at}`, fail, () => parsePlatform(platform));
  return {
    ...(platforms.length > 0 && { platforms: [...new Set(platforms)] }),
    ...(referrers && { referrers }),
    ...(digestTags && { digestTags }),
    ...(foreignLayers && { foreignLayers }),
    ...(verify === 'always' && { verify }),
    ...(bandwidth !== undefined && { bandwidth }),
    ...(quotaReserve !== undefined && quotaReserve > 0 && { quotaReserve }),
  };
}
