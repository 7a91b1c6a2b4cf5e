import { describe, expect, it } from 'vitest';
import { CopyError, type UploadState } from '../../src/oci/index.ts';
import {
  corrupted,
  type FaultEffect,
  type FaultMatch,
  resetAt,
  status,
  tooManyRequests,
  truncatedAt,
  uploadResetAt,
  wrongDigest,
} from '../../src/testing/index.ts';
import { copyWorld, imageOf, isWhole } from './copy-world.ts';

const image = imageOf([300_000, 50_000]);
const before = imageOf([1000]);
const bigLayer = image.blobs[1] as Uint8Array;
const blobPath = /\/blobs\/sha256:/;
const uploadPath = /\/blobs\/uploads\/[^/?]+/;

async function failing(match: FaultMatch, effect: FaultEffect, side: 'from' | 'to'): Promise<CopyError> {
  await using world = await copyWorld();
  world.from.put('shop/api', image, '1');
  world.to.put('prod/api', before, '1');
  world[side].faults.add({ times: Number.POSITIVE_INFINITY, ...match }, effect);
  const error = await world.copy().catch((thrown: unknown) => thrown);
  expect(error).toBeInstanceOf(CopyError);
  // The old image, whole: nothing half-done is to be seen under the tag.
  expect(world.to.content.resolve('prod/api', '1')).toBe(before.descriptor.digest);
  expect(isWhole(world.to, 'prod/api', before)).toBe(true);
  expect(world.to.content.manifest('prod/api', image.descriptor.digest)).toBeUndefined();
  return error as CopyError;
}

async function recovering(match: FaultMatch, effect: FaultEffect, side: 'from' | 'to', chunkSize?: number): Promise<string[]> {
  await using world = await copyWorld(chunkSize === undefined ? {} : { chunkSize });
  world.from.put('shop/api', image, '1');
  world.to.put('prod/api', before, '1');
  const fault = world[side].faults.add(match, effect);
  await world.copy();
  expect(fault.struck).toBeGreaterThan(0);
  expect(isWhole(world.to, 'prod/api', image)).toBe(true);
  expect(world.to.content.resolve('prod/api', '1')).toBe(image.descriptor.digest);
  expect(world.to.openUploads).toBe(0);
  return world.asked();
}

describe('what goes wrong for good leaves the old image and names the side', () => {
  it.each<[string, 'from' | 'to', FaultMatch, FaultEffect, string]>([
    [
      'a blob that is shorter than its descriptor says',
      'from',
      { path: blobPath },
      {
        change: (reply) => ({
          ...reply,
          headers: { ...reply.headers, 'content-length': '100' },
          body: Buffer.from(reply.body ?? '').subarray(0, 100),
        }),
      },
      'integrity',
    ],
    [
      'a blob that is longer',
      'from',
      { path: blobPath },
      {
        change: (reply) => ({
          ...reply,
          headers: { ...reply.headers, 'content-length': String((reply.body?.byteLength ?? 0) + 9) },
          body: Buffer.concat([reply.body ?? Buffer.alloc(0), Buffer.alloc(9)]),
        }),
      },
      'integrity',
    ],
    ['a manifest that is not what its digest says', 'from', { method: 'GET', path: /manifests/ }, corrupted(), 'integrity'],
    ['a source whose blob is gone', 'from', { path: blobPath }, status(404), 'registry_not_found'],
    ['a destination without space', 'to', { method: 'PUT', path: uploadPath }, status(507), 'registry_unavailable'],
    [
      'a quota that is exceeded',
      'to',
      { method: 'POST', path: /uploads/ },
      status(403, { errors: [{ code: 'DENIED', message: 'quota exceeded' }] }),
      'registry_denied',
    ],
    [
      'an immutable tag',
      'to',
      { method: 'PUT', path: '/manifests/1' },
      status(409, { errors: [{ code: 'TAG_INVALID', message: 'tag is immutable' }] }),
      'registry_unexpected_status',
    ],
    [
      'an upload that is sent to another host',
      'to',
      { method: 'POST', path: /uploads/ },
      { headers: { location: 'https://evil.example/take/it' } },
      'upload_location_denied',
    ],
    ['an upload that is stored as something else', 'to', { method: 'PUT', path: uploadPath }, wrongDigest(), 'integrity'],
  ])('%s', async (_what, side, match, effect, code) => {
    const immutable = code === 'registry_unexpected_status';
    if (immutable) {
      await using world = await copyWorld();
      world.from.put('shop/api', image, '1');
      world.to.put('prod/api', before, '1');
      world.to.faults.add({ ...match, times: Number.POSITIVE_INFINITY }, effect);
      await expect(world.copy()).rejects.toMatchObject({ code, side: 'destination', message: expect.stringContaining('tag is immutable') });
      expect(world.to.content.resolve('prod/api', '1')).toBe(before.descriptor.digest);
      return;
    }
    const error = await failing(match, effect, side);
    expect(error.code).toBe(code);
    expect(error.side).toBe(side === 'from' ? 'source' : 'destination');
    expect(error.message).toMatch(side === 'from' ? /^Reading from 127/ : /^Writing to 127/);
  });

  it('a blob that was changed on the way is refused by the destination', async () => {
    const error = await failing({ path: blobPath }, corrupted(), 'from');
    expect(error.side).toBe('destination');
    expect(error.message).toMatch(/digest/i);
  });

  it('and by us when everything is to be verified, before its last byte goes out', async () => {
    await using world = await copyWorld();
    world.from.put('shop/api', image, '1');
    world.from.faults.add({ path: blobPath, times: Number.POSITIVE_INFINITY }, corrupted());
    await expect(world.copy({ verify: 'always' })).rejects.toMatchObject({ code: 'integrity', side: 'source' });
    expect(world.to.openUploads).toBe(0);
  });

  it('an index with a missing child', async () => {
    await using world = await copyWorld();
    world.from.put('shop/api', image, '1');
    world.from.content.deleteBlob(
      'shop/api',
      (JSON.parse(Buffer.from(image.bytes).toString()) as { config: { digest: string } }).config.digest,
    );
    await expect(world.copy()).rejects.toMatchObject({ side: 'source', code: 'registry_not_found' });
    expect(world.to.content.resolve('prod/api', '1')).toBeUndefined();
  });
});

describe('what passes is overcome', () => {
  it.each<[string, FaultMatch, FaultEffect]>([
    ['a download that is reset', { path: blobPath, skip: 1 }, resetAt(20_000)],
    ['a download that is cut short by an orderly close', { path: blobPath, skip: 1 }, truncatedAt(20_000)],
    ['a source that is overloaded', { path: blobPath }, status(503)],
    ['a source that wants a pause', { path: blobPath }, tooManyRequests(0)],
  ])('%s', async (_what, match, effect) => {
    const asked = await recovering(match, effect, 'from');
    expect(asked.at(-1)).toBe('PUT manifests/1 201');
  });

  it('a download is taken up where it stopped', async () => {
    await using world = await copyWorld();
    world.from.put('shop/api', image, '1');
    const digest = digestOfLayer();
    world.from.faults.add({ path: digest }, resetAt(100_000));
    await world.copy();
    const statuses = world.from.requests.filter(({ path }) => path.includes(digest)).map((request) => request.status);
    expect(statuses).toEqual([200, 206]);
  });

  it('an upload that is reset goes on where the registry says that it stands', async () => {
    const asked = await recovering({ method: 'PUT', path: uploadPath }, uploadResetAt(40_000), 'to');
    expect(asked.filter((line) => /^GET blobs\/uploads\/.* 204$/.test(line))).toHaveLength(1);
    expect(asked.filter((line) => line.startsWith('PATCH'))).toHaveLength(1);
  });

  it('in chunks as well', async () => {
    const asked = await recovering({ method: 'PATCH', path: uploadPath, skip: 1 }, uploadResetAt(10_000), 'to', 64_000);
    expect(asked.filter((line) => line.startsWith('PATCH')).length).toBeGreaterThan(5);
  });

  it('an upload session that is lost is begun again', async () => {
    await using world = await copyWorld();
    world.from.put('shop/api', image, '1');
    const gone = status(404, { errors: [{ code: 'BLOB_UPLOAD_UNKNOWN' }] });
    world.to.faults.add({ method: 'PUT', path: uploadPath }, gone);
    world.to.faults.add({ method: 'GET', path: uploadPath }, gone);
    await world.copy();
    expect(isWhole(world.to, 'prod/api', image)).toBe(true);
    expect(world.asked().filter((line) => line === 'POST blobs/uploads/ 202')).toHaveLength(4);
  });

  it('an answer to the closing PUT that is lost is not an upload lost', async () => {
    await using world = await copyWorld();
    world.from.put('shop/api', image, '1');
    world.to.faults.add({ method: 'PUT', path: uploadPath }, { cutAnswer: { at: 0, how: 'reset' }, headers: { 'content-length': '5' } });
    await world.copy();
    expect(isWhole(world.to, 'prod/api', image)).toBe(true);
  });

  it('a refusal in the middle is answered with a new token', async () => {
    await using world = await copyWorld({
      to: { auth: { kind: 'token', users: { ci: 'secret' } } },
      from: { auth: { kind: 'token', users: { ci: 'secret' } } },
      credential: { kind: 'basic', username: 'ci', password: 'secret' },
    });
    world.from.put('shop/api', image, '1');
    const realm = {
      'www-authenticate': `Bearer realm="${world.to.auth.realm}",service="tagboat-testing",scope="repository:prod/api:pull,push"`,
    };
    world.to.faults.add({ method: 'PUT', path: uploadPath }, status(401, undefined, realm));
    await world.copy();
    expect(isWhole(world.to, 'prod/api', image)).toBe(true);
  });

  it('a tag that moves meanwhile does not mix two images', async () => {
    await using world = await copyWorld();
    world.from.put('shop/api', image, '1');
    world.from.faults.add({ path: blobPath, times: 1 }, { delay: 30, change: (reply) => (world.from.put('shop/api', before, '1'), reply) });
    const result = await world.copy();
    expect(result.digest).toBe(image.descriptor.digest);
    expect(isWhole(world.to, 'prod/api', image)).toBe(true);
  });

  it('what a registry forgot although it was known is brought again', async () => {
    const { BlobKnowledge } = await import('../../src/oci/copy/index.ts');
    await using world = await copyWorld();
    world.from.put('shop/api', image, '1');
    const knowledge = new BlobKnowledge();
    knowledge.add(world.destination().place, digestOfLayer());
    world.to.faults.add({ method: 'PUT', path: '/manifests/' }, status(404, { errors: [{ code: 'MANIFEST_BLOB_UNKNOWN' }] }));
    await world.copy({ knowledge });
    expect(isWhole(world.to, 'prod/api', image)).toBe(true);
  });
});

it('a canceled copy goes on in its upload session when it is run again', async () => {
  await using world = await copyWorld({ chunkSize: 50_000 });
  world.from.put('shop/api', image, '1');
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
  const already = states.get(digestOfLayer())?.offset ?? 0;
  expect(already).toBeGreaterThanOrEqual(150_000);
  let sent = 0;
  await world.copy({
    resume: states,
    onEvent: (event) => event.kind === 'bytes' && event.digest === digestOfLayer() && (sent += event.count),
  });
  expect(isWhole(world.to, 'prod/api', image)).toBe(true);
  const received = world.to.requests.filter(({ method }) => method === 'PATCH').length;
  expect(received).toBeLessThan(12);
  expect(sent).toBe(bigLayer.byteLength);
});

function digestOfLayer(): string {
  return (JSON.parse(Buffer.from(image.bytes).toString()) as { layers: { digest: string }[] }).layers[0]?.digest ?? '';
}
