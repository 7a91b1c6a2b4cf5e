import { expect, it, vi } from 'vitest';
import { Limiter } from './limiter.ts';
import { TransferSlots } from './transfer-slots.ts';

const turns = async (count = 20) => {
  for (let i = 0; i < count; i++) await Promise.resolve();
};

/** Work that goes on until it is let go. */
function held() {
  const { promise, resolve } = Promise.withResolvers<void>();
  return { work: vi.fn(() => promise), end: resolve };
}

it('runs what waits in the order in which it came', async () => {
  const limiter = new Limiter(1);
  const done: number[] = [];
  await Promise.all([1, 2, 3].map((number) => limiter.run(async () => void done.push(number))));
  expect(done).toEqual([1, 2, 3]);
  expect(limiter.isIdle).toBe(true);
});

it('lets go at once who is canceled while waiting, and gives the place to the next', async () => {
  const limiter = new Limiter(1);
  const first = held();
  const running = limiter.run(first.work);
  const controller = new AbortController();
  const never = vi.fn(async () => {});
  const canceled = limiter.run(never, controller.signal);
  const third = held();
  const last = limiter.run(third.work);
  controller.abort();
  first.end();
  await expect(canceled).rejects.toMatchObject({ code: 'canceled' });
  await running;
  await turns();
  expect(never).not.toHaveBeenCalled();
  expect(third.work).toHaveBeenCalledOnce();
  third.end();
  await last;
  expect(limiter.isIdle).toBe(true);
});

it('loses no place when the one that runs ends together with those that wait', async () => {
  const limiter = new Limiter(1);
  const controller = new AbortController();
  const { signal } = controller;
  const until = () => new Promise<void>((_resolve, reject) => signal.addEventListener('abort', () => reject(new Error('ended'))));
  const all = Array.from({ length: 5 }, () => limiter.run(until, signal));
  controller.abort();
  await Promise.allSettled(all);
  expect(limiter.isIdle).toBe(true);
  await limiter.run(async () => {});
});

it('transfers in opposite directions do not wait for each other', async () => {
  const slots = new TransferSlots(1);
  const { signal } = new AbortController();
  const ways = [
    ['a', 'b'],
    ['b', 'a'],
    ['b', 'a'],
    ['a', 'b'],
    ['a', 'a'],
  ];
  let now = 0;
  const most: number[] = [];
  const work = async () => {
    most.push(++now);
    await turns(3);
    now--;
  };
  await Promise.all(ways.map((way) => slots.run(way, work, signal)));
  expect(most).toEqual([1, 1, 1, 1, 1]);
});
