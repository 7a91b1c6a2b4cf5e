import { expect, it } from 'vitest';
import type { UploadState } from '../../src/oci/index.ts';
import { digestOf } from '../../src/testing/index.ts';
import { copyWorld, imageOf, isWhole } from './copy-world.ts';

const image = imageOf([300_000]);
const layer = image.blobs[1] as Uint8Array;

/** An upload of the layer that an earlier copy began, with other bytes than the layer's: its source may have given them. */
async function begun(url: string): Promise<UploadState> {
  const opened = await fetch(`${url}/v2/prod/api/blobs/uploads/`, { method: 'POST' });
  const location = new URL(opened.headers.get('location') ?? '', url).href;
  const sent = await fetch(location, {
    method: 'PATCH',
    body: Buffer.alloc(100_000, 7),
    headers: { 'content-type': 'application/octet-stream' },
  });
  expect(sent.status).toBe(202);
  return { location: new URL(sent.headers.get('location') ?? '', url).href, offset: 100_000 };
}

it('an upload whose beginning is not the blob is begun anew, and the copy does not fail for it', async () => {
  await using world = await copyWorld();
  world.from.put('shop/api', image, '1');
  const states: (UploadState | undefined)[] = [];
  const resume = new Map([[digestOf(layer), await begun(world.to.url)]]);
  const result = await world.copy({ resume, onUpload: (_digest, state) => void states.push(state) });
  expect(isWhole(world.to, 'prod/api', image)).toBe(true);
  expect(result.bytes.moved).toBe(layer.length + (image.blobs[0]?.length ?? 0));
  expect(states.at(-1)).toBeUndefined();
});

it('one that was not taken up, and is refused for its digest, is refused once', async () => {
  await using world = await copyWorld();
  const wrong = imageOf([300_000]);
  world.from.content.putBlob('shop/api', Buffer.alloc(wrong.blobs[1]?.length ?? 0, 7), digestOf(wrong.blobs[1] as Uint8Array));
  world.from.put('shop/api', wrong, '1');
  await expect(world.copy()).rejects.toThrow();
  expect(
    world.to.requests.filter(
      ({ method, path }) => method === 'PUT' && path.includes(encodeURIComponent(digestOf(wrong.blobs[1] as Uint8Array))),
    ),
  ).toHaveLength(1);
});
