import { chmod, mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { copy, OciLayout, RegistryClient, RepositoryTarget } from '../../src/oci/index.ts';
import { buildImage, buildIndex, writeOciLayout } from '../../src/testing/index.ts';
import { type DockerRegistry, startDockerRegistry } from '../support/docker-registry.ts';
import { Skopeo } from '../support/skopeo.ts';
import { type Tagboat, tagboat } from './tagboat.ts';

/** A private image, a private destination, and nothing but `~/.docker/config.json`: no hub, no flags. */
const index = buildIndex({ manifests: [buildImage(), buildImage({ platform: 'linux/arm64' })] });
const raw = Buffer.from(index.bytes).toString();

let source: DockerRegistry;
let destination: DockerRegistry;
let program: Tagboat;
let copies = 0;

beforeAll(async () => {
  [source, destination, program] = await Promise.all([
    startDockerRegistry({ kind: 'htpasswd', username: 'reader', password: 'reads-it' }),
    startDockerRegistry({ kind: 'token', username: 'writer', password: 'writes-it' }),
    tagboat(),
  ]);
  const layout = join(program.home, 'made');
  await writeOciLayout(layout, [{ content: index, tag: '1.0' }]);
  const client = new RegistryClient({ url: source.url, credential: { kind: 'basic', username: 'reader', password: 'reads-it' } });
  const from = new OciLayout(layout);
  await copy(from, '1.0', new RepositoryTarget(client.repository('private/api')), ['1.0']);
  await Promise.all([from.close(), client.close()]);
});
beforeEach(() => rm(join(program.home, '.docker'), { recursive: true, force: true }));
afterAll(async () => {
  await Promise.all([source.stop(), destination.stop(), program[Symbol.asyncDispose]()]);
});

const auth = ({ username, password }: DockerRegistry) => ({ auth: Buffer.from(`${username}:${password}`).toString('base64') });

/** Copies, and answers what skopeo finds there. */
async function copiesPrivate(env: Record<string, string> = {}): Promise<string> {
  const repository = `mirror/api-${++copies}`;
  const done = await program.run(['copy', `${source.host}/private/api:1.0`, `${destination.host}/${repository}`], { env });
  expect(done.code, done.stderr).toBe(0);
  expect(done.stdout).toContain(`/${repository}:1.0`);
  for (const secret of ['reads-it', 'writes-it']) expect(done.stdout + done.stderr).not.toContain(secret);
  const skopeo = new Skopeo(program.home, { username: 'writer', password: 'writes-it' });
  return skopeo.inspectRaw(`${destination.host}/${repository}:1.0`);
}

/** A credential helper as Docker starts it, which knows both registries and writes down what it is asked. */
async function helper(name: string): Promise<{ env: Record<string, string>; asked(): Promise<string[]> }> {
  const bin = join(program.home, 'bin');
  const log = join(program.home, `${name}.log`);
  await mkdir(bin, { recursive: true });
  const answers = [source, destination].map(
    ({ host, username, password }) =>
      `  ${host}|http://${host}|https://${host}) printf '{"ServerURL":"%s","Username":"${username}","Secret":"${password}"}' "$server";;`,
  );
  const script = ['#!/bin/sh', 'read -r server', `echo "$1 $server" >> ${log}`, 'case "$server" in', ...answers];
  script.push("  *) echo 'credentials not found in native keychain'; exit 1;;", 'esac', '');
  await writeFile(join(bin, `docker-credential-${name}`), script.join('\n'));
  await chmod(join(bin, `docker-credential-${name}`), 0o755);
  return {
    env: { PATH: `${bin}:${process.env['PATH']}` },
    asked: async () => (await readFile(log, 'utf8')).trim().split('\n'),
  };
}

describe('tagboat copy of a private image', () => {
  it('with the passwords that docker login keeps there', async () => {
    await program.dockerConfig({ auths: { [source.host]: auth(source), [destination.host]: auth(destination) } });
    expect(await copiesPrivate()).toBe(raw);
  });

  it('with a credential helper for each registry', async () => {
    const keys = await helper('each');
    await program.dockerConfig({ credHelpers: { [source.host]: 'each', [destination.host]: 'each' } });
    expect(await copiesPrivate(keys.env)).toBe(raw);
    const asked = await keys.asked();
    expect(asked.every((line) => line.startsWith('get '))).toBe(true);
    for (const { host } of [source, destination]) expect(asked.some((line) => line.endsWith(host))).toBe(true);
  });

  it('with a store for all, and a helper for one', async () => {
    const keys = await helper('all');
    await helper('one');
    await program.dockerConfig({ credsStore: 'all', credHelpers: { [destination.host]: 'one' }, auths: { [source.host]: {} } });
    expect(await copiesPrivate(keys.env)).toBe(raw);
    expect((await keys.asked()).some((line) => line.endsWith(destination.host))).toBe(false);
  });

  it('with a configuration that stands elsewhere', async () => {
    const elsewhere = join(program.home, 'elsewhere');
    await mkdir(elsewhere, { recursive: true });
    await writeFile(
      join(elsewhere, 'config.json'),
      JSON.stringify({ auths: { [source.host]: auth(source), [destination.host]: auth(destination) } }),
    );
    expect(await copiesPrivate({ DOCKER_CONFIG: elsewhere })).toBe(raw);
  });

  it('to disk and back', async () => {
    await program.dockerConfig({ auths: { [source.host]: auth(source), [destination.host]: auth(destination) } });
    const file = join(program.home, 'api.tar');
    expect((await program.run(['copy', `${source.host}/private/api:1.0`, `oci-archive:${file}:1.0`])).code).toBe(0);
    expect((await program.run(['copy', `oci-archive:${file}`, `${destination.host}/from-disk/api`])).code).toBe(0);
    const skopeo = new Skopeo(program.home, { username: 'writer', password: 'writes-it' });
    expect(await skopeo.inspectRaw(`${destination.host}/from-disk/api:1.0`)).toBe(raw);
  });
});

describe('and what goes wrong with it says what to do', () => {
  const run = (env: Record<string, string> = {}) =>
    program.run(['copy', `${source.host}/private/api:1.0`, `${destination.host}/wrong/api`], { env });

  it.each<[string, () => object, RegExp]>([
    [
      'nothing for the source',
      () => ({ auths: { [destination.host]: auth(destination) } }),
      /Reading from .*private\/api failed\..*asks for a sign-in.*Next: Sign in with `docker login/s,
    ],
    [
      'a wrong password for the source',
      () => ({ auths: { [source.host]: { auth: Buffer.from('reader:wrong').toString('base64') }, [destination.host]: auth(destination) } }),
      /Reading from .*private\/api failed\..*does not accept the user name or password/s,
    ],
    ['nothing for the destination', () => ({ auths: { [source.host]: auth(source) } }), /Writing to .*wrong\/api failed\./],
    [
      'a helper that is not installed',
      () => ({ credsStore: 'nowhere' }),
      /credential helper "nowhere" .* not installed or not in PATH\.\nNext: Run docker-credential-<name> by hand/,
    ],
  ])('%s', async (_what, config, words) => {
    await program.dockerConfig(config());
    const { code, stderr } = await run();
    expect(code).toBe(1);
    expect(stderr).toMatch(words);
    expect(stderr).toContain('Next:');
    for (const secret of ['reads-it', 'writes-it', 'wrong"']) expect(stderr).not.toContain(secret);
  });

  it('no configuration at all', async () => {
    const { code, stderr } = await run();
    expect(code).toBe(1);
    expect(stderr).toMatch(/Sign in with `docker login/);
    // Nothing is written where nothing was.
    expect(await readdir(program.home)).not.toContain('.docker');
  });
});
