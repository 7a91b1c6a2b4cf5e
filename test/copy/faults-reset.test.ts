import { describe, expect, it } from 'vitest';
import { resetAt, status, truncatedAt, uploadResetAt } from '../../src/testing/index.ts';
import { always, destinations, faultWorld, image, layer, layerDigest, layerPath, uploadPath } from './faults-world.ts';

/** Bytes at which connections break: before the first, after it, in the middle, before the last, after it. */
const places = [0, 1, 100_000, layer.length - 1, layer.length];
const chunkSize = 64_000;

describe.each(destinations)('a download to %s that is reset', (to) => {
  it.each(places)('after byte %i goes on from there', async (at) => {
    await using world = await faultWorld();
    const fault = world.from.faults.add({ method: 'GET', path: layerPath }, resetAt(at));
    await world.copyTo(to);
    expect(fault.struck).toBe(1);
    expect(await world.holdsNew(to)).toBe(true);
    const asked = world.from.requests.filter(({ method, path }) => method === 'GET' && path.includes(layerDigest));
    // Everything had come: there is nothing to ask for again, although the connection did not end as it should.
    if (at === layer.length) expect(asked.length).toBeLessThanOrEqual(2);
    else
      expect(asked.map(({ headers, status: got }) => [headers.range, got])).toEqual([
        [undefined, 200],
        at === 0 ? [undefined, 200] : [`bytes=${at}-`, 206],
      ]);
  });

  it('or cut short by an orderly close, and without a stated length, goes on too', async () => {
    await using world = await faultWorld();
    world.from.faults.add({ method: 'GET', path: layerPath }, { ...truncatedAt(70_000), chunked: true });
    world.from.faults.add({ method: 'GET', path: layerPath }, truncatedAt(70_000));
    await world.copyTo(to);
    expect(await world.holdsNew(to)).toBe(true);
  });

  it('again and again, with some bytes each time, comes to its end', async () => {
    await using world = await faultWorld();
    world.from.faults.add({ method: 'GET', path: layerPath, times: 12 }, resetAt(20_000));
    await world.copyTo(to);
    expect(await world.holdsNew(to)).toBe(true);
  });

  it('for good without a byte fails with what it was about', async () => {
    await using world = await faultWorld();
    world.from.faults.add({ ...always, method: 'GET', path: layerPath }, resetAt(0));
    expect(
      await world.failsAs(to, {
        side: 'source',
        code: 'connection_reset',
        says: /closed the connection before its answer was complete/,
        next: /try again/,
      }),
    ).toBe(true);
  });
});

describe.each([
  ['in one piece', undefined, 'PUT'],
  ['in chunks', chunkSize, 'PATCH'],
] as const)('an upload %s that is reset', (_how, size, method) => {
  const world = () => faultWorld(size === undefined ? {} : { chunkSize: size });
  const within = size === undefined ? places : [0, 1, 40_000, size - 1, size];

  it.each(within)('after byte %i of a request goes on where the registry says that it stands', async (at) => {
    await using faulty = await world();
    const fault = faulty.to.faults.add({ method, path: uploadPath }, uploadResetAt(at));
    const states: (number | undefined)[] = [];
    let sent = 0;
    await faulty.copy({
      parallel: 1,
      onUpload: (_digest, state) => states.push(state?.offset),
      onEvent: (event) => event.kind === 'bytes' && (sent += event.count),
    });
    expect(fault.struck).toBe(1);
    expect(await faulty.holdsNew('registry')).toBe(true);
    expect(faulty.to.openUploads).toBe(0);
    // Bytes that are sent again are taken back first, so that progress ends where it should.
    expect(sent).toBe(image.blobs.reduce((sum, blob) => sum + blob.length, 0));
    expect(states.at(-1)).toBeUndefined();
  });

  it('in the second request', async () => {
    await using faulty = await world();
    faulty.to.faults.add({ method: ['PUT', 'PATCH'], path: uploadPath, skip: 1 }, uploadResetAt(5000));
    await faulty.copy({ parallel: 1 });
    expect(await faulty.holdsNew('registry')).toBe(true);
  });

  it('for good fails with what it was about', async () => {
    await using faulty = await world();
    faulty.to.faults.add({ ...always, method: ['PUT', 'PATCH'], path: uploadPath }, uploadResetAt(0));
    expect(
      await faulty.failsAs(
        'registry',
        { side: 'destination', code: 'connection_reset', piece: 'blob sha256:', says: /closed the connection/, next: /try again/ },
        { parallel: 1 },
      ),
    ).toBe(true);
  });

  it('with its answer lost is not sent twice', async () => {
    await using faulty = await world();
    faulty.to.faults.add({ method: 'PUT', path: uploadPath }, { cutAnswer: { at: 0, how: 'reset' }, headers: { 'content-length': '5' } });
    await faulty.copy({ parallel: 1 });
    expect(await faulty.holdsNew('registry')).toBe(true);
    expect(faulty.asked().filter((line) => /^PUT blobs.* 201$/.test(line))).toHaveLength(3);
  });
});

describe('an upload session that is lost', () => {
  const unknown = status(404, { errors: [{ code: 'BLOB_UPLOAD_UNKNOWN', message: 'blob upload unknown to registry' }] });

  it.each<[string, 'PUT' | 'PATCH', number | undefined, number]>([
    ['at the closing PUT', 'PUT', undefined, 0],
    ['at the first chunk', 'PATCH', chunkSize, 0],
    ['in the midst of chunks', 'PATCH', chunkSize, 2],
    ['at the closing PUT after chunks', 'PUT', chunkSize, 0],
  ])('%s is begun again', async (_when, method, size, skip) => {
    await using faulty = await faultWorld(size === undefined ? {} : { chunkSize: size });
    const lost = faulty.to.faults.add({ method, path: uploadPath, skip }, unknown);
    faulty.to.faults.add({ method: 'GET', path: uploadPath }, unknown);
    await faulty.copy({ parallel: 1 });
    expect(lost.struck).toBe(1);
    expect(faulty.to.content.resolve('prod/api', '1')).toBe(image.digest);
    expect(faulty.asked().filter((line) => line === 'POST blobs/uploads/ 202')).toHaveLength(4);
  });

  it('each time says that the registry loses uploads', async () => {
    await using faulty = await faultWorld();
    faulty.to.faults.add({ ...always, method: 'PUT', path: uploadPath }, unknown);
    expect(
      await faulty.failsAs('registry', {
        side: 'destination',
        code: 'upload_lost',
        piece: 'blob sha256:',
        says: /does not know the upload of blob .* any more/,
        next: /the same storage and the same secret/,
      }),
    ).toBe(true);
  });

  it('has another state than was believed, and goes on from there', async () => {
    await using faulty = await faultWorld({ chunkSize });
    const moved = faulty.to.faults.add(
      { method: 'PATCH', path: uploadPath, skip: 1 },
      status(416, { errors: [{ code: 'BLOB_UPLOAD_INVALID' }] }),
    );
    await faulty.copy({ parallel: 1 });
    expect(moved.struck).toBe(1);
    expect(await faulty.holdsNew('registry')).toBe(true);
  });
});
