import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { runCli } from '../../src/cli/program.ts';
import { fakeTerminal } from '../../src/cli/testing/terminal.ts';
import { buildArtifact, buildImage, buildIndex, startRegistry, type TestRegistry } from '../../src/testing/index.ts';
import { isWhole } from '../copy/copy-world.ts';
import { run as runProgram } from '../support/run.ts';
import { type TemporaryDirectory, temporaryDirectory } from '../support/temporary.ts';
import { type Tagboat, tagboat } from './tagboat.ts';

const arm64 = buildImage({ platform: 'linux/arm64' });
const index = buildIndex({ manifests: [buildImage(), arm64] });
const signature = buildArtifact({ artifactType: 'application/vnd.acme.signature', subject: index });

let open: TestRegistry;
let guarded: TestRegistry;
let program: Tagboat;
let directory: TemporaryDirectory;

beforeAll(async () => {
  [open, guarded, program, directory] = await Promise.all([
    startRegistry(),
    startRegistry({ auth: { kind: 'token', users: { ci: 's3cret-pass' } } }),
    tagboat(),
    temporaryDirectory('tagboat-pull'),
  ]);
  open.put('shop/api', index, '1.0', '1.1');
  open.put('shop/api', signature);
  const auth = Buffer.from('ci:s3cret-pass').toString('base64');
  await program.dockerConfig({ auths: { [guarded.host]: { auth } } });
});
afterAll(async () => {
  await Promise.all([open?.close(), guarded?.close(), program?.[Symbol.asyncDispose](), directory?.remove()]);
});

async function run(...args: string[]) {
  const io = fakeTerminal({ home: program.home, now: Date.now() });
  const code = await runCli(args, io);
  return { code, stdout: io.stdout.text, stderr: io.stderr.text };
}
const at = (name: string) => join(directory.path, name);

it('pulls into a layout and pushes it to where Docker is signed in, under several tags', async () => {
  const pulled = await run('pull', `${open.host}/shop/api:1.0`, at('layout'));
  expect(pulled).toMatchObject({ code: 0, stdout: expect.stringContaining('Copied to oci:layout:1.0.') });
  expect(existsSync(at('layout/oci-layout'))).toBe(true);
  const pushed = await run('push', at('layout'), `${guarded.host}/prod/api:a`, `${guarded.host}/prod/api:b`);
  expect(pushed).toMatchObject({ code: 0, stdout: expect.stringMatching(/Copied to .*\/prod\/api:a, b\./) });
  expect([isWhole(guarded, 'prod/api', index), guarded.content.tags('prod/api')]).toEqual([true, ['a', 'b']]);
  expect((await run('push', `${at('layout')}:1.0`, `${guarded.host}/prod/api:a`)).stdout).toContain('up to date');
});

it('pulls to a directory named after the repository when none is named', async () => {
  const entry = new URL('../../src/main.ts', import.meta.url).pathname;
  const { stdout } = await runProgram(process.execPath, [entry, 'pull', `${open.host}/shop/api:1.1`], {
    cwd: directory.path,
    env: { HOME: program.home },
  });
  expect(stdout).toContain('oci:api:1.1');
  expect(existsSync(at('api/index.json'))).toBe(true);
});

it('pulls one platform into an archive, which pushes again', async () => {
  expect((await run('pull', `${open.host}/shop/api:1.0`, at('api.tar'), '--platform', 'linux/arm64')).code).toBe(0);
  expect((await run('push', at('api.tar'), `${open.host}/from/archive`)).code).toBe(0);
  expect(open.content.manifest('from/archive', '1.0')?.digest).toBe(arm64.digest);
});

it('pulls all tags with what refers to them', async () => {
  const pulled = await run('pull', `${open.host}/shop/api`, `oci:${at('mirror')}`, '--all-tags', '--referrers');
  expect(pulled).toMatchObject({ code: 0, stdout: expect.stringContaining('2 copied') });
  expect((await run('push', at('mirror'), `${open.host}/again/api`, '--all-tags')).code).toBe(0);
  expect(open.content.tags('again/api')).toEqual(['1.0', '1.1']);
});

it('takes the flags of the one registry that there is', async () => {
  const wrong = await run('push', at('layout'), `${guarded.host}/prod/other`, '--insecure', '--plain-http');
  expect(wrong).toMatchObject({ code: 2, stderr: expect.stringContaining('--plain-http and --insecure exclude each other') });
  const dry = await run('push', at('layout'), `${guarded.host}/prod/other`, '--dry-run');
  expect(dry.stdout).toContain('Would copy to');
  expect(guarded.content.has('prod/other')).toBe(false);
});

it.each<[string, () => string[], RegExp]>([
  ['a push of what is not there', () => ['push', at('nothing'), `${open.host}/x/y`], /There is nothing at .*nothing/],
  ['a push to disk', () => ['push', at('layout'), 'oci:/tmp/none'], /a push goes to registries/],
  ['a pull from disk', () => ['pull', 'oci:/tmp/none', at('x')], /a pull comes from a registry/],
  ['writing Docker’s own archive', () => ['pull', `${open.host}/shop/api:1.0`, `docker-archive:${at('d.tar')}`], /docker load reads too/],
])('refuses %s', async (_what, args, words) => {
  const refused = await run(...args());
  expect(refused.code).not.toBe(0);
  expect(refused.stderr).toMatch(words);
});
