import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { copy, InvalidReference, OciLayout } from '../../src/oci/index.ts';
import { buildImage, buildIndex, type BuiltContent } from '../../src/testing/index.ts';
import { temporaryDirectory } from '../support/temporary.ts';
import { copyWorld, imageOf, isWhole } from './copy-world.ts';

const amd64 = buildImage({ layers: [{ files: { a: 'a' } }] });
const arm64 = buildImage({ platform: 'linux/arm64', layers: [{ files: { b: 'b' } }] });
const s390x = buildImage({ platform: 'linux/s390x', layers: [{ files: { c: 'c' } }] });
const index = buildIndex({ manifests: [amd64, arm64, s390x], annotations: { kept: 'yes' } });
const linux = (architecture: string) => ({ os: 'linux', architecture });

describe('of an index', () => {
  it('one platform is copied as it is', async () => {
    await using world = await copyWorld();
    world.from.put('shop/api', index, '1');
    expect(await world.copy({ platforms: [linux('arm64')] })).toMatchObject({ digest: arm64.digest, rebuilt: false });
    expect(isWhole(world.to, 'prod/api', arm64)).toBe(true);
    expect(world.to.content.manifest('prod/api', amd64.digest)).toBeUndefined();
  });

  it('several platforms make a new index, and that is said', async () => {
    await using world = await copyWorld();
    world.from.put('shop/api', index, '1');
    const notes: string[] = [];
    const done = await world.copy({
      platforms: [linux('amd64'), linux('s390x')],
      onEvent: (event) => event.kind === 'note' && notes.push(event.message),
    });
    expect(done.rebuilt).toBe(true);
    expect(notes).toEqual([`The index is rebuilt for linux/amd64, linux/s390x: its digest becomes ${done.digest}.`]);
    const stored = world.to.content.manifest('prod/api', '1');
    const document = JSON.parse(Buffer.from(stored?.bytes ?? '').toString()) as { manifests: { digest: string }[]; annotations: object };
    expect(document.manifests.map(({ digest }) => digest)).toEqual([amd64.digest, s390x.digest]);
    expect(document.annotations).toEqual({ kept: 'yes' });
    for (const each of [amd64, s390x]) expect(isWhole(world.to, 'prod/api', each)).toBe(true);
    expect(await world.copy({ platforms: [linux('amd64'), linux('s390x')] })).toMatchObject({ outcome: 'unchanged' });
  });

  it('a platform that is not there is named, with those that are', async () => {
    await using world = await copyWorld();
    world.from.put('shop/api', index, '1');
    await expect(world.copy({ platforms: [linux('riscv64')] })).rejects.toThrow(
      /nothing for linux\/riscv64.*linux\/amd64, linux\/arm64, linux\/s390x/,
    );
    expect(world.to.content.has('prod/api')).toBe(false);
  });

  it('one that is nested deeper than any real one is not followed', async () => {
    await using world = await copyWorld();
    let nested: BuiltContent = amd64;
    for (let depth = 0; depth < 20; depth++) nested = buildIndex({ manifests: [nested] });
    world.from.put('shop/api', nested, '1');
    await expect(world.copy()).rejects.toBeInstanceOf(InvalidReference);
    expect(world.to.content.resolve('prod/api', '1')).toBeUndefined();
  });
});

it('a layer that is there under another repository is mounted, not sent', async () => {
  await using world = await copyWorld();
  world.to.put('shop/base', amd64, '1');
  const from = world.destination('shop/base');
  const done = await copy(from, '1', world.destination(), ['1']);
  expect(done).toMatchObject({ blobs: { uploaded: 0, mounted: 2 }, bytes: { moved: 0 } });
  expect(isWhole(world.to, 'prod/api', amd64)).toBe(true);
});

it('an unchanged tag costs one HEAD on each side', async () => {
  await using world = await copyWorld();
  world.from.put('shop/api', index, '1');
  await world.copy();
  for (const side of [world.from, world.to]) side.requests.length = 0;
  await world.copy();
  const asked = [...world.from.requests, ...world.to.requests].map(({ method, path }) => `${method} ${path}`);
  expect(asked).toEqual(['HEAD /v2/shop/api/manifests/1', 'HEAD /v2/prod/api/manifests/1']);
});

it('what a layout holds is finished: nothing else lies there, whatever went before', async () => {
  await using world = await copyWorld();
  await using directory = await temporaryDirectory();
  const image = imageOf([200_000]);
  world.from.put('shop/api', image, '1');
  world.from.faults.add({ path: /blobs\/sha256/ }, { cutAnswer: { at: 1000, how: 'reset' } });
  const layout = new OciLayout(join(directory.path, 'layout'));
  await copy(world.source(), '1', layout, ['1']);
  await layout.close();
  expect((await readdir(join(directory.path, 'layout'))).toSorted()).toEqual(['blobs', 'index.json', 'oci-layout']);
  expect(await readdir(join(directory.path, 'layout', 'blobs', 'sha256'))).toHaveLength(3);
});
