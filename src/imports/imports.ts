import { allowsSomewhere, type Principal, type Projects, requirePermission } from '../access/index.ts';
import { InvalidSettings, TagboatError } from '../core/errors.ts';
import type { CredentialSources } from '../credentials/sources/index.ts';
import type { ProviderSet } from '../provider/index.ts';
import type { Registries } from '../registries/index.ts';
import { composeInput } from './compose.ts';
import { exportRegistries } from './export.ts';
import { type PlannedEntry, type PlanningContext, planImport } from './plan.ts';
import type {
  ApplyRequest,
  Exported,
  ExportFormat,
  ImportEntry,
  ImportKind,
  ImportOutcome,
  ImportOverride,
  ImportPlan,
  ImportRequest,
} from './types.ts';

export interface ImportsDeps {
  registries: Registries;
  projects: Projects;
  providers: ProviderSet;
  /** Says whether this hub can read a reference to a secret. */
  sources: Pick<CredentialSources, 'check'>;
  /** Told of errors of the hub itself that an entry came upon. */
  onFailure?: (error: unknown) => void;
}

/** Takes over the registries of other systems, and writes ours in their forms. */
export class Imports {
  readonly #deps: ImportsDeps;

  constructor(deps: ImportsDeps) {
    this.#deps = deps;
  }

  /** What an import would do. Changes nothing; the answer holds no secret. Throws InvalidSettings where a document cannot be read. */
  async plan(principal: Principal, request: ImportRequest): Promise<ImportPlan> {
    const { entries, ...plan } = planImport(request, await this.#context(principal));
    return { ...plan, entries: entries.map(withoutValues) };
  }

  /**
   * Applies an import entry by entry, each in a transaction of its own: one that fails does not stop the others.
   *
   * @throws InvalidSettings where a document cannot be read, or an entry is named that the plan does not have
   */
  async apply(principal: Principal, request: ApplyRequest): Promise<ImportOutcome[]> {
    const { entries } = planImport(request, await this.#context(principal));
    const overrides = new Map(Object.entries(request.overrides ?? {}));
    const known = new Set(entries.map((entry) => entry.name));
    for (const name of [...(request.entries ?? []), ...overrides.keys()]) {
      if (known.has(name)) continue;
      const message = `The plan has no entry “${name.slice(0, 64)}”. It has: ${[...known].slice(0, 20).join(', ') || 'none'}.`;
      throw new InvalidSettings(message, [{ field: 'entries', message }]);
    }
    const chosen = request.entries ? new Set(request.entries) : known;
    const outcomes: ImportOutcome[] = [];
    for (const entry of entries) {
      if (chosen.has(entry.name)) outcomes.push(await this.#take(principal, request.kind, entry, overrides.get(entry.name)));
    }
    return outcomes;
  }

  /** The registries that the principal may see as a file, without secrets. */
  async export(principal: Principal, format: ExportFormat): Promise<Exported> {
    const [registries, projects] = await Promise.all([this.#deps.registries.list(principal), this.#deps.projects.list(principal)]);
    return exportRegistries(format, registries, {
      providers: this.#deps.providers,
      projectNames: new Map(projects.map((project) => [project.id, project.name])),
    });
  }

  async #take(principal: Principal, kind: ImportKind, entry: PlannedEntry, override: ImportOverride | undefined): Promise<ImportOutcome> {
    const { name, existing } = entry;
    if (entry.action === 'skip') return { name, outcome: 'skipped', ...(entry.reason !== undefined && { reason: entry.reason }) };
    try {
      // What a person corrects may make it whole; the registries' own checks tell.
      if (entry.action === 'invalid' && !override) throw new InvalidSettings(entry.reason ?? 'It cannot be taken.', entry.fields ?? []);
      const { registries } = this.#deps;
      const named = {
        ...entry.input,
        ...(override?.name !== undefined && { name: override.name }),
        ...(override?.signIn !== undefined && { signIn: override.signIn }),
      };
      const input = composeInput(named, { ...entry.values, ...override?.fields });
      const detail = `Imported from ${sourceNames[kind]}, ${entry.from}.`;
      if (!existing) {
        const registry = await registries.create(principal, input, detail);
        return { name, outcome: 'created', registry: { id: registry.id, name: registry.name } };
      }
      const { name: _name, ...changes } = input;
      const patch = override?.name === undefined ? changes : input;
      const registry = await registries.update(principal, existing.id, patch, entry.version, detail);
      return { name, outcome: 'updated', registry: { id: registry.id, name: registry.name } };
    } catch (error) {
      if (!(error instanceof TagboatError)) this.#deps.onFailure?.(error);
      return { name, outcome: 'failed', error };
    }
  }

  async #context(principal: Principal): Promise<PlanningContext> {
    if (!allowsSomewhere(principal, 'registry:write')) requirePermission(principal, 'registry:write');
    const [existing, projects] = await Promise.all([this.#deps.registries.list(principal), this.#deps.projects.list(principal)]);
    return {
      providers: this.#deps.providers,
      existing,
      projects: projects.map(({ id, name }) => ({ id, name })),
      administrator: principal.role === 'administrator',
      checkSource: (reference) => this.#deps.sources.check(reference),
    };
  }
}

const sourceNames: Readonly<Record<ImportKind, string>> = {
  'argocd-image-updater': 'Argo CD Image Updater',
  'docker-config': "Docker's configuration",
  'kubernetes-secrets': 'Kubernetes secrets',
  regsync: 'regsync',
  harbor: 'Harbor',
  devtron: 'Devtron',
  zadig: 'Zadig',
  tagboat: 'an export of Tagboat',
};

function withoutValues({ values: _values, version: _version, ...entry }: PlannedEntry): ImportEntry {
  return entry;
}
