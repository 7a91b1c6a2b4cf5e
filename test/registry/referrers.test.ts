import { afterEach, expect, it } from 'vitest';
import { RegistryClient } from '../../src/oci/index.ts';
import { buildImage, buildIndex, buildSbom, buildSignature, startRegistry, type TestRegistry } from '../../src/testing/index.ts';

const image = buildImage();
const signature = buildSignature(image);
const sbom = buildSbom(image, 'spdx');
let registry: TestRegistry;
let client: RegistryClient;

const start = async (options: Parameters<typeof startRegistry>[0]) => {
  registry = await startRegistry(options);
  client = new RegistryClient({ url: registry.url, tls: { mode: 'plain' } });
  for (const content of [image, signature, sbom]) registry.put('a', content);
};
afterEach(async () => {
  await client.close();
  await registry.close();
});

const digests = async (artifactType?: string) => {
  const { via, manifests } = await client.repository('a').referrers(image.digest, artifactType ? { artifactType } : {});
  return { via, digests: manifests.map((descriptor) => descriptor.digest) };
};

it('reads referrers page by page', async () => {
  await start({ pageSize: 1 });
  expect(await digests()).toEqual({ via: 'api', digests: [signature.digest, sbom.digest] });
  expect(await digests('application/spdx+json')).toEqual({ via: 'api', digests: [sbom.digest] });
});

it('falls back to the tag schema, and filters by itself there', async () => {
  await start({ referrers: false });
  expect(await digests()).toEqual({ via: 'none', digests: [] });
  const list = buildIndex({ manifests: [signature, sbom] });
  const withTypes = { ...JSON.parse(Buffer.from(list.bytes).toString('utf8')), manifests: [signature.descriptor, sbom.descriptor] };
  const bytes = Buffer.from(JSON.stringify(withTypes));
  registry.content.putTag('a', image.digest.replace(':', '-'), registry.content.putManifest('a', bytes, list.mediaType).digest);
  expect(await digests()).toEqual({ via: 'tag-schema', digests: [signature.digest, sbom.digest] });
  expect(await digests('application/spdx+json')).toEqual({ via: 'tag-schema', digests: [sbom.digest] });
});
