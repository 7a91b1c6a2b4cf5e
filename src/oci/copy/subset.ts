import type { Descriptor } from '../descriptor.ts';
import { digestOf, parseDigest } from '../digest.ts';
import { InvalidReference } from '../errors.ts';
import { isObject, parseJson } from '../json.ts';
import { type Manifest, parseManifest } from '../manifest.ts';
import { formatPlatform, type Platform, selectPlatform } from '../platform.ts';

/** BuildKit's attestations stand in the index beside the image that this annotation names. */
const attestedDigest = 'vnd.docker.reference.digest';

export interface Subset {
  /** What is copied: one of the index's manifests, or the index with fewer of them. */
  take: { kind: 'child'; descriptor: Descriptor } | { kind: 'index'; manifest: Manifest };
  platforms: string[];
}

/**
 * The part of an index that is for some platforms. One platform gives that platform's manifest, unchanged. Several give an index of
 * those manifests and their attestations: new bytes with a new digest, everything else of the document as it was.
 *
 * @throws InvalidReference when a platform is not there, with those that are.
 */
export function platformSubset(manifest: Manifest, platforms: readonly Platform[]): Subset {
  const { index } = manifest;
  if (!index) throw new InvalidReference('Only an index has platforms to choose from.');
  const chosen = platforms.map((platform) => {
    const found = selectPlatform(platform, index.manifests);
    if (found) return found;
    const offered = [
      ...new Set(index.manifests.flatMap(({ platform: one }) => (one && one.os !== 'unknown' ? [formatPlatform(one)] : []))),
    ];
    throw new InvalidReference(
      `There is nothing for ${formatPlatform(platform)} in this index; it has ${offered.join(', ') || 'no platforms'}.`,
    );
  });
  const names = chosen.map(({ platform }) => (platform ? formatPlatform(platform) : 'unknown'));
  const [only] = chosen;
  if (only && chosen.every(({ digest }) => digest === only.digest))
    return { take: { kind: 'child', descriptor: only }, platforms: [...new Set(names)] };
  const keep = new Set<string>(chosen.map(({ digest }) => digest));
  const document = parseJson(manifest.bytes, 'The index');
  if (!isObject(document) || !Array.isArray(document['manifests']))
    throw new Error('An index that was parsed before has no manifests now.');
  const entries = document['manifests'].filter((_entry, i) => {
    const descriptor = index.manifests[i];
    return descriptor !== undefined && (keep.has(descriptor.digest) || keep.has(descriptor.annotations?.[attestedDigest] ?? ''));
  });
  if (entries.length === index.manifests.length) return { take: { kind: 'index', manifest }, platforms: names };
  const bytes = Buffer.from(JSON.stringify({ ...document, manifests: entries }));
  const { algorithm } = parseDigest(manifest.digest);
  return { take: { kind: 'index', manifest: parseManifest(bytes, manifest.mediaType, digestOf(bytes, algorithm)) }, platforms: names };
}
