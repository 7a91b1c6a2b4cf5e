import { forEachLimited } from '../../catalog/for-each-limited.ts';
import type { ReferenceTo } from '../../core/errors.ts';
import {
  type CallOptions,
  type DeleteOptions,
  type Descriptor,
  type Digest,
  InvalidReference,
  isDigest,
  isTag,
  referrersTag,
  requireDeletable,
  type Repository,
} from '../../oci/index.ts';
import { readTags, type RepositoryTags, type TagLister, unlessGone } from './repository-tags.ts';
import type { DeletionOutcome, DeletionReport, Orphans, PlannedDeletion } from './types.ts';

/** Names shown a list. */
const mostNamed = 100;
const parallel = 12;

/** What is asked for of one manifest. */
interface Wanted {
  descriptor: Descriptor;
  references: string[];
  tags: string[];
  byDigest: boolean;
}

export interface DeletionPlan {
  items: PlannedDeletion[];
  /** What points elsewhere than it was seen to: it is left alone. */
  moved: PlannedDeletion[];
  absent: string[];
  partial?: string;
}

export interface PlanDeletionOptions extends DeleteOptions {
  /** By reference: the digest that it was seen to point to, where somebody decided on the strength of that. */
  seen?: Readonly<Record<string, string>>;
}

/**
 * Finds out what deleting some references of a repository would take away. Nothing is written. What outside of the repository uses
 * them is not known here.
 *
 * @param references Tags and digests.
 * @throws InvalidReference for what is neither; UnsupportedError where nothing can be deleted; what the registry answered
 */
export async function planDeletion(
  repository: Repository,
  references: readonly string[],
  list: TagLister,
  options: PlanDeletionOptions = {},
): Promise<DeletionPlan> {
  const { deletion: _deletion, vendor, seen = {}, ...call } = options;
  const deletion = requireDeletable(repository, options, references.some(isDigest) ? 'manifest' : 'tag');
  const { wanted, absent, moved } = await resolveAll(repository, references, seen, call);
  if (wanted.size === 0) return { items: [], moved, absent };
  const all = await readTags(repository, list, call);
  const alongWithTag = deletion !== 'tag' && vendor?.grain !== 'tags';
  const going = new Set([...wanted].filter(([, one]) => one.byDigest || (alongWithTag && isAlone(one, all))).map(([digest]) => digest));
  const items: PlannedDeletion[] = [];
  for (const [digest, one] of wanted) {
    const { references: named, byDigest, descriptor } = one;
    const { tags, staying } = tagsOf(one, all);
    const manifest = going.has(digest);
    const orphans = manifest ? await orphansOf(repository, digest as Digest, { all, going }, call) : noOrphans;
    items.push({
      references: named,
      digest,
      mediaType: descriptor.mediaType,
      tags,
      manifest,
      sharedWith: staying.slice(0, mostNamed),
      orphans,
      usedBy: byDigest ? usesInside(one, tags, all, going) : [],
    });
  }
  return { items, moved, absent, ...(all.partial !== undefined && { partial: all.partial }) };
}

/** The plan as a report in which nothing was done. */
export function plannedReport({ items, moved, absent, partial }: DeletionPlan): DeletionReport {
  const all = [...items.map((item) => ({ ...item, outcome: 'planned' as const })), ...movedOutcomes(moved)];
  return { items: all, absent, ...(partial !== undefined && { partial }) };
}

export function movedOutcomes(moved: readonly PlannedDeletion[]): DeletionOutcome[] {
  return moved.map((item) => ({ ...item, outcome: 'moved' }));
}

async function resolveAll(
  repository: Repository,
  references: readonly string[],
  seen: Readonly<Record<string, string>>,
  call: CallOptions,
): Promise<{ wanted: Map<string, Wanted>; absent: string[]; moved: PlannedDeletion[] }> {
  for (const reference of references) {
    if (!isTag(reference) && !isDigest(reference))
      throw new InvalidReference(`${JSON.stringify(reference.slice(0, 200))} is neither a tag nor a digest.`);
  }
  const wanted = new Map<string, Wanted>();
  const absent: string[] = [];
  const moved: PlannedDeletion[] = [];
  const found = new Map<string, Descriptor>();
  await forEachLimited([...new Set(references)], parallel, async (reference) => {
    const descriptor = await unlessGone(() => repository.resolve(reference, call));
    if (descriptor) found.set(reference, descriptor);
  });
  for (const reference of new Set(references)) {
    const descriptor = found.get(reference);
    if (!descriptor) {
      absent.push(reference);
      continue;
    }
    if (Object.hasOwn(seen, reference) && seen[reference] !== descriptor.digest) {
      moved.push(leftAlone(reference, descriptor));
      continue;
    }
    const one = wanted.get(descriptor.digest) ?? { descriptor, references: [], tags: [], byDigest: false };
    wanted.set(descriptor.digest, one);
    one.references.push(reference);
    if (isDigest(reference)) one.byDigest = true;
    else one.tags.push(reference);
  }
  return { wanted, absent, moved };
}

function leftAlone(tag: string, { digest, mediaType }: Descriptor): PlannedDeletion {
  return { references: [tag], digest, mediaType, tags: [tag], manifest: false, sharedWith: [], orphans: noOrphans, usedBy: [] };
}

function tagsOf({ descriptor, tags, byDigest }: Wanted, { byDigest: known }: RepositoryTags): { tags: string[]; staying: string[] } {
  const others = (known.get(descriptor.digest) ?? []).filter((tag) => !tags.includes(tag));
  return byDigest ? { tags: [...tags, ...others], staying: [] } : { tags, staying: others };
}

/**
 * A tag takes its manifest along when nothing else needs it, and everything was looked at. Where tags are deleted by themselves, the
 * registry sweeps what no tag names by rules of its own.
 */
function isAlone(one: Wanted, all: RepositoryTags): boolean {
  if (all.partial !== undefined || tagsOf(one, all).staying.length > 0) return false;
  return indexesOf(one.descriptor.digest, all, new Set()).length === 0;
}

/** Tags of indexes that name a manifest, and do not go themselves. */
function indexesOf(digest: string, { indexes, byDigest }: RepositoryTags, going: ReadonlySet<string>): string[] {
  const goes = new Set([...going].flatMap((each) => byDigest.get(each) ?? []));
  return [...indexes].filter(([tag, children]) => children.includes(digest) && !goes.has(tag)).map(([tag]) => tag);
}

/** What in the repository itself stands against deleting a manifest that was named by its digest. */
function usesInside(one: Wanted, tags: readonly string[], all: RepositoryTags, going: ReadonlySet<string>): ReferenceTo[] {
  const { digest } = one.descriptor;
  const unnamed = tags.filter((tag) => !one.tags.includes(tag));
  return [
    ...unnamed.slice(0, mostNamed).map((tag) => ({ kind: 'tag', id: tag, name: tag })),
    ...indexesOf(digest, all, going)
      .slice(0, mostNamed)
      .map((tag) => ({ kind: 'index', id: tag, name: tag })),
    ...(all.partial === undefined ? [] : [{ kind: 'partial-listing', id: '', name: all.partial }]),
  ];
}

const noOrphans: Orphans = { images: [], referrers: [], tags: [] };

async function orphansOf(
  repository: Repository,
  digest: Digest,
  { all, going }: { all: RepositoryTags; going: ReadonlySet<string> },
  call: CallOptions,
): Promise<Orphans> {
  const { manifests } = await repository.referrers(digest, call);
  const about = referrersTag(digest);
  const cosign = [...all.byDigest]
    .filter(([each]) => !going.has(each))
    .flatMap(([, tags]) => tags.filter((tag) => tag.split('.', 1)[0] === about));
  return {
    images: (await imagesOf(repository, digest, all, call))
      .filter((child) => !going.has(child) && !all.byDigest.has(child) && indexesOf(child, all, going).length === 0)
      .slice(0, mostNamed),
    referrers: manifests.slice(0, mostNamed).map((one) => ({
      digest: one.digest,
      ...(one.artifactType !== undefined && { artifactType: one.artifactType }),
    })),
    tags: cosign.slice(0, mostNamed),
  };
}

async function imagesOf(
  repository: Repository,
  digest: string,
  { byDigest, indexes }: RepositoryTags,
  call: CallOptions,
): Promise<string[]> {
  const [tag] = byDigest.get(digest) ?? [];
  const known = tag === undefined ? undefined : indexes.get(tag);
  if (known) return [...new Set(known)];
  if (tag !== undefined) return [];
  const manifest = await unlessGone(() => repository.manifest(digest, call));
  return [...new Set(manifest?.index?.manifests.map((child) => child.digest))];
}
