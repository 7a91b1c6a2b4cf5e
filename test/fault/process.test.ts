import { once } from 'node:events';
import { chmod, mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ApiError, type Client, createClient } from '../../src/sdk/index.ts';
import { buildImage, startRegistry } from '../../src/testing/index.ts';
import { type HubProcess, type HubProcessOptions, setUpHub, startHubProcess } from '../support/hub-process.ts';
import { tryRun } from '../support/run.ts';
import { temporaryDirectory, type TemporaryDirectory } from '../support/temporary.ts';
import { json, startHostile } from './hostile.ts';

const main = new URL('../../src/main.ts', import.meta.url).pathname;
const password = 'hunter2-Very$ecret';

let directory: TemporaryDirectory;
let dataDir: string;
let running: HubProcess[];

beforeEach(async () => {
  directory = await temporaryDirectory('tagboat-fault');
  dataDir = join(directory.path, 'data');
  running = [];
});
afterEach(async () => {
  for (const hub of running) await hub.stop('SIGKILL');
  await directory.remove();
});

async function start(options: HubProcessOptions = {}): Promise<HubProcess> {
  const hub = await startHubProcess({
    dataDir,
    entry: 'src/main.ts',
    args: ['--background-checks', 'no', '--log-level', 'debug'],
    ...options,
  });
  running.push(hub);
  return hub;
}

/** `tagboat` to its end. */
const tagboat = (args: readonly string[], env: Record<string, string> = {}) =>
  tryRun(process.execPath, [main, ...args], { env: { HOME: directory.path, ...env }, timeout: 20_000 });
const serve = (...more: string[]) => tagboat(['serve', '--port', '0', '--data', dataDir, ...more]);

const input = (name: string, url = 'http://127.0.0.1:5000') => ({
  name,
  provider: 'generic',
  url,
  connection: { tls: 'plain' as const },
  signIn: 'password',
  fields: { username: 'ci', password },
});

const codeOf = (error: unknown): string => (error instanceof ApiError ? error.code : 'cut');

describe('kill -9', () => {
  it('at any point of 200 writes loses none that was acknowledged, halves none, and needs no repair', async () => {
    await using registry = await startRegistry({ auth: { kind: 'basic', users: { ci: password } } });
    registry.put('team/app', buildImage(), '1.0');
    /** name → description that was acknowledged last; undefined: removed. */
    const acknowledged = new Map<string, string | undefined>();
    /** What may be there as well: sent, and never answered. */
    const open = new Map<string, string | undefined>();
    let hub = await start();
    const { token } = await setUpHub(hub);
    let written = 0;
    const write = async (api: Client, lane: number, i: number): Promise<void> => {
      const name = `r-${lane}-${i}`;
      const steps: [string | undefined, () => Promise<unknown>][] = [
        ['', () => api.createRegistry(input(name, registry.url))],
        ['edited', () => api.updateRegistry(name, { description: 'edited', fields: { username: 'ci', password } })],
        ...(i % 3 === 0 ? [[undefined, () => api.deleteRegistry(name, { nextDefault: '' })] as [undefined, () => Promise<unknown>]] : []),
      ];
      for (const [value, step] of steps) {
        open.set(name, value);
        await step();
        acknowledged.set(name, value);
        open.delete(name);
        written++;
      }
    };
    for (let round = 0; round < 3; round++) {
      const api = createClient({ baseUrl: hub.url, token });
      const until = written + 68 + Math.floor(Math.random() * 10);
      const lanes = [0, 1, 2, 3].map(async (lane) => {
        for (let i = 0; ; i++) await write(api, lane, round * 1000 + i);
      });
      const ended = Promise.allSettled(lanes);
      while (written < until) await new Promise((resolve) => setTimeout(resolve, Math.random() * 4));
      await hub.stop('SIGKILL');
      const reasons = await ended;
      for (const lane of reasons) expect(lane.status === 'rejected' && codeOf(lane.reason), hub.log().slice(-2000)).toBe('cut');

      hub = await start();
      const again = createClient({ baseUrl: hub.url, token });
      const found = new Map((await again.listRegistries({ limit: 1000 })).items.map((one) => [one.name, one]));
      const names = new Set([...acknowledged.keys(), ...open.keys(), ...found.keys()]);
      for (const name of names) {
        const allowed = [acknowledged.get(name), ...(open.has(name) ? [open.get(name)] : [])];
        expect(allowed, name).toContain(found.get(name)?.description);
        acknowledged.set(name, found.get(name)?.description);
      }
      open.clear();
      expect([...found.values()].filter((one) => one.default).length).toBeLessThanOrEqual(1);
      for (const one of found.values()) expect(one).toMatchObject({ secretsSet: ['password'], secretsLost: false });
    }
    expect(written).toBeGreaterThanOrEqual(200);
    const api = createClient({ baseUrl: hub.url, token });
    const { items } = await api.listRegistries({ limit: 1000 });
    for (const { name } of items.slice(0, 5)) expect((await api.listTags(name, 'team/app')).items, 'its secret unseals').toHaveLength(1);
    // Every registry that is there has its audit entry: they are written together or not at all.
    const created = new Set<string | undefined>();
    for (let cursor: string | undefined; ; ) {
      const page = await api.listAudit({ action: 'registry.create', limit: 1000, ...(cursor && { cursor }) });
      for (const entry of page.items) created.add(entry.target?.id);
      if (!(cursor = page.next)) break;
    }
    for (const { id } of items) expect(created).toContain(id);
    for (const file of await readdir(dataDir)) expect((await readFile(join(dataDir, file), 'latin1')).includes(password), file).toBe(false);
    expect(hub.log()).not.toContain(password);
  });
});

describe('SIGTERM', () => {
  it('lets a request under way finish, ends streams, and takes nothing new', async () => {
    await using server = await startHostile();
    const { promise: released, resolve: release } = Promise.withResolvers<void>();
    server.on(/tags/, (response, request) => void released.then(() => json({ tags: ['1.0'] })(response, request)));
    const hub = await start();
    const { hub: api } = await setUpHub(hub);
    await api.createRegistry({ ...input('slow', server.url), signIn: 'anonymous', fields: {} });
    const pending = api.listTags('slow', 'app');
    const streamed = (async () => {
      for await (const _ of api.watchEvents());
      return 'ended';
    })().catch(() => 'ended');
    while (!server.received.some((one) => one.path.includes('tags'))) await new Promise((resolve) => setTimeout(resolve, 5));
    const exited = once(hub.child, 'exit');
    hub.child.kill('SIGTERM');
    expect(await streamed).toBe('ended');
    const started = Date.now();
    release();
    expect((await pending).items).toHaveLength(1);
    expect(await exited).toEqual([0, null]);
    expect(Date.now() - started, 'no connection is waited for').toBeLessThan(5000);
    expect(await fetch(hub.url).catch(() => 'refused')).toBe('refused');
    expect(hub.log()).not.toMatch(/"level":50|UnhandledPromise|    at /);
  });
});

describe('tagboat serve refuses to start, with exit code 1 and a sentence,', () => {
  const refused = async (finished: ReturnType<typeof serve>, words: RegExp) => {
    const { code, stdout, stderr } = await finished;
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
    expect(stderr).toMatch(words);
    expect(stderr).toContain('Next: ');
    expect(stderr).not.toMatch(/\n\s+at /);
  };

  it('on a data directory or a port that is taken, and with a wrong key', async () => {
    const hub = await start();
    const { hub: api } = await setUpHub(hub);
    await api.createRegistry(input('prod'));
    const other = createServer().listen(0, '127.0.0.1');
    await once(other, 'listening');
    const { port } = other.address() as { port: number };
    await Promise.all([
      refused(serve(), /^Hub: Another hub .*data directory/m),
      refused(
        tagboat(['serve', '--port', String(port), '--data', join(directory.path, 'second')]),
        /^Hub: Port \d+ of 127\.0\.0\.1 is taken/,
      ),
      refused(tagboat(['serve', '--host', '192.0.2.1', '--port', '0', '--data', join(directory.path, 'third')]), /^Hub: .*cannot listen/m),
    ]);
    other.close();
    expect((await api.getRegistry('prod')).name).toBe('prod');
    await hub.stop();

    const key = join(dataDir, 'master.key');
    const right = await readFile(key);
    const wrong = Buffer.alloc(32, 7).toString('base64');
    await refused(tagboat(['serve', '--port', '0', '--data', dataDir], { TAGBOAT_MASTER_KEY: wrong }), /^Hub: .*is not the one/m);
    await writeFile(key, wrong);
    await refused(serve(), /^Hub: .*is not the one/m);
    await writeFile(key, '');
    await refused(serve(), /^Hub: /m);
    // Nothing of this has done any harm.
    await writeFile(key, right);
    const again = await start();
    expect(again.log()).not.toContain('lost');
  });

  it('on a damaged database, a directory that is a file, and where nothing can be written', async () => {
    expect.hasAssertions();
    const file = join(directory.path, 'file');
    await writeFile(file, 'x');
    const damaged = join(directory.path, 'damaged');
    await mkdir(damaged);
    await writeFile(join(damaged, 'tagboat.db'), 'not a database '.repeat(1000));
    await Promise.all([
      refused(tagboat(['serve', '--port', '0', '--data', damaged]), /^Hub: .*damaged/m),
      refused(tagboat(['serve', '--port', '0', '--data', file]), /^Hub: .*directory/m),
      refused(tagboat(['serve', '--port', '0', '--data', '/dev/null/data']), /^Hub: .*\/dev\/null\/data/m),
    ]);
    await refused(serve('--data', '/sys/kernel'), /^Hub: .*\/sys\/kernel/m);
  });
});

describe('a lost master key', () => {
  it('loses the secrets alone: the hub starts and says so, the loss is accepted, secrets are entered again', async () => {
    await using registry = await startRegistry({ auth: { kind: 'basic', users: { ci: password } } });
    registry.put('team/app', buildImage(), '1.0');
    const first = await start();
    const { token } = await setUpHub(first);
    await createClient({ baseUrl: first.url, token }).createRegistry(input('prod', registry.url));
    await first.stop();
    await rm(join(dataDir, 'master.key'));
    const args = ['--background-checks', 'no', '--log-level', 'debug'];
    const lost = await start({ args });
    expect(lost.log()).toContain('master key is lost');
    const api = createClient({ baseUrl: lost.url, token });
    expect(await api.getRegistry('prod')).toMatchObject({ name: 'prod', secretsLost: true });
    const refused = await api.listTags('prod', 'team/app').catch((error: unknown) => error);
    expect((refused as ApiError).problem).toMatchObject({ code: 'unseal_failed', fault: 'hub' });
    expect(await api.createRegistry(input('more', registry.url)).catch(codeOf)).toBe('key_lost');
    expect((await api.listRegistries()).items).toHaveLength(1);
    await lost.stop();

    const accepted = await tagboat(['key', 'accept-loss', '--data', dataDir]);
    expect(accepted.code, accepted.stderr).toBe(0);
    const again = createClient({ baseUrl: (await start()).url, token });
    expect(await again.getRegistry('prod')).toMatchObject({ secretsLost: true });
    expect(await again.listTags('prod', 'team/app').catch((error: unknown) => (error as ApiError).problem.fault)).not.toBe('remote');
    await again.updateRegistry('prod', { fields: { password } });
    expect(await again.getRegistry('prod')).toMatchObject({ secretsLost: false, secretsSet: ['password'] });
    expect((await again.listTags('prod', 'team/app')).items).toHaveLength(1);
  });
});

describe('a disk', () => {
  it('that takes no more is told of, nothing is half-written, and the hub goes on once there is room', async () => {
    const hub = await start();
    const { hub: api } = await setUpHub(hub);
    await api.createRegistry(input('kept'));
    const limit = async (bytes: string) => {
      const { code, stderr } = await tryRun('prlimit', ['--pid', String(hub.child.pid), `--fsize=${bytes}:unlimited`]);
      expect(code, stderr).toBe(0);
    };
    // Files of this process may grow no more. The signal that the kernel sends along is ignored by Node.js.
    await limit('100000');
    const results: string[] = [];
    for (let i = 0; i < 30; i++) {
      const certificates = {
        description: 'x'.repeat(1000),
        pinnedRepositories: Array.from({ length: 200 }, (_, n) => `team/app-${i}-${n}`),
      };
      results.push(
        await api.createRegistry({ ...input(`big-${i}`), ...certificates }).then(
          () => 'made',
          (error: unknown) => (error instanceof ApiError ? `${error.problem.status} ${error.code} ${error.problem.fault}` : 'cut'),
        ),
      );
    }
    const failed = results.filter((one) => one !== 'made');
    expect(failed.length).toBeGreaterThan(0);
    for (const one of failed) expect(['507 store_full hub', '503 store_unavailable hub']).toContain(one);
    // Reading goes on.
    const { items } = await api.listRegistries();
    expect(items.map((one) => one.name)).toContain('kept');
    expect(items).toHaveLength(1 + results.filter((one) => one === 'made').length);
    expect((await fetch(`${hub.url}/healthz`)).status).toBe(200);
    await limit('unlimited');
    await api.createRegistry(input('room-again'));
    await api.updateRegistry('kept', { description: 'changed' });
    await hub.stop();
    const again = await start();
    const after = await createClient({ baseUrl: again.url }).getSetup();
    expect(after.needed).toBe(false);
    expect(hub.log()).not.toContain(password);
  });

  it('that became read-only is told of in a sentence, and is fine again with its rights', async () => {
    await (await start()).stop();
    const modes = async (folder: number, file: number) => {
      await Promise.all((await readdir(dataDir)).map((name) => chmod(join(dataDir, name), file)));
      await Promise.all([chmod(dataDir, folder), chmod(directory.path, 0o755)]);
    };
    await modes(0o555, 0o444);
    // Root may write everywhere: it becomes nobody.
    const nobody = process.getuid?.() === 0 ? ['--reuid', '65534', '--clear-groups'] : [];
    const args = [...nobody, process.execPath, main, 'serve', '--port', '0', '--data', dataDir];
    const { code, stderr } = await tryRun('setpriv', args, { timeout: 20_000 });
    expect({ code, stderr }).toMatchObject({ code: 1, stderr: expect.stringMatching(/^Hub: .*cannot be (written|used|read)/) });
    expect(stderr).not.toMatch(/\n\s+at /);
    await modes(0o700, 0o600);
    expect((await start()).log()).toContain('listens');
  });
});
