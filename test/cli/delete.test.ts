import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { runCli } from '../../src/cli/program.ts';
import { fakeTerminal } from '../../src/cli/testing/terminal.ts';
import { buildImage, buildIndex, startRegistry, type TestRegistry } from '../../src/testing/index.ts';
import { type DockerRegistry, startDockerRegistry } from '../support/docker-registry.ts';
import { type HubProcess, setUpHub, startHubProcess } from '../support/hub-process.ts';
import { type Tagboat, tagboat } from './tagboat.ts';

const image = buildImage();
const other = buildImage({ config: { Env: ['WHICH=other'] } });
const index = buildIndex({ manifests: [image, buildImage({ platform: 'linux/arm64' })] });

let open: TestRegistry;
let program: Tagboat;
const env: Record<string, string> = {};

beforeAll(async () => {
  [open, program] = await Promise.all([startRegistry({ deleteByTag: 'refused' }), tagboat()]);
});
afterAll(async () => {
  await Promise.all([open?.close(), program?.[Symbol.asyncDispose]()]);
});
beforeEach(() => {
  for (const name of ['shop/api', 'shop/web']) open.content.deleteRepository(name);
  open.put('shop/api', image, '1.0', 'stable');
  open.put('shop/api', other, '0.9');
  open.put('shop/web', index, '2');
});

interface Deleted {
  dryRun: boolean;
  repositories: { repository: string; items: { tags: string[]; manifest: boolean; outcome: string }[]; absent: string[] }[];
}

const tags = (repository = 'shop/api') => [...open.content.tags(repository)];

/** In this process: what a terminal shows and asks. */
async function tagboatHere(args: readonly string[], { isTTY = false, typed = '' } = {}) {
  const io = fakeTerminal({ isTTY, home: program.home, env, now: Date.now() });
  if (typed !== '') io.stdin.write(typed);
  const code = await runCli(args, io);
  return { code, stdout: io.stdout.text, stderr: io.stderr.text };
}

const run = (args: readonly string[], options?: Parameters<typeof tagboatHere>[1]) => tagboatHere(['delete', ...args], options);

/** The same alone and through a hub; `at` names a repository there. */
function behaviour(at: (repository: string) => string): void {
  it('takes one tag, and leaves the image to the tag that shares it', async () => {
    const done = await run([`${at('shop/api')}:1.0`, '--yes']);
    expect(done).toMatchObject({ code: 0, stderr: '' });
    expect(done.stdout).toContain(`✓ Deleted ${at('shop/api')}:1.0.  the image ${image.digest} stays · also tagged stable\n`);
    expect(tags()).toEqual(['0.9', 'stable']);
    expect(open.content.manifest('shop/api', 'stable')?.digest).toBe(image.digest);
  });

  it('takes several of several repositories, and their images where nothing else needs them', async () => {
    const done = await run([`${at('shop/api')}:1.0`, `${at('shop/web')}:2`, `${at('shop/api')}:stable`, '--yes', '--json']);
    const { repositories } = JSON.parse(done.stdout) as Deleted;
    expect(
      repositories.map(({ repository, items }) => [repository, items.map((item) => [item.tags, item.manifest, item.outcome])]),
    ).toEqual([
      [at('shop/api'), [[['1.0', 'stable'], true, 'deleted']]],
      [at('shop/web'), [[['2'], true, 'deleted']]],
    ]);
    expect([tags(), tags('shop/web')]).toEqual([['0.9'], []]);
  });

  it('refuses what is in use, before anything went, and does it by force', async () => {
    const refused = await run([`${at('shop/web')}:2`, `${at('shop/api')}@${image.digest}`, '--yes']);
    expect(refused.code).toBe(1);
    expect(refused.stderr).toContain('used by the tag 1.0, the tag stable');
    expect(refused.stderr).toMatch(/Next: .*--force/);
    expect([tags(), tags('shop/web')]).toEqual([['0.9', '1.0', 'stable'], ['2']]);
    expect((await run([`${at('shop/api')}@${image.digest}`, '--yes', '--force'])).code).toBe(0);
    expect(tags()).toEqual(['0.9']);
  });

  it('shows what would go, and takes nothing', async () => {
    const plan = await run([`${at('shop/web')}:2`, `${at('shop/api')}@${image.digest}`, '--dry-run']);
    expect(plan.code).toBe(0);
    expect(plan.stdout).toMatch(
      new RegExp(`shop/web:2 would go\\.  with its image ${index.digest} · leaves 2 images of it without a name`),
    );
    expect(plan.stdout).toMatch(/used by the tag 1\.0, the tag stable/);
    expect([tags(), tags('shop/web')]).toEqual([['0.9', '1.0', 'stable'], ['2']]);
    expect(open.requests.some(({ method }) => method === 'DELETE' || method === 'PUT')).toBe(false);
  });

  it('says what is not there, and takes the rest', async () => {
    const done = await run([`${at('shop/api')}:none`, `${at('shop/api')}:0.9`, '--yes']);
    expect(done).toMatchObject({ code: 1, stderr: `${at('shop/api')}:none is not there.\n` });
    expect(tags()).toEqual(['1.0', 'stable']);
  });

  it('asks on a terminal, and without one wants to be told', async () => {
    const no = await run([`${at('shop/api')}:0.9`], { isTTY: true, typed: 'n\n' });
    expect(no).toMatchObject({ code: 1, stderr: expect.stringContaining('Delete 1 tag and 1 image? [y/N]') });
    expect(no.stderr).toContain(`${at('shop/api')}:0.9 would go.  with its image ${other.digest}`);
    expect(await run([`${at('shop/api')}:0.9`])).toMatchObject({ code: 2, stderr: expect.stringContaining('--yes') });
    expect(tags()).toContain('0.9');
    expect((await run([`${at('shop/api')}:0.9`], { isTTY: true, typed: 'y\n' })).code).toBe(0);
    expect(tags()).not.toContain('0.9');
  });

  it('takes what was asked about, and not what was pushed while it asked', async () => {
    const io = fakeTerminal({ isTTY: true, home: program.home, env, now: Date.now() });
    const running = runCli(['delete', `${at('shop/api')}:0.9`], io);
    for (let i = 0; i < 500 && !io.stderr.text.includes('[y/N]'); i++) await new Promise((resolve) => setTimeout(resolve, 10));
    open.put('shop/api', index, '0.9');
    io.stdin.write('y\n');
    expect(await running).toBe(1);
    expect(io.stderr.text).toContain(`${at('shop/api')}:0.9 points elsewhere meanwhile, and was left alone.`);
    expect(open.content.manifest('shop/api', '0.9')?.digest).toBe(index.digest);
    expect(open.content.manifest('shop/api', other.digest)).toBeDefined();
  });

  it.each([
    ['', /names a whole repository/],
    [`:1@${image.digest}`, /names a tag and a digest/],
  ])('guesses nothing: shop/api%s', async (suffix, words) => {
    const wrong = await run([`${at('shop/api')}${suffix}`, '--yes']);
    expect([wrong.code, wrong.stderr]).toEqual([2, expect.stringMatching(words)]);
    expect(tags()).toHaveLength(3);
  });
}

describe('tagboat delete, alone', () => {
  beforeEach(() => void open.requests.splice(0));
  behaviour((repository) => `${open.host}/${repository}`);
});

describe('tagboat delete, through a hub', () => {
  let hub: HubProcess;
  beforeAll(async () => {
    hub = await startHubProcess({ entry: 'src/main.ts' });
    const admin = await setUpHub(hub);
    Object.assign(env, { TAGBOAT_URL: hub.url, TAGBOAT_TOKEN: admin.token });
    await admin.hub.createRegistry({ name: 'prod', url: open.url, provider: 'generic', signIn: 'anonymous' });
  });
  afterAll(async () => {
    delete env['TAGBOAT_URL'];
    delete env['TAGBOAT_TOKEN'];
    await hub?.stop();
  });
  beforeEach(() => void open.requests.splice(0));
  behaviour((repository) => `prod/${repository}`);

  it('is on record with its digest', async () => {
    await run(['prod/shop/api:0.9', '--yes']);
    const { items } = await program.json<{ items: { detail: string }[] }>(['audit', '--action', 'image.delete'], { env });
    expect(items[0]?.detail).toBe(`Deleted ${other.digest} with tag 0.9 from shop/api.`);
  });
});

describe('tagboat delete, at docker-registry', () => {
  let registry: DockerRegistry;
  let readOnly: DockerRegistry;
  const tagsAt = async (at: string) => (await tagboatHere(['tags', at, '-q', '--sort', 'name'])).stdout.trim().split('\n');
  beforeAll(async () => {
    [registry, readOnly] = await Promise.all([
      startDockerRegistry({ kind: 'htpasswd' }),
      startDockerRegistry({ kind: 'open', deletion: false }),
    ]);
    const auth = Buffer.from(`${registry.username}:${registry.password}`).toString('base64');
    await program.dockerConfig({ auths: { [registry.host]: { auth } } });
  });
  afterAll(async () => {
    await Promise.all([registry?.stop(), readOnly?.stop()]);
  });

  it('takes one tag of two by Docker’s own configuration', async () => {
    const at = `${registry.host}/shop/api`;
    expect((await tagboatHere(['copy', `${open.host}/shop/api:1.0`, `${at}:1`, `${at}:2`])).code).toBe(0);
    expect(await run([`${at}:1`, '--yes'])).toMatchObject({ code: 0, stderr: '' });
    expect(await tagsAt(at)).toEqual(['2']);
    expect((await run([`${at}:2`, '--yes', '--quiet'])).stdout).toBe(`${image.digest}\n`);
    expect((await tagboatHere(['inspect', `${at}@${image.digest}`])).code).toBe(1);
  });

  it('says what to do when deletion is off there', async () => {
    const at = `${readOnly.host}/shop/api`;
    await tagboatHere(['copy', `${open.host}/shop/api:1.0`, `${at}:1`, `${at}:2`]);
    const refused = await run([`${at}:1`, '--yes']);
    expect(refused).toMatchObject({ code: 1, stdout: '' });
    expect(refused.stderr).toMatch(/does not delete from shop\/api \(status 405\).*\nNext: .*REGISTRY_STORAGE_DELETE_ENABLED=true/);
    expect(await tagsAt(at)).toEqual(['1', '2']);
  });
});
