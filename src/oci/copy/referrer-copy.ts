import type { Descriptor } from '../descriptor.ts';
import type { Digest } from '../digest.ts';
import { InvalidReference, RegistryError } from '../errors.ts';
import { artifactTypeOf, type Manifest, parseManifest } from '../manifest.ts';
import { mediaTypes } from '../media-types.ts';
import { referrersTag } from '../referrers.ts';
import type { GraphCopy } from './graph-copy.ts';
import { onSide } from './sides.ts';

/** Referrers of one graph that are brought at most. Beyond that somebody builds a trap. */
const mostReferrers = 10_000;
const cosignSuffixes = ['.sig', '.att', '.sbom'];

/** Brings what refers to everything that was brought, and to that in turn. Each once, so that a loop comes to its end. */
export async function copyReferrers(graph: GraphCopy, root: Digest): Promise<void> {
  const waiting: Digest[] = [root, ...graph.digests];
  const seen = new Set<Digest>();
  for (let subject = waiting.shift(); subject !== undefined; subject = waiting.shift()) {
    if (seen.has(subject)) continue;
    seen.add(subject);
    const { source, signal } = graph;
    const of = subject;
    const { manifests } = await onSide('source', source.label, () => source.referrers(of, { signal }));
    const unlisted: Descriptor[] = [];
    for (const descriptor of manifests) {
      waiting.push(descriptor.digest);
      if (graph.has(descriptor.digest)) continue;
      if (graph.referrers >= mostReferrers)
        throw new InvalidReference(`More than ${mostReferrers} manifests refer to this one; it is not copied.`);
      const { manifest, subject: listed } = await graph.bringReferrer(descriptor);
      graph.referrers++;
      if (!listed) unlisted.push(entryOf(manifest));
    }
    if (unlisted.length > 0 && !graph.options.plan) await listByTag(graph, subject, unlisted);
  }
}

/** Brings Cosign's signatures, attestations and SBOMs, which are tags named after the digest they are about. */
export async function copyDigestTags(graph: GraphCopy, root: Manifest): Promise<void> {
  const { source, signal } = graph;
  for (const digest of new Set([root.digest, ...graph.digests])) {
    for (const suffix of cosignSuffixes) {
      const tag = `${referrersTag(digest)}${suffix}`;
      const found = await onSide('source', source.label, () => optional(() => source.resolve(tag, { signal })));
      if (!found) continue;
      const { manifest } = await graph.bringReferrer(found);
      await graph.tag(manifest, tag);
      graph.referrers++;
    }
  }
}

/** Where a registry keeps no list of referrers, the one who pushes keeps it (distribution specification, "Referrers Tag Schema"). */
async function listByTag(graph: GraphCopy, subject: Digest, added: readonly Descriptor[]): Promise<void> {
  const { destination, signal } = graph;
  const tag = referrersTag(subject);
  await onSide('destination', destination.label, async () => {
    const before = await optional(() => destination.manifest(tag, { signal }));
    const listed = before?.index?.manifests ?? [];
    const known = new Set(listed.map(({ digest }) => digest));
    const missing = added.filter(({ digest }) => !known.has(digest));
    if (missing.length === 0) return;
    const index = { schemaVersion: 2, mediaType: mediaTypes.ociIndex, manifests: [...listed, ...missing] };
    const manifest = parseManifest(Buffer.from(JSON.stringify(index)), mediaTypes.ociIndex);
    await destination.pushManifest(manifest, tag, { signal });
  });
}

function entryOf(manifest: Manifest): Descriptor {
  const { mediaType, digest, size } = manifest;
  const artifactType = artifactTypeOf(manifest);
  const annotations = (manifest.image ?? manifest.index)?.annotations;
  return { mediaType, digest, size, ...(artifactType && { artifactType }), ...(annotations && { annotations }) };
}

async function optional<T>(work: () => Promise<T>): Promise<T | undefined> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof RegistryError && error.code === 'registry_not_found') return undefined;
    throw error;
  }
}
