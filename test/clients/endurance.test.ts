import { setTimeout } from 'node:timers/promises';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type DockerRegistry, startDockerRegistry } from '../support/docker-registry.ts';
import { type Administrator, type HubProcess, setUpHub, startHubProcess } from '../support/hub-process.ts';
import { buildahStore, connectRegistry, smallImage, type Workbench, workbench } from './workbench.ts';

/** How long clients push and pull, in milliseconds, and for how many seconds a token of the registry lives. */
const duration = 60_000;
const tokenLife = 10;

let bench: Workbench;
let hub: HubProcess;
let administrator: Administrator;
let registries: DockerRegistry[];
let image: string;

beforeAll(async () => {
  [bench, hub, ...registries] = await Promise.all([
    workbench(),
    startHubProcess({ entry: 'src/main.ts' }),
    startDockerRegistry({ kind: 'htpasswd' }),
    startDockerRegistry({ kind: 'token', tokenExpiresIn: tokenLife }),
  ]);
  administrator = await setUpHub(hub);
  for (const registry of registries) await connectRegistry(administrator.hub, registry.kind, registry);
  await bench.useHelperFor(...registries.map(({ host }) => host));
  image = await smallImage(join(bench.home, 'layout'));
}, 120_000);

afterAll(async () => {
  await Promise.all([hub?.stop(), ...(registries ?? []).map((registry) => registry.stop())]);
  await bench?.[Symbol.asyncDispose]();
});

type Environment = Readonly<Record<string, string>>;

/** One push and one pull, of a tag of their own. */
type Round = (registry: DockerRegistry, tag: string, env: Environment) => Promise<void>;

const skopeo: Round = async ({ host }, tag, env) => {
  const remote = `docker://${host}/skopeo/app:${tag}`;
  await bench.run('skopeo', ['--insecure-policy', 'copy', '--dest-tls-verify=false', image, remote], env);
  const target = join(bench.home, `pulled-${tag}`);
  await bench.run('skopeo', ['--insecure-policy', 'copy', '--src-tls-verify=false', remote, `dir:${target}`], env);
};

const buildah: Round = async ({ host, kind }, tag, env) => {
  const name = `${host}/buildah/app:${tag}`;
  const run = (...args: string[]) => bench.run('buildah', [...buildahStore(storeOf(kind)), ...args], env);
  await run('push', '--tls-verify=false', 'localhost/app:1', `docker://${name}`);
  await run('pull', '--tls-verify=false', name);
  await run('rmi', name);
};

/** One for each registry: two that remove images from one store at a time get into each other's way. */
const storeOf = (kind: DockerRegistry['kind']): string => join(bench.home, `store-${kind}`);

async function buildImage(kind: DockerRegistry['kind']): Promise<void> {
  await mkdir(join(storeOf(kind), 'buildah'), { recursive: true });
  const run = async (...args: string[]) => (await bench.run('buildah', [...buildahStore(storeOf(kind)), ...args])).stdout.trim();
  const container = await run('from', 'scratch');
  await run('config', '--label', 'made-by=tagboat', container);
  await run('commit', '--quiet', container, 'localhost/app:1');
  await run('rm', container);
}

describe('skopeo and buildah with docker-credential-tagboat', () => {
  it(
    'push and pull for a minute without one failure, while tokens live for 10 seconds',
    async () => {
      const env = { TAGBOAT_URL: hub.url, TAGBOAT_TOKEN: administrator.token };
      for (const { kind } of registries) await buildImage(kind);
      const end = Date.now() + duration;
      const rounds: Record<string, number> = {};
      const endure = async (name: string, round: Round, registry: DockerRegistry) => {
        const key = `${name}, ${registry.kind}`;
        for (rounds[key] = 0; Date.now() < end; rounds[key]++) {
          await round(registry, `${registry.kind}-${rounds[key]}`, env);
          // Tokens end meanwhile, and other tests want the processor too.
          await setTimeout(1500);
        }
      };
      await Promise.all(registries.flatMap((registry) => [endure('skopeo', skopeo, registry), endure('buildah', buildah, registry)]));
      console.log(`Rounds of one push and one pull: ${JSON.stringify(rounds)}`);
      expect(Object.keys(rounds)).toHaveLength(4);
      // A push or pull that fails rejects above. These many show that the minute was used.
      for (const count of Object.values(rounds)) expect(count).toBeGreaterThan(5);
      const { items } = await administrator.hub.listAudit({ action: 'credential.handed-out' });
      expect(items.map(({ target }) => target?.name)).toEqual(expect.arrayContaining(['htpasswd', 'token']));
    },
    duration + 120_000,
  );

  it('push and pull from the data folder, when no hub runs on it, and are sent to the hub when one does', async () => {
    const env = { TAGBOAT_DATA: hub.dataDir };
    const [htpasswd] = registries;
    const refused = await bench.tryRun('docker-credential-tagboat', ['get'], env, htpasswd?.host);
    expect(refused.code).toBe(1);
    expect(refused.stdout).toMatch(/A hub \(process \d+ on .+\) uses .+: ask that one\. Set TAGBOAT_URL/);
    const standalone = await startHubProcess({ entry: 'src/main.ts', dataDir: join(bench.home, 'data') });
    try {
      const own = await setUpHub(standalone);
      for (const registry of registries) await connectRegistry(own.hub, registry.kind, registry);
    } finally {
      await standalone.stop();
    }
    const folder = { TAGBOAT_DATA: standalone.dataDir };
    for (const registry of registries) {
      await buildImage(registry.kind);
      await skopeo(registry, `standalone-${registry.kind}`, folder);
      await buildah(registry, `standalone-${registry.kind}`, folder);
    }
    const list = await bench.run('docker-credential-tagboat', ['list'], folder);
    expect(Object.keys(JSON.parse(list.stdout) as object).sort()).toEqual(registries.map(({ host }) => host).sort());
  }, 120_000);
});
