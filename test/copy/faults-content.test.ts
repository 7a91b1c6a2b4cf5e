import { describe, expect, it } from 'vitest';
import { buildIndex, corrupted, type FaultEffect, status } from '../../src/testing/index.ts';
import { imageOf } from './copy-world.ts';
import { always, before, type Destination, destinations, faultWorld, image, layer, layerDigest, layerPath } from './faults-world.ts';

/** The source gives something else than it promised. */
const shorter: FaultEffect = {
  change: (reply) => ({ ...reply, body: Buffer.from(reply.body ?? '').subarray(0, 100) }),
};
const longer: FaultEffect = {
  change: (reply) => ({ ...reply, body: Buffer.concat([reply.body ?? Buffer.alloc(0), Buffer.alloc(9)]) }),
};
/** Without a length, so that only what comes tells. */
const unannounced = (effect: FaultEffect): FaultEffect => ({ ...effect, chunked: true });
const tryAgain = /Try again; if it stays, have somebody look at the registry that the content comes from/;

describe.each(destinations)('a blob to %s that', (to) => {
  it.each<[string, FaultEffect, RegExp]>([
    ['is shorter than its descriptor says', shorter, /of 100 bytes; its descriptor says \d{6}/],
    ['is longer', longer, new RegExp(`of ${layer.length + 9} bytes; its descriptor says ${layer.length}`)],
    ['ends early without having said how long it is', unannounced(shorter), /gave 100 bytes of blob .*; its descriptor says \d{6}/],
    ['does not end where it should', unannounced(longer), /gave more bytes of blob .*; its descriptor says \d{6}/],
  ])('%s', async (_what, effect, says) => {
    await using world = await faultWorld();
    world.from.faults.add({ ...always, path: layerPath }, effect);
    expect(await world.failsAs(to, { side: 'source', code: 'integrity', says, next: tryAgain })).toBe(true);
  });

  it('was changed on the way', async () => {
    await using world = await faultWorld();
    world.from.faults.add({ ...always, path: layerPath }, corrupted());
    // A registry is told the digest and looks itself; to disk, all bytes are hashed here.
    const [side, says] =
      to === 'registry' ? (['destination', /refuses the upload/] as const) : (['source', /not what the digest says/] as const);
    expect(await world.failsAs(to, { side, code: 'integrity', says, next: tryAgain })).toBe(true);
  });

  it('is gone', async () => {
    await using world = await faultWorld();
    world.from.content.deleteBlob('shop/api', layerDigest);
    expect(
      await world.failsAs(to, {
        side: 'source',
        code: 'source_incomplete',
        says: /does not have blob/,
        next: /push or copy the image to its source again/,
      }),
    ).toBe(true);
  });

  it('is changed once, and right when it is run again', async () => {
    await using world = await faultWorld();
    world.from.faults.add({ path: layerPath }, corrupted());
    await expect(world.copyTo(to)).rejects.toMatchObject({ code: 'integrity' });
    await world.copyTo(to);
    expect(await world.holdsNew(to)).toBe(true);
  });
});

it('a blob that was changed is not sent to its end where everything is to be verified', async () => {
  await using world = await faultWorld();
  world.from.faults.add({ ...always, path: layerPath }, corrupted());
  expect(
    await world.failsAs(
      'registry',
      { side: 'source', code: 'integrity', says: /not what its digest says/, next: tryAgain },
      { verify: 'always' },
    ),
  ).toBe(true);
  expect(world.to.openUploads).toBe(0);
});

describe.each(destinations)('a manifest to %s', (to: Destination) => {
  it('that is not what its digest says', async () => {
    await using world = await faultWorld();
    world.from.faults.add({ ...always, method: 'GET', path: /manifests/ }, corrupted());
    expect(await world.failsAs(to, { side: 'source', code: 'integrity', piece: image.digest, next: tryAgain })).toBe(true);
  });

  it('that an index names and nobody has', async () => {
    const index = buildIndex({ manifests: [image, imageOf([100], 'linux/arm64')] });
    await using world = await faultWorld({}, index);
    world.from.content.deleteManifest('shop/api', image.digest);
    expect(
      await world.failsAs(to, {
        side: 'source',
        code: 'source_incomplete',
        piece: image.digest,
        says: /does not have shop\/api@sha256/,
        next: /A part that its manifest names is not there/,
      }),
    ).toBe(true);
  });

  it('that an index names and that turns out to be the index itself', async () => {
    const index = buildIndex({ manifests: [image] });
    await using world = await faultWorld({}, index);
    world.from.faults.add(
      { ...always, method: 'GET', path: `/manifests/${image.digest}` },
      { answer: { status: 200, headers: { 'content-type': index.mediaType }, body: index.bytes } },
    );
    expect(await world.failsAs(to, { side: 'source', code: 'integrity', piece: image.digest, next: tryAgain })).toBe(true);
  });
});

describe('a tag that moves meanwhile', () => {
  it.each<[string, string | RegExp]>([
    ['after it was looked at', /\/manifests\/1$/],
    ['while blobs are on their way', layerPath],
  ])('%s does not mix two images', async (_when, path) => {
    await using world = await faultWorld();
    let moved = false;
    const move: FaultEffect = {
      change: (reply) => {
        if (!moved) world.from.put('shop/api', before, '1');
        moved = true;
        return reply;
      },
    };
    world.from.faults.add({ path }, move);
    const result = await world.copyTo('registry');
    expect(moved).toBe(true);
    expect(result.digest).toBe(image.digest);
    expect(await world.holdsNew('registry')).toBe(true);
    // And the next run brings what it points to now.
    expect((await world.copyTo('registry')).digest).toBe(before.digest);
    expect(await world.holdsNew('registry', before)).toBe(true);
  });

  it('away, with what it pointed to gone, fails and leaves the old image', async () => {
    await using world = await faultWorld();
    world.from.faults.add(
      { ...always, method: 'GET', path: /manifests\/sha256/ },
      status(404, { errors: [{ code: 'MANIFEST_UNKNOWN', message: 'manifest unknown' }] }),
    );
    expect(
      await world.failsAs('registry', {
        side: 'source',
        code: 'registry_not_found',
        piece: image.digest,
        next: /Check repository and tag/,
      }),
    ).toBe(true);
  });
});
