import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { describe, expect, it } from 'vitest';
import { type FaultMatch, status, tooManyRequests, wrongDigest } from '../../src/testing/index.ts';
import { hasty } from './copy-world.ts';
import { always, faultWorld, image, layerPath, uploadPath } from './faults-world.ts';

const said = (code: string, message: string, detail?: unknown) => ({
  errors: [{ code, message, ...(detail !== undefined && { detail }) }],
});
const closing: FaultMatch = { method: 'PUT', path: uploadPath };
const beginning: FaultMatch = { method: 'POST', path: /uploads/ };
const tagging: FaultMatch = { method: 'PUT', path: '/manifests/1' };
const freeSpace = /Free space at the registry, or raise the quota/;

describe('a destination without room', () => {
  const harbor = 'storage resource, which when updated to current usage of 95.0 MiB will exceed the configured upper limit of 100.0 MiB.';
  it.each<[string, FaultMatch, number, string | object, RegExp | undefined]>([
    ['says so by its status', closing, 507, 'Insufficient Storage', undefined],
    [
      'is docker-registry on a full disk',
      closing,
      500,
      said('UNKNOWN', 'unknown error', { Op: 'write', Path: '/var/lib', Err: 28 }),
      undefined,
    ],
    ['says so in words', closing, 500, said('UNKNOWN', 'write /data: no space left on device'), /no space left on device/],
    ['says so when the upload begins', beginning, 507, '', undefined],
    ['is Harbor, whose project is full', beginning, 403, said('DENIED', `adding 10.0 MiB of ${harbor}`), /upper limit of 100\.0 MiB/],
    [
      'is an older Harbor',
      closing,
      412,
      said('PRECONDITION', `Quota exceeded when processing the request of adding 10 MiB of ${harbor}`),
      /Quota exceeded/,
    ],
    ['has a quota of its own', beginning, 403, said('DENIED', 'quota exceeded'), /quota exceeded \(DENIED\)/],
  ])('%s', async (_what, match, code, body, says) => {
    await using world = await faultWorld();
    const fault = world.to.faults.add({ ...always, ...match }, status(code, body));
    expect(
      await world.failsAs(
        'registry',
        {
          side: 'destination',
          code: 'registry_full',
          piece: 'blob sha256:',
          says: says ?? /has no room for the upload of blob/,
          next: freeSpace,
        },
        { parallel: 1 },
      ),
    ).toBe(true);
    // Nothing is tried again that cannot become better.
    expect(fault.struck).toBe(1);
  });

  it('for the manifest alone, as Harbor finds', async () => {
    await using world = await faultWorld();
    world.to.faults.add({ ...always, ...tagging }, status(412, said('PRECONDITION', `adding 1.2 KiB of ${harbor}`)));
    expect(await world.failsAs('registry', { side: 'destination', code: 'registry_full', piece: 'prod/api:1', next: freeSpace })).toBe(
      true,
    );
  });

  it('that is emptied then gets only what it lacks', async () => {
    await using world = await faultWorld();
    world.to.faults.add({ path: uploadPath, method: 'PUT', skip: 2 }, status(507));
    await expect(world.copyTo('registry', { parallel: 1 })).rejects.toMatchObject({ code: 'registry_full' });
    expect((await world.copyTo('registry')).blobs).toMatchObject({ uploaded: 1, present: 2 });
    expect(await world.holdsNew('registry')).toBe(true);
  });
});

it.each([
  ['Harbor', 412, 'PRECONDITION', "Failed to process request due to 'api:1' configured as immutable."],
  [
    'ECR',
    400,
    'TAG_INVALID',
    "The image tag '1' already exists in the 'api' repository and cannot be overwritten because the repository is immutable.",
  ],
  ['another', 409, 'TAG_INVALID', 'tag is immutable'],
])('a tag that stays as it is, as %s says it', async (_who, code, entry, message) => {
  await using world = await faultWorld();
  const fault = world.to.faults.add({ ...always, ...tagging }, status(code, said(entry, message)));
  expect(
    await world.failsAs('registry', {
      side: 'destination',
      code: 'tag_immutable',
      piece: 'prod/api:1',
      says: /immutable/,
      next: /Choose another tag/,
    }),
  ).toBe(true);
  expect(fault.struck).toBe(1);
});

it('what is not allowed says so, and by whom', async () => {
  await using world = await faultWorld();
  world.to.faults.add({ ...always, ...beginning }, status(403, said('DENIED', 'requested access to the resource is denied')));
  expect(
    await world.failsAs('registry', {
      side: 'destination',
      code: 'registry_denied',
      piece: 'blob sha256:',
      says: /does not permit access to the upload of blob/,
      next: /lacks permission/,
    }),
  ).toBe(true);
});

it('an upload that is stored as something else', async () => {
  await using world = await faultWorld();
  world.to.faults.add({ ...always, ...closing }, wrongDigest());
  expect(
    await world.failsAs('registry', {
      side: 'destination',
      code: 'integrity',
      piece: 'sha256:',
      says: /stored sha256:.* as sha256:0000/,
      next: /Nothing was taken over/,
    }),
  ).toBe(true);
});

describe('an upload that is sent to another host', () => {
  it.each<[string, FaultMatch, number | undefined]>([
    ['when it begins', beginning, undefined],
    ['between chunks', { method: 'PATCH', path: uploadPath }, 64_000],
  ])('%s goes nowhere: neither content nor credential', async (_when, match, chunkSize) => {
    const seen: string[] = [];
    const trap = createServer((request, response) => {
      seen.push(`${request.method} ${request.headers.authorization}`);
      response.writeHead(202, { location: '/' }).end();
    }).listen(0, '127.0.0.1');
    await once(trap, 'listening');
    const other = `http://localhost:${(trap.address() as AddressInfo).port}/take/it`;
    const users = { ci: 'secret' };
    await using world = await faultWorld({
      to: { auth: { kind: 'basic', users } },
      credential: { kind: 'basic', username: 'ci', password: 'secret' },
      ...(chunkSize && { chunkSize }),
    });
    world.to.faults.add({ ...always, ...match }, { headers: { location: other } });
    expect(
      await world.failsAs('registry', {
        side: 'destination',
        code: 'upload_location_denied',
        piece: 'blob sha256:',
        says: /another host, localhost:\d+, where neither credential nor content is sent/,
        next: /what the registry takes for its own address/,
      }),
    ).toBe(true);
    expect(seen).toEqual([]);
    trap.close();
  });

  it('and a registry behind a proxy that calls itself by another port of its host is meant itself', async () => {
    await using world = await faultWorld();
    world.to.faults.add(
      { ...always, ...beginning },
      {
        change: (reply) => ({
          ...reply,
          headers: { ...reply.headers, location: `http://127.0.0.1:1${String(reply.headers['location'])}` },
        }),
      },
    );
    await world.copyTo('registry');
    expect(await world.holdsNew('registry')).toBe(true);
  });
});

describe.each<['from' | 'to', FaultMatch]>([
  ['from', { method: 'GET', path: layerPath }],
  ['from', { method: 'GET', path: '/manifests/' }],
  ['to', beginning],
  ['to', closing],
  ['to', { method: 'PUT', path: '/manifests/' }],
  ['to', { method: 'HEAD', path: '/blobs/' }],
])('429 on side %s for %o', (side, match) => {
  it('is waited for as long as it says', async () => {
    const pauses: number[] = [];
    const clock = {
      now: () => Date.now(),
      sleep: (ms: number) => {
        pauses.push(ms);
        return hasty.sleep(ms);
      },
    };
    await using world = await faultWorld({ clock });
    world[side].faults.add({ ...match, times: 2 }, tooManyRequests(7));
    await world.copy();
    expect(await world.holdsNew('registry')).toBe(true);
    expect(pauses.filter((pause) => pause === 7000)).toHaveLength(2);
  });

  it('for longer than anybody waits is told with its time', async () => {
    await using world = await faultWorld();
    world[side].faults.add({ ...always, ...match }, tooManyRequests(600));
    expect(
      await world.failsAs('registry', {
        side: side === 'from' ? 'source' : 'destination',
        code: 'registry_rate_limited',
        piece: '',
        says: /limits requests for .* and wants a pause of 600 s/,
        next: /Wait/,
      }),
    ).toBe(true);
  });
});

it('everything that was refused is there when it is run again', async () => {
  await using world = await faultWorld();
  for (const match of [beginning, closing, tagging]) {
    const fault = world.to.faults.add({ ...always, ...match }, status(403));
    await expect(world.copyTo('registry')).rejects.toMatchObject({ side: 'destination' });
    fault.remove();
    expect(await world.holdsOld('registry')).toBe(true);
  }
  expect((await world.copyTo('registry')).digest).toBe(image.digest);
  expect(await world.holdsNew('registry')).toBe(true);
});
