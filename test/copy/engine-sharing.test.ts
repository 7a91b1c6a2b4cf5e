import { expect, it, vi } from 'vitest';
import { BlobKnowledge, copyTags } from '../../src/oci/copy/index.ts';
import { status } from '../../src/testing/index.ts';
import { copyWorld, imageOf, isWhole } from './copy-world.ts';

const image = imageOf([200_000]);
const layer = image.blobs[1] as Uint8Array;
const closingPut = { method: 'PUT', path: /\/blobs\/uploads\// };

type World = Awaited<ReturnType<typeof copyWorld>>;

/** Requests of one kind that the destination was sent, whatever their repository. */
function count(world: World, method: string, path: RegExp): number {
  return world.to.requests.filter((entry) => entry.method === method && path.test(entry.path)).length;
}

/** Holds what matches at the destination until it is let go. */
function hold(world: World, match: Parameters<World['to']['faults']['add']>[0]) {
  const gate = Promise.withResolvers<void>();
  const fault = world.to.faults.add(match, { hold: gate.promise });
  return { isHeld: () => vi.waitFor(() => expect(fault.struck).toBe(1)), letGo: () => gate.resolve() };
}

/** Long enough for whatever does not wait to have been sent. */
const aMoment = () => new Promise((resolve) => setTimeout(resolve, 60));

it('a blob that two copies bring to one repository moves once', async () => {
  await using world = await copyWorld();
  world.from.put('shop/api', image, '1', '2');
  const gate = hold(world, closingPut);
  const knowledge = new BlobKnowledge();
  const both = Promise.all([world.copy({ knowledge }), world.copy({ knowledge })]);
  await gate.isHeld();
  await aMoment();
  gate.letGo();
  const results = await both;
  expect(results.map(({ bytes }) => bytes.moved).toSorted((a, b) => a - b)).toEqual([0, layer.length + (image.blobs[0]?.length ?? 0)]);
  expect(count(world, 'PUT', /uploads/)).toBe(2);
  expect(isWhole(world.to, 'prod/api', image)).toBe(true);
});

it('and one that is on its way to another repository is mounted from there', async () => {
  await using world = await copyWorld();
  world.from.put('shop/api', image, '1');
  world.from.put('shop/web', image, '1');
  const gate = hold(world, closingPut);
  const knowledge = new BlobKnowledge();
  const first = world.copy({ knowledge });
  await gate.isHeld();
  const second = copyTags(world.source('shop/web'), world.destination('prod/web'), ['1'], { knowledge });
  await aMoment();
  gate.letGo();
  await first;
  expect(await second).toMatchObject({ copied: 1, blobs: { uploaded: 0, mounted: 2 }, bytes: { moved: 0 } });
  expect(isWhole(world.to, 'prod/web', image)).toBe(true);
});

it('many tags with the same layers move each layer once', async () => {
  await using world = await copyWorld();
  const tags = Array.from({ length: 20 }, (_, i) => `v${i}`);
  world.from.put('shop/api', image, ...tags);
  const total = await copyTags(world.source(), world.destination(), tags);
  expect(total).toMatchObject({ copied: 20, failed: 0, blobs: { uploaded: 2 } });
  expect(count(world, 'PUT', /uploads/)).toBe(2);
});

it('a copy whose leader fails brings the blob itself', async () => {
  await using world = await copyWorld();
  world.from.put('shop/api', image, '1');
  world.from.put('shop/web', image, '1');
  const gate = hold(world, closingPut);
  world.to.faults.add(closingPut, status(403));
  const knowledge = new BlobKnowledge();
  const first = world.copy({ knowledge }).catch((error: unknown) => error);
  await gate.isHeld();
  const second = copyTags(world.source('shop/web'), world.destination('prod/web'), ['1'], { knowledge });
  await aMoment();
  gate.letGo();
  expect(await second).toMatchObject({ copied: 1, failed: 0 });
  expect(isWhole(world.to, 'prod/web', image)).toBe(true);
  await first;
});

it('and one whose leader is canceled does too', async () => {
  await using world = await copyWorld();
  world.from.put('shop/api', image, '1');
  const gate = hold(world, closingPut);
  const knowledge = new BlobKnowledge();
  const leader = new AbortController();
  const first = world.copy({ knowledge, parallel: 1, signal: leader.signal });
  await gate.isHeld();
  const second = world.copy({ knowledge, parallel: 1 });
  await aMoment();
  leader.abort();
  await expect(first).rejects.toMatchObject({ code: 'canceled' });
  expect(await second).toMatchObject({ outcome: 'copied', blobs: { uploaded: 2 } });
  expect(isWhole(world.to, 'prod/api', image)).toBe(true);
  gate.letGo();
});

it('a copy that waits for another ends at once when it is canceled, and the other goes on', async () => {
  await using world = await copyWorld();
  world.from.put('shop/api', image, '1');
  const gate = hold(world, closingPut);
  const knowledge = new BlobKnowledge();
  const first = world.copy({ knowledge });
  await gate.isHeld();
  const waiter = new AbortController();
  const second = world.copy({ knowledge, signal: waiter.signal });
  await aMoment();
  waiter.abort();
  await expect(second).rejects.toMatchObject({ name: 'TransportError', code: 'canceled' });
  gate.letGo();
  expect(await first).toMatchObject({ outcome: 'copied' });
});

it('waiting holds no place: a copy of one blob at a time brings its others meanwhile', async () => {
  await using world = await copyWorld();
  const other = imageOf([70_000]);
  world.from.put('shop/api', image, '1');
  world.from.put('shop/both', image, 'image');
  world.from.put('shop/both', other, 'other');
  const gate = hold(world, closingPut);
  const knowledge = new BlobKnowledge();
  const first = world.copy({ knowledge, parallel: 1 });
  await gate.isHeld();
  const second = copyTags(world.source('shop/both'), world.destination('prod/both'), ['image', 'other'], { knowledge, parallel: 1 });
  await vi.waitFor(() => expect(isWhole(world.to, 'prod/both', other)).toBe(true));
  gate.letGo();
  await first;
  expect(await second).toMatchObject({ copied: 2, failed: 0 });
});

it('moves no more blobs of a registry at a time than it may, over all copies', async () => {
  await using world = await copyWorld({ to: { latency: 10 } });
  const images = Array.from({ length: 6 }, () => imageOf([1000, 1000]));
  for (const [i, each] of images.entries()) world.from.put('shop/api', each, `v${i}`);
  const destination = world.destination();
  let most = 0;
  let now = 0;
  const push = destination.pushBlob.bind(destination);
  vi.spyOn(destination, 'pushBlob').mockImplementation(async (source, options) => {
    most = Math.max(most, ++now);
    return push(source, options).finally(() => now--);
  });
  const tags = images.map((_, i) => `v${i}`);
  const total = await copyTags(world.source(), destination, tags, { knowledge: new BlobKnowledge({ transfers: 3 }) });
  expect(total).toMatchObject({ copied: 6, failed: 0 });
  expect(most).toBe(3);
});

it('bounds the bytes a second of all tags together', async () => {
  await using world = await copyWorld();
  const images = Array.from({ length: 4 }, () => imageOf([50_000]));
  for (const [i, each] of images.entries()) world.from.put('shop/api', each, `v${i}`);
  const started = performance.now();
  const tags = images.map((_, i) => `v${i}`);
  await copyTags(world.source(), world.destination(), tags, { bandwidth: 400_000 });
  // 200 kB at 400 kB/s; each tag with a bound of its own would take an eighth of a second.
  expect(performance.now() - started).toBeGreaterThan(350);
});
