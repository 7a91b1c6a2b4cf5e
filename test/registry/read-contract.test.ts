import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { RegistryClient } from '../../src/oci/index.ts';
import { buildHelmChart, buildImage, buildIndex, mediaTypes, writeOciLayout } from '../../src/testing/index.ts';
import { clientOptions, registrySetUps, type RunningRegistry } from '../support/registry-setups.ts';
import { Skopeo } from '../support/skopeo.ts';
import { temporaryDirectory, type TemporaryDirectory } from '../support/temporary.ts';

const image = buildImage({ layers: [{ files: { a: 'a'.repeat(100_000) } }], config: { Env: ['A=b'] } });
const index = buildIndex({ manifests: ['linux/amd64', 'linux/arm64'].map((platform) => buildImage({ platform })) });
const chart = buildHelmChart({ name: 'shop', version: '1.0.0' });

/** What the client reads is what skopeo pushed, and what skopeo itself reports. */
describe.each(registrySetUps)('reading: $name', ({ start, software }) => {
  let directory: TemporaryDirectory;
  let registry: RunningRegistry;
  let skopeo: Skopeo;
  let client: RegistryClient;

  beforeAll(async () => {
    directory = await temporaryDirectory('tagboat-read');
    registry = await start();
    skopeo = new Skopeo(directory.path, registry);
    client = new RegistryClient(clientOptions(registry));
    const layout = join(directory.path, 'layout');
    await writeOciLayout(layout, [
      { content: image, tag: 'image' },
      { content: index, tag: 'index' },
      { content: chart, tag: 'chart' },
    ]);
    const push = (tag: string, reference: string, option = '--all') =>
      skopeo.copy(`oci:${layout}:${tag}`, `docker://${registry.host}/${reference}`, option);
    await push('image', 'shop/api:1.0');
    for (let at = 1; at <= 9; at++) await push('image', `shop/api:1.${at}`);
    await push('index', 'shop/web:latest');
    await push('chart', 'charts/shop:1.0.0');
    await push('image', 'shop/legacy:v1', '--format=v2s2');
  });
  afterAll(async () => {
    await client?.close();
    await registry?.stop();
    await directory?.remove();
  });

  const all = async (pages: AsyncIterable<string[]>) => {
    const items: string[] = [];
    for await (const page of pages) items.push(...page);
    return items;
  };

  it('pings', async () => {
    const { status, challenges } = await client.ping();
    expect(status).toBe(registry.username === undefined ? 200 : 401);
    expect(challenges.length > 0).toBe(registry.username !== undefined);
  });

  it('authenticates by what the registry challenges for', async () => {
    const { scheme } = await client.authenticate(['repository:shop/api:pull']);
    const { challenges } = await client.ping();
    expect(scheme).toBe(challenges[0]?.scheme ?? 'none');
  });

  it('lists repositories, also page by page', async () => {
    const expected = ['charts/shop', 'shop/api', 'shop/legacy', 'shop/web'];
    expect(await all(client.listRepositories())).toEqual(expected);
    expect(await all(client.listRepositories({ pageSize: 1 }))).toEqual(expected);
  });

  it('lists tags as skopeo does, also page by page', async () => {
    const repository = client.repository('shop/api');
    const expected = await skopeo.listTags(`${registry.host}/shop/api`);
    expect(expected).toHaveLength(10);
    expect((await all(repository.listTags())).sort()).toEqual([...expected].sort());
    expect((await all(repository.listTags({ pageSize: 3 }))).sort()).toEqual([...expected].sort());
  });

  it('resolves tags to the digests that were pushed', async () => {
    expect(await client.repository('shop/api').resolve('1.0')).toMatchObject({
      digest: image.digest,
      mediaType: mediaTypes.ociManifest,
      size: image.bytes.byteLength,
    });
    expect((await client.repository('shop/web').resolve('latest')).digest).toBe(index.digest);
  });

  it.each(['shop/api:1.0', 'shop/web:latest', 'charts/shop:1.0.0', 'shop/legacy:v1'])('reads the exact bytes of %s', async (reference) => {
    const [name = '', tag = ''] = reference.split(':');
    const manifest = await client.repository(name).manifest(tag);
    expect(Buffer.from(manifest.bytes).toString('utf8')).toBe(await skopeo.inspectRaw(`${registry.host}/${reference}`));
    expect(manifest.kind).toBe(reference.startsWith('shop/web') ? 'index' : 'image');
    expect((await client.repository(name).manifest(manifest.digest)).bytes).toEqual(manifest.bytes);
  });

  it('reads blobs, whole and from the middle', async () => {
    const repository = client.repository('shop/api');
    const { image: json } = await repository.manifest('1.0');
    const config = await repository.blobBytes(json?.config ?? { digest: '' });
    expect(Buffer.from(config)).toEqual(Buffer.from(image.blobs[0] ?? []));
    const layer = image.blobs[1] ?? new Uint8Array();
    const { stream } = await repository.openBlob(json?.layers[0]?.digest ?? '', { start: 10 });
    const chunks: Uint8Array[] = [];
    for await (const chunk of stream) chunks.push(chunk);
    expect(Buffer.concat(chunks)).toEqual(Buffer.from(layer).subarray(10));
  });

  it('finds no referrers where there are none', async () => {
    const { via, manifests } = await client.repository('shop/api').referrers(image.digest);
    expect(manifests).toEqual([]);
    expect(via).toBe(software === 'tagboat' ? 'api' : 'none');
  });

  it('says what is missing', async () => {
    await expect(client.repository('shop/api').resolve('nope')).rejects.toMatchObject({ code: 'registry_not_found' });
    await expect(all(client.repository('nobody/home').listTags())).rejects.toMatchObject({ code: 'registry_not_found' });
  });

  it('shows that pushing is allowed, and leaves nothing behind', async () => {
    await client.repository('shop/api').probeUpload();
    expect(await all(client.listRepositories())).toHaveLength(4);
  });

  it('is refused with a wrong password', async () => {
    if (registry.username === undefined) return;
    const wrong = new RegistryClient({ ...clientOptions(registry), credential: { kind: 'basic', username: 'ci', password: 'wrong' } });
    await expect(wrong.repository('shop/api').resolve('1.0')).rejects.toMatchObject({
      code: expect.stringMatching(/^(registry_unauthorized|credential_refused)$/) as unknown,
    });
    await wrong.close();
  });
});
