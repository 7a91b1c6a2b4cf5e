import { carryOut, type DeletionOutcome, type DeletionReport, planDeletion } from '../../distribution/deletion/direct.ts';
import { inUseHelp, namesOf } from '../../distribution/deletion/uses.ts';
import { type DeletionTrait, type RegistryClient, TagboatError, UnsupportedError } from '../../oci/index.ts';
import type { Traits } from '../../provider/define.ts';
import { approve, type ChangeOptions } from '../change.ts';
import type { Cli } from '../cli.ts';
import { describeError, Failed, UsageError } from '../errors.ts';
import type { Output } from '../output/output.ts';
import { printable } from '../output/text.ts';
import type { DirectOptions } from '../standalone/client.ts';
import { type DirectTarget, type HubTarget, resolveTarget } from '../targets.ts';

export interface DeleteOptions extends DirectOptions, Pick<ChangeOptions, 'dryRun' | 'yes'> {
  force?: boolean;
}

/** One repository, and what is to be deleted there. */
interface Place {
  /** As people write it: `ghcr.io/acme/api`. */
  label: string;
  references: string[];
  plan(): Promise<DeletionReport>;
  /** What was planned, and nothing that came to be in use since. */
  carryOut(plan: DeletionReport): Promise<DeletionReport>;
}

/** Plans every repository, asks once, deletes. Nothing is deleted when something of it is in use, unless forced. */
export async function runDelete(cli: Cli, texts: readonly string[], options: DeleteOptions): Promise<void> {
  await using clients = new AsyncDisposableStack();
  const places = await placesOf(cli, texts, options, clients);
  const plans: { place: Place; report: DeletionReport }[] = [];
  for (const place of places) plans.push({ place, report: await place.plan() });
  const output = cli.output(options);
  if (!options.dryRun) {
    if (!options.force) refuseUsed(plans);
    if (!options.yes) for (const { place, report } of plans) for (const line of planLines(place, report)) output.note(line);
    if (plans.some(({ report }) => report.items.length > 0)) await approve(cli, options, question(plans));
  }
  const reports: typeof plans = [];
  for (const { place, report } of plans)
    reports.push({ place, report: options.dryRun || report.items.length === 0 ? report : await place.carryOut(report) });
  await show(cli, output, reports, options);
  const all = reports.map(({ report }) => report);
  if (all.some(({ items, absent }) => absent.length > 0 || items.some(({ outcome }) => outcome === 'failed' || outcome === 'moved')))
    throw new Failed();
}

async function placesOf(cli: Cli, texts: readonly string[], options: DeleteOptions, clients: AsyncDisposableStack): Promise<Place[]> {
  const places = new Map<string, Place>();
  for (const text of texts) {
    const target = await resolveTarget(cli, text, options, { needs: 'content' });
    const { tag, digest, repository } = target.via === 'hub' ? target : target.reference;
    const host = target.via === 'hub' ? target.registry.name : target.reference.registry;
    const key = `${target.via} ${host}/${repository}`;
    const known = places.get(key);
    if (target.via === 'direct') {
      if (known) await target.client.close();
      else clients.defer(() => target.client.close());
    }
    const place = known ?? (target.via === 'hub' ? placeAtHub(target, options) : await placeDirect(target, options, cli.signal));
    places.set(key, place);
    place.references.push(oneOf(text, repository, { tag, digest }));
  }
  return [...places.values()];
}

/** What is deleted is named: nothing is taken for granted, neither a tag nor which of the two is meant. */
function oneOf(text: string, repository: string, { tag, digest }: { tag: string | undefined; digest: string | undefined }): string {
  if (repository === '') throw new UsageError('A repository is missing.', `Write ${printable(text)}/<repository>:<tag>.`);
  if (tag !== undefined && digest !== undefined)
    throw new UsageError(
      `${printable(text)} names a tag and a digest.`,
      'Name the tag to delete it alone, or the digest to delete the image.',
    );
  const reference = digest ?? tag;
  if (reference === undefined)
    throw new UsageError(
      `${printable(text)} names a whole repository.`,
      'Name what to delete there: a tag behind a colon, or a digest behind an @.',
    );
  return reference;
}

function placeAtHub({ hub, registry, repository }: HubTarget, options: DeleteOptions): Place {
  const references: string[] = [];
  const ask = (more: { dryRun?: boolean; digests?: Record<string, string> }) =>
    hub.deleteImages(registry.id, repository, { references, ...(options.force && { force: true }), ...more });
  return {
    label: `${registry.name}/${repository}`,
    references,
    plan: () => ask({ dryRun: true }),
    carryOut: (plan) => ask({ digests: seenIn(plan) }),
  };
}

async function placeDirect({ client, reference }: DirectTarget, { force = false }: DeleteOptions, signal: AbortSignal): Promise<Place> {
  const label = `${reference.registry}/${reference.repository}`;
  const references: string[] = [];
  const traits = await traitsOf(client);
  if (traits) refuseVendorOnly(label, traits);
  const deletion = traits?.delete;
  const repository = client.repository(reference.repository);
  const call = { signal, ...(deletion && { deletion }) };
  const list = async function* () {
    for await (const names of repository.listTags({ signal })) yield names.map((name) => ({ name }));
  };
  return {
    label,
    references,
    plan: () => planDeletion(repository, references, list, call),
    async carryOut(before) {
      // The answer to the question may have taken its time.
      const plan = await planDeletion(repository, references, list, { ...call, seen: seenIn(before) });
      if (!force) refuseUsed([{ place: { label }, report: plan }]);
      const items: DeletionOutcome[] = [];
      for (const item of plan.items) items.push(item.outcome === 'planned' ? await carryOut(repository, item, call) : item);
      return { ...plan, items };
    },
  };
}

/** What is known of how the registries of providers delete, by their hosts. */
export async function traitOf(client: RegistryClient): Promise<DeletionTrait | undefined> {
  return (await traitsOf(client))?.delete;
}

async function traitsOf(client: RegistryClient): Promise<Traits | undefined> {
  const { loadProviders } = await import('../../provider/load.ts');
  return (await loadProviders()).detectByHost(client.url)?.traits;
}

/** @throws UnsupportedError where the vendor's own API deletes: what signs in to the registry does not sign in there */
export function refuseVendorOnly(label: string, traits: Pick<Traits, 'delete' | 'providerDeletes'>): void {
  if (traits.delete !== 'provider' || traits.providerDeletes === undefined) return;
  throw new UnsupportedError(
    `Nothing was deleted: ${label} is deleted from by the vendor's own API, which this command has no credential for when it asks the registry itself.`,
    {
      help: 'Delete it through a hub that has this registry: write the registry’s name there in place of the host, signed in with `tagboat login`.',
    },
  );
}

/** What each reference pointed to when the question was asked. */
function seenIn({ items }: DeletionReport): Record<string, string> {
  return Object.fromEntries(items.flatMap(({ references, digest }) => references.map((reference) => [reference, digest])));
}

function refuseUsed(plans: readonly { place: Pick<Place, 'label'>; report: DeletionReport }[]): void {
  for (const { place, report } of plans) {
    const used = report.items.find(({ usedBy }) => usedBy.length > 0);
    if (!used) continue;
    throw new TagboatError(`Nothing was deleted: ${nameOf(place, used.references[0] ?? '')} is used by ${namesOf(used.usedBy)}.`, {
      code: 'in_use',
      fault: 'caller',
      retry: 'never',
      context: { help: `${inUseHelp.replace('by force', 'with --force')}` },
    });
  }
}

function question(plans: readonly { report: DeletionReport }[]): string {
  const items = plans.flatMap(({ report }) => report.items);
  const counts = [
    counted(
      items.reduce((sum, { tags }) => sum + tags.length, 0),
      'tag',
    ),
    counted(items.filter(({ manifest }) => manifest).length, 'image'),
  ].filter((text) => text !== undefined);
  return `Delete ${counts.join(' and ')}?`;
}

function counted(count: number, noun: string): string | undefined {
  return count === 0 ? undefined : `${count} ${noun}${count === 1 ? '' : 's'}`;
}

async function show(
  cli: Cli,
  output: Output,
  reports: readonly { place: Place; report: DeletionReport }[],
  options: DeleteOptions,
): Promise<void> {
  output.result({
    json: () => ({
      dryRun: options.dryRun === true,
      repositories: reports.map(({ place, report }) => ({ repository: place.label, ...report })),
    }),
    quiet: () => reports.flatMap(({ report }) => report.items.filter(({ outcome }) => outcome === 'deleted').map(({ digest }) => digest)),
    human: () => reports.flatMap(({ place, report }) => (options.dryRun ? planLines(place, report) : outcomeLines(output, place, report))),
  });
  if (output.json) return;
  for (const { place, report } of reports) {
    for (const reference of report.absent) cli.io.stderr.write(`${nameOf(place, reference)} is not there.\n`);
    if (report.partial !== undefined) output.note(`${printable(report.partial)} What it shares with others may not be known.`);
    for (const { outcome, failure, references } of report.items) {
      if (outcome === 'moved')
        cli.io.stderr.write(`${nameOf(place, references[0] ?? '')} points elsewhere meanwhile, and was left alone.\n`);
      if (!failure) continue;
      const { next } = await describeError(new TagboatError(failure.message, { code: failure.code, fault: 'remote', retry: 'never' }));
      const help = failure.help ?? next;
      cli.io.stderr.write(`${printable(failure.message)}${help === undefined ? '' : `\nNext: ${printable(help)}`}\n`);
    }
  }
}

function outcomeLines(output: Output, place: Place, { items }: DeletionReport): string[] {
  return items
    .filter(({ outcome }) => outcome === 'deleted')
    .map((item) => `${output.palette.good('✓')} Deleted ${nameOf(place, what(item))}.${output.palette.dim(facts(item))}`);
}

function planLines(place: Place, { items }: DeletionReport): string[] {
  return items.map((item) => `${nameOf(place, what(item))} would go.${facts(item)}`);
}

/** Its tags; its digest when it has none. */
function what({ tags, digest }: DeletionOutcome): string {
  return tags.length > 0 ? tags.join(', ') : digest;
}

function facts({ digest, manifest, tags, sharedWith, orphans, usedBy }: DeletionOutcome): string {
  const list = [
    manifest && tags.length > 0 && `with its image ${digest}`,
    !manifest && `the image ${digest} stays`,
    sharedWith.length > 0 &&
      `also tagged ${sharedWith
        .slice(0, 3)
        .map((tag) => printable(tag))
        .join(', ')}${sharedWith.length > 3 ? ', …' : ''}`,
    orphans.images.length > 0 && `leaves ${counted(orphans.images.length, 'image')} of it without a name`,
    orphans.referrers.length + orphans.tags.length > 0 &&
      `leaves ${counted(orphans.referrers.length + orphans.tags.length, 'referrer')} behind`,
    usedBy.length > 0 && `used by ${printable(namesOf(usedBy))}`,
  ].filter((fact) => fact !== false);
  return list.length > 0 ? `  ${list.join(' · ')}` : '';
}

function nameOf({ label }: Pick<Place, 'label'>, reference: string): string {
  return printable(`${label}${reference.startsWith('sha') && reference.includes(':') ? '@' : ':'}${reference}`);
}
