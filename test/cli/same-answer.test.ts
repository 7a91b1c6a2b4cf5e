import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Image, Referrers, Tag } from '../../src/sdk/index.ts';
import { putDemoContent, startRegistry, type TestRegistry } from '../../src/testing/index.ts';
import { type Administrator, type HubProcess, setUpHub, startHubProcess } from '../support/hub-process.ts';
import { type Tagboat, tagboat } from './tagboat.ts';

let hub: HubProcess;
let admin: Administrator;
let registry: TestRegistry;
let program: Tagboat;

beforeAll(async () => {
  [hub, registry, program] = await Promise.all([startHubProcess({ entry: 'src/main.ts' }), startRegistry(), tagboat()]);
  putDemoContent(registry.content, new Date());
  admin = await setUpHub(hub);
  await admin.hub.createRegistry({ name: 'same', provider: 'generic', url: registry.url, connection: { tls: 'plain' } });
});
afterAll(async () => {
  await Promise.all([hub?.stop(), registry?.close(), program?.[Symbol.asyncDispose]()]);
});

/** The same command, at the registry itself and through the hub. */
async function both<T>(args: readonly string[]): Promise<{ direct: T; throughHub: T }> {
  const env = { TAGBOAT_URL: hub.url, TAGBOAT_TOKEN: admin.token };
  const [direct, throughHub] = await Promise.all([program.json<T>([...args, '--no-hub']), program.json<T>(args, { env })]);
  return { direct, throughHub };
}

describe('with and without a hub', () => {
  it.each<[string, string[]]>([
    ['shop/api', []],
    ['shop/api', ['--all', '--details']],
    ['shop/api', ['--sort', 'semver', '--limit', '7']],
    ['shop/api', ['--sort', 'name']],
    ['shop/api', ['--sort', '-name', '--limit', '3']],
    ['shop/api', ['--filter', '^1.8']],
    ['shop/api', ['--filter', '>=1.7 <2 || 2.0.0-rc.1']],
    ['shop/api', ['--filter', '1.?.*']],
    ['shop/api', ['--filter', '/^(LATEST|main)/i']],
    ['shop/api', ['--filter', 'sha256-']],
    ['shop/api', ['--filter', 'nothing-is-called-this']],
    ['shop/web', ['--all', '--details']],
    ['shop/worker', ['--all', '--details']],
    ['charts/shop', ['--all', '--details']],
    ['platform/policies', ['--all', '--details']],
    ['platform/postgres', ['--all', '--details']],
    ['platform/toolbox', ['--all', '--details']],
  ])('lists the same tags of %s with %j', async (repository, options) => {
    const { direct, throughHub } = await both<{ items: Tag[] }>(['tags', `${registry.host}/${repository}`, ...options]);
    expect(direct).toEqual(throughHub);
    expect(direct.items.length > 0).toBe(!options.includes('nothing-is-called-this'));
  });

  it.each<[string, string[]]>([
    ['shop/api:1.8.2', []],
    ['shop/api:1.8.2', ['--platform', 'linux/arm64']],
    ['shop/web:latest', []],
    ['charts/shop', []],
    ['platform/policies', []],
    ['platform/postgres', []],
    ['platform/toolbox', []],
  ])('shows the same image and referrers of %s with %j', async (name, options) => {
    const repository = name.split(':', 1)[0] ?? '';
    // A hub knows the tags beside an image from its list of them.
    const { items } = await admin.hub.listTags('same', repository, { limit: 1 });
    const reference = `${registry.host}/${name.includes(':') ? name : `${name}:${items[0]?.name}`}`;
    const { direct, throughHub } = await both<Image & { referrers: Referrers }>(['inspect', reference, '--referrers', ...options]);
    expect(throughHub).toMatchObject({ registry: 'same', registryId: expect.any(String) });
    // Its name and id of the registry, and what it knows of other tags, are the hub's alone.
    expect(direct).toEqual({ ...throughHub, registry: registry.host, registryId: '', otherTags: [] });
  });

  it('loads neither the database nor the web server for it', async () => {
    const hooks = `import { registerHooks } from 'node:module';
      registerHooks({ load: (url, context, next) => (process.stderr.write(url + '\\n'), next(url, context)) });`;
    const env = { NODE_OPTIONS: `--import=data:text/javascript,${encodeURIComponent(hooks)}` };
    const { code, stderr } = await program.run(['tags', `${registry.host}/shop/api`, '--no-hub'], { env });
    expect(code).toBe(0);
    expect(stderr).toContain('/src/catalog/tag-listing.ts');
    expect(stderr).not.toMatch(/node_modules\/(kysely|fastify|pg)\/|\/src\/(store\/store|registries|access|hub)\b/);
  });

  it('refuses the same filters', async () => {
    const args = ['tags', `${registry.host}/shop/api`, '--filter', '/(/'];
    const direct = await program.run([...args, '--no-hub']);
    const throughHub = await program.run(args, { env: { TAGBOAT_URL: hub.url, TAGBOAT_TOKEN: admin.token } });
    const said = expect.stringContaining('not a valid pattern (RE2 syntax)');
    expect(direct).toMatchObject({ code: 2, stderr: said });
    expect(throughHub.stderr).toEqual(said);
  });
});
