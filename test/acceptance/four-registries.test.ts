import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { buildImage, buildIndex, startRegistry } from '../../src/testing/index.ts';
import { type DockerRegistry, type DockerRegistryKind, startDockerRegistry } from '../support/docker-registry.ts';
import { type Administrator, type HubProcess, setUpHub, startHubProcess } from '../support/hub-process.ts';
import { run } from '../support/run.ts';
import { Skopeo } from '../support/skopeo.ts';
import { temporaryDirectory } from '../support/temporary.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));
const kinds: readonly DockerRegistryKind[] = ['open', 'htpasswd', 'token', 'tls'];
const password = 'Pa55-w0rd-that-nobody-may-see';
const content: Readonly<Record<string, readonly string[]>> = {
  'shop/api': ['1.7.9', '1.8.0', '1.10.0', 'latest'],
  'platform/tools': ['v2'],
};

/** A hub of its own, Debian's docker-registry four times, the same images in each, put there by skopeo. */
describe('four real registries', () => {
  let hub: HubProcess;
  let admin: Administrator;
  let scratch: Awaited<ReturnType<typeof temporaryDirectory>>;
  const registries = new Map<DockerRegistryKind, DockerRegistry>();
  const skopeos = new Map<DockerRegistryKind, Skopeo>();
  const answers: string[] = [];
  const at = (kind: DockerRegistryKind) => registries.get(kind) as DockerRegistry;

  beforeAll(async () => {
    scratch = await temporaryDirectory('tagboat-acceptance');
    hub = await startHubProcess();
    admin = await setUpHub(hub);
    await using source = await startRegistry();
    for (const [name, tags] of Object.entries(content)) {
      for (const tag of tags) {
        const image = (architecture: string) =>
          buildImage({ layers: [{ files: { 'etc/release': `${name} ${tag} ${architecture}` } }], platform: `linux/${architecture}` });
        source.put(name, buildIndex({ manifests: [image('amd64'), image('arm64')] }), tag);
      }
    }
    for (const kind of kinds) {
      const registry = await startDockerRegistry({ kind, username: 'ci', password });
      registries.set(kind, registry);
      const skopeo = new Skopeo(scratch.path, { username: registry.username, password: registry.password, ca: registry.authority?.cert });
      skopeos.set(kind, skopeo);
      for (const [name, tags] of Object.entries(content)) {
        for (const tag of tags) {
          const target = `docker://${registry.host}/${name}:${tag}`;
          const access = registry.username ? [`--dest-creds=ci:${password}`] : [];
          await skopeo.run(
            'copy',
            '--all',
            '--src-tls-verify=false',
            '--dest-tls-verify=false',
            ...access,
            `docker://${source.host}/${name}:${tag}`,
            target,
          );
        }
      }
    }
  }, 180_000);

  afterAll(async () => {
    for (const registry of registries.values()) await registry.stop();
    await hub?.stop();
    await scratch?.remove();
  });

  const tagboat = (args: readonly string[], input = '') =>
    run(process.execPath, [join(root, 'dist/main.js'), ...args], {
      input,
      env: { TAGBOAT_URL: hub.url, TAGBOAT_TOKEN: admin.token, HOME: scratch.path, XDG_CONFIG_HOME: scratch.path, NO_COLOR: '1' },
    });

  const connection = (registry: DockerRegistry) =>
    registry.authority ? { tls: 'ca' as const, ca: registry.authority.cert } : { tls: 'plain' as const };

  it.each(kinds)('%s: added by the API, doctor green', async (kind) => {
    const registry = at(kind);
    const created = await admin.hub.createRegistry({
      name: `api-${kind}`,
      provider: 'generic',
      url: registry.url,
      prefix: `${registry.host}/by-api`,
      connection: connection(registry),
      ...(registry.username ? { signIn: 'password', fields: { username: 'ci', password } } : { signIn: 'anonymous' }),
    });
    answers.push(JSON.stringify(created));
    const report = await admin.hub.testRegistryReport(created.id);
    answers.push(JSON.stringify(report));
    expect(report.steps.filter((step) => step.state === 'failed')).toEqual([]);
    expect(report.state).toBe('ok');
  });

  it.each(kinds)('%s: added by the command line, doctor green', async (kind) => {
    const registry = at(kind);
    await scratchFile('ca.pem', registry.authority?.cert ?? '');
    const tls = registry.authority ? ['--ca-file', join(scratch.path, 'ca.pem')] : ['--plain-http'];
    const signIn = registry.username ? ['--sign-in', 'password', '--username', 'ci', '--password-stdin'] : ['--sign-in', 'anonymous'];
    const { stdout } = await tagboat(
      ['registry', 'add', `cli-${kind}`, registry.host, '--provider', 'generic', ...tls, ...signIn],
      password,
    );
    expect(stdout).toContain('✓');
    expect(stdout).not.toContain('✗');
    // Checked in the background right after it was saved.
    const state = async () =>
      (JSON.parse((await tagboat(['registry', 'show', `cli-${kind}`, '--json'])).stdout) as { state: { state: string } }).state.state;
    await expect.poll(state, { timeout: 15_000, interval: 200 }).toBe('ok');
  });

  it.each(kinds)('%s: repositories, tags and manifests are what skopeo reports', async (kind) => {
    const skopeo = skopeos.get(kind) as Skopeo;
    const repositories = await admin.hub.listRepositories(`api-${kind}`);
    expect(repositories.items.map((item) => item.name).toSorted()).toEqual(Object.keys(content).toSorted());
    for (const name of Object.keys(content)) {
      const tags = await admin.hub.listTags(`api-${kind}`, name, { details: true });
      const expected = await skopeo.listTags(`${at(kind).host}/${name}`);
      expect(tags.items.map((tag) => tag.name).toSorted()).toEqual(expected.toSorted());
      for (const tag of tags.items) {
        const { digestOf } = await import('../../src/oci/index.ts');
        const raw = await skopeo.inspectRaw(`${at(kind).host}/${name}:${tag.name}`);
        expect(tag.digest).toBe(digestOf(new TextEncoder().encode(raw)));
        expect(tag.platforms).toEqual(['linux/amd64', 'linux/arm64']);
      }
      const lines = JSON.parse((await tagboat(['tags', `cli-${kind}/${name}`, '--json'])).stdout) as { items: { name: string }[] };
      expect(lines.items.map((tag) => tag.name).toSorted()).toEqual(expected.toSorted());
    }
    const image = await admin.hub.getImage(`api-${kind}`, 'shop/api', '1.8.0', { platform: 'linux/arm64' });
    const config = (await skopeo.inspectConfig(`${at(kind).host}/shop/api@${image.manifest?.digest}`)) as { architecture: string };
    expect(image.manifest?.config?.architecture).toBe(config.architecture);
  });

  it('leaves no secret in the database, the log, an answer or the process list', async () => {
    answers.push(JSON.stringify(await admin.hub.listRegistries()), JSON.stringify(await admin.hub.listAudit()));
    for (const name of await readdir(hub.dataDir)) {
      const bytes = await readFile(join(hub.dataDir, name));
      for (const secret of [password, admin.password, admin.token]) expect(bytes.includes(secret), `${name} holds a secret`).toBe(false);
    }
    const { stdout: processes } = await run('ps', ['-eo', 'pid,args', '-ww']);
    const own = processes.split('\n').filter((line) => line.includes('main.js'));
    for (const text of [hub.log(), ...answers, ...own]) {
      for (const secret of [password, admin.password, admin.token]) expect(text.includes(secret)).toBe(false);
    }
    expect(answers.length).toBeGreaterThanOrEqual(10);
  });

  async function scratchFile(name: string, text: string): Promise<void> {
    const { writeFile } = await import('node:fs/promises');
    await writeFile(join(scratch.path, name), text);
  }
});
