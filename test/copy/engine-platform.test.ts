import { expect, it } from 'vitest';
import { BlobKnowledge, RecentIndexes } from '../../src/oci/copy/index.ts';
import { buildImage, buildIndex } from '../../src/testing/index.ts';
import { copyWorld, isWhole } from './copy-world.ts';

const arm64 = buildImage({ platform: 'linux/arm64' });
const index = buildIndex({ manifests: [buildImage(), arm64, buildImage({ platform: 'linux/s390x' })] });
const platform = (architecture: string) => ({ os: 'linux', architecture });

it('one platform of an unchanged index costs one HEAD a side when the index was read before', async () => {
  await using world = await copyWorld();
  world.from.put('shop/api', index, '1');
  const indexes = new RecentIndexes();
  const options = () => ({ platforms: [platform('arm64')], knowledge: new BlobKnowledge({ indexes }) });
  expect(await world.copy(options())).toMatchObject({ outcome: 'copied', digest: arm64.descriptor.digest });
  expect(isWhole(world.to, 'prod/api', arm64)).toBe(true);

  world.from.requests.length = 0;
  world.to.requests.length = 0;
  const again = await world.copy(options());
  expect(again).toMatchObject({ outcome: 'unchanged', digest: arm64.descriptor.digest, bytes: { moved: 0 } });
  for (const side of [world.from, world.to]) expect(side.requests.map(({ method }) => method)).toEqual(['HEAD']);
  expect(again.requests).toMatchObject({ source: { total: 1, heads: 1 }, destination: { total: 1, heads: 1 } });
});

it('several platforms as well', async () => {
  await using world = await copyWorld();
  world.from.put('shop/api', index, '1');
  const knowledge = new BlobKnowledge();
  const options = { platforms: [platform('arm64'), platform('amd64')], knowledge };
  const first = await world.copy(options);
  expect(first).toMatchObject({ outcome: 'copied', rebuilt: true });
  world.from.requests.length = 0;
  expect(await world.copy(options)).toMatchObject({ outcome: 'unchanged', rebuilt: true, digest: first.digest });
  expect(world.from.requests.map(({ method }) => method)).toEqual(['HEAD']);
});

it('an index that moved is read anew', async () => {
  await using world = await copyWorld();
  world.from.put('shop/api', index, '1');
  const options = { platforms: [platform('arm64')], knowledge: new BlobKnowledge() };
  await world.copy(options);
  const newer = buildImage({ platform: 'linux/arm64', layers: [{ files: { new: 'er' } }] });
  world.from.put('shop/api', buildIndex({ manifests: [newer] }), '1');
  expect(await world.copy(options)).toMatchObject({ outcome: 'copied', digest: newer.descriptor.digest });
});
