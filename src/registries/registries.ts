import { allowsSomewhere, canSeeRegistry, type Principal, requirePermission, systemPrincipal } from '../access/index.ts';
import { systemClock } from '../core/clock.ts';
import { Forbidden, NotFound, type ReferenceTo } from '../core/errors.ts';
import { CredentialSources } from '../credentials/sources/index.ts';
import type { Queries } from '../store/index.ts';
import { ConnectionTests } from './connection-tests.ts';
import { type Alerts, credentialLife, type CredentialUses, ownCheck, type RegistryCredentials } from './credential/index.ts';
import type { RegistriesDeps, SecretSources } from './deps.ts';
import { detect, detectWithProbe } from './detect/index.ts';
import type { RegistryConfiguration } from './draft.ts';
import { Editing } from './editing.ts';
import { matchReference, type RegistryMatch } from './match-reference.ts';
import { Opener, type OpenRegistry } from './opener.ts';
import { sourcesOf } from './readings.ts';
import { RecentReports } from './recent-reports.ts';
import { type ReferenceSource, removeRegistry } from './removing.ts';
import type { StoredRegistry } from './row.ts';
import { isAmbient } from './safeguard.ts';
import { requireFor, requireUnlimited } from './scope.ts';
import { type RegistryFilter, RegistryStore } from './store.ts';
import type { Detection, DoctorOptions, DoctorReport, DoctorStep, Registry, RegistryInput, RegistryPatch } from './types.ts';
import { Vault } from './vault.ts';

/**
 * The registries of this hub. Every function takes who asks: a registry outside the caller's projects does not exist for them
 * (NotFound), and one they may only look at is Forbidden to change.
 */
export class Registries {
  /** The life of their credentials. */
  readonly credentials: RegistryCredentials;
  readonly alerts: Alerts;
  readonly uses: CredentialUses;
  readonly #deps: RegistriesDeps;
  readonly #rows: RegistryStore;
  readonly #vault: Vault;
  readonly #sources: SecretSources;
  readonly #opener: Opener;
  readonly #editing: Editing;
  readonly #tests: ConnectionTests;
  readonly #recent: RecentReports;
  readonly #referenceSources: ReferenceSource[] = [];
  readonly #following = new Set<Promise<void>>();
  readonly #unsubscribe: () => void;

  constructor(deps: RegistriesDeps) {
    const { keyring, audit, providers, broker, events, clock = systemClock, policy = {}, sources = new CredentialSources() } = deps;
    this.#deps = deps;
    this.#rows = new RegistryStore(deps.store);
    this.#vault = new Vault(keyring);
    this.#sources = sources;
    const life = credentialLife({
      ...deps,
      clock,
      rows: this.#rows,
      find: (principal, idOrName) => this.#find(principal, idOrName),
      recordUse: (principal, registry, purpose) => this.recordUse(principal, registry, purpose),
      references: (id, principal) => this.#references(id, deps.store.db, principal),
    });
    this.uses = life.uses;
    this.alerts = life.alerts;
    this.#opener = new Opener({ providers, vault: this.#vault, sources, broker, policy, clock, keep: life.keep });
    this.#editing = new Editing({ rows: this.#rows, vault: this.#vault, sources, audit, providers, clock });
    this.#recent = new RecentReports(clock);
    this.#tests = new ConnectionTests({
      providers,
      vault: this.#vault,
      sources,
      policy,
      clock,
      rows: this.#rows,
      events,
      ...(deps.onFailure && { onFailure: deps.onFailure }),
    });
    this.credentials = life.service({ opener: this.#opener, tests: this.#tests, editing: this.#editing, vault: this.#vault });
    // Whatever made the change: a client with old settings is not used again.
    const stop = [
      events.on('registry.changed', ({ id }) => this.#track(this.#refresh(id))),
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

  /**
   * Throws InvalidSettings with every field at fault, Conflict `already_exists` when the name is taken.
   *
   * @param detail a sentence for the audit log: where it comes from
   */
  async create(principal: Principal, input: RegistryInput, detail?: string): Promise<Registry> {
    if (!allowsSomewhere(principal, 'registry:write')) requirePermission(principal, 'registry:write');
    const id = await this.#editing.create(principal, input, detail);
    const report = this.#recent.take(principal, input);
    if (report) await this.#tests.keep({ id, version: 1 }, report);
    this.#deps.events.emit('registry.changed', { id });
    return this.get(principal, id);
  }

  /** Throws Conflict `precondition_failed` when somebody changed it since `expectedVersion`. */
  async update(principal: Principal, idOrName: string, patch: RegistryPatch, expectedVersion?: number, detail?: string): Promise<Registry> {
    const { registry } = await this.#find(principal, idOrName);
    await this.#editing.update(principal, registry.id, patch, expectedVersion, detail);
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
      { rows: this.#rows, audit: this.#deps.audit, references: (id, queries) => this.#references(id, queries, principal) },
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
    return this.#references(registry.id, this.#deps.store.db, principal);
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
    return matchReference(reference, registries, this.#deps.providers);
  }

  /**
   * A registry, ready to be asked. The client is shared and kept as long as the registry stays as it is.
   *
   * @param purpose a few words for the audit log: what the registry's secrets are used for
   */
  async open(principal: Principal | 'system', idOrName: string, purpose: string): Promise<OpenRegistry> {
    const who = principal === 'system' ? systemPrincipal : principal;
    const stored = await this.#find(who, idOrName);
    const open = await this.#opener.open({ ...stored, registry: this.#shown(stored, who) });
    await this.recordUse(who, stored.registry, purpose);
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
      const begun = (draft: RegistryConfiguration) => this.#recordUnsaved(principal, draft);
      const report = yield* this.#tests.run(() => this.#editing.resolve(principal, input), options, signal, begun);
      if (!options.repository) this.#recent.remember(principal, subject, report);
      return report;
    }
    const stored = await this.#find(principal, subject);
    requireFor(principal, 'registry:test', stored.registry);
    const changed = patch !== undefined && Object.keys(patch).length > 0;
    if (changed) requireFor(principal, 'registry:write', stored.registry);
    await this.recordUse(principal, stored.registry, principal.kind === 'system' ? ownCheck : 'connection test');
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
    await Promise.allSettled(this.#following);
    await this.#opener.close();
    await this.uses.flush();
  }

  /** What follows an edit is waited for before the store closes. */
  async #track(work: Promise<void>): Promise<void> {
    this.#following.add(work);
    try {
      await work;
    } finally {
      this.#following.delete(work);
    }
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

  /**
   * Counts a use of the registry's credential and has it in the audit log. `open` and `test` do it themselves.
   *
   * @param purpose a few words in the present: `list repositories`, `docker credential helper`
   */
  recordUse(principal: Principal, registry: Registry, purpose: string): Promise<void> {
    const named = [...registry.secretsSet, ...Object.keys(registry.sources)];
    const ambient = isAmbient(this.#deps.providers.get(registry.provider), registry.signIn, named);
    const elsewhere = sourcesOf(registry).map(({ source }) => this.#sources.describe(source));
    return this.uses.record(principal, registry, purpose, { ambient, elsewhere });
  }

  /** Who had the hub go where, with a credential that was not kept. */
  #recordUnsaved(principal: Principal, { url, provider, signIn }: RegistryConfiguration): Promise<void> {
    return this.#deps.audit.record({
      principal,
      action: 'registry.test-unsaved',
      detail: `Connection test of ${url.host}, which is not saved (${provider.title}, sign-in “${signIn}”).`,
    });
  }

  async #references(registryId: string, queries: Queries, principal?: Principal): Promise<ReferenceTo[]> {
    const found: ReferenceTo[] = [];
    for (const source of this.#referenceSources) found.push(...(await source(registryId, queries, principal)));
    return found;
  }

  async #refresh(id: string): Promise<void> {
    const stored = await this.#rows.find(id);
    if (!stored) return this.#opener.retire(id);
    this.#opener.refresh(stored);
    await this.credentials.lookAfter(id, { ask: false });
  }
}
