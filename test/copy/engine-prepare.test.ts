import { expect, it, vi } from 'vitest';
import { copy, CopyError, copyTags, RegistryClient, RepositoryTarget, UnsupportedError } from '../../src/oci/index.ts';
import { copyWorld, imageOf } from './copy-world.ts';

const image = imageOf([20_000]);

async function prepared(prepare: (options: { signal?: AbortSignal }) => Promise<void>) {
  const world = await copyWorld();
  const client = new RegistryClient({ url: world.to.url });
  const destination = new RepositoryTarget(client.repository('prod/api'), '', { prepare });
  return {
    ...world,
    destination,
    async [Symbol.asyncDispose]() {
      await client.close();
      await world[Symbol.asyncDispose]();
    },
  };
}

it('is made ready right before the first write, once for all copies', async () => {
  const asked: string[][] = [];
  const prepare = vi.fn(async () => void asked.push(world.to.requests.map(({ method }) => method)));
  await using world = await prepared(prepare);
  const tags = ['1', '2', '3'];
  for (const tag of tags) world.from.put('shop/api', imageOf([1000, 1000]), tag);
  expect(await copyTags(world.source(), world.destination, tags)).toMatchObject({ copied: 3 });
  expect(prepare).toHaveBeenCalledTimes(1);
  expect(new Set(asked[0])).toEqual(new Set(['HEAD']));
});

it('is not, for a plan or when nothing changes', async () => {
  const prepare = vi.fn(async () => {});
  await using world = await prepared(prepare);
  world.from.put('shop/api', image, '1', 'new');
  world.to.put('prod/api', image, '1');
  await copy(world.source(), 'new', world.destination, ['new'], { plan: true });
  expect(await copy(world.source(), '1', world.destination, ['1'])).toMatchObject({ outcome: 'unchanged' });
  expect(prepare).not.toHaveBeenCalled();
  // Setting a tag writes, too.
  await copy(world.source(), 'new', world.destination, ['new']);
  expect(prepare).toHaveBeenCalledTimes(1);
});

it('when that fails, the destination is to blame, nothing is written, and the next copy tries again', async () => {
  const prepare = vi.fn().mockRejectedValueOnce(new UnsupportedError('The project prod does not exist.')).mockResolvedValue(undefined);
  await using world = await prepared(prepare);
  world.from.put('shop/api', image, '1');
  const error = await copy(world.source(), '1', world.destination, ['1']).catch((thrown: unknown) => thrown);
  expect(error).toBeInstanceOf(CopyError);
  expect(error).toMatchObject({
    side: 'destination',
    code: 'unsupported',
    message: expect.stringContaining('The project prod does not exist.'),
  });
  expect(world.to.requests.filter(({ method }) => method !== 'HEAD')).toEqual([]);
  expect(await copy(world.source(), '1', world.destination, ['1'])).toMatchObject({ outcome: 'copied' });
  expect(prepare).toHaveBeenCalledTimes(2);
});

it('ends with the copy', async () => {
  await using world = await prepared(
    ({ signal }) => new Promise((_resolve, reject) => signal?.addEventListener('abort', () => reject(new Error('left')))),
  );
  world.from.put('shop/api', image, '1');
  const controller = new AbortController();
  const copying = copy(world.source(), '1', world.destination, ['1'], { signal: controller.signal });
  setTimeout(() => controller.abort(), 50);
  await expect(copying).rejects.toMatchObject({ code: 'canceled' });
});

it('copies by digest alone: the manifest is there without a tag', async () => {
  await using world = await copyWorld();
  world.from.put('shop/api', image, '1');
  const { digest } = image.descriptor;
  expect(await copy(world.source(), digest, world.destination(), [])).toMatchObject({ outcome: 'copied', manifests: { pushed: 1 } });
  expect(world.to.content.manifest('prod/api', digest)?.bytes).toBeDefined();
});
