import { type FieldError, InvalidSettings } from '../core/errors.ts';
import { Secret } from '../core/secret.ts';
import type { AnyProvider } from '../provider/define.ts';
import type { ProviderSet } from '../provider/index.ts';
import {
  defaultPrefix,
  parsePrefix,
  type Registry,
  type RegistryInput,
  resolveAddress,
  resolveInput,
  toDraft,
} from '../registries/index.ts';
import type { Candidate, Findings } from './candidate.ts';
import { changesOf } from './changes.ts';
import { composeInput, withoutKept, withoutSecretsInside } from './compose.ts';
import { NamePicker } from './names.ts';
import { readArgocd } from './readers/argocd.ts';
import { readDevtron } from './readers/devtron.ts';
import { readDockerConfig } from './readers/docker-config.ts';
import { readHarbor } from './readers/harbor.ts';
import { readKubernetesSecrets } from './readers/kubernetes-secrets.ts';
import { readOwn } from './readers/own.ts';
import { readRegsync } from './readers/regsync.ts';
import { readZadig } from './readers/zadig.ts';
import { missingField, secretsOf, splitSecrets } from './secrets.ts';
import { chooseSignIn } from './sign-in.ts';
import type { ImportDocument, ImportEntry, ImportKind, ImportOptions, ImportPlan, ImportRequest } from './types.ts';

/** What an import is planned against. */
export interface PlanningContext {
  providers: ProviderSet;
  /** Registries that the one who imports may see. */
  existing: readonly Registry[];
  /** Projects that they may see. */
  projects: readonly { id: string; name: string }[];
  administrator: boolean;
  /** Throws InvalidSettings for a reference that this hub cannot read. Default: it reads all. */
  checkSource?: (reference: string) => void;
}

/** An entry with its secrets, on its way from the document to the sealed store. */
export interface PlannedEntry extends ImportEntry {
  /** Secret fields that the document holds. */
  values: Readonly<Record<string, string>>;
  /** Version of the existing registry that the plan was made for. */
  version?: number;
}

export interface Plan extends ImportPlan {
  entries: PlannedEntry[];
}

const readers: Readonly<Record<ImportKind, (documents: readonly ImportDocument[], options: ImportOptions) => Findings>> = {
  'argocd-image-updater': readArgocd,
  'docker-config': readDockerConfig,
  'kubernetes-secrets': readKubernetesSecrets,
  regsync: readRegsync,
  harbor: readHarbor,
  devtron: readDevtron,
  zadig: readZadig,
  tagboat: readOwn,
};

const mostEntries = 1000;

/**
 * Says what an import would do, entry by entry: pure, and the same for the same documents and registries. One entry that cannot
 * be taken does not stop the others.
 *
 * @throws InvalidSettings where a document cannot be read at all
 */
export function planImport({ kind, documents, options = {} }: ImportRequest, context: PlanningContext): Plan {
  const { candidates, notes } = readers[kind](documents, options);
  if (candidates.length > mostEntries) {
    const message = `The documents hold ${candidates.length} registries; ${mostEntries} are the most at once. Import them in parts.`;
    throw new InvalidSettings(message, [{ field: 'documents', message }]);
  }
  const planning = new Planning(context, options);
  const entries = candidates.map((candidate) => planning.plan(candidate));
  if (entries.length === 0 && notes.length === 0) notes.push({ level: 'warning', key: '', message: 'The documents hold no registry.' });
  return { kind, entries, notes };
}

/** What the address of an entry settles. */
interface Placed {
  provider: AnyProvider;
  host: string;
  prefix: string;
}

class Planning {
  readonly #context: PlanningContext;
  readonly #options: ImportOptions;
  readonly #names: NamePicker;
  /** Address → the entry that has it. */
  readonly #seen = new Map<string, PlannedEntry>();
  #default: PlannedEntry | undefined;

  constructor(context: PlanningContext, options: ImportOptions) {
    this.#context = context;
    this.#options = options;
    this.#names = new NamePicker(context.existing.map((registry) => registry.name));
  }

  plan(candidate: Candidate): PlannedEntry {
    const { input, values } = withoutSecretsInside(candidate.input);
    const entry: PlannedEntry = {
      name: '',
      from: candidate.from,
      action: 'create',
      changes: [],
      input: { ...input, name: '' },
      secrets: [],
      notes: candidate.notes,
      values,
    };
    if (candidate.problem !== undefined) return this.#named(invalid(entry, candidate.problem), candidate);
    const placed = this.#place(candidate, entry);
    if (!placed) return this.#named(entry, candidate);
    const existing = this.#existing(candidate, placed);
    if (existing) {
      entry.existing = { id: existing.id, name: existing.name };
      entry.version = existing.version;
    }
    this.#named(entry, candidate, placed, existing);
    this.#fill(entry, candidate, placed.provider);
    const twin = this.#twin(entry, candidate, placed);
    if (twin) return twin;
    if (existing && (this.#options.existing ?? 'skip') === 'skip') return skipped(entry, `“${existing.name}” is there already.`);
    if (entry.action === 'invalid') return entry;
    return this.#checked(entry, candidate, placed.provider, existing);
  }

  #place(candidate: Candidate, entry: PlannedEntry): Placed | undefined {
    const { providers } = this.#context;
    const { input } = entry;
    try {
      const address = { hasCa: Boolean(input.connection?.ca), ...(input.connection?.tls && { tls: input.connection.tls }) };
      const byHost = resolveAddress(
        { ...address, url: input.url ?? '', ...(!input.url && input.provider && { provider: input.provider }) },
        providers,
      );
      const recognised = providers.detectByHost(byHost.url);
      if (input.provider !== undefined && !candidate.declared && recognised && recognised.id !== input.provider) {
        const message = `By its address this is ${recognised.title}.`;
        entry.notes.push({ level: 'info', key: `${candidate.from}: provider`.slice(0, 200), message });
        input.provider = recognised.id;
      }
      const placed = resolveAddress(
        { ...address, ...(input.url && { url: input.url }), ...(input.provider && { provider: input.provider }) },
        providers,
      );
      input.provider = placed.provider.id;
      const prefix = input.prefix ? parsePrefix(input.prefix) : defaultPrefix(placed.url, placed.provider, placed.namePath || undefined);
      return { provider: placed.provider, host: placed.url.host, prefix };
    } catch (error) {
      if (!(error instanceof InvalidSettings)) throw error;
      invalid(entry, error.message, error.fields);
      return undefined;
    }
  }

  /** Our own exports mean the registry of that name; others the one at the same address. */
  #existing({ declared, name }: Candidate, { host, prefix }: Placed): Registry | undefined {
    const { existing } = this.#context;
    const named = existing.find((registry) => registry.name.toLowerCase() === name?.toLowerCase());
    if (declared) return named;
    return existing.find((registry) => registry.host === host && registry.prefix === prefix) ?? (named?.host === host ? named : undefined);
  }

  #named(entry: PlannedEntry, candidate: Candidate, placed?: Placed, existing?: Registry): PlannedEntry {
    const { name, note } = this.#names.pick(candidate, placed, existing);
    entry.name = name;
    entry.input = { ...entry.input, name: existing?.name ?? name };
    if (note !== undefined) entry.notes.push({ level: 'info', key: `${candidate.from}: name`.slice(0, 200), message: note });
    return entry;
  }

  /** Chooses the way of signing in and sets the secrets apart. */
  #fill(entry: PlannedEntry, candidate: Candidate, provider: AnyProvider): void {
    const chosen = candidate.declared ? undefined : chooseSignIn(provider, candidate);
    const { plain, secret } = splitSecrets(provider, { ...entry.input.fields, ...chosen?.fields });
    const fields = Object.keys(plain).length > 0 ? { fields: plain } : {};
    const { fields: _fields, ...input } = entry.input;
    entry.input = {
      ...input,
      ...(chosen?.signIn !== undefined && { signIn: chosen.signIn }),
      ...fields,
      ...(chosen && Object.keys(chosen.sources).length > 0 && { sources: { ...input.sources, ...chosen.sources } }),
    };
    entry.values = { ...entry.values, ...secret, ...candidate.values, ...chosen?.values };
    this.#scope(entry, candidate);
    if (chosen?.problem !== undefined) invalid(entry, chosen.problem, [{ field: 'signIn', message: chosen.problem }]);
  }

  /** Projects of the other system become ours of the same name. Nobody sees more than before. */
  #scope(entry: PlannedEntry, { projects, from }: Candidate): void {
    if (!projects) return;
    const known = new Map(this.#context.projects.map(({ name }) => [name.toLowerCase(), name]));
    const found = projects.flatMap((name) => known.get(name.toLowerCase()) ?? []);
    entry.input = { ...entry.input, allProjects: false, projects: found };
    const missing = projects.filter((name) => !known.has(name.toLowerCase()));
    if (missing.length === 0) return;
    const shown = missing
      .slice(0, 10)
      .map((name) => `“${name.slice(0, 64)}”`)
      .join(', ');
    const rest = found.length > 0 ? '' : ' Until you choose others, administrators alone see the registry.';
    entry.notes.push({ level: 'warning', key: `${from}: projects`.slice(0, 200), message: `There is no project ${shown} here.${rest}` });
  }

  /** The second entry of one address is left out: two credentials for the same images would be a matter of chance. */
  #twin(entry: PlannedEntry, candidate: Candidate, { host, prefix }: Placed): PlannedEntry | undefined {
    const key = candidate.declared ? `name ${entry.name.toLowerCase()}` : `${host} ${prefix}`;
    const first = this.#seen.get(key);
    if (!first) {
      this.#seen.set(key, entry);
      return undefined;
    }
    const same =
      JSON.stringify([first.input.signIn, first.input.fields, first.values]) ===
      JSON.stringify([entry.input.signIn, entry.input.fields, entry.values]);
    const what = candidate.declared ? 'name' : 'address';
    return skipped(
      entry,
      `It has the same ${what} as ${first.from}${same ? '' : ', with another sign-in: give one of the two a prefix with a path'}.`,
    );
  }

  /** Lets the registries' own rules judge, but for secrets that are still to be entered. */
  #checked(entry: PlannedEntry, candidate: Candidate, provider: AnyProvider, existing: Registry | undefined): PlannedEntry {
    const { providers, administrator, checkSource } = this.#context;
    entry.secrets = secretsOf(provider, entry, candidate, existing);
    const missing = new Set(entry.secrets.filter(({ state }) => state === 'missing').map(({ field }) => missingField(field)));
    const errors: FieldError[] = this.#unknownProjects(entry.input);
    try {
      const stored =
        existing && toDraft({ registry: existing, sealed: Object.fromEntries(existing.secretsSet.map((name) => [name, ''])) }, providers);
      const input = withoutKept(composeInput(entry.input, entry.values), existing);
      const draft = resolveInput(input, {
        providers,
        administrator,
        ...(checkSource && { checkSource }),
        ...(stored && { stored }),
        // Sealed secrets stay sealed: a plan never needs them.
        reveal: (_name, value) => ('fresh' in value ? value.fresh : new Secret('')),
      });
      if (!existing && entry.input.signIn === undefined) entry.input = { ...entry.input, signIn: draft.signIn };
      if (existing) entry.changes = changesOf(existing, draft, input, this.#context.projects);
    } catch (error) {
      if (!(error instanceof InvalidSettings)) throw error;
      errors.push(...error.fields.filter(({ field }) => !missing.has(field)));
      if (existing && errors.length === 0) entry.changes = ['secrets'];
    }
    if (errors.length > 0) return invalid(entry, errors.map(({ message }) => message).join(' '), errors);
    if (existing) {
      entry.action = 'update';
      if (entry.changes.length === 0) return skipped(entry, `“${existing.name}” is as it should be.`);
    }
    this.#settleDefault(entry, existing);
    return entry;
  }

  #unknownProjects({ projects = [] }: RegistryInput): FieldError[] {
    const known = new Set(this.#context.projects.flatMap(({ id, name }) => [id, name.toLowerCase()]));
    const missing = projects.find((project) => !known.has(project) && !known.has(project.toLowerCase()));
    return missing === undefined ? [] : [{ field: 'projects', message: `There is no project “${missing.slice(0, 64)}”.` }];
  }

  /** There is one default. */
  #settleDefault(entry: PlannedEntry, existing: Registry | undefined): void {
    if (!entry.input.default) return;
    const key = `${entry.from}: default`.slice(0, 200);
    if (this.#default) {
      const { default: _default, ...input } = entry.input;
      entry.input = input;
      entry.notes.push({ level: 'warning', key, message: `There can be one default registry: it is ${this.#default.name}.` });
      return;
    }
    this.#default = entry;
    const before = this.#context.existing.find((registry) => registry.default);
    if (before && before.id !== existing?.id)
      entry.notes.push({ level: 'info', key, message: `It becomes the default registry in place of ${before.name}.` });
  }
}

function invalid(entry: PlannedEntry, reason: string, fields: readonly FieldError[] = []): PlannedEntry {
  entry.action = 'invalid';
  entry.reason = reason;
  if (fields.length > 0) entry.fields = [...fields];
  return entry;
}

function skipped(entry: PlannedEntry, reason: string): PlannedEntry {
  entry.action = 'skip';
  entry.reason = reason;
  return entry;
}
