import type { ImportEntry, ImportInput, ImportPlan, ImportPlanInput, ImportResult } from '../../sdk/index.ts';
import { approve, type ChangeOptions } from '../change.ts';
import type { Cli } from '../cli.ts';
import { Failed, UsageError } from '../errors.ts';
import { type Hub, openHub } from '../hub-client.ts';
import { ask, askSecret, isInteractive } from '../output/prompt.ts';
import { printable } from '../output/text.ts';
import { parsePairs } from '../provider-flags.ts';
import { readTextFile } from '../standalone/client.ts';
import { outcomeLines, planLines } from './import-show.ts';
import { type ApiOptions, fetchSource, readSources } from './import-sources.ts';

export interface ImportRunOptions extends ChangeOptions, ApiOptions {
  only?: readonly string[];
  update?: boolean;
  refer?: boolean;
  secretFile?: readonly string[];
  signIn?: readonly string[];
  field?: readonly string[];
}

type Kind = ImportPlan['kind'];
type Overrides = NonNullable<ImportInput['overrides']>;

/** `tagboat import <kind>`: reads or fetches, shows the plan, asks, applies. */
export async function importRun(cli: Cli, kind: string, sources: readonly string[], options: ImportRunOptions): Promise<void> {
  const [first = ''] = sources;
  const isApi = sources.length === 1 && /^https?:\/\//i.test(first) && ['harbor', 'devtron', 'zadig'].includes(kind);
  const documents = isApi ? await fetchSource(cli, kind, first, options) : await readSources(cli, sources);
  const request: ImportPlanInput = {
    kind: kind as Kind,
    documents,
    options: { existing: options.update ? 'update' : 'skip', credentials: options.refer ? 'refer' : 'copy' },
  };
  await carryOut(cli, request, options);
}

/**
 * Plans, shows, asks and applies.
 *
 * @param changesOnly entries that stay as they are go unmentioned
 */
export async function carryOut(
  cli: Cli,
  request: ImportPlanInput,
  options: ImportRunOptions,
  { changesOnly = false }: { changesOnly?: boolean } = {},
): Promise<void> {
  const hub = await openHub(cli, options);
  const output = cli.output(options);
  const plan = await hub.planImport(request);
  const entries = chosen(plan, options.only);
  const overrides = await readOverrides(entries, options);
  const human = () => planLines(output, { ...plan, entries }, { changesOnly });
  if (options.dryRun) {
    output.result({
      json: () => ({ dryRun: true, plan: { ...plan, entries } }),
      quiet: () => entries.filter(isChange).map((entry) => printable(entry.name)),
      human: () => [...human(), output.palette.dim('Nothing was changed.')],
    });
    return;
  }
  if (!output.json && !output.quiet) output.lines(human());
  const wanted: ImportEntry[] = [];
  for (const entry of entries) {
    if (
      isChange(entry) ||
      (entry.action === 'invalid' && (overrides[entry.name] || (await completeFields(cli, entry, overrides, options))))
    )
      wanted.push(entry);
  }
  const lacking = await completeSecrets(cli, wanted, overrides, options);
  const ready = wanted.filter((entry) => !lacking.has(entry.name));
  const hopeless = entries.filter((entry) => entry.action === 'invalid' && !ready.includes(entry));
  if (ready.length > 0) await approve(cli, options, question(ready));
  const { outcomes } = ready.length > 0 ? await apply(hub, request, ready, overrides) : { outcomes: [] };
  const notDone = [...lacking].map(([name, fields]) => `${name} needs ${fields.join(', ')}`);
  output.result({
    json: () => ({ plan: { ...plan, entries }, outcomes, missing: Object.fromEntries(lacking) }),
    quiet: () => outcomes.flatMap(({ outcome, registry }) => (registry && outcome !== 'skipped' ? [printable(registry.name)] : [])),
    human: () =>
      ready.length === 0 && notDone.length === 0 && hopeless.length === 0 ? ['Nothing to do.'] : outcomeLines(output, outcomes),
  });
  for (const [name, fields] of lacking) {
    output.note(`${output.notePalette.bad('✗')} ${printable(`${name} needs ${fields.join(', ')}.`)}`);
    output.note(
      `  Add ${fields.map((field) => `--secret-file ${printable(`${name}.${field}`)}=<path>`).join(' ')}, or run it on a terminal to be asked.`,
    );
  }
  if (lacking.size > 0 || hopeless.length > 0 || outcomes.some(({ outcome }) => outcome === 'failed')) throw new Failed();
}

const isChange = (entry: ImportEntry): boolean => entry.action === 'create' || entry.action === 'update';

function chosen(plan: ImportPlan, only: readonly string[] | undefined): ImportEntry[] {
  if (!only) return plan.entries;
  const missing = only.find((name) => !plan.entries.some((entry) => entry.name === name));
  if (missing !== undefined) {
    throw new UsageError(`The plan has no entry “${missing}”.`, `It has: ${plan.entries.map((entry) => entry.name).join(', ') || 'none'}.`);
  }
  return plan.entries.filter((entry) => only.includes(entry.name));
}

/** What flags say of entries: fields, secrets from files, ways of signing in. */
async function readOverrides(entries: readonly ImportEntry[], options: ImportRunOptions): Promise<Overrides> {
  const overrides: Overrides = {};
  for (const [target, value] of parsePairs(options.field ?? [], '--field', 'prod.username=ci')) {
    const { entry, field } = targetOf(entries, target, '--field prod.username=ci');
    if (entry.secrets.some((secret) => secret.field === field)) {
      throw new UsageError(
        `“${field}” is secret and not accepted as an argument: other programs of this machine can read arguments, and the shell keeps them.`,
        `Use --secret-file ${target}=<path>. Change the secret if it was a real one.`,
      );
    }
    setField(overrides, entry.name, field, value);
  }
  for (const [target, path] of parsePairs(options.secretFile ?? [], '--secret-file', 'prod.password=password.txt')) {
    const { entry, field } = targetOf(entries, target, '--secret-file prod.password=password.txt');
    const text = await readTextFile(path, '--secret-file');
    setField(overrides, entry.name, field, /\n./.test(text.trim()) ? text : text.replace(/\r?\n$/, ''));
  }
  for (const [name, signIn] of parsePairs(options.signIn ?? [], '--sign-in', 'prod=role')) overrides[name] = { ...overrides[name], signIn };
  return overrides;
}

function setField(overrides: Overrides, name: string, field: string, value: string): void {
  overrides[name] = { ...overrides[name], fields: { ...overrides[name]?.fields, [field]: value } };
}

/** `prod.password`: names of entries may hold dots, too. */
function targetOf(entries: readonly ImportEntry[], target: string, example: string): { entry: ImportEntry; field: string } {
  const entry = entries.find(({ name }) => target.startsWith(`${name}.`));
  if (!entry)
    throw new UsageError(
      `No entry of the plan is meant by ${target.slice(0, 100)}.`,
      `Write it as ${example}; --dry-run shows the entries.`,
    );
  return { entry, field: target.slice(entry.name.length + 1) };
}

/** On a terminal, asks for the plain fields that alone an entry lacks. @returns whether it may be tried */
async function completeFields(cli: Cli, entry: ImportEntry, overrides: Overrides, options: ImportRunOptions): Promise<boolean> {
  const lacking = entry.fields ?? [];
  if (!isInteractive(cli.io) || options.json || lacking.length === 0 || !lacking.every(({ field }) => field.startsWith('fields.')))
    return false;
  for (const { field, message } of lacking) {
    const name = field.slice('fields.'.length);
    const value = await ask(cli.io, `${entry.name}: ${message} ${name}, empty leaves it out`, { optional: true, signal: cli.signal });
    if (value === '') return false;
    setField(overrides, entry.name, name, value);
  }
  return true;
}

/** Asks for missing secrets on a terminal. @returns entries that still lack some */
async function completeSecrets(
  cli: Cli,
  entries: readonly ImportEntry[],
  overrides: Overrides,
  options: ImportRunOptions,
): Promise<Map<string, string[]>> {
  const lacking = new Map<string, string[]>();
  for (const entry of entries) {
    const missing = entry.secrets.filter(({ state, field }) => state === 'missing' && overrides[entry.name]?.fields?.[field] === undefined);
    for (const { field, label } of missing) {
      const value = isInteractive(cli.io) && options.json !== true ? await askFor(cli, entry.name, field, label) : '';
      if (value === '') lacking.set(entry.name, [...(lacking.get(entry.name) ?? []), field]);
      else setField(overrides, entry.name, field, value);
    }
  }
  return lacking;
}

/** Keys of several lines come from a file, as in `registry add`. */
async function askFor(cli: Cli, entry: string, field: string, label: string): Promise<string> {
  if (!/key|pem|json/i.test(field) || /^(?:secret|access)/i.test(field)) {
    return askSecret(cli.io, `${label} of ${entry}, empty leaves it out`, { optional: true, signal: cli.signal });
  }
  const path = await ask(cli.io, `File with ${label} of ${entry}, empty leaves it out`, { optional: true, signal: cli.signal });
  return path === '' ? '' : readTextFile(path, label);
}

function question(entries: readonly ImportEntry[]): string {
  const created = entries.filter(({ action }) => action !== 'update').length;
  const updated = entries.length - created;
  const parts = [created > 0 && `create ${created}`, updated > 0 && `change ${updated}`].filter(Boolean);
  const text = parts.join(' and ');
  return `${text.replace(/^./, (letter) => letter.toUpperCase())} ${entries.length === 1 ? 'registry' : 'registries'} at the hub?`;
}

function apply(hub: Hub, request: ImportPlanInput, entries: readonly ImportEntry[], overrides: Overrides): Promise<ImportResult> {
  const names = entries.map(({ name }) => name);
  return hub.importRegistries({
    ...request,
    entries: names,
    overrides: Object.fromEntries(Object.entries(overrides).filter(([name]) => names.includes(name))),
  });
}
