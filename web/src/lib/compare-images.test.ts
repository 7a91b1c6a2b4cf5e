import { describe, expect, it } from 'vitest';
import type { ImageManifest } from '../api/types.ts';
import { compareImages } from './compare-images.ts';

const manifest = (size: number, layers: [string, number][], env: string[]) =>
  ({
    digest: 'd',
    mediaType: 'm',
    size,
    config: { env, user: 'app', createdAt: `2026-01-0${layers.length}T00:00:00Z` },
    layers: [
      ...layers.map(([digest, bytes]) => ({ digest, size: bytes, mediaType: 'l', empty: false })),
      { digest: 'e', size: 32, mediaType: 'l', empty: true },
    ],
  }) as unknown as ImageManifest;

describe('two images compared', () => {
  it('share layers by digest and differ in config values', () => {
    const result = compareImages(
      manifest(
        130,
        [
          ['base', 100],
          ['app1', 30],
        ],
        ['A=1', 'PATH=/bin'],
      ),
      manifest(
        150,
        [
          ['base', 100],
          ['app2', 40],
          ['x', 10],
        ],
        ['A=2', 'PATH=/bin'],
      ),
    );
    expect(result).toMatchObject({ sharedLayers: 1, sharedBytes: 100, sizeDelta: 20 });
    expect(result.onlyLeft.map((layer) => layer.digest)).toEqual(['app1']);
    expect(result.onlyRight.map((layer) => layer.digest)).toEqual(['app2', 'x']);
    expect(result.config).toEqual([{ path: 'env.A', before: '1', after: '2' }]);
  });
});
