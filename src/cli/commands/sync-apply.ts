import { isDeepStrictEqual } from 'node:util';
import { type DocumentRule, readRules, type SyncFormat } from '../../distribution/sync/documents/index.ts';
import { everyItem, type SyncImportResult, type SyncRule, type SyncRuleInput, type SyncSpec } from '../../sdk/index.ts';
import type { ChangeOptions } from '../change.ts';
import type { Cli } from '../cli.ts';
import { describeError, Failed, UsageError } from '../errors.ts';
import { type Hub, openHub } from '../hub-client.ts';
import type { Output } from '../output/output.ts';
import { printable } from '../output/text.ts';
import { isLayout } from '../standalone/sync-worlds.ts';
import { registryAtHub } from '../targets.ts';
import { readSources } from './import-sources.ts';

interface Applied {
  name: string;
  outcome: 'created' | 'changed' | 'unchanged' | 'failed';
  rule?: { id: string };
  message?: string;
  next?: string;
}

/** Makes the hub have the rules of files. Rules that the files do not have stay as they are. */
export async function applyRules(cli: Cli, files: readonly string[], options: ChangeOptions & { unseen?: boolean }): Promise<void> {
  const { rules } = readRules(await readSources(cli, files), { format: 'tagboat' });
  const hub = await openHub(cli, options);
  const known = new Map<string, SyncRule>();
  for await (const rule of everyItem((cursor) => hub.listSyncRules({ cursor, limit: 1000 }))) known.set(rule.name.toLowerCase(), rule);
  const done: Applied[] = [];
  for (const rule of rules) done.push(await applyOne(hub, rule, known.get(rule.name.toLowerCase()), options));
  const output = cli.output(options);
  output.result({
    json: () => ({ dryRun: options.dryRun === true, items: done }),
    quiet: () => done.filter(({ outcome }) => outcome === 'created' || outcome === 'changed').map(({ name }) => printable(name)),
    human: () => done.flatMap((one) => appliedLines(output, one, options.dryRun === true)),
  });
  if (done.some(({ outcome }) => outcome === 'failed')) throw new Failed();
}

async function applyOne(
  hub: Hub,
  { name, spec: written, enabled }: DocumentRule,
  before: SyncRule | undefined,
  options: ChangeOptions & { unseen?: boolean },
): Promise<Applied> {
  try {
    const spec = await withRegistries(hub, written);
    const input: SyncRuleInput = { name, spec, ...(enabled !== undefined && { enabled }), ...(options.unseen && { unseen: true }) };
    if (!before) {
      if (options.dryRun) return { name, outcome: 'created' };
      const { id } = await hub.createSyncRule(input);
      return { name, outcome: 'created', rule: { id } };
    }
    const rule = { id: before.id };
    const isSame =
      isDeepStrictEqual(plain(before.spec), plain(spec)) && (enabled === undefined || enabled === before.enabled) && before.name === name;
    if (isSame) return { name, outcome: 'unchanged', rule };
    if (!options.dryRun) await hub.updateSyncRule(before.id, input, { ifMatch: before.version });
    return { name, outcome: 'changed', rule };
  } catch (error) {
    const { message, next, code } = await describeError(error);
    const hint = code === 'sync_plan_needed' ? `Look at \`tagboat sync plan "${name}"\` and apply again, or add --unseen.` : next;
    return { name, outcome: 'failed', message, ...(hint !== undefined && { next: hint }) };
  }
}

/** What a file says by name or host, by id. */
async function withRegistries(hub: Hub, written: DocumentRule['spec']): Promise<SyncSpec> {
  const spec = plain(written);
  const idOf = async (text: string): Promise<string> => {
    if (isLayout(text))
      throw new UsageError(
        `${printable(text)} is on this machine, which the hub cannot reach.`,
        'Run this rule from here: `tagboat sync run <file> --rule <name>`.',
      );
    const target = await registryAtHub(hub, text);
    if (target) return target.registry.id;
    throw new UsageError(
      `The hub has no registry at ${printable(text)} that you may see.`,
      'Connect it with `tagboat registry add`, or name another.',
    );
  };
  const [source, destination] = [await idOf(spec.source.registry), await idOf(spec.destination.registry)];
  return { ...spec, source: { ...spec.source, registry: source }, destination: { ...spec.destination, registry: destination } };
}

/** As it goes over the wire, and so as it can be compared. */
function plain(spec: DocumentRule['spec'] | SyncSpec): SyncSpec {
  return JSON.parse(JSON.stringify(spec)) as SyncSpec;
}

function appliedLines({ palette }: Output, { name, outcome, message, next }: Applied, dryRun: boolean): string[] {
  const words = {
    created: dryRun ? 'would be made' : 'made',
    changed: dryRun ? 'would be changed' : 'changed',
    unchanged: 'as it was',
    failed: 'failed',
  };
  const mark = outcome === 'failed' ? palette.bad('✗') : outcome === 'unchanged' ? ' ' : palette.good('✓');
  return [
    `${mark} ${printable(name)}: ${words[outcome]}${message === undefined ? '' : `. ${printable(message)}`}`,
    ...(next === undefined ? [] : [`  Next: ${printable(next)}`]),
  ];
}

/** Makes rules of the hub from files of other programs, with what has no counterpart. */
export async function importRules(
  cli: Cli,
  files: readonly string[],
  options: ChangeOptions & { format?: SyncFormat; destination?: string; scoped?: boolean },
): Promise<void> {
  const hub = await openHub(cli, options);
  const result = await hub.importSyncRules({
    documents: await readSources(cli, files),
    ...(options.format && { format: options.format }),
    ...(options.destination !== undefined && { destination: options.destination }),
    ...(options.scoped && { scoped: true }),
    ...(options.dryRun && { dryRun: true }),
  });
  const output = cli.output(options);
  for (const note of result.notes) output.note(printable(note));
  output.result({
    json: () => ({ dryRun: options.dryRun === true, ...result }),
    quiet: () => result.items.flatMap(({ rule }) => (rule ? [printable(rule.name)] : [])),
    human: () => [
      ...result.items.flatMap((item) => importedLines(output, item)),
      ...(result.items.some(({ outcome }) => outcome === 'created')
        ? [output.palette.dim('Next: tagboat sync plan <rule>, then tagboat sync enable <rule>')]
        : []),
    ],
  });
  if (result.items.some(({ outcome }) => outcome === 'failed')) throw new Failed();
}

function importedLines({ palette }: Output, { name, outcome, notes, problem, from }: SyncImportResult['items'][number]): string[] {
  const mark = outcome === 'failed' ? palette.bad('✗') : palette.good('✓');
  const word = { planned: 'would be made', created: 'made', failed: 'failed' }[outcome];
  return [
    `${mark} ${printable(name)} ${palette.dim(`(${printable(from)})`)}: ${word}${problem ? `. ${printable(problem.detail)}` : ''}`,
    ...(problem?.help === undefined ? [] : [`  Next: ${printable(problem.help)}`]),
    ...notes.map((note) => palette.dim(`  ${printable(note)}`)),
  ];
}
