import { type Audit, type Principal, requirePermission } from '../access/index.ts';
import type { Clock } from '../core/clock.ts';
import { Conflict, InvalidSettings } from '../core/errors.ts';
import { newId } from '../core/ids.ts';
import type { ProviderSet } from '../provider/set.ts';
import type { Queries, Trx } from '../store/index.ts';
import { auditView } from './audit-view.ts';
import type { SecretSources } from './deps.ts';
import { forgetCredential } from './credential/slot-store.ts';
import type { RegistryDraft } from './draft.ts';
import { fingerprint } from './fingerprint.ts';
import { resolveInput } from './input.ts';
import { nameKey } from './name.ts';
import { type StoredRegistry, toColumns, toDraft } from './row.ts';
import { exposure } from './safeguard.ts';
import { noSuchProject, requireFor, requireUnlimited, scopeProblem } from './scope.ts';
import type { RegistryStore } from './store.ts';
import type { Registry, RegistryInput, RegistryPatch } from './types.ts';
import type { Vault } from './vault.ts';

export interface EditingDeps {
  rows: RegistryStore;
  vault: Vault;
  sources: SecretSources;
  audit: Audit;
  providers: ProviderSet;
  clock: Clock;
}

/** Creating and changing registries: checks, one transaction each, its audit entry inside. */
export class Editing {
  readonly #deps: EditingDeps;

  constructor(deps: EditingDeps) {
    this.#deps = deps;
  }

  /** @returns the id of the new registry */
  async create(principal: Principal, input: RegistryInput, detail?: string): Promise<string> {
    const { rows, vault, audit, clock } = this.#deps;
    requireUnlimited(principal);
    const draft = this.resolve(principal, input);
    requirePermission(principal, 'registry:write', draft.allProjects ? [] : principal.projects.keys());
    const now = clock.now();
    const id = newId('reg', now);
    await rows.transaction(async (trx) => {
      await rows.lock(trx);
      const projects = await this.#projects(principal, draft, undefined, trx);
      const first = (await rows.count(trx)) === 0;
      const columns = toColumns(draft, nameKey(draft.name), vault.seal(id, draft.secrets));
      const inserted = await rows.insert(trx, { ...columns, id, is_default: 0, created_at: now, updated_by: principal.userId ?? null });
      if (!inserted) throw nameTaken(draft.name);
      await rows.setProjects(trx, id, projects);
      // The default is everybody's: who may edit in some projects only does not choose it.
      if (input.default && !first) requirePermission(principal, 'registry:write');
      if (first || input.default) await rows.setDefault(trx, id);
      const after = await this.#reread(id, trx);
      await audit.record(
        {
          principal,
          action: 'registry.create',
          target: { kind: 'registry', id, name: draft.name },
          after: auditView(after, Object.keys(draft.secrets)),
          ...(detail !== undefined && { detail }),
        },
        trx,
      );
    });
    return id;
  }

  /**
   * Changes what the patch names. With `expectedVersion`, only if nobody changed the registry since; without, the change is
   * made upon whatever is there.
   */
  async update(principal: Principal, id: string, patch: RegistryPatch, expectedVersion?: number, detail?: string): Promise<void> {
    const { rows, clock } = this.#deps;
    for (let attempt = 0; ; attempt++) {
      const stored = await rows.find(id);
      if (!stored) throw gone();
      requireFor(principal, 'registry:write', stored.registry);
      if (expectedVersion !== undefined && stored.registry.version !== expectedVersion) throw outdated(stored.registry);
      if (patch.default === false && stored.registry.default) {
        const message = 'This is the default registry. Make another one the default instead.';
        throw new InvalidSettings(message, [{ field: 'default', message }]);
      }
      const draft = this.resolve(principal, patch, stored);
      if (await this.#write(principal, stored, draft, patch, clock.now(), detail)) return;
      if (expectedVersion !== undefined || attempt >= 4) throw outdated(stored.registry);
    }
  }

  async setDefault(principal: Principal, id: string): Promise<void> {
    const { rows, audit, clock } = this.#deps;
    requirePermission(principal, 'registry:write');
    await rows.transaction(async (trx) => {
      await rows.lock(trx);
      const before = await this.#reread(id, trx);
      if (before.default) return;
      await rows.setDefault(trx, id);
      await rows.touch(trx, id, { updated_at: clock.now(), updated_by: principal.userId ?? null });
      const target = { kind: 'registry', id, name: before.name };
      await audit.record({ principal, action: 'registry.default', target, before: { default: false }, after: { default: true } }, trx);
    });
  }

  /** Checks input alone, or as changes to a stored registry; with the rules of who may redirect secrets. */
  resolve(principal: Principal, input: RegistryInput | RegistryPatch, stored?: StoredRegistry): RegistryDraft {
    const { providers, vault, sources } = this.#deps;
    return resolveInput(input, {
      providers,
      ...(stored && { stored: toDraft(stored, providers) }),
      administrator: principal.role === 'administrator',
      reveal: (name, value) => vault.open(stored?.registry.id, name, value),
      checkSource: (reference) => sources.check(reference),
    });
  }

  /** False when somebody else was faster. */
  async #write(
    principal: Principal,
    stored: StoredRegistry,
    draft: RegistryDraft,
    patch: RegistryPatch,
    now: number,
    detail?: string,
  ): Promise<boolean> {
    const { rows, vault, audit, providers } = this.#deps;
    const { id, version } = stored.registry;
    const sealed = vault.seal(id, draft.secrets);
    const changed = Object.keys(sealed).filter((name) => sealed[name] !== stored.sealed[name]);
    return rows.transaction(async (trx) => {
      await rows.lock(trx);
      if (await rows.nameTaken(trx, nameKey(draft.name), id)) throw nameTaken(draft.name);
      const projects = await this.#projects(principal, draft, stored.registry, trx);
      const columns = toColumns(draft, nameKey(draft.name), sealed);
      const written = await rows.update(trx, id, version, { ...columns, updated_at: now, updated_by: principal.userId ?? null });
      if (!written) return false;
      await rows.setProjects(trx, id, projects);
      if (patch.default) {
        requirePermission(principal, 'registry:write');
        await rows.setDefault(trx, id);
      }
      // Soon, but not while the person is still typing the next change.
      await rows.planCheck(trx, id, now);
      const found = await rows.find(id, trx);
      if (!found) throw gone();
      const after = found.registry;
      // What was prepared was checked for the old address only; what was issued from the old settings is of no use. A prefix may be
      // no part of the settings in use, and yet choose among the credentials that a prepared source has.
      const isExposed = exposure(toDraft(stored, providers), draft) !== undefined;
      if (isExposed || fingerprint(found) !== fingerprint(stored)) await forgetCredential(trx, id, { slots: isExposed });
      await audit.record(
        {
          principal,
          action: 'registry.update',
          target: { kind: 'registry', id, name: after.name },
          before: auditView(stored.registry),
          after: auditView(after, changed),
          ...(detail !== undefined && { detail }),
        },
        trx,
      );
      return true;
    });
  }

  async #projects(principal: Principal, draft: RegistryDraft, before: Registry | undefined, trx: Queries): Promise<string[]> {
    const wanted = draft.projects;
    const found = await this.#deps.rows.projectIds(wanted, trx);
    const missing = wanted.find((text) => !found.has(text));
    if (missing !== undefined) {
      const message = noSuchProject(missing);
      throw new InvalidSettings(message, [{ field: 'projects', message }]);
    }
    const ids = wanted.map((text) => found.get(text) ?? '');
    const problem = scopeProblem(principal, draft, ids, before);
    if (problem) throw new InvalidSettings(problem.message, [problem]);
    // Projects that the one who edits cannot see stay as they are: they were not theirs to leave out.
    const unseen =
      principal.role === 'administrator' || draft.allProjects ? [] : (before?.projects.filter((id) => !principal.projects.has(id)) ?? []);
    return [...new Set([...ids, ...unseen])];
  }

  async #reread(id: string, trx: Trx): Promise<Registry> {
    const stored = await this.#deps.rows.find(id, trx);
    if (!stored) throw gone();
    return stored.registry;
  }
}

function nameTaken(name: string): Conflict {
  const message = `There is already a registry called “${name}”. Choose another name.`;
  return new Conflict(message, 'already_exists', { fields: [{ field: 'name', message }] });
}

export function outdated(registry: Registry): Conflict {
  return new Conflict(
    `“${registry.name}” was changed by somebody else meanwhile. Load it again and repeat your change.`,
    'precondition_failed',
    {
      version: registry.version,
    },
  );
}

export function gone(): Conflict {
  return new Conflict('The registry was removed by somebody else meanwhile.', 'conflict');
}
