import { once } from 'node:events';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { buildImage, buildIndex, startRegistry, status, type TestRegistry } from '../../src/testing/index.ts';
import { imageOf, isWhole } from '../copy/copy-world.ts';
import { type DockerRegistry, startDockerRegistry } from '../support/docker-registry.ts';
import { type HubProcess, setUpHub, startHubProcess } from '../support/hub-process.ts';
import { Skopeo } from '../support/skopeo.ts';
import { type Tagboat, tagboat } from './tagboat.ts';

const arm64 = buildImage({ platform: 'linux/arm64' });
const index = buildIndex({ manifests: [buildImage(), arm64] });
const big = imageOf([4_000_000, 1000]);

let open: TestRegistry;
let guarded: DockerRegistry;
let program: Tagboat;

beforeAll(async () => {
  [open, guarded, program] = await Promise.all([startRegistry(), startDockerRegistry({ kind: 'token' }), tagboat()]);
  open.put('shop/api', index, '1.0');
  open.put('shop/big', big, '1.0');
  const auth = Buffer.from(`${guarded.username}:${guarded.password}`).toString('base64');
  await program.dockerConfig({ auths: { [guarded.host]: { auth } } });
});
afterAll(async () => {
  await Promise.all([open.close(), guarded.stop(), program[Symbol.asyncDispose]()]);
});

describe('tagboat copy, with nothing but Docker’s configuration', () => {
  it('copies to a private registry and back to disk, and finds it up to date then', async () => {
    const from = `${open.host}/shop/api:1.0`;
    const first = await program.run(['copy', from, `${guarded.host}/prod/api`, `${guarded.host}/prod/api:stable`]);
    expect(first).toMatchObject({
      code: 0,
      stdout: expect.stringMatching(/^Copied to 127\.0\.0\.1:\d+\/prod\/api:1\.0, stable\..*3 blobs sent/),
    });
    const skopeo = new Skopeo(program.home, { username: guarded.username, password: guarded.password });
    for (const tag of ['1.0', 'stable'])
      expect(await skopeo.inspectRaw(`${guarded.host}/prod/api:${tag}`)).toBe(Buffer.from(index.bytes).toString());
    const again = await program.run(['copy', from, `${guarded.host}/prod/api`]);
    expect(again.stdout).toContain('/prod/api:1.0 is up to date.');
    const layout = `oci:${join(program.home, 'layout')}`;
    expect(
      await program.run(['copy', `${guarded.host}/prod/api:stable`, `${layout}:x`, '--platform', 'linux/arm64', '--quiet']),
    ).toMatchObject({
      code: 0,
      stdout: `${arm64.descriptor.digest}\n`,
    });
    expect((await program.run(['copy', `${layout}:x`, `${open.host}/back/again:y`])).code).toBe(0);
    expect(isWhole(open, 'back/again', arm64)).toBe(true);
  });

  it('asks nothing but where the tags stand for one platform of an index that an earlier command read', async () => {
    const command = ['copy', `${open.host}/shop/api:1.0`, `${guarded.host}/one/platform`, '--platform', 'linux/arm64'];
    expect((await program.run(command)).code).toBe(0);
    const before = open.requests.length;
    expect((await program.run(command)).stdout).toContain('is up to date.');
    expect(
      open.requests
        .slice(before)
        .filter(({ path }) => path.includes('/manifests/'))
        .map(({ method }) => method),
    ).toEqual(['HEAD']);
  });

  it('plans without writing, in words and as JSON', async () => {
    const plan = await program.run(['copy', `${open.host}/shop/api:1.0`, `${guarded.host}/plan/api`, '--dry-run', '--json']);
    expect(JSON.parse(plan.stdout)).toMatchObject({ dryRun: true, tags: ['1.0'], digest: index.descriptor.digest, blobs: { uploaded: 3 } });
    expect((await program.run(['tags', `${guarded.host}/plan/api`])).code).toBe(1);
  });

  it('tells what happens in JSON lines, the result last', async () => {
    const { stdout, code } = await program.run(['copy', `${open.host}/shop/api:1.0`, `${open.host}/lines/api`, '--json']);
    const events = stdout
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as { event: string });
    expect(code).toBe(0);
    expect(events.at(-1)).toMatchObject({ event: 'result', outcome: 'copied', digest: index.descriptor.digest });
    expect(new Set(events.map(({ event }) => event))).toEqual(new Set(['found', 'started', 'finished', 'tagged', 'result']));
  });

  it('Ctrl-C leaves nothing tagged', async () => {
    const hold = open.faults.add({ method: 'GET', path: /\/blobs\//, times: Number.POSITIVE_INFINITY }, { delay: 60_000 });
    const child = program.start(['copy', `${open.host}/shop/big:1.0`, `${guarded.host}/prod/big`]);
    while (hold.struck === 0) await new Promise((resolve) => setTimeout(resolve, 20));
    child.kill('SIGINT');
    expect((await once(child, 'exit'))[0]).toBe(130);
    hold.remove();
    expect((await program.run(['tags', `${guarded.host}/prod/big`])).code).toBe(1);
  });

  it.each<[string, () => string[], number, RegExp]>([
    [
      'a source that is not there',
      () => [`${open.host}/shop/none:1`, `${guarded.host}/x/y`],
      1,
      /Reading from 127.*shop\/none failed\..*does not have/s,
    ],
    [
      'a platform that is not there',
      () => [`${open.host}/shop/api:1.0`, `${guarded.host}/x/y`, '--platform', 'linux/s390x'],
      1,
      /it has linux\/amd64, linux\/arm64/,
    ],
    ['a digest as destination', () => [`${open.host}/shop/api:1.0`, `${guarded.host}/x/y@${index.descriptor.digest}`], 2, /named by a tag/],
    ['a scheme that is none of ours', () => ['ftp://a/b', 'oci:/tmp/none'], 2, /no place to copy/],
    [
      'two passwords on one standard input',
      () => ['a/b', 'c/d', '--src-username', 'a', '--src-password-stdin', '--dest-username', 'b', '--dest-password-stdin'],
      2,
      /one password only/,
    ],
  ])('%s', async (_what, args, code, words) => {
    const result = await program.run(['copy', ...args()]);
    expect(result.code).toBe(code);
    expect(result.stderr).toMatch(words);
  });

  it('a destination that refuses says so, and which side it is', async () => {
    open.faults.add(
      { method: 'POST', path: '/refused/', times: Number.POSITIVE_INFINITY },
      status(403, { errors: [{ code: 'DENIED', message: 'no push for you' }] }),
    );
    const { code, stderr } = await program.run(['copy', `${open.host}/shop/big:1.0`, `${open.host}/refused/api`]);
    expect(code).toBe(1);
    expect(stderr).toMatch(/^Registry: Writing to 127.*refused\/api failed\..*no push for you/);
  });
});

describe('tagboat copy, through a hub', () => {
  let hub: HubProcess;
  let env: Record<string, string>;

  beforeAll(async () => {
    hub = await startHubProcess({ entry: 'src/main.ts' });
    const admin = await setUpHub(hub);
    env = { TAGBOAT_URL: hub.url, TAGBOAT_TOKEN: admin.token };
    const { username = '', password = '' } = guarded;
    await admin.hub.createRegistry({ name: 'open', url: open.url, provider: 'generic', signIn: 'anonymous' });
    await admin.hub.createRegistry({
      name: 'guarded',
      url: guarded.url,
      provider: 'generic',
      signIn: 'password',
      fields: { username, password },
    });
  });
  afterAll(() => hub?.stop());

  it('registries go by their names, and credentials come from the hub', async () => {
    await program.dockerConfig({});
    const done = await program.run(['copy', 'open/shop/api:1.0', 'guarded/hub/api:2.0'], { env });
    expect(done).toMatchObject({ code: 0, stdout: expect.stringMatching(/^Copied to 127\.0\.0\.1:\d+\/hub\/api:2\.0\./) });
    const skopeo = new Skopeo(program.home, { username: guarded.username, password: guarded.password });
    expect(await skopeo.inspectRaw(`${guarded.host}/hub/api:2.0`)).toBe(Buffer.from(index.bytes).toString());
    expect(done.stdout + done.stderr).not.toContain(guarded.password);
    const { items } = await program.json<{ items: { action: string; detail?: string }[] }>(['audit', '--action', 'credential'], { env });
    expect(items).toContainEqual(
      expect.objectContaining({ action: 'credential.handed-out', detail: expect.stringContaining('copying to it') }),
    );
  });

  it('a host that the hub knows is meant as the hub has it, unless --no-hub says otherwise', async () => {
    const known = await program.run(['copy', `${open.host}/shop/api:1.0`, `${guarded.host}/hub/again`], { env });
    expect(known.code).toBe(0);
    const direct = await program.run(['copy', `${open.host}/shop/api:1.0`, `${guarded.host}/hub/direct`, '--no-hub'], { env });
    expect(direct).toMatchObject({ code: 1, stderr: expect.stringMatching(/without a sign-in|asks for a sign-in/) });
  });

  it('a name that no registry has is not looked for elsewhere', async () => {
    const wrong = await program.run(['copy', 'opne/shop/api:1.0', 'guarded/hub/x:1'], { env });
    expect(wrong).toMatchObject({ code: 2, stderr: expect.stringContaining('no registry “opne”') });
  });
});
