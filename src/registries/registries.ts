import { allowsSomewhere, canSeeRegistry, type Principal, requirePermission, systemPrincipal } from '../access/index.ts';
import { systemClock } from '../core/clock.ts';
import { Forbidden, NotFound, type ReferenceTo } from '../core/errors.ts';
import { parseReference, type Reference } from '../oci/index.ts';
import type { Queries } from '../store/index.ts';
import { ConnectionTests } from './connection-tests.ts';
import type { RegistriesDeps } from './deps.ts';
import { detect, detectWithProbe } from './detect/index.ts';
import { Editing } from './editing.ts';
import { type MatchCandidate, rankMatches } from './match.ts';
import { Opener, type OpenRegistry } from './opener.ts';
import { referenceHosts } from './prefix.ts';
import { type ReferenceSource, removeRegistry } from './removing.ts';
import type { StoredRegistry } from './row.ts';
import { isAmbient } from './safeguard.ts';
import { requireFor, requireUnlimited } from './scope.ts';
import { SecretUse } from './secret-use.ts';
import { type RegistryFilter, RegistryStore } from './store.ts';
import type { Detection, DoctorOptions, DoctorReport, DoctorStep, Registry, RegistryInput, RegistryPatch } from './types.ts';
import { Vault } from './vault.ts';

/** Which registry a reference belongs to, and what it is there. */
export interface RegistryMatch {
  registry: Registry;
  /** The reference as its registry knows it: a registry's name at its beginning is replaced by the registry's host. */
  reference: Reference;
  /** By the registry's name (`prod/shop/api`) or by its prefix. */
  via: 'name' | 'prefix';
  /** Further registries that the reference belongs to, worse matches last. */
  others: Registry[];
}

/**
 * The registries of this hub. Every function takes who asks: a registry outside the caller's projects does not exist for them
 * (NotFound), and one they may only look at is Forbidden to change.
 */
export class Registries {
  readonly #deps: RegistriesDeps;
  readonly #rows: RegistryStore;
  readonly #vault: Vault;
  readonly #opener: Opener;
  readonly #editing: Editing;
  readonly #secretUse: SecretUse;
  readonly #tests: ConnectionTests;
  readonly #referenceSources: ReferenceSource[] = [];
  readonly #unsubscribe: () => void;

  constructor(deps: RegistriesDeps) {
    const { keyring, audit, providers, broker, events, clock = systemClock, policy = {} } = deps;
    this.#deps = deps;
    this.#rows = new RegistryStore(deps.store);
    this.#vault = new Vault(keyring);
    this.#opener = new Opener({ providers, vault: this.#vault, broker, policy, clock });
    this.#editing = new Editing({ rows: this.#rows, vault: this.#vault, audit, providers, clock });
    this.#secretUse = new SecretUse(audit, clock);
    this.#tests = new ConnectionTests({
      providers,
      vault: this.#vault,
      policy,
      clock,
      rows: this.#rows,
      events,
      ...(deps.onFailure && { onFailure: deps.onFailure }),
    });
    // Whatever made the change: a client with old settings is not used again.
    const stop = [
      events.on('registry.changed', ({ id }) => this.#refresh(id)),
      events.on('registry.removed', ({ id }) => this.#opener.retire(id)),
    ];
    this.#unsubscribe = () => stop.forEach((end) => end());
  }

  /** By name. `project` in the filter is an id or a name. */
  async list(principal: Principal, filter: RegistryFilter = {}): Promise<Registry[]> {
    requirePermission(principal, 'registry:read');
    const { project } = filter;
    if (project !== undefined) {
      const id = (await this.#rows.projectIds([project])).get(project);
      if (id === undefined) return [];
      filter = { ...filter, project: id };
    }
    const stored = await this.#rows.list(principal, filter);
    return stored.map((one) => this.#shown(one, principal));
  }

  async get(principal: Principal, idOrName: string): Promise<Registry> {
    return this.#shown(await this.#find(principal, idOrName), principal);
  }

  /** Throws InvalidSettings with every field at fault, Conflict `already_exists` when the name is taken. */
  async create(principal: Principal, input: RegistryInput): Promise<Registry> {
    if (!allowsSomewhere(principal, 'registry:write')) requirePermission(principal, 'registry:write');
    const id = await this.#editing.create(principal, input);
    this.#deps.events.emit('registry.changed', { id });
    return this.get(principal, id);
  }

  /** Throws Conflict `precondition_failed` when somebody changed it since `expectedVersion`. */
  async update(principal: Principal, idOrName: string, patch: RegistryPatch, expectedVersion?: number): Promise<Registry> {
    const { registry } = await this.#find(principal, idOrName);
    await this.#editing.update(principal, registry.id, patch, expectedVersion);
    this.#deps.events.emit('registry.changed', { id: registry.id });
    return this.get(principal, registry.id);
  }

  /** Throws InUse with the references, and Conflict when the next default has to be named. Answers the new default, if any. */
  async remove(
    principal: Principal,
    idOrName: string,
    expectedVersion?: number,
    options: { nextDefault?: string | null } = {},
  ): Promise<{ nextDefault?: Registry }> {
    const { registry } = await this.#find(principal, idOrName);
    requireFor(principal, 'registry:delete', registry);
    const candidates = registry.default ? (await this.#rows.list(principal)).map((stored) => stored.registry) : [];
    const named = options.nextDefault && candidates.find((one) => one.id === options.nextDefault || one.name === options.nextDefault);
    const next = await removeRegistry(
      { rows: this.#rows, audit: this.#deps.audit, references: (id, queries) => this.#references(id, queries) },
      principal,
      registry.id,
      {
        candidates,
        ...(expectedVersion !== undefined && { expectedVersion }),
        ...(options.nextDefault !== undefined && { nextDefault: named ? named.id : options.nextDefault }),
      },
    );
    this.#deps.events.emit('registry.removed', { id: registry.id });
    if (!next) return {};
    this.#deps.events.emit('registry.changed', { id: next.id });
    return { nextDefault: await this.get(principal, next.id) };
  }

  async setDefault(principal: Principal, idOrName: string): Promise<Registry> {
    const { registry } = await this.#find(principal, idOrName);
    await this.#editing.setDefault(principal, registry.id);
    this.#deps.events.emit('registry.changed', { id: registry.id });
    return this.get(principal, registry.id);
  }

  /** What refers to the registry and keeps it from being removed. */
  async references(principal: Principal, idOrName: string): Promise<ReferenceTo[]> {
    const { registry } = await this.#find(principal, idOrName);
    return this.#references(registry.id, this.#deps.store.db);
  }

  /** Later stages say here what of theirs refers to a registry. */
  addReferenceSource(source: ReferenceSource): void {
    this.#referenceSources.push(source);
  }

  /**
   * The registry that an image reference belongs to: one whose name it begins with, else the one with the longest prefix.
   *
   * @throws InvalidReference when the text is none
   */
  async match(principal: Principal, reference: string): Promise<RegistryMatch | undefined> {
    requirePermission(principal, 'registry:read');
    const registries = (await this.#rows.list(principal)).map((stored) => this.#shown(stored, principal));
    const first = reference.split('/', 1)[0] ?? '';
    const named = first.length < reference.length ? registries.find((one) => one.name.toLowerCase() === first.toLowerCase()) : undefined;
    if (named) {
      const host = named.prefix.split('/', 1)[0] ?? named.host;
      return { registry: named, reference: parseReference(`${host}${reference.slice(first.length)}`), via: 'name', others: [] };
    }
    const parsed = parseReference(reference);
    const [best, ...others] = rankMatches(
      parsed.registry,
      parsed.repository,
      registries.map((one) => this.#candidate(one)),
    );
    if (!best) return undefined;
    return { registry: best.registry, reference: parsed, via: 'prefix', others: others.map((other) => other.registry) };
  }

  /**
   * A registry, ready to be asked. The client is shared and kept as long as the registry stays as it is.
   *
   * @param purpose a few words for the audit log: what the registry's secrets are used for
   */
  async open(principal: Principal | 'system', idOrName: string, purpose: string): Promise<OpenRegistry> {
    const who = principal === 'system' ? systemPrincipal : principal;
    const stored = await this.#find(who, idOrName);
    const open = this.#opener.open({ ...stored, registry: this.#shown(stored, who) });
    await this.#recordUse(who, stored.registry, purpose);
    return open;
  }

  /**
   * Runs the doctor over a registry that is not saved, or over a saved one as it would be with some changes. The outcome for a
   * saved one without changes is kept as its last check.
   *
   * @throws InvalidSettings before the first step when fields other than the URL are at fault
   */
  async *test(
    principal: Principal,
    subject: RegistryInput | string,
    patch: RegistryPatch | undefined,
    options: DoctorOptions,
    signal: AbortSignal,
  ): AsyncGenerator<DoctorStep, DoctorReport, undefined> {
    if (typeof subject !== 'string') {
      requireUnlimited(principal);
      if (!allowsSomewhere(principal, 'registry:write')) requirePermission(principal, 'registry:write');
      const input = { ...subject, name: subject.name.trim() === '' ? 'unnamed' : subject.name };
      return yield* this.#tests.run(() => this.#editing.resolve(principal, input), options, signal);
    }
    const stored = await this.#find(principal, subject);
    requireFor(principal, 'registry:test', stored.registry);
    const changed = patch !== undefined && Object.keys(patch).length > 0;
    if (changed) requireFor(principal, 'registry:write', stored.registry);
    await this.#recordUse(principal, stored.registry, 'connection test');
    const report = yield* this.#tests.run(() => this.#editing.resolve(principal, patch ?? {}, stored), options, signal);
    if (!changed && !options.repository) await this.#tests.keep(stored.registry, report);
    return report;
  }

  /** The report of the last check of a saved registry. */
  async lastReport(principal: Principal, idOrName: string): Promise<DoctorReport | undefined> {
    const { registry } = await this.#find(principal, idOrName);
    return this.#rows.report(registry.id);
  }

  /** Recognises pasted text. With `probe`, asks the address what it is where its host does not tell. */
  async detect(principal: Principal, text: string, options: { probe?: boolean; signal?: AbortSignal } = {}): Promise<Detection> {
    requireUnlimited(principal);
    if (!allowsSomewhere(principal, 'registry:write')) requirePermission(principal, 'registry:write');
    const { providers, policy = {} } = this.#deps;
    const taken = await this.#rows.takenNames();
    if (!options.probe) return detect(text, providers, { taken });
    return detectWithProbe(text, providers, { taken }, policy, options.signal ?? new AbortController().signal);
  }

  async close(): Promise<void> {
    this.#unsubscribe();
    await this.#opener.close();
  }

  async #find(principal: Principal, idOrName: string): Promise<StoredRegistry> {
    if (!allowsSomewhere(principal, 'registry:read')) throw new Forbidden(`${principal.name} may not see registries.`);
    const stored = await this.#rows.find(idOrName);
    if (!stored || !canSeeRegistry(principal, stored.registry)) {
      throw new NotFound(`There is no registry “${idOrName.slice(0, 64)}”.`, { registry: idOrName.slice(0, 64) });
    }
    return stored;
  }

  /** Adds what only the keyring knows, and leaves out projects that the one who asks is not a member of. */
  #shown({ registry, sealed }: StoredRegistry, principal: Principal): Registry {
    const projects = principal.role === 'administrator' ? registry.projects : registry.projects.filter((id) => principal.projects.has(id));
    return { ...registry, projects, secretsLost: this.#vault.lost(registry.id, sealed) };
  }

  #recordUse(principal: Principal, registry: Registry, purpose: string): Promise<void> {
    const ambient = isAmbient(this.#deps.providers.get(registry.provider), registry.signIn, registry.secretsSet);
    return this.#secretUse.record(principal, registry, purpose, ambient);
  }

  #candidate(registry: Registry): MatchCandidate & { registry: Registry } {
    const provider = this.#deps.providers.get(registry.provider);
    const hosts = provider ? referenceHosts(new URL(registry.url), provider) : [registry.host];
    return { registry, prefix: registry.prefix, hosts, default: registry.default, createdAt: registry.createdAt };
  }

  async #references(registryId: string, queries: Queries): Promise<ReferenceTo[]> {
    const found: ReferenceTo[] = [];
    for (const source of this.#referenceSources) found.push(...(await source(registryId, queries)));
    return found;
  }

  async #refresh(id: string): Promise<void> {
    const stored = await this.#rows.find(id);
    if (stored) this.#opener.refresh(stored);
    else this.#opener.retire(id);
  }
}
