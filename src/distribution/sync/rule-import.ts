import type { Principal } from '../../access/index.ts';
import { type FieldError, InvalidSettings, NotFound, TagboatError } from '../../core/errors.ts';
import type { Registries, Registry } from '../../registries/index.ts';
import { readRules } from './documents/index.ts';
import type { DocumentRule, SyncFormat } from './documents/index.ts';
import type { SyncImportEntry, SyncImportRequest, SyncImportResult, SyncRule, SyncRuleInput } from './rule-types.ts';
import type { SyncSpec } from './types.ts';

export interface RuleImportDeps {
  registries: Pick<Registries, 'get' | 'match'>;
  /** Checks a spec whose registries were found, and that the caller may keep such a rule. */
  check: (spec: SyncSpec) => Promise<SyncSpec>;
  create: (input: SyncRuleInput, detail: string) => Promise<SyncRule>;
  /** Told of errors of the hub itself that an entry came upon. */
  onFailure?: (error: unknown) => void;
}

/**
 * Makes a rule of each entry of the documents, each in a transaction of its own. Registries are those whose name the document gives, or
 * whose host and path its images begin with. None of the rules runs by itself before somebody has looked at its plan.
 *
 * @throws InvalidSettings where a document cannot be read at all
 */
export async function importRules(deps: RuleImportDeps, principal: Principal, request: SyncImportRequest): Promise<SyncImportResult> {
  const { format, destination, scoped } = request;
  const documents = request.documents.map(({ name = '', content }) => ({ name, content }));
  const { rules, notes } = readRules(documents, {
    ...(format && { format }),
    ...(destination !== undefined && { destination }),
    ...(scoped !== undefined && { scoped }),
  });
  const entries: SyncImportEntry[] = [];
  for (const read of rules) entries.push(await takeEntry(deps, principal, request, read));
  return { entries, notes };
}

async function takeEntry(
  deps: RuleImportDeps,
  principal: Principal,
  { format, dryRun }: SyncImportRequest,
  { name, from, spec: written, notes: given, enabled, problem }: DocumentRule,
): Promise<SyncImportEntry> {
  const notes = [...given, ...(enabled ? ['It is not enabled: have it planned, look at the plan, and enable it then.'] : [])];
  let spec = written;
  try {
    if (problem !== undefined) throw new InvalidSettings(problem);
    const fields: FieldError[] = [];
    const { source, destination } = written;
    const found = {
      source: await findRegistry(deps, principal, source.registry, source.repositories[0] ?? ''),
      destination: await findRegistry(deps, principal, destination.registry, destination.repository ?? ''),
    };
    for (const end of ['source', 'destination'] as const) {
      const match = found[end];
      if (!match) fields.push({ field: `spec.${end}.registry`, message: notConnected(written[end].registry, format) });
      else if (match.note !== undefined) notes.push(match.note);
    }
    spec = {
      ...written,
      source: { ...source, registry: found.source?.registry.id ?? source.registry },
      destination: { ...destination, registry: found.destination?.registry.id ?? destination.registry },
    };
    if (fields.length > 0) throw new InvalidSettings(fields.map(({ message }) => message).join(' '), fields);
    if (dryRun) return { name, from, notes, outcome: 'planned', spec: await deps.check(spec) };
    const rule = await deps.create({ name, spec }, `Imported from ${from}.`);
    return { name, from, notes, outcome: 'created', spec: rule.spec, rule: { id: rule.id, name: rule.name } };
  } catch (error) {
    if (!(error instanceof TagboatError)) deps.onFailure?.(error);
    return { name, from, notes, outcome: 'failed', spec, error };
  }
}

/** @param path what names there begin with: of several registries at one host, the one that they belong to is taken */
async function findRegistry(
  { registries }: RuleImportDeps,
  principal: Principal,
  text: string,
  path: string,
): Promise<{ registry: Registry; note?: string } | undefined> {
  try {
    return { registry: await registries.get(principal, text) };
  } catch (error) {
    if (!(error instanceof NotFound)) throw error;
  }
  const [fixed = ''] = path.split(/[*?[{]/, 1);
  for (const reference of [`${text}/${fixed}x`, `${text}/x`]) {
    try {
      const match = await registries.match(principal, reference);
      if (!match) continue;
      const { registry, others } = match;
      const note = `At ${text} there ${others.length === 1 ? 'is' : 'are'} also ${others.map((other) => `“${other.name}”`).join(', ')}; “${registry.name}” was taken.`;
      return { registry, ...(others.length > 0 && { note }) };
    } catch (error) {
      if (!(error instanceof TagboatError) || error.code !== 'invalid_reference') throw error;
    }
  }
  return undefined;
}

function notConnected(host: string, format: SyncFormat | undefined): string {
  if (host.startsWith('oci:'))
    return `A hub copies between registries: ${host.slice(0, 200)} is a folder. Run such a rule with \`tagboat sync run --file\`.`;
  const command = format === 'regsync' ? ', or bring the registries of the document along with `tagboat import regsync`' : '';
  return `No registry of this hub is at “${host.slice(0, 200)}”. Connect it first (\`tagboat registry add\`)${command}.`;
}
