import { expect, it } from 'vitest';
import { FakeClock } from './fake-clock.ts';

it('wakes sleepers in the order of their times, and those that sleep again', async () => {
  const clock = new FakeClock(0);
  const woken: [string, number][] = [];
  const sleep = async (name: string, ms: number, times = 1) => {
    for (let at = 0; at < times; at++) {
      await clock.sleep(ms);
      woken.push([name, clock.now()]);
    }
  };
  const all = Promise.all([sleep('late', 500), sleep('twice', 200, 2), sleep('never', 10_000)]);
  await clock.advance(1000);
  expect(woken).toEqual([
    ['twice', 200],
    ['twice', 400],
    ['late', 500],
  ]);
  expect([clock.now(), clock.sleeping]).toEqual([1000, 1]);
  await clock.advance(10_000);
  await all;
});

it('lets a signal end a sleep', async () => {
  const clock = new FakeClock();
  const controller = new AbortController();
  const sleeping = clock.sleep(1000, controller.signal);
  controller.abort(new Error('enough'));
  await expect(sleeping).rejects.toThrow('enough');
  expect(clock.sleeping).toBe(0);
});
