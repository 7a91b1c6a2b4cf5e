import { gunzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { buildHelmChart, buildImage, buildIndex, ContentStore, demoRepositories, mediaTypes, putDemoContent, tar } from './index.ts';

const jsonOf = (bytes: Uint8Array | undefined) => JSON.parse(Buffer.from(bytes ?? []).toString('utf8')) as Record<string, unknown>;

describe('buildImage', () => {
  it('gives equal digests for equal input', () => {
    expect(buildImage({ platform: 'linux/arm64/v8' }).digest).toBe(buildImage({ platform: 'linux/arm64/v8' }).digest);
    expect(buildImage({ platform: 'linux/arm64/v8' }).digest).not.toBe(buildImage().digest);
  });

  it('writes layers and history that belong together', () => {
    const image = buildImage({
      layers: [
        { command: 'ADD rootfs', files: { 'etc/os-release': 'ID=test\n' } },
        { command: 'CMD ["sh"]', empty: true },
        { files: { x: 'y' } },
      ],
      config: { Env: ['A=b'] },
      format: 'docker',
    });
    const manifest = jsonOf(image.bytes) as { mediaType: string; layers: object[] };
    const config = jsonOf(image.blobs[0]) as { rootfs: { diff_ids: string[] }; history: { empty_layer?: boolean }[]; config: object };
    expect(manifest.mediaType).toBe(mediaTypes.dockerManifest);
    expect(manifest.layers).toHaveLength(2);
    expect(config.rootfs.diff_ids).toHaveLength(2);
    expect(config.history.map((entry) => entry.empty_layer ?? false)).toEqual([false, true, false]);
    expect(config.config).toEqual({ Env: ['A=b'] });
  });
});

describe('buildIndex', () => {
  it('names the platform of each image', () => {
    const index = buildIndex({ manifests: [buildImage(), buildImage({ platform: 'linux/arm/v7' })] });
    const { manifests } = jsonOf(index.bytes) as { manifests: { platform: object }[] };
    expect(manifests.map(({ platform }) => platform)).toEqual([
      { os: 'linux', architecture: 'amd64' },
      { os: 'linux', architecture: 'arm', variant: 'v7' },
    ]);
  });
});

describe('buildHelmChart', () => {
  it('packs the chart as helm does', () => {
    const chart = buildHelmChart({ name: 'shop', version: '1.2.3', files: { 'values.yaml': 'a: 1\n' } });
    expect(jsonOf(chart.blobs[0])).toMatchObject({ name: 'shop', version: '1.2.3', apiVersion: 'v2' });
    const archive = gunzipSync(chart.blobs[1] ?? new Uint8Array()).toString('latin1');
    expect(archive).toContain('shop/Chart.yaml');
    expect(archive).toContain('shop/values.yaml');
  });
});

describe('tar', () => {
  it('writes whole blocks', () => {
    expect(tar({ 'a/': '', 'a/b': 'x'.repeat(513) }).byteLength).toBe(512 * (1 + 1 + 2 + 2));
  });
});

describe('putDemoContent', () => {
  it('fills the repositories that it names, equal for an equal time', () => {
    const stores = [new ContentStore(), new ContentStore()];
    for (const store of stores) putDemoContent(store, new Date(Date.UTC(2026, 10, 20)));
    expect(stores[0]?.repositories()).toEqual(demoRepositories);
    expect(stores[0]?.resolve('shop/api', 'latest')).toBe(stores[0]?.resolve('shop/api', '1.8.2'));
    expect(stores[0]?.resolve('shop/api', 'latest')).toBe(stores[1]?.resolve('shop/api', 'latest'));
    expect(stores[0]?.referrers('shop/api', stores[0]?.resolve('shop/api', 'latest') ?? '')).toHaveLength(3);
  });
});
