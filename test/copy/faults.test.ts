import { describe, expect, it } from 'vitest';
import { BlobKnowledge, copy, type UploadState } from '../../src/oci/index.ts';
import { buildArtifact, buildImage, buildIndex, type BuiltContent, status } from '../../src/testing/index.ts';
import { startDockerRegistry } from '../support/docker-registry.ts';
import { copyWorld, isWhole } from './copy-world.ts';
import { type Destination, destinations, faultWorld, image, layer, layerDigest } from './faults-world.ts';

const mebibyte = 1024 * 1024;
/** An image whose manifest has so many bytes, by an annotation. */
function withManifestOf(bytes: number): BuiltContent {
  const empty = buildImage({ annotations: { filler: '' } }).bytes.byteLength;
  return buildImage({ annotations: { filler: 'x'.repeat(bytes - empty) } });
}

describe('manifests that are large', () => {
  it.each<[Destination, number]>([
    ['registry', 3.9 * mebibyte],
    ['layout', 3.9 * mebibyte],
    ['archive', 3.9 * mebibyte],
    ['layout', 7 * mebibyte],
    ['archive', 7 * mebibyte],
  ])('go to %s: %i bytes', async (to, bytes) => {
    const large = withManifestOf(Math.floor(bytes));
    await using world = await faultWorld({}, large);
    await world.copyTo(to);
    expect(await world.holdsNew(to)).toBe(true);
  });

  it('of 7 MiB go where the registry takes them', async () => {
    const large = withManifestOf(7 * mebibyte);
    await using world = await faultWorld({ to: { maxManifestBytes: 8 * mebibyte } }, large);
    await world.copyTo('registry');
    expect(await world.holdsNew('registry')).toBe(true);
  });

  it('of 7 MiB are refused where it does not, in its words', async () => {
    const large = withManifestOf(7 * mebibyte);
    await using world = await faultWorld({}, large);
    expect(
      await world.failsAs('registry', {
        side: 'destination',
        code: 'registry_unexpected_status',
        piece: 'prod/api:1',
        says: /status 413\. It says: body is larger than 4194304 bytes \(SIZE_INVALID\)/,
        next: /What it says stands in the message/,
      }),
    ).toBe(true);
  });

  it('of 7 MiB are refused by docker-registry, too, which had the old image', async () => {
    const docker = await startDockerRegistry({ kind: 'open' });
    try {
      await using world = await copyWorld({ toUrl: docker.url });
      world.from.put('shop/api', image, '1');
      await world.copy();
      world.from.put('shop/api', withManifestOf(7 * mebibyte), '1');
      await expect(world.copy()).rejects.toMatchObject({
        side: 'destination',
        message: expect.stringMatching(/prod\/api:1 .*(413|400|too large)/),
      });
      expect((await world.destination().resolve('1')).digest).toBe(image.digest);
    } finally {
      await docker.stop();
    }
  });

  it.each(destinations)('of more than 8 MiB are not read: to %s', async (to) => {
    const large = withManifestOf(8 * mebibyte + 1);
    await using world = await faultWorld({}, large);
    expect(
      await world.failsAs(to, {
        side: 'source',
        code: 'invalid_answer',
        piece: large.digest,
        says: /more than the 8388608 bytes that are accepted here/,
        next: /wrong type, shape or size/,
      }),
    ).toBe(true);
  });
});

describe('referrers that lead in a circle', () => {
  const tagOf = ({ digest }: BuiltContent) => digest.replace(':', '-');
  const one = buildArtifact({ artifactType: 'application/vnd.acme.one', subject: image });
  const two = buildArtifact({ artifactType: 'application/vnd.acme.two', subject: one });

  it.each<[string, [BuiltContent, BuiltContent[]][], number]>([
    ['an image that refers to itself', [[image, [image]]], 1],
    [
      'two that refer to each other',
      [
        [image, [one]],
        [one, [image]],
      ],
      2,
    ],
    [
      'a longer way back, and a referrer of itself',
      [
        [image, [one]],
        [one, [two, one]],
        [two, [image, one]],
      ],
      3,
    ],
  ])('%s', async (_what, listing, most) => {
    // No digest can be made that names itself, but a fallback tag can be written by anybody.
    await using world = await faultWorld({ from: { referrers: false }, to: { referrers: false } });
    for (const each of [one, two]) world.from.put('shop/api', each);
    for (const [subject, all] of listing) world.from.put('shop/api', buildIndex({ manifests: all }), tagOf(subject));
    const done = await world.copyTo('registry', { referrers: true });
    expect(done.referrers).toBeLessThanOrEqual(most);
    expect(await world.holdsNew('registry')).toBe(true);
    for (const [subject, all] of listing) {
      const index = JSON.parse(Buffer.from(world.to.content.manifest('prod/api', tagOf(subject))?.bytes ?? '{}').toString()) as BuiltIndex;
      expect(index.manifests.map(({ digest }) => digest)).toEqual(all.map(({ digest }) => digest));
    }
    expect(world.from.requests.length).toBeLessThan(60);
  });
});

interface BuiltIndex {
  manifests: { digest: string }[];
}

it.each(['MANIFEST_BLOB_UNKNOWN', 'BLOB_UNKNOWN'])('what a registry forgot although it was known is brought again (%s)', async (code) => {
  await using world = await faultWorld();
  const knowledge = new BlobKnowledge();
  knowledge.add(world.destination().place, layerDigest);
  const forgetful = world.to.faults.add({ method: 'PUT', path: '/manifests/' }, status(404, { errors: [{ code }] }));
  await world.copy({ knowledge });
  expect(forgetful.struck).toBe(1);
  expect(await world.holdsNew('registry')).toBe(true);
});

it('what a registry says that it mounted and does not know then is sent', async () => {
  await using world = await copyWorld();
  world.to.put('shop/base', image, '1');
  // 201, and nothing is there: docker-registry 2.8 does so with digests of sha512.
  world.to.faults.add(
    { method: 'POST', path: `mount=${encodeURIComponent(layerDigest)}` },
    status(201, '', { location: '/v2/prod/api/blobs/x' }),
  );
  await copy(world.destination('shop/base'), '1', world.destination(), ['1']);
  expect(isWhole(world.to, 'prod/api', image)).toBe(true);
});

it('a canceled copy goes on in its upload session when it is run again', async () => {
  await using world = await faultWorld({ chunkSize: 50_000 });
  const states = new Map<string, UploadState>();
  const stop = new AbortController();
  const copying = world.copy({
    signal: stop.signal,
    parallel: 1,
    onUpload: (digest, state) => {
      if (state) states.set(digest, state);
      else states.delete(digest);
      if ((state?.offset ?? 0) >= 150_000) stop.abort();
    },
  });
  await expect(copying).rejects.toMatchObject({ code: 'canceled' });
  expect(await world.holdsOld('registry')).toBe(true);
  expect(states.get(layerDigest)?.offset ?? 0).toBeGreaterThanOrEqual(150_000);
  const offset = states.get(layerDigest)?.offset ?? 0;
  let sent = 0;
  let resumed = 0;
  const { bytes } = await world.copy({
    resume: states,
    onEvent: (event) => {
      if (event.kind === 'bytes' && event.digest === layerDigest) sent += event.count;
      if (event.kind === 'resumed') resumed += event.count;
    },
  });
  expect(await world.holdsNew('registry')).toBe(true);
  expect(world.to.requests.filter(({ method }) => method === 'PATCH').length).toBeLessThan(12);
  // What was there is saved, not moved.
  expect(resumed).toBeGreaterThanOrEqual(offset);
  expect(sent).toBe(layer.byteLength - resumed);
  expect(bytes.saved).toBeGreaterThanOrEqual(resumed);
  expect(bytes.moved).toBeLessThan(layer.byteLength);
});
