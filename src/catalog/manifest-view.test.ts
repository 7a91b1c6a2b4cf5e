import { describe, expect, it } from 'vitest';
import { parseManifest } from '../oci/index.ts';
import { buildImage } from '../testing/index.ts';
import { parseImageConfig } from './image-config.ts';
import { viewManifest } from './manifest-view.ts';

const built = buildImage({
  platform: 'linux/arm/v7',
  layers: [
    { command: 'ADD rootfs.tar /', files: { a: 'a' } },
    { command: 'ENV A=b', empty: true },
    { command: 'COPY app /', files: { b: 'b' } },
  ],
});
const manifest = parseManifest(built.bytes, built.mediaType);

describe('viewManifest', () => {
  it('lays history and layers side by side', () => {
    const view = viewManifest(manifest, parseImageConfig(built.blobs[0] ?? new Uint8Array()));
    expect(view.platform).toBe('linux/arm/v7');
    expect(view.layers.map(({ command, empty, digest }) => [command, empty, digest])).toEqual([
      ['ADD rootfs.tar /', false, manifest.image?.layers[0]?.digest],
      ['ENV A=b', true, ''],
      ['COPY app /', false, manifest.image?.layers[1]?.digest],
    ]);
    expect(view.size).toBe(built.blobs.reduce((sum, blob) => sum + blob.byteLength, 0));
  });

  it('does not guess when the history does not fit', () => {
    const view = viewManifest(manifest, { config: {}, history: [{ command: 'squashed', empty: false }] });
    expect(view.layers.map(({ command, empty }) => [command, empty])).toEqual([
      [undefined, false],
      [undefined, false],
    ]);
  });
});
