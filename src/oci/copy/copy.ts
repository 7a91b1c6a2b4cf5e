import { calling } from '../call-options.ts';
import type { ClientClock } from '../client-options.ts';
import type { Descriptor } from '../descriptor.ts';
import { type Digest, digestOf, parseDigest } from '../digest.ts';
import { TagboatError } from '../errors.ts';
import type { Manifest } from '../manifest.ts';
import type { Platform } from '../platform.ts';
import { systemClock } from '../system-clock.ts';
import type { UploadState } from '../upload.ts';
import { Bandwidth } from './bandwidth.ts';
import { defaultParallel } from './blob-copy.ts';
import { BlobKnowledge } from './blob-knowledge.ts';
import { CopyRun, type RunOptions } from './copy-run.ts';
import { ending } from './ending.ts';
import type { CopyEvent } from './events.ts';
import { GraphCopy } from './graph-copy.ts';
import type { QuotaCost } from './quota.ts';
import { copyDigestTags, copyReferrers } from './referrer-copy.ts';
import { onSide, resolveOptional } from './sides.ts';
import { isIndexType } from '../media-types.ts';
import { platformSubset } from './subset.ts';
import { type CopyRequests, Tally } from './tally.ts';
import type { ReadTarget, WriteTarget } from './target.ts';

export interface CopyOptions {
  /** Of an index, only these. One gives that platform's manifest, several a rebuilt index. Default: everything, byte for byte. */
  platforms?: readonly Platform[];
  /** Also what refers to it, and to what refers to it: signatures, SBOMs, attestations. Default false. */
  referrers?: boolean;
  /** Also Cosign's tags of what is copied: `sha256-….sig`, `.att`, `.sbom`. Default false. */
  digestTags?: boolean;
  /** Layers that live elsewhere by their `urls` are left there, as their publishers ask. True brings them along. Default false. */
  foreignLayers?: boolean;
  /** Only finds out what would be done: nothing is written. Default false. */
  plan?: boolean;
  /** Hash every byte on the way as well. Default: only where the destination does not. */
  verify?: 'destination' | 'always';
  /** Blobs on the way at the same time. Default 6. */
  parallel?: number;
  /** Bytes a second, for all blobs of this copy together; an object that several copies have bounds them all. Default: no bound. */
  bandwidth?: number | Bandwidth;
  /** What is left untouched of the source's quota, in requests: the copy ends with `quota_reserved` before that. Default 0. */
  quotaReserve?: number;
  /**
   * What earlier copies learnt, and what others are doing. Share one object among copies that run together: a blob that several need
   * moves once. Default: one for this copy alone.
   */
  knowledge?: BlobKnowledge;
  /** Uploads of an earlier run that may be taken up: digest → state. */
  resume?: ReadonlyMap<string, UploadState>;
  /** Told of each upload's state, to be kept for `resume`. */
  onUpload?: (digest: Digest, state: UploadState | undefined) => void;
  onEvent?: (event: CopyEvent) => void;
  signal?: AbortSignal;
  clock?: ClientClock;
}

/** What a copy did, or with `plan` would do. Sizes in bytes. */
export interface CopyResult {
  /** Of what is at the destination now. */
  digest: Digest;
  mediaType: string;
  /** `unchanged`: every tag pointed to it already. */
  outcome: 'copied' | 'unchanged';
  /** The digest is not the source's, because only some platforms were copied. */
  rebuilt: boolean;
  blobs: { uploaded: number; mounted: number; present: number; skipped: number };
  manifests: { pushed: number; present: number };
  referrers: number;
  bytes: { moved: number; saved: number };
  requests: CopyRequests;
  /** Absent when the source announces no quota. A plan costs some of it too: it reads manifests. */
  quota?: QuotaCost;
}

/**
 * Copies what `reference` points to at `source` to `destination`, under each of `tags`. Bytes and digests stay the same. Content
 * goes before what names it and tags go last, so that a reader sees the old image or the new one, whole. What is there is not sent.
 *
 * @param tags Tags to set; none copies by digest only.
 * @throws CopyError with the side that failed; TransportError `canceled`.
 */
export async function copy(
  source: ReadTarget,
  reference: string,
  destination: WriteTarget,
  tags: readonly string[],
  options: CopyOptions = {},
): Promise<CopyResult> {
  return countedCopy(source, reference, destination, tags, options, new Tally());
}

/** As `copy`, with what it costs counted in `tally`, also when it fails. */
export async function countedCopy(
  source: ReadTarget,
  reference: string,
  destination: WriteTarget,
  tags: readonly string[],
  options: CopyOptions,
  tally: Tally,
): Promise<CopyResult> {
  const { signal } = options;
  try {
    return await copyWith(source, reference, destination, tags, options, tally);
  } catch (error) {
    // Files and whatever else waited for the signal throw its reason.
    throw signal?.aborted && !(error instanceof TagboatError) ? ending(signal) : error;
  }
}

async function copyWith(
  source: ReadTarget,
  reference: string,
  destination: WriteTarget,
  tags: readonly string[],
  options: CopyOptions,
  tally: Tally,
): Promise<CopyResult> {
  const { platforms = [], signal } = options;
  const to = calling({ signal, onRequest: tally.counter('destination') });
  const [found, ...present] = await Promise.all([
    onSide('source', source.label, () => source.resolve(reference, calling({ signal, onRequest: tally.counter('source') }))),
    ...tags.map((tag) => resolveOptional('destination', destination, tag, to)),
  ]);
  const costs = () => costsOf(source, tally);
  const isSame = (digest: string) => tags.length > 0 && present.every((descriptor) => descriptor?.digest === digest);
  const hasMore = options.referrers === true || options.digestTags === true;
  if (platforms.length === 0 && isSame(found.digest) && !hasMore) {
    const { digest, mediaType } = found;
    return { digest, mediaType, outcome: 'unchanged', rebuilt: false, ...nothingBrought(), ...costs() };
  }

  const graph = new GraphCopy(new CopyRun(source, destination, runOptions(options), tally));
  const { descriptor, manifest: read, rebuilt } = await chooseRoot(graph.run, found, platforms);
  if (isSame(descriptor.digest) && !hasMore) {
    const { digest, mediaType } = descriptor;
    return { digest, mediaType, outcome: 'unchanged', rebuilt, ...nothingBrought(), ...costs() };
  }
  const manifest = read ?? (await graph.run.fetch(descriptor.digest, { isPart: descriptor.digest !== found.digest }));
  // A tag of the destination that points to it already proves that it is whole.
  const isThere = tags.length > 0 && present.every((descriptor) => names(descriptor, manifest));
  if (isThere) graph.assumePresent(manifest);
  else await graph.bring(manifest, { isTagged: tags.length > 0 });
  if (options.referrers) await copyReferrers(graph, manifest.digest);
  for (const [i, tag] of tags.entries()) {
    if (!names(present[i], manifest)) await graph.tag(manifest, tag);
  }
  if (options.digestTags) await copyDigestTags(graph, manifest);
  const outcome = isThere && graph.wroteNothing ? 'unchanged' : 'copied';
  const { digest, mediaType } = manifest;
  return { digest, mediaType, outcome, rebuilt, ...graph.counts, ...costs() };
}

/** By the same digest or by one of another algorithm: what is pushed by a tag, registries name by its sha256. */
function names(descriptor: Descriptor | undefined, { digest, bytes }: Manifest): boolean {
  if (!descriptor || descriptor.digest === digest) return descriptor !== undefined;
  const { algorithm } = parseDigest(descriptor.digest);
  return algorithm !== parseDigest(digest).algorithm && digestOf(bytes, algorithm) === descriptor.digest;
}

/** What is brought: what the source has, or its part for some platforms. Without `manifest` where only its descriptor is known yet. */
async function chooseRoot(
  run: CopyRun,
  found: Descriptor,
  platforms: readonly Platform[],
): Promise<{ descriptor: Descriptor; manifest?: Manifest; rebuilt: boolean }> {
  if (platforms.length === 0) return { descriptor: found, rebuilt: false };
  const manifest = await readIndex(run, found);
  if (manifest.kind !== 'index') return { descriptor: manifest, manifest, rebuilt: false };
  const { take, platforms: names } = await onSide('source', run.source.label, async () => platformSubset(manifest, platforms));
  if (take.kind === 'child') return { descriptor: take.descriptor, rebuilt: false };
  const rebuilt = take.manifest.digest !== manifest.digest;
  if (rebuilt) {
    const message = `The index is rebuilt for ${names.join(', ')}: its digest becomes ${take.manifest.digest}.`;
    run.options.onEvent?.({ kind: 'note', message });
  }
  return { descriptor: take.manifest, manifest: take.manifest, rebuilt };
}

/** From memory where it was read before: it never changes under its digest. */
async function readIndex(run: CopyRun, { digest, mediaType }: Descriptor): Promise<Manifest> {
  const { indexes } = run.options.knowledge;
  const { registry } = run.source.place;
  const known = isIndexType(mediaType) ? await indexes.get(digest, registry) : undefined;
  if (known) return known;
  const manifest = await run.fetch(digest);
  if (manifest.kind === 'index') await indexes.add(manifest, registry);
  return manifest;
}

function runOptions({ bandwidth, ...options }: CopyOptions): RunOptions {
  const { clock = systemClock, parallel = defaultParallel, knowledge = new BlobKnowledge({ transfers: parallel }) } = options;
  const bound = typeof bandwidth === 'number' ? new Bandwidth(bandwidth, clock) : bandwidth;
  return { ...options, clock, knowledge, parallel, ...(bound && { bandwidth: bound }) };
}

function costsOf({ quota }: ReadTarget, tally: Tally): Pick<CopyResult, 'requests' | 'quota'> {
  return { requests: tally.snapshot(), ...(quota && { quota: { ...quota, cost: tally.source.manifests } }) };
}

function nothingBrought(): GraphCopy['counts'] {
  return {
    blobs: { uploaded: 0, mounted: 0, present: 0, skipped: 0 },
    manifests: { pushed: 0, present: 0 },
    referrers: 0,
    bytes: { moved: 0, saved: 0 },
  };
}
