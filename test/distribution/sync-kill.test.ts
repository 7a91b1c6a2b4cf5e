import { describe, expect, it } from 'vitest';
import { createClient } from '../../src/sdk/index.ts';
import { startRegistry } from '../../src/testing/index.ts';
import { type HubProcess, setUpHub, startHubProcess } from '../support/hub-process.ts';
import { temporaryDirectory } from '../support/temporary.ts';
import { imageOf } from './copies-world.ts';

const mebibyte = 1024 * 1024;
const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

describe('a hub that is killed in a run of a rule', () => {
  it('takes the same run up again, sends nothing twice that was whole, and goes on inside an upload', async () => {
    await using directory = await temporaryDirectory();
    await using from = await startRegistry();
    await using to = await startRegistry();
    const launch = () => startHubProcess({ dataDir: directory.path, entry: 'src/main.ts', args: ['--background-checks', 'no'] });
    let hub: HubProcess = await launch();
    try {
      const { hub: first, token } = await setUpHub(hub);
      for (const [name, { url }] of Object.entries({ from, to })) {
        await first.createRegistry({
          name,
          provider: 'generic',
          url,
          signIn: 'anonymous',
          connection: { tls: 'plain' },
          allProjects: true,
        });
      }
      const small = ['1', '2', '3'].map((tag) => {
        const image = imageOf(300_000);
        from.put('shop/small', image, tag);
        return image;
      });
      const large = imageOf(5 * mebibyte);
      from.put('shop/large', large, '1');
      const rule = await first.createSyncRule({
        name: 'nightly',
        spec: {
          source: { registry: 'from', repositories: ['shop/*'] },
          destination: { registry: 'to', repository: 'mirror/{repository}' },
          settings: { bandwidth: 1.5 * mebibyte },
        },
      });
      const run = await first.startSyncRun(rule.id, { kind: 'run', unseen: true });
      const arrived = () => ['1', '2', '3'].filter((tag) => to.content.resolve('mirror/shop/small', tag)).length;
      for (const deadline = Date.now() + 20_000; arrived() < 3; await pause(20))
        if (Date.now() > deadline) throw new Error('Nothing arrives.');
      // What is done is written down once a second.
      await pause(1200);
      expect(to.content.resolve('mirror/shop/large', '1')).toBeUndefined();
      await hub.stop('SIGKILL');
      const before = to.requests.length;

      hub = await launch();
      const second = createClient({ baseUrl: hub.url, token });
      for (const deadline = Date.now() + 30_000; (await second.getSyncRun(run.id)).finishedAt === undefined; await pause(50)) {
        if (Date.now() > deadline) throw new Error(JSON.stringify(await second.getSyncRun(run.id)));
      }
      expect(await second.getSyncRun(run.id)).toMatchObject({
        state: 'done',
        by: { name: expect.any(String) },
        counts: { copied: 4, failed: 0 },
      });
      expect((await second.listSyncRuns(rule.id)).items).toHaveLength(1);
      expect(to.content.resolve('mirror/shop/large', '1')).toBe(large.digest);
      for (const [i, image] of small.entries()) expect(to.content.resolve('mirror/shop/small', `${i + 1}`)).toBe(image.digest);

      const sent = to.requests
        .slice(before)
        .filter(({ method, path }) => (method === 'PUT' || method === 'PATCH') && path.includes('/blobs/uploads/'));
      const bytes = sent.reduce((sum, { headers }) => sum + Number(headers['content-length'] ?? 0), 0);
      expect(sent.some(({ path }) => path.includes('/small/'))).toBe(false);
      // Of the large layer only what had not arrived, in the session that was begun.
      expect(bytes).toBeLessThan(4 * mebibyte);
      expect(sent.some(({ headers }) => Number(/^(\d+)-/.exec(String(headers['content-range'] ?? ''))?.[1] ?? 0) > 0)).toBe(true);
      expect(to.openUploads).toBe(0);
    } finally {
      await hub.stop('SIGKILL');
    }
  });
});
