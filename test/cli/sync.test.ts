import { once } from 'node:events';
import { readdir, readFile, rm, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { stripVTControlCharacters } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { runCli } from '../../src/cli/program.ts';
import { fakeTerminal } from '../../src/cli/testing/terminal.ts';
import type { SyncRule } from '../../src/sdk/index.ts';
import { buildImage, startRegistry, status, type TestRegistry } from '../../src/testing/index.ts';
import { imageOf, isWhole } from '../copy/copy-world.ts';
import { type DockerRegistry, startDockerRegistry } from '../support/docker-registry.ts';
import { type HubProcess, setUpHub, startHubProcess } from '../support/hub-process.ts';
import { run as runProgram, type Finished } from '../support/run.ts';
import { Skopeo } from '../support/skopeo.ts';
import { type Tagboat, tagboat } from './tagboat.ts';

const image = (text: string) => buildImage({ layers: [{ files: { base: 'base\n' } }, { files: { own: text } }] });

let from: TestRegistry;
let guarded: DockerRegistry;
let program: Tagboat;

beforeAll(async () => {
  [from, guarded, program] = await Promise.all([startRegistry(), startDockerRegistry({ kind: 'token' }), tagboat()]);
  for (const name of ['api', 'web']) for (const tag of ['1.0', '1.1', '2.0']) from.put(`shop/${name}`, image(`${name} ${tag}`), tag);
  const auth = Buffer.from(`${guarded.username}:${guarded.password}`).toString('base64');
  await program.dockerConfig({ auths: { [guarded.host]: { auth } } });
});
afterAll(async () => {
  await Promise.all([from.close(), guarded.stop(), program[Symbol.asyncDispose]()]);
});

/** Runs the command line in this process. Files are named by their path. */
async function run(args: readonly string[], { input = '', env = {}, isTTY = false } = {}): Promise<Finished> {
  const io = fakeTerminal({ isTTY, home: program.home, env: { ...env, HOME: program.home }, now: Date.now() });
  io.stdin.end(input);
  const code = await runCli(args, io);
  return { code, stdout: io.stdout.text, stderr: io.stderr.text };
}

async function file(name: string, content: string | object): Promise<string> {
  const path = join(program.home, name);
  await writeFile(path, typeof content === 'string' ? content : JSON.stringify(content));
  return path;
}

/** A file with one rule from the open registry to the guarded one. */
function rules(name: string, { source = {}, destination = {}, ...more }: Record<string, object | string | number> = {}): Promise<string> {
  return file(`${name}.yml`, {
    rules: [
      {
        name,
        source: { registry: from.host, repositories: ['shop/*'], ...(source as object) },
        destination: { registry: guarded.host, ...(destination as object) },
        ...more,
      },
    ],
  });
}

const lines = ({ stdout }: Finished) =>
  stdout
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as { event: string; [key: string]: unknown });

describe('tagboat sync with a file, with nothing but Docker’s configuration', () => {
  it('plans, runs and finds everything up to date then', async () => {
    const path = await rules('mirror', { destination: { repository: 'mirror/{name}' } });
    const plan = await run(['sync', 'plan', path]);
    expect(plan).toMatchObject({ code: 0, stdout: expect.stringContaining('mirror: 6 to copy, 0 up to date') });
    expect(plan.stdout).toContain('shop/api:1.0 → mirror/api:1.0');
    const first = await program.run(['sync', 'run', path]);
    expect(first).toMatchObject({ code: 0, stdout: expect.stringMatching(/^mirror: 6 copied, 0 up to date {2}.* sent/) });
    const skopeo = new Skopeo(program.home, { username: guarded.username, password: guarded.password });
    expect((await skopeo.listTags(`${guarded.host}/mirror/web`)).sort()).toEqual(['1.0', '1.1', '2.0']);
    expect(await skopeo.inspectRaw(`${guarded.host}/mirror/web:2.0`)).toBe(Buffer.from(image('web 2.0').bytes).toString());
    const again = await run(['sync', 'run', path]);
    expect(again.stdout).toMatch(/^mirror: 0 copied, 6 up to date/);
  });

  it('tells what happens in JSON lines, the result last', async () => {
    const path = await rules('lines', { source: { tags: { include: ['2.*'] } }, destination: { repository: 'lines/{name}' } });
    const dry = await run(['sync', 'run', path, '--dry-run', '--json']);
    expect(dry).toMatchObject({ code: 0, stderr: '' });
    const planned = lines(dry);
    expect(planned.map(({ event, outcome }) => [event, outcome])).toEqual([
      ['item', 'planned'],
      ['item', 'planned'],
      ['result', undefined],
    ]);
    const done = await run(['sync', 'run', path, '--json']);
    expect(done.code).toBe(0);
    expect(lines(done).at(-1)).toMatchObject({ event: 'result', rule: 'lines', dryRun: false, copied: 2, failed: 0, partial: [] });
    expect(lines(done)[0]).toMatchObject({ event: 'item', action: 'copy', outcome: 'done', source: { tag: '2.0' } });
    expect((await run(['sync', 'run', path, '-q'])).stdout).toBe('');
  });

  it('goes on with the other rules when one fails, and ends with 1', async () => {
    const path = await file('several.yml', {
      rules: [
        { name: 'wrong', source: { registry: from.host, repositories: ['no/such'] }, destination: { registry: guarded.host } },
        {
          name: 'right',
          source: { registry: from.host, repositories: ['shop/api'] },
          destination: { registry: guarded.host, repository: 'several/api' },
        },
      ],
    });
    const both = await run(['sync', 'run', path]);
    expect(both.code).toBe(1);
    expect(both.stdout).toContain('wrong: 0 copied, 0 up to date, 1 failed');
    expect(both.stdout).toContain('right: 3 copied');
    expect((await run(['sync', 'run', path, '--rule', 'right'])).code).toBe(0);
    expect(await run(['sync', 'run', path, '--rule', 'left'])).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('It has “wrong”, “right”'),
    });
  });

  it('deletes only when that was confirmed, and what was shown', async () => {
    await using registry = await startRegistry();
    for (const tag of ['1.0', '1.1', '2.0', 'old']) registry.put('shop/api', image(`api ${tag}`), tag);
    const path = await file('tidy.yml', {
      rules: [
        {
          name: 'tidy',
          mode: 'mirror',
          deletionLimit: 50,
          source: { registry: from.host, repositories: ['shop/api'] },
          destination: { registry: registry.host },
        },
      ],
    });
    const plan = await run(['sync', 'plan', path]);
    expect(plan.stdout).toMatch(/tidy: 0 to copy, 1 to delete, 3 up to date/);
    const refused = await run(['sync', 'run', path]);
    expect(refused).toMatchObject({ code: 2, stdout: '', stderr: expect.stringMatching(/shop\/api:old[^]*--yes/) });
    expect(registry.content.tags('shop/api')).toContain('old');
    const asked = await run(['sync', 'run', path], { isTTY: true, input: 'n\n' });
    expect(asked).toMatchObject({ code: 1, stderr: expect.stringContaining('Delete this tag of') });
    expect(registry.content.tags('shop/api')).toContain('old');
    const confirmed = await run(['sync', 'run', path], { isTTY: true, input: 'y\n' });
    expect(stripVTControlCharacters(confirmed.stdout)).toContain('1 deleted');
    expect(registry.content.tags('shop/api')).toEqual(['1.0', '1.1', '2.0']);
    registry.content.putTag('shop/api', 'old', image('api 1.0').digest);
    expect((await run(['sync', 'run', path, '--yes'])).stdout).toContain('1 deleted');
    expect(registry.content.tags('shop/api')).toEqual(['1.0', '1.1', '2.0']);
  });

  it('leaves what another rule of the file needs, chosen or not', async () => {
    await using registry = await startRegistry();
    for (const tag of ['1.0', 'main-1', 'old']) registry.put('all', image(tag), tag);
    const rule = (name: string, include: string, more: object) => ({
      name,
      ...more,
      source: { registry: from.host, repositories: ['shop/api'], tags: { include: [include] } },
      destination: { registry: registry.host, repository: 'all' },
    });
    const mirror = { mode: 'mirror', deletionLimit: 100 };
    const path = await file('shared.yml', { rules: [rule('versions', '1.*', mirror), rule('branches', 'main-*', {})] });
    const { stdout } = await run(['sync', 'run', path, '--rule', 'versions', '--yes']);
    expect(stdout).toContain('1 deleted');
    expect(stdout).toContain('The rule “branches” needs it.');
    expect(registry.content.tags('all')).toEqual(['1.0', '1.1', 'main-1']);
  });

  it('takes files of regsync and of skopeo sync as they are', async () => {
    const regsync = await file(
      'regsync.yml',
      `version: 1\ncreds: [{registry: "${from.host}", tls: disabled, pass: S3cret-in-file}]\nsync:\n  - {source: ${from.host}/shop/api, target: ${guarded.host}/reg/api, type: repository, tags: {allow: ["1\\\\..*"]}}\n  - {source: "{{env \\"NOT_SET\\"}}/x", target: ${guarded.host}/x, type: repository}\n`,
    );
    const result = await run(['sync', 'run', regsync]);
    expect(result.code).toBe(1);
    expect(result.stdout).toContain('reg-api: 2 copied');
    expect(result.stderr).toContain('is a template, whose value only regsync knows');
    expect(result.stdout + result.stderr).not.toContain('S3cret-in-file');
    const skopeo = await file('skopeo.yaml', `${from.host}:\n  tls-verify: false\n  images:\n    shop/web: ["1.0"]\n`);
    expect((await run(['sync', 'run', skopeo])).stderr).toContain('give a destination');
    const done = await run(['sync', 'run', skopeo, '--destination', `${guarded.host}/sk`]);
    expect(done).toMatchObject({ code: 0, stdout: expect.stringContaining('1 copied') });
    expect(await run(['tags', `${guarded.host}/sk/web`, '-q'])).toMatchObject({ stdout: '1.0\n' });
  });

  it('says what is wrong before anything is asked', async () => {
    const circle = await file('circle.yml', {
      rules: [
        { name: 'there', source: { registry: from.host, repositories: 'shop/*' }, destination: { registry: guarded.host } },
        { name: 'back', source: { registry: guarded.host, repositories: '**' }, destination: { registry: from.host } },
      ],
    });
    expect(await run(['sync', 'run', circle])).toMatchObject({ code: 2, stderr: expect.stringContaining('there → back → there') });
    expect((await run(['sync', 'run', circle, '--rule', 'there', '--dry-run'])).code).toBe(0);
    const misspelt = await file(
      'misspelt.yml',
      `rules:\n- {source: {registry: a.io, repositories: x, exlude: y}, destination: {registry: b.io}}\n`,
    );
    expect((await run(['sync', 'plan', misspelt])).stderr).toContain('rules[0].source.exlude: this key is not known');
    const named = await rules('named', { destination: { registry: 'harbor' } });
    expect(await run(['sync', 'plan', named])).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('“harbor” is no host of a registry'),
    });
    expect(await run(['sync', 'run', named, '--detach'])).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('--detach is for rules of a hub'),
    });
    expect(await run(['sync', 'run', 'nightly', '--sign-key', 'k.pem'])).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('--sign-key is for the rules of a file'),
    });
  });

  it('ends at Ctrl-C with whole tags only, and goes on the next time', async () => {
    for (let i = 0; i < 6; i++) from.put('big/app', imageOf([200_000]), `${i}`);
    const path = await rules('big', { source: { repositories: ['big/app'] } });
    const hold = from.faults.add({ method: 'GET', path: '/big/app/blobs/', skip: 4, times: Number.POSITIVE_INFINITY }, { delay: 60_000 });
    const child = program.start(['sync', 'run', path, '--parallel', '2']);
    while (hold.struck === 0) await new Promise((resolve) => setTimeout(resolve, 20));
    child.kill('SIGINT');
    expect((await once(child, 'exit'))[0]).toBe(130);
    hold.remove();
    const again = await run(['sync', 'run', path]);
    expect(again.stdout).toMatch(/big: \d copied, \d up to date/);
    const skopeo = new Skopeo(program.home, { username: guarded.username, password: guarded.password });
    expect((await skopeo.listTags(`${guarded.host}/big/app`)).sort()).toEqual(['0', '1', '2', '3', '4', '5']);
  });
});

describe('tagboat sync over a gap', () => {
  it('carries images in a layout whose signed contents are checked before anything is pushed', async () => {
    await runProgram('openssl', ['genpkey', '-algorithm', 'ed25519', '-out', join(program.home, 'key.pem')]);
    await runProgram('openssl', ['pkey', '-in', join(program.home, 'key.pem'), '-pubout', '-out', join(program.home, 'pub.pem')]);
    const disk = join(program.home, 'disk');
    const out = await rules('out', { destination: { registry: undefined as never, layout: disk } });
    const exported = await run(['sync', 'run', out, '--sign-key', join(program.home, 'key.pem')]);
    expect(exported).toMatchObject({ code: 0, stdout: expect.stringContaining('out: 6 copied') });
    expect(exported.stderr).toContain('its list of contents is signed');
    const contents = JSON.parse(await readFile(join(disk, 'tagboat-contents.json'), 'utf8'));
    expect(contents.images[0]).toMatchObject({
      repository: 'shop/api',
      tag: '1.0',
      digest: image('api 1.0').digest,
      source: { registry: from.host, repository: 'shop/api', tag: '1.0' },
    });

    // Others read it: skopeo as a layout, openssl the signature.
    const skopeo = new Skopeo(program.home, { username: guarded.username, password: guarded.password });
    await skopeo.copy(`oci:${disk}:shop/web:2.0`, `docker://${guarded.host}/by-skopeo/web:2.0`);
    expect(await skopeo.inspectRaw(`${guarded.host}/by-skopeo/web:2.0`)).toBe(Buffer.from(image('web 2.0').bytes).toString());
    const signature = Buffer.from(await readFile(join(disk, 'tagboat-contents.json.sig'), 'utf8'), 'base64');
    await writeFile(join(program.home, 'signature'), signature);
    const verify = [
      'pkeyutl',
      '-verify',
      '-pubin',
      '-inkey',
      'pub.pem',
      '-rawin',
      '-in',
      join(disk, 'tagboat-contents.json'),
      '-sigfile',
      'signature',
    ];
    expect((await runProgram('openssl', verify, { cwd: program.home })).stdout).toContain('Verified Successfully');

    await using inside = await startRegistry();
    const into = await file('into.yml', {
      rules: [
        {
          name: 'into',
          source: { layout: disk, repositories: '**', tags: { include: ['2.*'] } },
          destination: { registry: inside.host, repository: 'in/{name}' },
        },
      ],
    });
    const key = ['--verify-key', join(program.home, 'pub.pem')];
    const imported = await run(['sync', 'run', into, ...key]);
    expect(imported).toMatchObject({ code: 0, stderr: expect.stringContaining('is what its signed list says: 6 tags') });
    expect(isWhole(inside, 'in/api', image('api 2.0'))).toBe(true);
    expect(inside.content.tags('in/web')).toEqual(['2.0']);
    expect((await run(['sync', 'run', into])).stderr).toContain('the signature is not checked: give --verify-key');

    await using untouched = await startRegistry();
    const elsewhere = await file('elsewhere.yml', {
      rules: [{ name: 'elsewhere', source: { layout: disk, repositories: '**' }, destination: { registry: untouched.host } }],
    });
    await rm(join(disk, 'blobs', ...image('web 1.0').digest.split(':')));
    const damaged = await run(['sync', 'run', elsewhere, ...key]);
    expect(damaged).toMatchObject({ code: 1, stderr: expect.stringContaining(`${image('web 1.0').digest} is missing.`) });
    expect(untouched.requests).toEqual([]);
    await rm(join(disk, 'tagboat-contents.json.sig'));
    expect((await run(['sync', 'run', elsewhere, ...key])).stderr).toContain('it is not signed');
    expect(untouched.requests).toEqual([]);
    expect((await run(['sync', 'run', elsewhere])).stderr).toContain('is not signed. Each file is held against its digest');
  });

  it('wants keys only where there are layouts', async () => {
    await writeFile(join(program.home, 'no-key.pem'), 'nonsense');
    const path = await rules('none', { source: { repositories: ['shop/api'] } });
    const flag = (name: string) => run(['sync', 'run', path, name, join(program.home, 'no-key.pem')]);
    expect(await flag('--sign-key')).toMatchObject({ code: 2, stderr: expect.stringContaining('no rule writes one') });
    expect(await flag('--verify-key')).toMatchObject({ code: 2, stderr: expect.stringContaining('no rule reads one') });
    const disk = await rules('keyless', { destination: { registry: undefined as never, layout: join(program.home, 'keyless') } });
    const wrong = await run(['sync', 'run', disk, '--sign-key', join(program.home, 'no-key.pem')]);
    expect(wrong.stderr).toContain('no private key in PEM form');
    const missing = await file('missing.yml', {
      rules: [{ name: 'm', source: { layout: './not-there', repositories: '**' }, destination: { registry: guarded.host } }],
    });
    expect(await run(['sync', 'run', missing])).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('There is no OCI image layout in'),
    });
  });
});

describe('tagboat sync with a mirror on disk', () => {
  it('drops what the rule no longer chooses, with its content once nobody can be about to name it', async () => {
    const directory = join(program.home, 'mirrored');
    const path = (include: string) =>
      rules('mirrored', {
        mode: 'mirror',
        deletionLimit: 100,
        source: { repositories: ['shop/*'], tags: { include: [include] } },
        destination: { registry: undefined as never, layout: directory },
      });
    expect((await run(['sync', 'run', await path('*'), '--yes'])).stdout).toContain('6 copied');
    const young = await run(['sync', 'run', await path('2.*'), '--yes']);
    expect(young.stdout).toContain('4 deleted, 2 up to date');
    const blobs = () => readdir(join(directory, 'blobs', 'sha256'));
    const before = (await blobs()).length;
    const hoursAgo = new Date(Date.now() - 3 * 3600_000);
    for (const name of await blobs()) await utimes(join(directory, 'blobs', 'sha256', name), hoursAgo, hoursAgo);
    const old = await run(['sync', 'run', await path('2.*'), '--yes']);
    expect(old.stderr).toMatch(/Removed \d+ files .* that no image of oci:.* needs/);
    expect((await blobs()).length).toBeLessThan(before);
    const skopeo = new Skopeo(program.home, { username: guarded.username, password: guarded.password });
    for (const name of ['api', 'web'])
      await skopeo.copy(`oci:${directory}:shop/${name}:2.0`, `docker://${guarded.host}/pruned/${name}:2.0`);
    const contents = JSON.parse(await readFile(join(directory, 'tagboat-contents.json'), 'utf8'));
    expect(contents.images).toHaveLength(2);
    expect(contents.blobs).toHaveLength((await blobs()).length);
  });
});

describe('tagboat sync through a hub', () => {
  let hub: HubProcess;
  let env: Record<string, string>;
  const json = async <T>(...args: string[]): Promise<T> => {
    const { code, stdout, stderr } = await run([...args, '--json'], { env });
    expect({ args, code, stderr }).toMatchObject({ code: 0 });
    return JSON.parse(stdout) as T;
  };

  beforeAll(async () => {
    hub = await startHubProcess({ entry: 'src/main.ts' });
    const admin = await setUpHub(hub);
    env = { TAGBOAT_URL: hub.url, TAGBOAT_TOKEN: admin.token };
    const { username = '', password = '' } = guarded;
    await admin.hub.createRegistry({ name: 'outside', url: from.url, provider: 'generic', signIn: 'anonymous' });
    await admin.hub.createRegistry({
      name: 'inside',
      url: guarded.url,
      provider: 'generic',
      signIn: 'password',
      fields: { username, password },
    });
  });
  afterAll(() => hub?.stop());

  it('applies rules of a file, plans, runs, shows, switches and removes them', async () => {
    const path = await rules('nightly', {
      source: { registry: 'outside', repositories: ['shop/api'], tags: { include: ['1.*'] } },
      destination: { registry: guarded.host, repository: 'hub/{name}' },
      schedule: { every: '6h' },
    });
    expect(await json('sync', 'apply', path, '--dry-run')).toMatchObject({
      dryRun: true,
      items: [{ name: 'nightly', outcome: 'created' }],
    });
    expect(await json('sync', 'list')).toEqual({ items: [] });
    expect(await json('sync', 'apply', path)).toMatchObject({ items: [{ outcome: 'created' }] });
    expect(await json('sync', 'apply', path)).toMatchObject({ items: [{ outcome: 'unchanged' }] });
    expect((await run(['sync', 'list'], { env })).stdout).toMatch(/nightly +outside: shop\/api +inside: hub\/\{name\} +disabled/);
    const early = await run(['sync', 'run', 'nightly'], { env });
    expect(early).toMatchObject({ code: 1, stderr: expect.stringContaining('plan') });
    const plan = await run(['sync', 'plan', 'nightly'], { env });
    expect(plan).toMatchObject({ code: 0, stdout: expect.stringContaining('nightly: 2 to copy, 0 up to date') });
    expect(plan.stdout).toContain('shop/api:1.0 → hub/api:1.0');
    const done = await run(['sync', 'run', 'nightly'], { env });
    expect(done).toMatchObject({ code: 0, stdout: expect.stringContaining('nightly: 2 copied') });
    expect((await run(['tags', `${guarded.host}/hub/api`, '-q', '--no-hub'])).stdout.split('\n').filter(Boolean).sort()).toEqual([
      '1.0',
      '1.1',
    ]);
    const shown = await run(['sync', 'show', 'nightly'], { env });
    expect(shown.stdout).toMatch(/runs +disabled/);
    expect(shown.stdout).toContain('nightly: 2 copied');
    expect((await run(['sync', 'enable', 'nightly'], { env })).stdout).toContain('nightly is enabled. It runs next');
    expect((await run(['sync', 'list'], { env })).stdout).toContain('every 6h');
    expect((await run(['sync', 'disable', 'nightly'], { env })).stdout).toContain('nightly is disabled');
    // Enabling had it run once, which has to end.
    await expect.poll(async () => (await json<SyncRule>('sync', 'show', 'nightly')).lastRun?.state, { timeout: 20_000 }).toBe('done');
    from.faults.add({ path: '/shop/api/tags/list' }, status(403));
    expect((await run(['sync', 'run', 'nightly'], { env })).code).toBe(1);
    expect((await run(['sync', 'show', 'nightly'], { env })).stdout).toMatch(/failing +one run, since/);
    expect((await run(['sync', 'remove', 'nightly', '--yes'], { env })).stdout).toContain('Removed nightly');
    expect(await json('sync', 'list')).toEqual({ items: [] });
  });

  it('imports what other programs have, with notes', async () => {
    const path = await file(
      'hub-regsync.yml',
      `sync:\n  - {source: ${from.host}/shop/web, target: ${guarded.host}/imported/web, type: repository, backup: "old-{{.Ref.Tag}}", interval: 60m}\n  - {source: elsewhere.example.com/x, target: ${guarded.host}/x, type: repository}\n`,
    );
    const result = await run(['sync', 'import', path], { env });
    expect(result.code).toBe(1);
    expect(result.stdout).toMatch(/✓ imported-web \(hub-regsync\.yml, sync\[0\]\): made\n {2}backup: What is overwritten is not kept/);
    expect(result.stdout).toContain('✗ x (hub-regsync.yml, sync[1]): failed. No registry of this hub is at “elsewhere.example.com”');
    expect(await json('sync', 'show', 'imported-web')).toMatchObject({ enabled: false, spec: { schedule: { every: '1h' } } });
  });
});
