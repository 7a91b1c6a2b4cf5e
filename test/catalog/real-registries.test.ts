import { join } from 'node:path';
import { Agent, request } from 'undici';
import { expect, it } from 'vitest';
import { openStore } from '../../src/store/index.ts';
import { buildHelmChart, buildImage, buildIndex, writeOciLayout } from '../../src/testing/index.ts';
import { admin, startCatalog } from '../support/catalog-bench.ts';
import { registrySetUps } from '../support/registry-setups.ts';
import { Skopeo } from '../support/skopeo.ts';
import { temporaryDirectory } from '../support/temporary.ts';

const index = buildIndex({ manifests: ['linux/amd64', 'linux/arm64'].map((platform) => buildImage({ platform })) });
const chart = buildHelmChart({ name: 'shop', version: '1.0.0' });

it.each(registrySetUps.map((setUp) => [setUp.name, setUp] as const))('shows what skopeo pushed: %s', async (_name, setUp) => {
  await using stack = new AsyncDisposableStack();
  const directory = stack.use(await temporaryDirectory('tagboat-catalog'));
  const running = stack.adopt(await setUp.start(), (it) => it.stop());
  const store = stack.adopt(await openStore({ dataDir: join(directory.path, 'data') }), (it) => it.close());
  const bench = stack.adopt(await startCatalog(store, join(directory.path, 'data')), (it) => it.close());

  const skopeo = new Skopeo(directory.path, running);
  const layout = join(directory.path, 'layout');
  await writeOciLayout(layout, [
    { content: index, tag: 'index' },
    { content: chart, tag: 'chart' },
  ]);
  for (const tag of ['1.0', '1.1', 'latest']) await skopeo.copy(`oci:${layout}:index`, `docker://${running.host}/shop/api:${tag}`, '--all');
  await skopeo.copy(`oci:${layout}:chart`, `docker://${running.host}/charts/shop:1.0.0`);

  const realm = /realm="([^"]+)"/.exec((await challengeOf(running.url, running.ca)) ?? '')?.[1];
  const registry = await bench.registries.create(admin, {
    name: 'real',
    provider: 'generic',
    url: running.url,
    connection: running.ca ? { tls: 'ca', ca: running.ca } : { tls: 'plain' },
    ...(running.username === undefined
      ? { signIn: 'anonymous' }
      : { signIn: 'password', fields: { username: running.username, password: running.password ?? '' } }),
    ...(realm && URL.canParse(realm) && { trustedRealms: [new URL(realm).origin] }),
  });

  const repositories = await bench.catalog.repositories(admin, registry.id, { limit: 10 });
  expect(repositories).toMatchObject({ total: 2, items: [{ name: 'charts/shop' }, { name: 'shop/api' }] });
  expect(repositories.partial).toBeUndefined();
  const tags = await bench.catalog.tags(admin, registry.id, 'shop/api', { limit: 10, details: true, sort: 'name' });
  expect(tags.items.map((tag) => tag.name)).toEqual((await skopeo.listTags(`${running.host}/shop/api`)).sort());
  for (const tag of tags.items)
    expect(tag).toMatchObject({ digest: index.digest, complete: true, platforms: ['linux/amd64', 'linux/arm64'] });
  expect(await bench.catalog.image(admin, registry.id, 'charts/shop', '1.0.0')).toMatchObject({ kind: 'helm-chart', digest: chart.digest });
  const referrers = await bench.catalog.referrers(admin, registry.id, 'shop/api', index.digest);
  expect(referrers).toEqual({ items: [], via: setUp.software === 'tagboat' ? 'api' : 'none' });
});

async function challengeOf(url: string, ca: string | undefined): Promise<string | null> {
  const dispatcher = new Agent({ connect: { ca } });
  const { headers, body } = await request(`${url}/v2/`, { dispatcher });
  await body.dump();
  await dispatcher.close();
  return headers['www-authenticate']?.toString() ?? null;
}
