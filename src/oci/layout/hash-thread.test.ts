import { createHash, randomBytes } from 'node:crypto';
import { expect, it } from 'vitest';
import { HashThread } from './hash-thread.ts';

it('hashes several blobs at once, in chunks of any size, and leaves the chunks as they are', async () => {
  const thread = new HashThread();
  const blobs = [randomBytes(3_000_000), randomBytes(700_001), randomBytes(0)];
  const sizes = [1, 65_536, 200_003, 64 * 1024 - 1];
  const before = blobs.map((blob) => Buffer.from(blob));
  const hashed = await Promise.all(
    blobs.map(async (blob) => {
      const hash = await thread.start('sha256');
      for (let at = 0, i = 0; at < blob.length; i++) {
        const size = sizes[i % sizes.length] ?? 1;
        await hash.update(blob.subarray(at, at + size));
        at += size;
      }
      return hash.digest();
    }),
  );
  expect(hashed).toEqual(blobs.map((blob) => createHash('sha256').update(blob).digest('hex')));
  expect(blobs).toEqual(before);
  await thread.close();
});
