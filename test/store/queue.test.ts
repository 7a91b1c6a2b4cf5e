import { setTimeout as delay } from 'node:timers/promises';
import { afterEach, expect, it } from 'vitest';
import { openQueue, type Queue } from '../../src/queue/index.ts';
import { openStore, type Store } from '../../src/store/index.ts';
import { describeEachStore } from './each-store.ts';

async function until(condition: () => boolean, what: string): Promise<void> {
  const end = Date.now() + 15_000;
  while (!condition()) {
    if (Date.now() > end) throw new Error(`waited in vain for ${what}`);
    await delay(10);
  }
}

describeEachStore('the queue', (bench) => {
  const open: { queue: Queue; store?: Store }[] = [];
  const failures: unknown[] = [];

  async function start() {
    const place = await bench.place();
    const store = await openStore(place);
    const another = async () => {
      const queue = await openQueue({ store, database: place.database, onFailure: (error) => failures.push(error) });
      open.push({ queue });
      return queue;
    };
    const queue = await another();
    open.push({ queue, store });
    return { queue, another };
  }

  afterEach(async () => {
    for (const { queue } of open) await queue.close();
    for (const { store } of open.splice(0)) await store?.close();
    failures.length = 0;
  });

  it('wakes a subscriber with the key', async () => {
    const { queue } = await start();
    const seen: (string | undefined)[] = [];
    await queue.subscribe('registry.check', async (key) => {
      seen.push(key);
    });
    await queue.publish('registry.check', 'reg_1');
    await queue.publish('registry.check');
    await queue.publish('elsewhere', 'reg_2');
    await until(() => seen.length === 2, 'two wake-ups');
    expect(new Set(seen)).toEqual(new Set(['reg_1', undefined]));
  });

  it('keeps wake-ups for the first subscriber, those of one key as one', async () => {
    const { queue } = await start();
    for (const key of ['a', 'b', 'a', 'a']) await queue.publish('topic', key);
    const seen: (string | undefined)[] = [];
    await queue.subscribe('topic', async (key) => {
      seen.push(key);
    });
    await until(() => seen.length >= 2, 'two wake-ups');
    await delay(100);
    expect(seen).toHaveLength(2);
    expect(new Set(seen)).toEqual(new Set(['a', 'b']));
  });

  it('never runs a key twice at once, and runs it again when woken meanwhile', async () => {
    const { queue } = await start();
    let running = 0;
    let most = 0;
    let runs = 0;
    const gate = Promise.withResolvers<void>();
    await queue.subscribe('topic', async () => {
      running += 1;
      runs += 1;
      most = Math.max(most, running);
      if (runs === 1) await gate.promise;
      running -= 1;
    });
    await queue.publish('topic', 'a');
    await until(() => runs === 1, 'the first run');
    await queue.publish('topic', 'a');
    await queue.publish('topic', 'a');
    await delay(100);
    expect(runs).toBe(1);
    gate.resolve();
    await until(() => runs === 2, 'the second run');
    await delay(100);
    expect({ runs, most }).toEqual({ runs: 2, most: 1 });
  });

  it('reports a failing handler and goes on', async () => {
    const { queue } = await start();
    const seen: (string | undefined)[] = [];
    await queue.subscribe('topic', async (key) => {
      seen.push(key);
      if (key === 'bad') throw new Error('handler failed');
    });
    await queue.publish('topic', 'bad');
    await until(() => failures.length === 1, 'the report');
    await queue.publish('topic', 'good');
    await until(() => seen.includes('good'), 'the next one');
    expect(failures).toEqual([expect.objectContaining({ message: 'handler failed' })]);
    expect(seen).toEqual(['bad', 'good']);
  });

  it('stops calling a handler that unsubscribed', async () => {
    const { queue } = await start();
    const seen: (string | undefined)[] = [];
    const stop = await queue.subscribe('topic', async (key) => {
      seen.push(key);
    });
    await queue.publish('topic', 'a');
    await until(() => seen.length === 1, 'the wake-up');
    await stop();
    await queue.publish('topic', 'b');
    await delay(200);
    expect(seen).toEqual(['a']);
  });

  it('waits for handlers under way when it closes', async () => {
    const { queue } = await start();
    let done = false;
    const started = Promise.withResolvers<void>();
    await queue.subscribe('topic', async () => {
      started.resolve();
      await delay(100);
      done = true;
    });
    await queue.publish('topic', 'a');
    await started.promise;
    await queue.close();
    expect(done).toBe(true);
  });

  it('gives a lease to one at a time', async () => {
    const { queue, another } = await start();
    // Beside SQLite there is one process and one queue; on PostgreSQL another replica asks.
    const other = bench.kind === 'postgres' ? await another() : queue;
    const lease = await queue.lease('checker', 60_000);
    expect(lease?.name).toBe('checker');
    expect(await other.lease('checker', 60_000)).toBeUndefined();
    expect(await other.lease('something else', 60_000)).toBeDefined();
    expect(await lease?.renew(60_000)).toBe(true);
    await lease?.release();
    expect(await lease?.renew(60_000)).toBe(false);
    expect(await other.lease('checker', 60_000)).toBeDefined();
    expect(await lease?.renew(60_000)).toBe(false);
    await lease?.release();
    expect(await queue.lease('checker', 60_000)).toBeUndefined();
  });

  it('gives a lease on when it ran out', async () => {
    const { queue } = await start();
    const lease = await queue.lease('checker', 50);
    await delay(80);
    expect(await lease?.renew(60_000)).toBe(false);
    const next = await queue.lease('checker', 60_000);
    expect(next).toBeDefined();
    expect(await lease?.renew(60_000)).toBe(false);
  });

  it('gives a lease to one of many that ask at once', async () => {
    const { queue } = await start();
    const leases = await Promise.all(Array.from({ length: 20 }, () => queue.lease('checker', 60_000)));
    expect(leases.filter((lease) => lease !== undefined)).toHaveLength(1);
  });
});
