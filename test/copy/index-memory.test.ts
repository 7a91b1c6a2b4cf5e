import { expect, it } from 'vitest';
import { parsePlatform } from '../../src/oci/index.ts';
import { BlobKnowledge } from '../../src/oci/copy/index.ts';
import { buildIndex } from '../../src/testing/index.ts';
import { copyWorld, imageOf } from './copy-world.ts';

it('an index that was read of one registry is not told to who only knows its digest at another', async () => {
  await using world = await copyWorld();
  await using other = await copyWorld();
  const parts = ['linux/amd64', 'linux/arm64', 'linux/s390x'].map((platform) => imageOf([1000], platform));
  const index = buildIndex({ manifests: parts });
  world.from.put('shop/api', index, '1');
  const knowledge = new BlobKnowledge();
  const platforms = ['linux/amd64', 'linux/arm64'].map((text) => parsePlatform(text));
  await world.copy({ knowledge, platforms });
  // A registry of somebody's own says that a tag points to it, and does not have it.
  other.from.put('shop/api', imageOf([1000]), '1');
  const headers = { 'docker-content-digest': index.digest, 'content-type': index.mediaType, 'content-length': String(index.bytes.length) };
  other.from.faults.add({ method: 'HEAD', path: '/manifests/1', times: 9 }, { headers });
  const failure = await other.copy({ knowledge, platforms }).then(
    () => 'copied',
    (error: unknown) => String(error),
  );
  expect(failure).toContain(index.digest);
  for (const part of parts) expect(failure).not.toContain(part.digest);
});
