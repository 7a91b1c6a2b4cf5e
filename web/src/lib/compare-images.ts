import type { ImageManifest } from '../api/types.ts';
import { type Change, diffObjects } from './diff.ts';

export interface ImageComparison {
  /** Layers at the beginning of both, in the same order. */
  sharedLayers: number;
  sharedBytes: number;
  onlyLeft: { digest: string; size: number; command?: string }[];
  onlyRight: { digest: string; size: number; command?: string }[];
  /** Bytes of right minus left. */
  sizeDelta: number;
  config: Change[];
}

/** What two images have in common and what not: layers by digest, config by value. */
export function compareImages(left: ImageManifest, right: ImageManifest): ImageComparison {
  const leftLayers = left.layers.filter((layer) => !layer.empty);
  const rightLayers = right.layers.filter((layer) => !layer.empty);
  const leftDigests = new Set(leftLayers.map((layer) => layer.digest));
  const rightDigests = new Set(rightLayers.map((layer) => layer.digest));
  const shared = leftLayers.filter((layer) => rightDigests.has(layer.digest));
  return {
    sharedLayers: shared.length,
    sharedBytes: shared.reduce((sum, layer) => sum + layer.size, 0),
    onlyLeft: leftLayers.filter((layer) => !rightDigests.has(layer.digest)),
    onlyRight: rightLayers.filter((layer) => !leftDigests.has(layer.digest)),
    sizeDelta: right.size - left.size,
    config: diffObjects(configOf(left), configOf(right)),
  };
}

/** Environment variables are compared one by one, by their names. */
function configOf(manifest: ImageManifest): Record<string, unknown> {
  const { env, createdAt: _created, ...rest } = manifest.config ?? {};
  const variables: Record<string, string> = {};
  for (const line of env ?? []) {
    const equals = line.indexOf('=');
    variables[line.slice(0, equals)] = line.slice(equals + 1);
  }
  return { ...rest, env: variables };
}
