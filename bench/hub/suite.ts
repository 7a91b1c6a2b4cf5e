// The hub as it is shipped (dist/), in a process of its own, against an in-process registry in this one.
import { readFileSync } from 'node:fs';
import { buildImage, startRegistry } from '../../src/testing/index.ts';
import { setUpHub, startHubProcess } from '../../test/support/hub-process.ts';
import { temporaryDirectory } from '../../test/support/temporary.ts';
import { type Measure, median, type Suite, timed } from '../suite.ts';
import { credentialHelper } from './credential-helper.ts';

const registryCount = 500;
const tagCount = 10_000;

const residentMiB = (pid: number | undefined) =>
  Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ?? 0) / 1024;

export const suite: Suite = {
  title: 'Hub: start, memory, pages',
  async run() {
    const measures: Measure[] = [];
    await using directory = await temporaryDirectory('tagboat-bench');
    const first = await startHubProcess({ dataDir: directory.path });
    const admin = await setUpHub(first);
    await first.stop();

    const starts: number[] = [];
    const memory: number[] = [];
    for (let round = 0; round < 5; round++) {
      const begin = performance.now();
      const hub = await startHubProcess({ dataDir: directory.path });
      starts.push(performance.now() - begin);
      await new Promise((resolve) => setTimeout(resolve, 3000));
      memory.push(residentMiB(hub.child.pid));
      await hub.stop();
    }
    measures.push({ name: 'process start to /readyz', value: median(starts), unit: 'ms', budget: 1000, rounds: starts.length });
    measures.push({ name: 'idle memory (RSS after 3 s)', value: median(memory), unit: 'MiB', budget: 130, rounds: memory.length });

    await using registry = await startRegistry();
    const image = buildImage({ layers: [{ files: { hello: 'world' } }] });
    for (let number = 0; number < tagCount; number++) registry.put('shop/api', image, `1.${Math.floor(number / 100)}.${number % 100}`);

    const hub = await startHubProcess({ dataDir: directory.path });
    try {
      const api = async (path: string) => {
        const response = await fetch(`${hub.url}/api/v1${path}`, { headers: { authorization: `Bearer ${admin.token}` } });
        if (!response.ok) throw new Error(`${path}: ${response.status} ${await response.text()}`);
        return (await response.json()) as { items: unknown[]; next?: string; total?: number };
      };
      const health = await timed(50, () => fetch(`${hub.url}/healthz`).then((response) => response.text()));
      measures.push({ name: 'the cheapest answer (/healthz), for scale', value: median(health), unit: 'ms', rounds: health.length });

      const { createClient } = await import('../../src/sdk/index.ts');
      const client = createClient({ baseUrl: hub.url, token: admin.token });
      for (let number = 0; number < registryCount; number++) {
        await client.createRegistry({
          name: `registry-${number}`,
          provider: 'generic',
          url: number === 0 ? registry.url : `http://127.0.0.1:9/team-${number}`,
          signIn: 'anonymous',
          connection: { tls: 'plain' },
        });
      }
      const list = await timed(30, () => api('/registries?limit=500'));
      measures.push({
        name: `registries page, ${registryCount} registries`,
        value: median(list),
        unit: 'ms',
        budget: 100,
        rounds: list.length,
      });

      await client.createRegistry({
        name: 'signed-in',
        provider: 'generic',
        url: 'http://127.0.0.1:9',
        signIn: 'password',
        fields: { username: 'ci', password: 'bench' },
        connection: { tls: 'plain' },
      });
      measures.push(...(await credentialHelper({ url: hub.url, token: admin.token }, '127.0.0.1:9')));

      const page = '/registries/registry-0/repositories/shop%2Fapi/tags';
      const cold = await timed(1, () => api(page), 0);
      measures.push({ name: `tags page, ${tagCount} tags, from the registry`, value: median(cold), unit: 'ms', rounds: cold.length });
      for (const sort of ['-semver', 'name', '-pushed']) {
        const warm = await timed(20, () => api(`${page}?sort=${sort}&limit=100`));
        measures.push({
          name: `tags page, ${tagCount} tags, from cache, by ${sort}`,
          value: median(warm),
          unit: 'ms',
          budget: 150,
          rounds: warm.length,
        });
      }
      const answer = await api(page);
      if (answer.total !== tagCount) throw new Error(`Expected ${tagCount} tags, got ${answer.total}`);
      const filtered = await timed(20, () => api(`${page}?filter=${encodeURIComponent('>=1.20 <1.30')}`));
      measures.push({
        name: `the same, filtered by a semver range`,
        value: median(filtered),
        unit: 'ms',
        budget: 150,
        rounds: filtered.length,
      });
    } finally {
      await hub.stop();
    }
    return measures;
  },
};
