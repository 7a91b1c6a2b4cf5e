import { afterEach, beforeEach, expect, it } from 'vitest';
import type { Catalog, TagsQuery } from '../../src/catalog/index.ts';
import {
  type BuiltContent,
  buildAttestation,
  buildBuildKitAttestation,
  buildCosignTag,
  buildHelmChart,
  buildImage,
  buildIndex,
  buildSbom,
  buildSignature,
  digestOf,
  html,
  resetAt,
  startRegistry,
  status,
  type TestRegistry,
  tooManyRequests,
} from '../../src/testing/index.ts';
import { describeEachStore } from '../store/each-store.ts';
import { admin, type CatalogBench, startCatalog, stranger } from '../support/catalog-bench.ts';
import { temporaryDirectory, type TemporaryDirectory } from '../support/temporary.ts';

const created = new Date(Date.UTC(2025, 10, 1));
const amd64 = buildImage({ createdAt: created, config: { Env: ['A=b'], Labels: { team: 'shop' } } });
const arm64 = buildImage({ createdAt: created, platform: 'linux/arm64' });
const index = buildIndex({ manifests: [amd64, arm64, buildBuildKitAttestation(amd64)] });

/** An image whose config is, by its own word, the manifest of another one. */
function buildArtifactAround(other: BuiltContent): BuiltContent {
  const manifest = JSON.parse(Buffer.from(amd64.bytes).toString('utf8')) as Record<string, unknown> & { config: object };
  const config = { ...manifest.config, digest: other.digest, size: other.bytes.byteLength };
  const bytes = Buffer.from(JSON.stringify({ ...manifest, config }));
  const digest = digestOf(bytes);
  const descriptor = { ...amd64.descriptor, digest, size: bytes.byteLength };
  return { ...amd64, bytes, digest, descriptor, blobs: [...amd64.blobs, other.bytes] };
}

describeEachStore('catalog', ({ open }) => {
  let directory: TemporaryDirectory;
  let registry: TestRegistry;
  let bench: CatalogBench;
  let catalog: Catalog;
  let id: string;

  beforeEach(async () => {
    directory = await temporaryDirectory('tagboat-catalog');
    registry = await startRegistry();
    bench = await startCatalog(await open(), directory.path);
    catalog = bench.catalog;
    ({ id } = await bench.connect(registry));
  });
  afterEach(async () => {
    await bench.close();
    await registry.close();
    await directory.remove();
  });

  const tags = (repository: string, query: Partial<TagsQuery> = {}) => catalog.tags(admin, id, repository, { limit: 100, ...query });
  const names = async (repository: string, query: Partial<TagsQuery> = {}) => (await tags(repository, query)).items.map((tag) => tag.name);
  const asked = (path: RegExp) => registry.requests.filter((entry) => path.test(entry.path)).length;
  const repositories = async (query: { q?: string; cursor?: string; limit?: number; refresh?: boolean } = {}) =>
    catalog.repositories(admin, id, { limit: 100, ...query });

  it('lists repositories page by page, and asks the registry again only after a while', async () => {
    for (const name of ['shop/api', 'shop/web', 'platform/postgres']) registry.put(name, amd64, '1');
    const first = await repositories({ limit: 2 });
    expect(first).toMatchObject({
      total: 3,
      items: [
        { name: 'platform/postgres', pinned: false },
        { name: 'shop/api', reference: `${registry.host}/shop/api` },
      ],
    });
    expect((await repositories({ limit: 2, cursor: first.next })).items.map((item) => item.name)).toEqual(['shop/web']);
    expect((await repositories({ q: 'SHOP' })).total).toBe(2);
    expect((await repositories({ q: '%' })).total).toBe(0);
    expect((await repositories({ q: 'web\u0000' })).total).toBe(1);
    expect(asked(/_catalog/)).toBe(1);
    registry.content.deleteRepository('shop/web');
    await bench.clock.advance(6 * 60_000);
    expect((await repositories()).total).toBe(2);
  });

  it('shows pinned repositories where the registry has no catalog, and says why', async () => {
    registry.faults.add({ path: '_catalog', times: Infinity }, status(404));
    await bench.registries.update(admin, id, { pinnedRepositories: ['shop/api'] });
    const page = await repositories();
    expect(page.items).toMatchObject([{ name: 'shop/api', pinned: true }]);
    expect(page.partial?.code).toBe('registry_not_found');
  });

  it('notices at once that other repositories were pinned', async () => {
    registry.put('a', amd64, '1');
    await repositories();
    await bench.registries.update(admin, id, { pinnedRepositories: ['hidden/one'] });
    expect((await repositories()).items.map((item) => [item.name, item.pinned])).toEqual([
      ['a', false],
      ['hidden/one', true],
    ]);
  });

  it('keeps what is known of repositories when a listing breaks off', async () => {
    for (let at = 0; at < 150; at++) registry.put(`repo-${100 + at}`, amd64);
    expect((await repositories()).total).toBe(150);
    for (let at = 0; at < 50; at++) registry.content.deleteRepository(`repo-${100 + at}`);
    registry.faults.add({ path: /_catalog.*last=/, times: Infinity }, resetAt(0));
    registry.content.createRepository('another');
    for (let at = 0; at < 1000; at++) registry.content.createRepository(`a-${1000 + at}`);
    const page = await repositories({ refresh: true });
    expect(page.partial?.code).toBe('connection_reset');
    expect((await repositories({ q: 'repo-100' })).total).toBe(1);
    expect((await repositories({ q: 'a-1' })).total).toBeGreaterThan(0);
  });

  it('lists tags by version, without one request for details', async () => {
    registry.put('shop/api', index, '1.0', '1.10', '1.9', 'latest');
    const page = await tags('shop/api');
    expect(page).toMatchObject({ total: 4, unsortable: 1 });
    expect(page.items.map((tag) => [tag.name, tag.complete, tag.kind])).toEqual([
      ['1.10', false, 'unknown'],
      ['1.9', false, 'unknown'],
      ['1.0', false, 'unknown'],
      ['latest', false, 'unknown'],
    ]);
    expect(asked(/manifests/)).toBe(0);
  });

  it('completes the tags of a page, and reads content only once', async () => {
    registry.put('shop/api', index, '1', '2');
    registry.put('shop/api', arm64, 'arm');
    const details = { details: true, sort: 'name' as const };
    const { items } = await tags('shop/api', details);
    expect(items[0]).toMatchObject({
      name: '1',
      complete: true,
      kind: 'index',
      digest: index.digest,
      platforms: ['linux/amd64', 'linux/arm64'],
      createdAt: created.toISOString(),
    });
    expect(items[0]?.size).toBe(amd64.blobs.reduce((sum, blob) => sum + blob.byteLength, 0));
    expect(items[2]).toMatchObject({ name: 'arm', kind: 'image', platforms: ['linux/arm64'] });
    const before = registry.requests.length;
    await tags('shop/api', details);
    expect(registry.requests.length).toBe(before);
    await bench.clock.advance(61_000);
    await tags('shop/api', details);
    expect(registry.requests.slice(before).map((entry) => entry.method)).toEqual(['GET', 'HEAD', 'HEAD', 'HEAD']);
  });

  it('notices that a tag moved', async () => {
    registry.put('a', amd64, 'latest');
    await tags('a', { details: true });
    registry.put('a', arm64, 'latest');
    await bench.clock.advance(61_000);
    expect((await tags('a', { details: true })).items[0]).toMatchObject({ digest: arm64.digest, platforms: ['linux/arm64'] });
  });

  it('drops tags that have gone, but none on the word of a partial listing', async () => {
    const all = Array.from({ length: 1500 }, (_, at) => `v${1000 + at}`);
    registry.put('big', amd64, ...all);
    expect((await tags('big')).total).toBe(1500);
    registry.content.deleteTag('big', 'v1000');
    registry.content.deleteTag('big', 'v2499');
    registry.faults.add({ path: /tags\/list.*last=/, times: Infinity }, tooManyRequests(90));
    const partial = await tags('big', { refresh: true });
    expect(partial).toMatchObject({ total: 1500, partial: { code: 'registry_rate_limited' } });
    expect(partial.partial?.retryAt).toBe(new Date(bench.clock.now() + 90_000).toISOString());
    const before = registry.requests.length;
    await bench.clock.advance(80_000);
    await tags('big');
    expect(registry.requests.length).toBe(before);
    registry.faults.clear();
    await bench.clock.advance(20_000);
    expect(await tags('big')).toMatchObject({ total: 1498 });
    expect((await tags('big')).partial).toBeUndefined();
  });

  it('serves what it knows while the registry is down, and says so', async () => {
    registry.put('a', amd64, '1');
    await tags('a');
    await bench.clock.advance(61_000);
    registry.faults.add({ times: Infinity }, html(503));
    const page = await tags('a', { details: true });
    expect(page).toMatchObject({ total: 1, partial: { code: 'registry_unavailable' } });
    const before = registry.requests.length;
    expect((await tags('a')).partial?.code).toBe('registry_unavailable');
    expect(registry.requests.length).toBe(before);
    registry.faults.clear();
    await bench.clock.advance(16_000);
    expect((await tags('a')).partial).toBeUndefined();
  });

  it('passes on what the registry says of a repository that nothing is known of', async () => {
    await expect(tags('nobody/home')).rejects.toMatchObject({ code: 'registry_not_found' });
    await expect(tags('Not A Name')).rejects.toMatchObject({ code: 'invalid_reference' });
  });

  it('asks once, however many look at the same time', async () => {
    registry.put('a', amd64, '1');
    let release = () => {};
    registry.faults.add({ path: 'tags/list' }, { hold: new Promise<void>((resolve) => (release = resolve)) });
    const views = [tags('a'), tags('a'), tags('a')];
    const leaving = new AbortController();
    const left = tags('a', { signal: leaving.signal }).catch((error: unknown) => error);
    await expect.poll(() => asked(/tags\/list/)).toBe(1);
    leaving.abort();
    expect(await left).toMatchObject({ code: 'canceled' });
    release();
    for (const view of await Promise.all(views)) expect(view.total).toBe(1);
    expect(asked(/tags\/list/)).toBe(1);
  });

  it('filters and pages', async () => {
    registry.put('a', amd64, ...Array.from({ length: 30 }, (_, at) => `1.${at}.0`), 'latest');
    expect(await names('a', { filter: '>=1.27' })).toEqual(['1.29.0', '1.28.0', '1.27.0']);
    const first = await tags('a', { limit: 20, filter: '1.*' });
    expect([first.items.length, first.total]).toEqual([20, 30]);
    expect((await tags('a', { limit: 20, filter: '1.*', cursor: first.next })).items).toHaveLength(10);
    await expect(tags('a', { filter: '/(/' })).rejects.toMatchObject({ code: 'invalid_settings' });
  });

  it('marks digest tags, and shows what they are about', async () => {
    const signature = buildCosignTag(amd64);
    registry.put('a', amd64, '1.0');
    registry.put('a', signature.content, signature.tag);
    const { items, unsortable } = await tags('a', { details: true });
    expect(items).toMatchObject([
      { name: '1.0', kind: 'image', attached: ['Cosign signature'] },
      { name: signature.tag, kind: 'artifact', artifactTitle: 'Cosign signature', subject: amd64.digest },
    ]);
    expect(unsortable).toBe(1);
  });

  it('goes on when single tags cannot be read', async () => {
    registry.put('a', amd64, '1', '2');
    registry.put('a', arm64, '3');
    registry.faults.add({ path: '/manifests/2', times: Infinity }, html());
    const page = await tags('a', { details: true });
    expect(page.items.map((tag) => [tag.name, tag.complete])).toEqual([
      ['3', true],
      ['2', false],
      ['1', true],
    ]);
    expect(page.partial).toBeDefined();
  });

  it('shows an image: platforms, layers with commands, configuration, pull lines', async () => {
    registry.put('shop/api', index, '1.0', '1');
    await tags('shop/api', { details: true });
    const image = await catalog.image(admin, id, 'shop/api', '1.0');
    expect(image).toMatchObject({
      kind: 'index',
      digest: index.digest,
      tag: '1.0',
      reference: `${registry.host}/shop/api:1.0`,
      otherTags: ['1'],
    });
    expect(image.platforms.map((platform) => platform.platform)).toEqual(['linux/amd64', 'linux/arm64']);
    expect(image.manifest).toMatchObject({
      digest: amd64.digest,
      platform: 'linux/amd64',
      config: { env: ['A=b'], labels: { team: 'shop' } },
    });
    expect(image.manifest?.layers).toMatchObject([{ command: 'COPY hello /hello', empty: false }]);
    expect(image.pull.docker).toBe(`docker pull ${registry.host}/shop/api@${index.digest}`);
    expect((await catalog.image(admin, id, 'shop/api', '1.0', { platform: 'linux/arm64' })).manifest?.digest).toBe(arm64.digest);
    await expect(catalog.image(admin, id, 'shop/api', '1.0', { platform: 'windows/amd64' })).rejects.toMatchObject({ code: 'not_found' });
    registry.faults.add({ times: Infinity }, html(503));
    expect((await catalog.image(admin, id, 'shop/api', index.digest)).manifest?.digest).toBe(amd64.digest);
  });

  it('names charts as charts', async () => {
    registry.put('charts/shop', buildHelmChart({ name: 'shop', version: '1.0.0' }), '1.0.0');
    expect((await tags('charts/shop', { details: true })).items[0]).toMatchObject({
      kind: 'helm-chart',
      artifactTitle: 'Helm chart',
      platforms: [],
      complete: true,
    });
    const chart = await catalog.image(admin, id, 'charts/shop', '1.0.0');
    expect(chart).toMatchObject({ kind: 'helm-chart', artifactTitle: 'Helm chart' });
    expect(chart.pull.helm).toBe(`helm pull oci://${registry.host}/charts/shop --version 1.0.0`);
  });

  it('lists referrers, digest tags and attestations with their titles', async () => {
    const cosign = buildCosignTag(index);
    registry.put('a', index, '1');
    registry.put('a', buildSignature(index));
    registry.put('a', buildSbom(index, 'cyclonedx'));
    registry.put('a', buildAttestation(index));
    registry.put('a', cosign.content, cosign.tag);
    await tags('a');
    await catalog.image(admin, id, 'a', '1');
    const { items, via } = await catalog.referrers(admin, id, 'a', index.digest);
    expect(via).toBe('api');
    expect(items.map((item) => item.title).sort()).toEqual([
      'Build attestation (BuildKit)',
      'Cosign signature',
      'Cosign signature',
      'CycloneDX SBOM',
      'SLSA provenance',
    ]);
    await expect(catalog.referrers(admin, id, 'a', 'sha256:nope')).rejects.toMatchObject({ code: 'invalid_reference' });
  });

  it('finds repositories, tags and digests, in visible registries only', async () => {
    registry.put('shop/api', amd64, '1.8.2', 'latest');
    registry.put('shop/web', arm64, '1.8.0');
    await repositories();
    await tags('shop/api', { details: true });
    await tags('shop/web', { details: true });
    const find = async (q: string, who = admin) => (await catalog.search(who, q, {})).items.map((hit) => `${hit.kind} ${hit.text}`);
    expect(await find('shop')).toEqual(['repository shop/api', 'repository shop/web']);
    expect(await find('TEST')).toEqual(['registry test']);
    expect(await find('1.8')).toEqual(['tag shop/web:1.8.0', 'tag shop/api:1.8.2']);
    expect(await find('shop/api:1.8')).toEqual(['tag shop/api:1.8.2']);
    expect(await find(`${registry.host}/shop/api:latest`)).toEqual(['tag shop/api:latest']);
    expect(await find(amd64.digest)).toEqual(['digest shop/api:1.8.2', 'digest shop/api:latest']);
    expect(await find(arm64.digest.slice('sha256:'.length, 20))).toEqual(['digest shop/web:1.8.0']);
    expect(await find('%')).toEqual([]);
    expect(await find('\u0000')).toEqual([]);
    expect(await find('shop', stranger)).toHaveLength(2);
    await bench.registries.update(admin, id, { allProjects: false, projects: [] });
    expect(await find('shop', stranger)).toEqual([]);
    await expect(catalog.tags(stranger, id, 'shop/api', { limit: 1 })).rejects.toMatchObject({ code: 'not_found' });
  });

  it('does not show content of one registry on the word of another', async () => {
    await using secret = await startRegistry();
    secret.put('private/app', amd64, '1');
    registry.put('public/app', arm64, '1');
    const other = await bench.connect(secret, { name: 'secret' });
    await catalog.image(admin, other.id, 'private/app', amd64.digest);
    await expect(catalog.image(admin, id, 'public/app', amd64.digest)).rejects.toMatchObject({ code: 'registry_not_found' });
  });

  it('lets no registry decide what the bytes of another one are', async () => {
    await using hostile = await startRegistry();
    const lure = buildArtifactAround(amd64);
    hostile.put('lure', lure, '1');
    const other = await bench.connect(hostile, { name: 'hostile' });
    await catalog.image(admin, other.id, 'lure', lure.digest);

    registry.put('shop/api', amd64, '1');
    for (let reading = 1; reading <= 2; reading++) {
      expect(await catalog.image(admin, id, 'shop/api', amd64.digest)).toMatchObject({ kind: 'image', mediaType: amd64.mediaType });
    }
  });

  it('forgets everything when the registry gets another address', async () => {
    await using elsewhere = await startRegistry();
    elsewhere.put('b', arm64, '2');
    registry.put('a', amd64, '1');
    await repositories();
    await catalog.image(admin, id, 'a', amd64.digest);
    await tags('a');
    await bench.registries.update(admin, id, { url: elsewhere.url });
    expect((await repositories()).items.map((item) => item.name)).toEqual(['b']);
    await expect(tags('a')).rejects.toMatchObject({ code: 'registry_not_found' });
    await expect(catalog.image(admin, id, 'a', amd64.digest)).rejects.toMatchObject({ code: 'registry_not_found' });
  });

  it('keeps what it knows over a restart', async () => {
    registry.put('a', amd64, '1');
    await tags('a', { details: true });
    const again = await startCatalog(bench.store, directory.path);
    registry.faults.add({ times: Infinity }, html(503));
    expect((await again.catalog.tags(admin, id, 'a', { limit: 10, details: true })).items[0]).toMatchObject({ name: '1', complete: true });
    await again.close();
  });
});
