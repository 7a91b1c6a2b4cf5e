import type { Descriptor } from '../descriptor.ts';
import type { Digest } from '../digest.ts';
import { InvalidReference } from '../errors.ts';
import { artifactTypeOf, type Manifest, parseManifest } from '../manifest.ts';
import { mediaTypes } from '../media-types.ts';
import { referrersTag } from '../referrers.ts';
import type { GraphCopy } from './graph-copy.ts';
import { onSide, optional, resolveOptional } from './sides.ts';

/** Referrers of one graph that are brought at most. Beyond that somebody builds a trap. */
const mostReferrers = 10_000;
const cosignSuffixes = ['.sig', '.att', '.sbom'];

/** Brings what refers to everything that was brought, and to that in turn. Each once, so that a loop comes to its end. */
export async function copyReferrers(graph: GraphCopy, root: Digest): Promise<void> {
  const waiting: Digest[] = [root, ...graph.digests];
  const seen = new Set<Digest>();
  const brought = new Set<Digest>();
  for (let subject = waiting.shift(); subject !== undefined; subject = waiting.shift()) {
    if (seen.has(subject)) continue;
    seen.add(subject);
    const { source, from } = graph.run;
    const of = subject;
    const { manifests } = await onSide('source', source.label, () => source.referrers(of, from));
    const unsure: Manifest[] = [];
    for (const descriptor of manifests) {
      waiting.push(descriptor.digest);
      if (graph.referrers >= mostReferrers)
        throw new InvalidReference(`More than ${mostReferrers} manifests refer to this one; it is not copied.`);
      const { manifest, subject: listed } = await graph.bringReferrer(descriptor);
      if (!brought.has(manifest.digest)) graph.referrers++;
      brought.add(manifest.digest);
      if (!listed) unsure.push(manifest);
    }
    if (unsure.length > 0 && !graph.run.options.plan) await list(graph, subject, unsure);
  }
}

/** Brings Cosign's signatures, attestations and SBOMs, which are tags named after the digest they are about. */
export async function copyDigestTags(graph: GraphCopy, root: Manifest): Promise<void> {
  const { source, from } = graph.run;
  for (const digest of new Set([root.digest, ...graph.digests])) {
    for (const suffix of cosignSuffixes) {
      const tag = `${referrersTag(digest)}${suffix}`;
      const found = await resolveOptional('source', source, tag, from);
      if (!found) continue;
      const { manifest } = await graph.bringReferrer(found);
      await graph.tag(manifest, tag);
      graph.referrers++;
    }
  }
}

/**
 * Sees to it that the destination lists what it did not itself say that it lists: what was there before may have been brought by a copy
 * that was broken off before it was listed.
 */
async function list(graph: GraphCopy, subject: Digest, manifests: readonly Manifest[]): Promise<void> {
  const { destination, to } = graph.run;
  const there = await onSide('destination', destination.label, () => destination.referrers(subject, to));
  const known = new Set(there.manifests.map(({ digest }) => digest));
  const missing = manifests.filter(({ digest }) => !known.has(digest));
  if (missing.length === 0) return;
  if (there.via === 'api') for (const manifest of missing) await graph.repeat(manifest);
  else await listByTag(graph, subject, missing.map(entryOf));
}

/** Where a registry keeps no list of referrers, the one who pushes keeps it (distribution specification, "Referrers Tag Schema"). */
async function listByTag(graph: GraphCopy, subject: Digest, added: readonly Descriptor[]): Promise<void> {
  const { destination, to } = graph.run;
  const tag = referrersTag(subject);
  await onSide('destination', destination.label, async () => {
    const before = await optional(() => destination.manifest(tag, to));
    const index = { schemaVersion: 2, mediaType: mediaTypes.ociIndex, manifests: [...(before?.index?.manifests ?? []), ...added] };
    const manifest = parseManifest(Buffer.from(JSON.stringify(index)), mediaTypes.ociIndex);
    await destination.pushManifest(manifest, tag, to);
  });
}

function entryOf(manifest: Manifest): Descriptor {
  const { mediaType, digest, size } = manifest;
  const artifactType = artifactTypeOf(manifest);
  const annotations = (manifest.image ?? manifest.index)?.annotations;
  return { mediaType, digest, size, ...(artifactType && { artifactType }), ...(annotations && { annotations }) };
}
