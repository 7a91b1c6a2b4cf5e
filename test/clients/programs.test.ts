import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { createClient } from '../../src/sdk/index.ts';
import { type DockerRegistry, startDockerRegistry } from '../support/docker-registry.ts';
import { type Administrator, type HubProcess, setUpHub, startHubProcess } from '../support/hub-process.ts';
import { tryRun } from '../support/run.ts';
import { buildahStore, connectRegistry, programs, smallImage, type Workbench, workbench } from './workbench.ts';

let bench: Workbench;
let hub: HubProcess;
let administrator: Administrator;
let registry: DockerRegistry;
let image: string;
let env: Readonly<Record<string, string>>;

beforeAll(async () => {
  [bench, hub, registry] = await Promise.all([
    workbench(),
    startHubProcess({ entry: 'src/main.ts' }),
    startDockerRegistry({ kind: 'htpasswd', password: 'geheim:"$\\ö' }),
  ]);
  administrator = await setUpHub(hub);
  await connectRegistry(administrator.hub, 'prod', registry);
  await administrator.hub.createRegistry({
    name: 'hub',
    provider: 'dockerhub',
    signIn: 'token',
    fields: { username: 'acme', password: 'dckr_pat_geheim' },
  });
  await bench.useHelperFor(registry.host);
  image = await smallImage(join(bench.home, 'layout'));
  env = { TAGBOAT_URL: hub.url, TAGBOAT_TOKEN: administrator.token };
}, 120_000);

afterAll(async () => {
  await Promise.all([hub?.stop(), registry?.stop()]);
  await bench?.[Symbol.asyncDispose]();
});

const helper = (action: string, input: string, more: Readonly<Record<string, string>> = env) =>
  bench.node(programs.helper, [action], more, input);
const tagboat = (args: readonly string[], more: Readonly<Record<string, string>> = env) => bench.node(programs.tagboat, args, more);
const inspect = ['--insecure-policy', 'list-tags', '--tls-verify=false'];

describe('docker-credential-tagboat', () => {
  it('answers in the form of credential helpers', async () => {
    const { code, stdout, stderr } = await helper('get', `${registry.host}\n`);
    expect(JSON.parse(stdout)).toEqual({ ServerURL: registry.host, Username: 'ci', Secret: 'geheim:"$\\ö' });
    expect([code, stderr]).toEqual([0, '']);
    const dockerHub = await helper('get', 'https://index.docker.io/v1/');
    expect(JSON.parse(dockerHub.stdout)).toEqual({ ServerURL: 'https://index.docker.io/v1/', Username: 'acme', Secret: 'dckr_pat_geheim' });
  });

  it('says in the words that clients know when there is none', async () => {
    expect(await helper('get', 'ghcr.io')).toMatchObject({ code: 1, stdout: 'credentials not found in native keychain\n' });
    expect(await helper('get', ' \n')).toMatchObject({ code: 1, stdout: 'no credentials server URL\n' });
    expect((await helper('get', 'x'.repeat(20_000))).stdout).toMatch(/too long/);
  });

  it('lists servers without secrets', async () => {
    const { code, stdout } = await helper('list', '');
    expect(code).toBe(0);
    expect(Object.keys(JSON.parse(stdout) as object).sort()).toEqual([registry.host, 'https://index.docker.io/v1/'].sort());
    expect(stdout).not.toContain('geheim');
  });

  it('refuses to store and to erase, and says why', async () => {
    const stored = await helper('store', JSON.stringify({ ServerURL: 'ghcr.io', Username: 'u', Secret: 'geheim-2' }));
    expect(stored).toMatchObject({ code: 1, stdout: expect.stringContaining('tagboat registry add') });
    expect(stored.stdout + stored.stderr).not.toContain('geheim');
    expect(await helper('erase', 'ghcr.io')).toMatchObject({
      code: 0,
      stdout: '',
      stderr: expect.stringContaining('nothing of yours is stored here'),
    });
    expect(await helper('version', '')).toMatchObject({
      code: 0,
      stdout: expect.stringMatching(/^docker-credential-tagboat \d+\.\d+\.\d+\n$/),
    });
    expect(await helper('sing', '')).toMatchObject({ code: 1, stdout: expect.stringContaining('Usage:') });
  });

  it.each(['skopeo', 'buildah'])('lets %s sign out, and says why it cannot keep a sign-in', async (program) => {
    const store = program === 'buildah' ? buildahStore(bench.home) : [];
    const login = await bench.tryRun(
      program,
      [...store, 'login', '--tls-verify=false', '--username', 'ci', '--password-stdin', registry.host],
      env,
      'geheim:"$\\ö',
    );
    expect(login.code).not.toBe(0);
    expect(login.stdout + login.stderr).toContain('tagboat registry add');
    const logout = await bench.tryRun(program, [...store, 'logout', registry.host], env);
    expect(logout).toMatchObject({ code: 0, stderr: expect.stringContaining('nothing of yours is stored here') });
    await bench.useHelperFor(registry.host);
  });

  it('finds the hub that `tagboat login` remembers, in a bare environment', async () => {
    const config = join(bench.home, '.config', 'tagboat');
    await mkdir(config, { recursive: true });
    await writeFile(
      join(config, 'config.json'),
      JSON.stringify({ current: hub.url, hubs: { [hub.url]: { token: administrator.token } } }),
      { mode: 0o600 },
    );
    const child = spawn(process.execPath, [programs.helper, 'get'], { env: { HOME: bench.home } });
    let stdout = '';
    child.stdout.on('data', (text) => (stdout += String(text)));
    child.stdin.end(registry.host);
    await once(child, 'close');
    expect(JSON.parse(stdout)).toMatchObject({ Username: 'ci' });
  });

  it('stops clients with the reason where the token is wrong or the hub is gone', async () => {
    const wrong = { ...env, TAGBOAT_TOKEN: 'tgb_geheim' };
    const { code, stdout } = await helper('get', registry.host, wrong);
    expect(code).toBe(1);
    expect(stdout).toMatch(/does not accept the API token.*TAGBOAT_TOKEN/);
    expect(stdout).not.toContain('tgb_geheim');
    const skopeo = await bench.tryRun('skopeo', [...inspect, `docker://${registry.host}/any`], wrong);
    expect(skopeo.code).not.toBe(0);
    expect(skopeo.stderr).toContain('does not accept the API token');
    const dead = { ...env, TAGBOAT_URL: 'http://127.0.0.1:9' };
    expect(await helper('get', registry.host, dead)).toMatchObject({ code: 1, stdout: expect.stringContaining('nothing listens there') });
    expect(await helper('get', registry.host, { TAGBOAT_DATA: join(bench.home, 'nowhere') })).toMatchObject({
      code: 1,
      stdout: expect.stringMatching(/There is no data of Tagboat in .*nowhere/),
    });
    expect(await readdir(bench.home)).not.toContain('nowhere');
  });

  it('gives a token that is limited to other registries nothing, and a viewer no whole credential', async () => {
    const limited = await administrator.hub.createToken({ name: 'limited', role: 'operator', registries: ['hub'] });
    expect(await helper('get', registry.host, { ...env, TAGBOAT_TOKEN: limited.secret })).toMatchObject({
      stdout: 'credentials not found in native keychain\n',
    });
    const viewer = await administrator.hub.createToken({ name: 'viewer', role: 'viewer' });
    const refused = await helper('get', registry.host, { ...env, TAGBOAT_TOKEN: viewer.secret });
    expect(refused).toMatchObject({ code: 1, stdout: expect.stringContaining('narrowed, pull-only credentials of prod') });
  });
});

describe('tagboat-kubelet-credential-provider', () => {
  const apiVersion = 'credentialprovider.kubelet.k8s.io/v1';
  const kubelet = (request: unknown, more: Readonly<Record<string, string>> = env, args: readonly string[] = []) =>
    bench.node(programs.kubelet, args, more, typeof request === 'string' ? request : JSON.stringify(request));
  const forImage = (name: string) => ({ apiVersion, kind: 'CredentialProviderRequest', image: name });

  it('answers a request of the kubelet', async () => {
    const { code, stdout, stderr } = await kubelet(forImage(`${registry.host}/shop/api:1`));
    expect(JSON.parse(stdout)).toEqual({
      apiVersion,
      kind: 'CredentialProviderResponse',
      cacheKeyType: 'Registry',
      cacheDuration: '10m0s',
      auth: { [registry.host]: { username: 'ci', password: 'geheim:"$\\ö' } },
    });
    expect([code, stderr]).toEqual([0, '']);
  });

  it('reads a file of its own', async () => {
    const [file, token] = [join(bench.home, 'kubelet.json'), join(bench.home, 'token')];
    await writeFile(token, `${administrator.token}\n`, { mode: 0o600 });
    await writeFile(file, JSON.stringify({ hub: hub.url, tokenFile: token }));
    const { stdout } = await kubelet(forImage('docker.io/library/alpine:3'), {}, ['--config', file]);
    expect(Object.keys((JSON.parse(stdout) as { auth: object }).auth)).toContain('docker.io');
    await writeFile(join(bench.home, 'open-token'), administrator.token, { mode: 0o644 });
    const open = await kubelet(forImage('docker.io/a/b'), { TAGBOAT_URL: hub.url }, ['--token-file', join(bench.home, 'open-token')]);
    expect(open).toMatchObject({ code: 1, stdout: '', stderr: expect.stringContaining('chmod 600') });
  });

  it('answers without credentials where no registry is meant', async () => {
    const { code, stdout } = await kubelet(forImage('ghcr.io/acme/api:1'));
    expect(code).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({ auth: {}, cacheDuration: '0s' });
  });

  it.each([
    ['another version', { ...forImage('ghcr.io/a'), apiVersion: 'credentialprovider.kubelet.k8s.io/v1alpha1' }, env, 'v1alpha1'],
    ['an image without a host', forImage('alpine'), env, 'names no registry'],
    ['no JSON', '{"serviceAccountToken":"geheim', env, 'is not JSON'],
    ['a hub that is gone', forImage('ghcr.io/a/b'), { TAGBOAT_URL: 'http://127.0.0.1:9', TAGBOAT_TOKEN: 'tgb_x' }, 'nothing listens there'],
    ['no hub at all', forImage('ghcr.io/a/b'), {}, 'No hub is named'],
  ])('ends with a sentence and no half answer for %s', async (_name, request, more, sentence) => {
    const { code, stdout, stderr } = await kubelet(request, more);
    expect([code, stdout]).toEqual([1, '']);
    expect(stderr).toContain(sentence);
    expect(stderr.trim()).not.toContain('\n');
    expect(stderr).not.toContain('geheim');
  });
});

describe('tagboat exec', () => {
  it('runs a client with a throw-away configuration, keeps its other settings, and leaves nothing behind', async () => {
    const docker = join(bench.home, 'own-docker');
    await mkdir(join(docker, 'contexts'), { recursive: true });
    await writeFile(
      join(docker, 'config.json'),
      JSON.stringify({
        auths: { 'ghcr.io': { auth: 'Z2VoZWlt' } },
        credsStore: 'desktop',
        currentContext: 'remote',
        proxies: { default: {} },
        credHelpers: { 'gcr.io': 'gcloud' },
      }),
    );
    const script =
      'cat "$DOCKER_CONFIG/config.json"; ls -la "$DOCKER_CONFIG"; stat -c %a "$DOCKER_CONFIG" "$DOCKER_CONFIG/.."; command -v docker-credential-tagboat';
    const { code, stdout } = await tagboat(['exec', '--', 'sh', '-c', script], { ...env, DOCKER_CONFIG: docker });
    expect(code).toBe(0);
    const config = JSON.parse(stdout.slice(0, stdout.indexOf('\n}') + 2)) as Record<string, unknown>;
    expect(config).toMatchObject({ auths: {}, currentContext: 'remote', proxies: { default: {} } });
    expect(config.credHelpers).toMatchObject({
      [registry.host]: 'tagboat',
      'https://index.docker.io/v1/': 'tagboat',
      'docker.io': 'tagboat',
      'gcr.io': 'gcloud',
    });
    expect(config).not.toHaveProperty('credsStore');
    expect(stdout).toMatch(/contexts -> .*own-docker\/contexts/);
    expect(stdout.match(/^700$/gm)).toHaveLength(2);
    expect(stdout).toMatch(/tagboat-exec-\w+\/bin\/docker-credential-tagboat/);
    expect((await readdir(bench.home)).filter((name) => name.startsWith('tagboat-exec'))).toEqual([]);
  });

  it.each([
    ['with the helper', []],
    ['with --static', ['--static']],
  ] as const)('lets skopeo push and pull, %s', async (name, flags) => {
    const remote = `docker://${registry.host}/exec/${flags.length === 0 ? 'helper' : 'static'}:1`;
    const run = (...args: string[]) =>
      tagboat(['exec', '--registry', 'prod', ...flags, '--', 'skopeo', '--insecure-policy', 'copy', ...args]);
    expect(await run('--dest-tls-verify=false', image, remote), name).toMatchObject({ code: 0 });
    expect(await run('--src-tls-verify=false', remote, `dir:${join(bench.home, `exec-${flags.length}`)}`)).toMatchObject({ code: 0 });
  });

  it('ends with the code of the command, and says when there is no such command or registry', async () => {
    expect(await tagboat(['exec', '--', 'sh', '-c', 'exit 42'])).toMatchObject({ code: 42 });
    expect(await tagboat(['exec', '--', 'sh', '-c', 'kill -9 $$'])).toMatchObject({ code: 137 });
    expect(await tagboat(['exec', '--', 'no-such-program'])).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('There is no program “no-such-program” here.'),
    });
    expect(await tagboat(['exec', '--registry', 'nope', '--', 'true'])).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('no registry “nope”'),
    });
  });

  it.each(['SIGTERM', 'SIGINT'] as const)('passes %s on and removes the folder', async (signal) => {
    const child = spawn(
      process.execPath,
      [programs.tagboat, 'exec', '--', 'sh', '-c', `trap 'echo caught; exit 7' TERM INT; echo ready; while :; do sleep 0.05; done`],
      {
        env: { ...process.env, ...bench.env, ...env },
        stdio: ['ignore', 'pipe', 'inherit'],
      },
    );
    let stdout = '';
    const exited = once(child, 'close');
    await new Promise<void>((resolve) => {
      child.stdout.on('data', (text) => {
        stdout += String(text);
        if (stdout.includes('ready')) resolve();
      });
    });
    child.kill(signal);
    const [code] = (await exited) as [number];
    expect(stdout).toContain('caught');
    expect(code).toBe(7);
    expect((await readdir(bench.home)).filter((name) => name.startsWith('tagboat-exec'))).toEqual([]);
  });
});

describe('tagboat secret render', () => {
  const content = (text: string, key: string) =>
    JSON.parse(Buffer.from((parse(text) as { data: Record<string, string> }).data[key] ?? '', 'base64').toString()) as unknown;

  it('renders what the API server and the kubelet take, whatever the password holds', async () => {
    const { code, stdout } = await tagboat(['secret', 'render', 'prod', '--namespace', 'shop']);
    expect(code).toBe(0);
    const manifest = parse(stdout) as object;
    expect(manifest).toMatchObject({
      apiVersion: 'v1',
      kind: 'Secret',
      type: 'kubernetes.io/dockerconfigjson',
      metadata: {
        name: 'prod-pull',
        namespace: 'shop',
        annotations: { 'tagboat.dev/registry': 'prod', 'tagboat.dev/rendered-by': `ana at ${hub.url}` },
      },
    });
    const password = 'geheim:"$\\ö';
    const entry = { username: 'ci', password, auth: Buffer.from(`ci:${password}`).toString('base64') };
    expect(content(stdout, '.dockerconfigjson')).toEqual({ auths: { [registry.host]: entry } });
    const old = await tagboat(['secret', 'render', 'hub', '-n', 'shop', '--name', 'pull', '--type', 'dockercfg', '--json']);
    expect(JSON.parse(old.stdout)).toMatchObject({ type: 'kubernetes.io/dockercfg', metadata: { name: 'pull' } });
    expect(Object.keys(content(old.stdout, '.dockercfg') as object)).toEqual(['https://index.docker.io/v1/']);
  });

  it('refuses names that Kubernetes refuses, and warns of an end', async () => {
    expect(await tagboat(['secret', 'render', 'prod', '-n', 'Shop_1'])).toMatchObject({ code: 2, stdout: '' });
    await administrator.hub.updateRegistry('hub', { secretEndsAt: new Date(Date.now() + 3 * 86_400_000).toISOString() });
    const { stdout, stderr } = await tagboat(['secret', 'render', 'hub', '-n', 'shop']);
    expect(stderr).toMatch(/ends in 2 d .*tagboat-kubelet-credential-provider/s);
    expect((parse(stdout) as { metadata: { annotations: object } }).metadata.annotations).toHaveProperty(['tagboat.dev/expires-at']);
  });
});

describe('tagboat credential get', () => {
  it('shows the secret only when that is asked for', async () => {
    const shown = await tagboat(['credential', 'get', 'prod']);
    expect(shown.code).toBe(0);
    expect(shown.stdout).toMatch(/user +ci/);
    expect(shown.stdout + shown.stderr).not.toContain('geheim');
    expect((await tagboat(['credential', 'get', 'prod', '--format', 'plain'])).stdout).toBe('geheim:"$\\ö\n');
    expect(JSON.parse((await tagboat(['credential', 'get', `${registry.host}/shop/api:1`, '--format', 'helper'])).stdout)).toEqual({
      ServerURL: registry.host,
      Username: 'ci',
      Secret: 'geheim:"$\\ö',
    });
    const answer = JSON.parse((await tagboat(['credential', 'get', 'prod/shop/api', '--push', '--json'])).stdout) as object;
    expect(answer).toMatchObject({ origin: 'stored', scope: { push: true, repositories: ['shop/api'] } });
    const variables = (await tagboat(['credential', 'get', 'prod', '--format', 'env'])).stdout;
    const { stdout } = await tryRun('sh', ['-c', `${variables}printf '%s|%s|%s' "$REGISTRY" "$REGISTRY_USERNAME" "$REGISTRY_PASSWORD"`]);
    expect(stdout).toBe(`${registry.host}|ci|geheim:"$\\ö`);
  });

  it('fails for a registry that nobody knows', async () => {
    expect(await tagboat(['credential', 'get', 'nope.test/a'])).toMatchObject({ code: 1, stderr: expect.stringContaining('nope.test/a') });
  });
});

describe('every hand-out', () => {
  it('is on record with purpose and address, and shows no secret anywhere', async () => {
    const anybody = createClient({ baseUrl: hub.url, token: administrator.token });
    const { items } = await anybody.listAudit({ action: 'credential.handed-out', limit: 1000 });
    const purposes = new Set(items.map(({ after }) => (after as { purpose?: string } | undefined)?.purpose));
    expect([...purposes]).toEqual(
      expect.arrayContaining([
        'docker credential helper',
        'kubelet',
        'tagboat exec skopeo',
        'tagboat credential get',
        'pull secret shop/pull',
      ]),
    );
    expect(items.every(({ address }) => address === '127.0.0.1')).toBe(true);
    expect(JSON.stringify(items)).not.toContain('geheim');
    expect(hub.log()).not.toContain('geheim');
    for (const name of await readdir(hub.dataDir))
      expect(await readFile(join(hub.dataDir, name), 'latin1'), name).not.toContain('dckr_pat_geheim');
  });

  it('is never kept by what stands between', async () => {
    const response = await fetch(`${hub.url}/api/v1/credentials`, {
      method: 'POST',
      headers: { authorization: `Bearer ${administrator.token}`, 'content-type': 'application/json' },
      body: JSON.stringify({ registry: 'prod', purpose: 'a test' }),
    });
    expect(response.status).toBe(200);
    expect(response.headers.get('cache-control')).toBe('no-store');
  });
});
