import { afterEach, describe, expect, it } from 'vitest';
import { startRegistry, type TestRegistry } from '../../src/testing/index.ts';
import { type Administrator, type HubProcess, setUpHub, startHubProcess } from '../support/hub-process.ts';
import { type TemporaryDirectory, temporaryDirectory } from '../support/temporary.ts';
import { createClient } from '../../src/sdk/index.ts';
import { imageOf } from './copies-world.ts';

const mebibyte = 1024 * 1024;
const repository = 'shop/api';

let opened: AsyncDisposableStack;
afterEach(() => opened.disposeAsync());

/** A hub in a process of its own, to be killed and started again on the same folder, between two registries of this process. */
async function startBench() {
  opened = new AsyncDisposableStack();
  const directory: TemporaryDirectory = opened.use(await temporaryDirectory());
  const from = opened.use(await startRegistry());
  const to = opened.use(await startRegistry());
  const launch = () => startHubProcess({ dataDir: directory.path, entry: 'src/main.ts', args: ['--background-checks', 'no'] });
  let hub: HubProcess = await launch();
  opened.defer(() => hub.stop('SIGKILL'));
  const administrator: Administrator = await setUpHub(hub);
  let client = administrator.hub;
  for (const [name, registry] of Object.entries({ from, to })) {
    await client.createRegistry({
      name,
      provider: 'generic',
      url: registry.url,
      signIn: 'anonymous',
      connection: { tls: 'plain' },
      allProjects: true,
    });
  }
  return {
    from,
    to,
    client: () => client,
    async killAndRestart() {
      await hub.stop('SIGKILL');
      hub = await launch();
      client = createClient({ baseUrl: hub.url, token: administrator.token });
    },
  };
}

/** Requests with a body to upload sessions: which byte they began at, and whether they closed an upload. */
function writes(registry: TestRegistry) {
  return registry.requests
    .filter(({ method, path }) => (method === 'PUT' || method === 'PATCH') && path.includes('/blobs/uploads/'))
    .map(({ method, path, headers, status }) => ({
      method,
      digest: new URL(path, 'http://registry').searchParams.get('digest'),
      session: /uploads\/([^?]+)/.exec(path)?.[1],
      start: Number(/^(\d+)-/.exec(String(headers['content-range'] ?? '0-'))?.[1]),
      length: Number(headers['content-length']),
      status,
    }));
}

const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

describe('a hub that is killed', () => {
  it('goes on with its copy where it stopped: the upload from its offset, and nothing twice that was whole', async () => {
    const bench = await startBench();
    const image = imageOf(600_000, 3 * mebibyte);
    bench.from.put(repository, image, '1.0');
    const { items } = await bench.client().startCopies({
      source: { registry: 'from', repository, reference: '1.0' },
      destinations: [{ registry: 'to' }],
      settings: { bandwidth: mebibyte },
    });
    const id = items[0]?.id ?? '';
    // The small layer is whole by then, the large one is not.
    for (;;) {
      const { progress } = await bench.client().getCopy(id);
      if ((progress?.blobs.done ?? 0) >= 2 && (progress?.bytes.sent ?? 0) > 1.5 * mebibyte) break;
      await pause(50);
    }
    await pause(1200);
    await bench.killAndRestart();
    for (const deadline = Date.now() + 30_000; (await bench.client().getCopy(id)).finishedAt === undefined; ) {
      if (Date.now() > deadline) throw new Error('The copy never ended.');
      await pause(50);
    }
    const done = await bench.client().getCopy(id);
    expect(done).toMatchObject({ state: 'done', attempts: 2, result: { outcome: 'copied', digest: image.digest, blobs: { uploaded: 3 } } });
    expect(done.result?.bytes.saved).toBe(0);
    expect(bench.to.content.resolve(repository, '1.0')).toBe(image.digest);

    const sent = writes(bench.to);
    const closed = sent.filter(({ status }) => status === 201).map(({ digest }) => digest);
    expect(closed).toHaveLength(3);
    expect(new Set(closed).size).toBe(3);
    // The large one: begun once, and taken up in the same session from what had arrived.
    const [large] = sent.filter(({ status }) => status === undefined);
    const [first, second, ...more] = sent.filter(({ session, length }) => session === large?.session && length > 0);
    expect(more).toEqual([]);
    expect(first).toMatchObject({ start: 0, status: undefined });
    expect(second?.start).toBeGreaterThan(mebibyte);
    expect((second?.start ?? 0) + (second?.length ?? 0)).toBe(first?.length);
    expect(bench.to.openUploads).toBe(0);
  });

  it('at any point, again and again, leaves the old image or the new one, and gets there', async () => {
    const bench = await startBench();
    const old = imageOf(100);
    bench.to.put(repository, old, '1.0');
    const image = imageOf(mebibyte, 2 * mebibyte, 300_000, 900_000);
    bench.from.put(repository, image, '1.0');
    const { items } = await bench.client().startCopies({
      source: { registry: 'from', repository, reference: '1.0' },
      destinations: [{ registry: 'to' }, { registry: 'to', repository: 'other/api' }],
      settings: { bandwidth: mebibyte },
    });
    for (let kill = 0; kill < 4; kill++) {
      await pause(Math.random() * 900);
      await bench.killAndRestart();
      expect([old.digest, image.digest]).toContain(bench.to.content.resolve(repository, '1.0'));
    }
    for (const { id } of items) {
      for (const deadline = Date.now() + 30_000; (await bench.client().getCopy(id)).finishedAt === undefined; ) {
        if (Date.now() > deadline) throw new Error('The copy never ended.');
        await pause(50);
      }
      expect(await bench.client().getCopy(id)).toMatchObject({ state: 'done', result: { digest: image.digest } });
    }
    for (const name of [repository, 'other/api']) expect(bench.to.content.resolve(name, '1.0')).toBe(image.digest);
    const closed = writes(bench.to)
      .filter(({ status }) => status === 201)
      .map(({ digest }) => digest);
    // Whole blobs are sent once to the registry, and mounted into the other repository.
    expect(new Set(closed).size).toBe(5);
    expect(closed.length).toBeLessThanOrEqual(10);
  });
});
