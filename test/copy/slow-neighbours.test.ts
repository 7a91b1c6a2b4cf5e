import { expect, it } from 'vitest';
import { BlobKnowledge } from '../../src/oci/copy/index.ts';
import { systemClock } from '../../src/core/clock.ts';
import { copyWorld, imageOf, isWhole } from './copy-world.ts';

/** Bytes a second: what is bounded so takes half a minute. */
const bandwidth = 20_000;
const image = imageOf([600_000]);

/** Starts a bounded copy of `shop/slow`, and waits until its bytes are under way. */
async function slowly(world: Awaited<ReturnType<typeof copyWorld>>, knowledge: BlobKnowledge) {
  const ending = new AbortController();
  const begun = Promise.withResolvers<void>();
  const slow = world
    .copy({ knowledge, bandwidth, clock: systemClock, signal: ending.signal, onEvent: ({ kind }) => kind === 'bytes' && begun.resolve() })
    .catch(() => 'ended' as const);
  await begun.promise;
  return async () => {
    ending.abort();
    expect(await slow).toBe('ended');
  };
}

it('a copy that is not bounded does not wait for a blob that a bounded one brings', async () => {
  await using world = await copyWorld();
  world.from.put('shop/api', image, '1');
  const knowledge = new BlobKnowledge();
  const end = await slowly(world, knowledge);
  await world.copy({ knowledge });
  expect(isWhole(world.to, 'prod/api', image)).toBe(true);
  await end();
});

it('bounded copies take no places from those that are not', async () => {
  await using world = await copyWorld();
  world.from.put('shop/api', image, '1');
  const knowledge = new BlobKnowledge({ transfers: 1 });
  const end = await slowly(world, knowledge);
  const other = imageOf([1000]);
  world.from.put('shop/api', other, '1');
  await world.copy({ knowledge });
  expect(isWhole(world.to, 'prod/api', other)).toBe(true);
  await end();
});

it('a bounded copy waits for a blob that one without a bound brings', async () => {
  await using world = await copyWorld();
  world.from.put('shop/api', image, '1');
  const gate = Promise.withResolvers<void>();
  const fault = world.to.faults.add({ method: 'PUT', path: /\/blobs\/uploads\// }, { hold: gate.promise });
  const knowledge = new BlobKnowledge();
  const fast = world.copy({ knowledge });
  await expect.poll(() => fault.struck).toBe(1);
  const slow = world.copy({ knowledge, bandwidth, clock: systemClock });
  await new Promise((resolve) => setTimeout(resolve, 60));
  gate.resolve();
  await fast;
  expect((await slow).bytes.moved).toBe(0);
});
