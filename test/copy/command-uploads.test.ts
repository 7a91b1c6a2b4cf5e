import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { chmod, mkdir, readdir, readFile, stat, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { startRegistry, type TestRegistry } from '../../src/testing/index.ts';
import { type Tagboat, tagboat } from '../cli/tagboat.ts';
import { startDockerRegistry } from '../support/docker-registry.ts';
import { imageOf, isWhole } from './copy-world.ts';

const layerSize = 4_000_000;
const image = imageOf([layerSize]);
const bandwidth = ['--bandwidth', '1M'];

let from: TestRegistry;
let to: TestRegistry;
let program: Tagboat;
beforeEach(async () => {
  [from, to, program] = await Promise.all([startRegistry(), startRegistry(), tagboat()]);
  from.put('shop/api', image, '1');
});
afterEach(async () => {
  await Promise.all([from.close(), to.close(), program[Symbol.asyncDispose]()]);
});

const command = (host: string, ...more: string[]) => ['copy', `${from.host}/shop/api:1`, `${host}/prod/api:1`, '--json', ...more];

/** Stops a copy when some of its layer has arrived. */
async function stopped(host: string, signal: NodeJS.Signals, more = bandwidth): Promise<{ code: number | null; said: string }> {
  const child = program.start(command(host, ...more));
  const ended = once(child, 'exit');
  let told = '';
  let said = '';
  child.stdout?.on('data', (chunk) => (told += String(chunk)));
  child.stderr?.on('data', (chunk) => (said += String(chunk)));
  const isOnItsWay = () => linesOf(told).some(({ event, size = 0 }) => event === 'started' && size >= layerSize);
  await expect.poll(isOnItsWay, { timeout: 20_000 }).toBe(true);
  await sleep(400);
  child.kill(signal);
  await ended;
  return { code: child.exitCode, said };
}

interface Line {
  event: string;
  size?: number;
  count?: number;
}

/** Whole lines of `--json`. */
function linesOf(text: string): Line[] {
  const lines = text.split('\n').slice(0, -1);
  return lines.map((line) => JSON.parse(line) as Line);
}

/** Copies it without an end before the end; bytes of the layer that the registry had already. */
async function finished(host: string): Promise<number> {
  const { code, stdout, stderr } = await program.run(command(host));
  expect(code, stderr).toBe(0);
  return linesOf(stdout).find(({ event }) => event === 'resumed')?.count ?? 0;
}

/** Files of uploads that are kept, in the cache of the person's home. */
async function kept(): Promise<string[]> {
  const folder = join(program.home, '.cache/tagboat/uploads');
  if (!existsSync(folder)) return [];
  const names = await readdir(folder, { recursive: true });
  return names.filter((name) => name.includes('/')).map((name) => join(folder, name));
}

describe('a copy by command', () => {
  it.each(['SIGKILL', 'SIGINT'] as const)('that was ended by %s in the middle of a blob goes on there', async (signal) => {
    const end = await stopped(to.host, signal);
    if (signal === 'SIGINT') expect(end).toEqual({ code: 130, said: 'Interrupted. The same command goes on where this one stopped.\n' });
    const [file = ''] = await kept();
    expect((await stat(file)).mode & 0o777).toBe(0o600);
    expect((await stat(dirname(file))).mode & 0o777).toBe(0o700);
    expect(await finished(to.host)).toBeGreaterThan(100_000);
    expect(isWhole(to, 'prod/api', image)).toBe(true);
    expect(await kept()).toEqual([]);
    expect(to.openUploads).toBe(0);
  });

  it('that was interrupted at docker-registry goes on there', async () => {
    const registry = await startDockerRegistry({ kind: 'open' });
    try {
      // Smaller blobs are sent in one request, of which it would keep nothing.
      from.put('shop/api', imageOf([70_000_000]), '1');
      await stopped(registry.host, 'SIGINT', ['--bandwidth', '40M']);
      expect(await finished(registry.host)).toBeGreaterThan(5_000_000);
    } finally {
      await registry.stop();
    }
  });

  it.each(['every tag of a repository', 'a rule of a file'])('of %s goes on as well', async (what) => {
    const rules = join(program.home, 'rules.json');
    const source = { registry: from.host, repositories: ['shop/api'] };
    const settings = { bandwidth: 1_000_000 };
    await writeFile(
      rules,
      JSON.stringify({ rules: [{ name: 'all', source, destination: { registry: to.host, repository: 'prod/api' }, settings }] }),
    );
    const all =
      what === 'a rule of a file'
        ? ['sync', 'run', rules]
        : ['copy', `${from.host}/shop/api`, `${to.host}/prod/api`, '--all-tags', ...bandwidth];
    const child = program.start(all);
    const ended = once(child, 'exit');
    await expect.poll(async () => (await kept()).length, { timeout: 10_000 }).toBe(1);
    await sleep(400);
    child.kill('SIGKILL');
    await ended;
    const { code, stderr } = await program.run(all);
    expect(code, stderr).toBe(0);
    const rest = to.requests.findLast(({ method }) => method === 'PATCH');
    expect(rest?.headers['content-range']).toMatch(/^[1-9][0-9]*-/);
    expect(isWhole(to, 'prod/api', image)).toBe(true);
    expect(await kept()).toEqual([]);
  });

  it('leaves alone what another one is at', async () => {
    const other = program.start(command(to.host, ...bandwidth));
    const ended = once(other, 'exit');
    await expect.poll(async () => (await kept()).length, { timeout: 10_000 }).toBe(1);
    expect(await finished(to.host)).toBe(0);
    expect((await ended)[0]).toBe(0);
    expect(isWhole(to, 'prod/api', image)).toBe(true);
    expect(await kept()).toEqual([]);
  });

  it.each([
    ['is half a file', () => '{"location":"http'],
    ['is no upload', () => '[1]'],
    ['names another registry', (text: string) => text.replaceAll(to.host, from.host)],
    [
      'names an upload that is gone',
      (text: string) => text.replaceAll(/uploads\/[0-9a-f-]+/g, 'uploads/00000000-0000-4000-8000-000000000000'),
    ],
  ])('sends everything when what was kept %s', async (_what, change) => {
    await stopped(to.host, 'SIGKILL');
    const [file = ''] = await kept();
    await writeFile(file, change(await readFile(file, 'utf8')));
    from.requests.length = 0;
    expect(await finished(to.host)).toBe(0);
    expect(isWhole(to, 'prod/api', image)).toBe(true);
    expect(from.requests.filter(({ path }) => path.includes('/uploads/'))).toEqual([]);
  });

  it('does without a cache that cannot be written', async () => {
    const cache = join(program.home, '.cache');
    await mkdir(join(cache, 'tagboat'), { recursive: true });
    // Not a folder, which holds for root, too.
    await writeFile(join(cache, 'tagboat', 'uploads'), '');
    await chmod(join(cache, 'tagboat'), 0o500);
    expect(await finished(to.host)).toBe(0);
    expect(isWhole(to, 'prod/api', image)).toBe(true);
    await chmod(join(cache, 'tagboat'), 0o700);
  });
});
