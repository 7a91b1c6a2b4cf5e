import type { ClientClock } from '../client-options.ts';
import type { Descriptor } from '../descriptor.ts';
import type { Digest } from '../digest.ts';
import { RegistryError } from '../errors.ts';
import type { Manifest } from '../manifest.ts';
import type { Platform } from '../platform.ts';
import { systemClock } from '../system-clock.ts';
import type { UploadState } from '../upload.ts';
import { BlobKnowledge } from './blob-knowledge.ts';
import type { CopyEvent } from './events.ts';
import { GraphCopy } from './graph-copy.ts';
import { copyDigestTags, copyReferrers } from './referrer-copy.ts';
import { onSide } from './sides.ts';
import { platformSubset } from './subset.ts';
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
  /** Bytes a second, for all blobs of this copy together. Default: no bound. */
  bandwidth?: number;
  /** What earlier copies learnt. Share one object among copies that run together. */
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
  const { clock = systemClock, knowledge = new BlobKnowledge(), platforms = [], signal } = options;
  const call = signal ? { signal } : {};
  const [found, ...present] = await Promise.all([
    onSide('source', source.label, () => source.resolve(reference, call)),
    ...tags.map((tag) => resolveOptional(destination, tag, call)),
  ]);
  const graph = new GraphCopy(source, destination, { ...options, clock, knowledge });
  const isSame = (digest: string) => tags.length > 0 && present.every((descriptor) => descriptor?.digest === digest);
  const hasMore = options.referrers === true || options.digestTags === true;
  if (platforms.length === 0 && isSame(found.digest) && !hasMore) return graph.result(found, { outcome: 'unchanged', rebuilt: false });

  const root = await chooseRoot(source, found, platforms, options, call);
  // A tag of the destination that points to it already proves that it is whole.
  if (isSame(root.manifest.digest)) graph.assumePresent(root.manifest);
  else await graph.bring(root.manifest, { root: true });
  if (options.referrers) await copyReferrers(graph, root.manifest.digest);
  for (const [i, tag] of tags.entries()) {
    if (present[i]?.digest !== root.manifest.digest) await graph.tag(root.manifest, tag);
  }
  if (options.digestTags) await copyDigestTags(graph, root.manifest);
  const outcome = isSame(root.manifest.digest) && graph.wroteNothing ? 'unchanged' : 'copied';
  return graph.result(root.manifest, { outcome, rebuilt: root.rebuilt });
}

async function chooseRoot(
  source: ReadTarget,
  found: Descriptor,
  platforms: readonly Platform[],
  { onEvent }: CopyOptions,
  call: { signal?: AbortSignal },
): Promise<{ manifest: Manifest; rebuilt: boolean }> {
  return onSide('source', source.label, async () => {
    const manifest = await source.manifest(found.digest, call);
    if (platforms.length === 0 || manifest.kind !== 'index') return { manifest, rebuilt: false };
    const { take, platforms: names } = platformSubset(manifest, platforms);
    if (take.kind === 'child') return { manifest: await source.manifest(take.descriptor.digest, call), rebuilt: false };
    const rebuilt = take.manifest.digest !== manifest.digest;
    if (rebuilt)
      onEvent?.({ kind: 'note', message: `The index is rebuilt for ${names.join(', ')}: its digest becomes ${take.manifest.digest}.` });
    return { manifest: take.manifest, rebuilt };
  });
}

/** What a tag points to at the destination, if it is there. */
function resolveOptional(destination: WriteTarget, reference: string, call: { signal?: AbortSignal }): Promise<Descriptor | undefined> {
  return onSide('destination', destination.label, async () => {
    try {
      return await destination.resolve(reference, call);
    } catch (error) {
      if (error instanceof RegistryError && error.code === 'registry_not_found') return undefined;
      throw error;
    }
  });
}
