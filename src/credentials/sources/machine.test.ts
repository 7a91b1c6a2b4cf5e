import { chmod, mkdir, mkdtemp, readFile, rename, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { run } from '../../../test/support/run.ts';
import { readSecretFile } from './file.ts';
import type { CredentialSourceOptions } from './options.ts';
import { CredentialSources } from './sources.ts';

const question = { host: 'registry.acme.io' };
let base: string;
beforeEach(async () => {
  base = await mkdtemp(join(tmpdir(), 'tagboat-sources-'));
  await mkdir(join(base, 'allowed'));
});
afterEach(() => rm(base, { recursive: true }));

const sourcesWith = (options: CredentialSourceOptions) => new CredentialSources(options);
const read = async (sources: CredentialSources, reference: string) => (await sources.readValue(reference, question)).reveal();
const failing = (sources: CredentialSources, reference: string): Promise<Error> =>
  sources.readValue(reference, question).then(
    () => new Error('was read'),
    (error: unknown) => error as Error,
  );

describe('env:', () => {
  const env = { REGISTRY_LOGIN: 'ci:s3cret', HOME: '/root', TAGBOAT_MASTER_KEY: 'master', tagboat_vault_token: 'x' };
  const sources = sourcesWith({ variables: ['REGISTRY_*', 'GHCR_TOKEN'], env });

  it('reads what was allowed', async () => {
    expect(await sources.readCredential('env:REGISTRY_LOGIN', question)).toEqual({ kind: 'basic', username: 'ci', password: 's3cret' });
    expect(await read(sources, 'env:REGISTRY_LOGIN')).toBe('ci:s3cret');
    expect(sources.describe('env:REGISTRY_LOGIN')).toBe('environment variable REGISTRY_LOGIN');
  });

  it('reads nothing else, and never what configures the hub', async () => {
    expect((await failing(sources, 'env:HOME')).message).toContain('--credential-variables REGISTRY_*,GHCR_TOKEN,HOME');
    expect((await failing(sources, 'env:GHCR_TOKEN')).message).toContain('is not set');
    const all = sourcesWith({ variables: ['*'], env });
    for (const name of ['TAGBOAT_MASTER_KEY', 'tagboat_vault_token']) {
      expect(() => all.check(`env:${name}`)).toThrow(/configures this hub itself/);
      expect((await failing(all, `env:${name}`)).message).toContain('configures this hub itself');
    }
    expect((await failing(all, 'env:toString')).message).toContain('is not set');
    for (const name of ['', 'A B', '__proto__', 'A=B', 'toString'])
      expect((await failing(sources, `env:${name}`)).message).toMatch(/not the name of|may not read|is not set/);
  });
});

describe('file:', () => {
  const allowed = (...path: string[]) => join(base, 'allowed', ...path);
  const sources = () => sourcesWith({ files: [allowed()] });

  it('reads a file anew each time, without line ends at its end', async () => {
    await writeFile(allowed('secret'), 'one\n');
    const one = sources();
    expect(await read(one, `file:${allowed('secret')}`)).toBe('one');
    await writeFile(allowed('secret'), 'two\r\n');
    expect(await read(one, `file:${allowed('secret')}`)).toBe('two');
  });

  it('has a stamp that changes when it is written, and when a link on the way is swapped as Kubernetes does', async () => {
    const one = sources();
    const stamp = () => one.stamp(`file:${allowed('token')}`);
    expect(await stamp()).toBe('unreadable');
    for (const version of ['v1', 'v2']) {
      await mkdir(allowed(version));
      await writeFile(allowed(version, 'token'), 'same');
    }
    await symlink('v1', allowed('..data'));
    await symlink('..data/token', allowed('token'));
    const first = await stamp();
    expect(await stamp()).toBe(first);
    await symlink('v2', allowed('..tmp'));
    await rename(allowed('..tmp'), allowed('..data'));
    const second = await stamp();
    expect(second).not.toBe(first);
    await writeFile(allowed('v2', 'token'), 'other');
    expect(await stamp()).not.toBe(second);
  });

  it('does not leave its folders, by .. or by links', async () => {
    await writeFile(join(base, 'outside'), 'hidden');
    await symlink(join(base, 'outside'), allowed('link'));
    await mkdir(join(base, 'allowed-not'));
    await writeFile(join(base, 'allowed-not', 'x'), 'hidden');
    const outside = ['allowed/../outside', 'allowed/link', 'allowed-not/x', 'outside'];
    for (const path of outside) expect((await failing(sources(), `file:${base}/${path}`)).message).toContain('is not below');
    expect((await failing(sources(), 'file:secret')).message).toContain('whole path');
    expect((await failing(sources(), `file:${allowed()}`)).message).toContain('is not below');
  });

  it('notices a link that is put into the way between looking and opening', async () => {
    await writeFile(join(base, 'outside'), 'hidden');
    await symlink(join(base, 'outside'), allowed('swapped'));
    await writeFile(allowed('good'), 'shown');
    // What was looked at is a file of the folder; what is opened is what stands in its place now.
    await expect(readSecretFile(allowed('swapped'), allowed('swapped'), [allowed()])).rejects.toThrow('a link that leads out of');
    await expect(readSecretFile(allowed('good'), allowed('good'), [allowed()])).resolves.toBe('shown');
  });

  it('says of each thing that is no credential what it is', async () => {
    await writeFile(allowed('empty'), ' \n');
    await writeFile(allowed('binary'), Buffer.from([0, 1, 2, 255]));
    await writeFile(allowed('huge'), 'x'.repeat(1024 * 1024 + 1));
    await mkdir(allowed('folder'));
    await run('mkfifo', [allowed('pipe')]);
    const expected = {
      empty: 'is empty',
      binary: 'is binary',
      huge: 'larger than 1 MiB',
      folder: 'is not a file',
      pipe: 'is not a file',
      gone: 'There is no file',
    };
    for (const [name, message] of Object.entries(expected))
      expect((await failing(sources(), `file:${allowed(name)}`)).message, name).toContain(message);
  });

  it('reads a pull secret that is mounted', async () => {
    await writeFile(allowed('.dockerconfigjson'), JSON.stringify({ auths: { 'registry.acme.io': { username: 'ci', password: 'p' } } }));
    const credential = await sources().readCredential(`file:${allowed('.dockerconfigjson')}`, question);
    expect(credential).toEqual({ kind: 'basic', username: 'ci', password: 'p' });
    expect(await sources().readCredential(`docker-config:${allowed('.dockerconfigjson')}`, question)).toEqual(credential);
  });
});

describe('exec:', () => {
  const folder = () => join(base, 'allowed');
  const command = async (name: string, script: string, mode = 0o755) => {
    await writeFile(join(folder(), name), `#!/bin/sh\n${script}\n`);
    await chmod(join(folder(), name), mode);
  };
  const sources = (commandTimeout?: number) => sourcesWith({ commands: folder(), ...(commandTimeout !== undefined && { commandTimeout }) });

  it('runs an executable of the folder, with nothing of the hub’s environment and no arguments', async () => {
    process.env.TAGBOAT_TEST_SECRET = 'leak';
    await command('login', 'env | sort > seen; echo "$#" >> seen; pwd >> seen; echo "ci:s3cret"');
    expect(await sources().readCredential('exec:login', question)).toEqual({ kind: 'basic', username: 'ci', password: 's3cret' });
    const seen = await readFile(join(folder(), 'seen'), 'utf8');
    expect(seen).toContain(`HOME=${folder()}`);
    expect(seen).not.toContain('leak');
    const names = seen.split('\n').flatMap((line) => /^(\w+)=/.exec(line)?.[1] ?? []);
    expect(names.filter((name) => !['PATH', 'HOME', 'LC_ALL', 'PWD', 'OLDPWD', 'SHLVL', '_'].includes(name))).toEqual([]);
    expect(seen).toContain(`\n0\n${folder()}\n`);
    delete process.env.TAGBOAT_TEST_SECRET;
  });

  it('takes a credential helper’s answer, and a whole path', async () => {
    await command('helper', `echo '{"ServerURL":"x","Username":"ci","Secret":"s3cret"}'`);
    expect(await read(sources(), `exec:${join(folder(), 'helper')}`)).toBe('s3cret');
  });

  it('says of each failure what happened and what to do', async () => {
    await command('exit', 'echo "ci:s3cret"; echo "s3cret" >&2; exit 3');
    await command('signal', 'kill -9 $$');
    await command('silent', 'exit 0');
    await command('binary', 'printf "\\000\\001\\377"');
    await command('locked', 'echo x', 0o644);
    await writeFile(join(folder(), 'broken'), '#!/no/such/interpreter\n', { mode: 0o755 });
    const expected: Record<string, string> = {
      exit: 'ended with exit code 3',
      signal: 'was ended by SIGKILL',
      silent: 'printed nothing',
      binary: 'binary',
      locked: 'chmod +x',
      broken: 'could not be run',
      gone: 'There is no command',
      'login now': 'without arguments',
    };
    for (const [name, message] of Object.entries(expected)) {
      const error = await failing(sources(), `exec:${name}`);
      expect(error.message, name).toContain(message);
      expect(error.message).not.toContain('s3cret');
    }
  });

  it('does not leave the folder, by .., by whole paths or by links', async () => {
    await writeFile(join(base, 'outside'), '#!/bin/sh\necho x:y\n', { mode: 0o755 });
    await symlink(join(base, 'outside'), join(folder(), 'link'));
    for (const path of ['../outside', join(base, 'outside'), 'link', '/bin/sh', '.'])
      expect((await failing(sources(), `exec:${path}`)).message, path).toMatch(/is not below/);
  });

  it('ends a command that hangs, with everything that it started', async () => {
    await command('hang', `sleep 60 & echo $! > child; wait`);
    const error = await failing(sources(300), 'exec:hang');
    expect(error.message).toContain('did not end within 0.3 s');
    const child = Number(await readFile(join(folder(), 'child'), 'utf8'));
    await expect.poll(() => isAlive(child)).toBe(false);
  });

  it('does not wait for what a command leaves behind', async () => {
    await command('daemon', `sleep 60 & echo $! > child; echo "ci:s3cret"`);
    expect(await read(sources(5000), 'exec:daemon')).toBe('ci:s3cret');
    const child = Number(await readFile(join(folder(), 'child'), 'utf8'));
    await expect.poll(() => isAlive(child)).toBe(false);
  });

  it('kills one that prints without end at once', async () => {
    await command('flood', 'echo $$ > child; exec cat /dev/zero');
    const begun = performance.now();
    expect((await failing(sources(), 'exec:flood')).message).toContain('more than 64 KiB');
    expect(performance.now() - begun).toBeLessThan(5000);
    const child = Number(await readFile(join(folder(), 'child'), 'utf8'));
    await expect.poll(() => isAlive(child)).toBe(false);
  });

  it('ends with the one who asked', async () => {
    await command('hang', 'echo $$ > child; sleep 60');
    const abort = new AbortController();
    const reading = sources().readValue('exec:hang', { ...question, signal: abort.signal });
    await expect.poll(() => readFile(join(folder(), 'child'), 'utf8').catch(() => '')).toMatch(/\d/);
    abort.abort(new Error('gone'));
    await expect(reading).rejects.toThrow('gone');
  });

  it('ends with the hub', async () => {
    await command('hang', 'sleep 60');
    const one = sources();
    const reading = one.readValue('exec:hang', question);
    await Promise.all([expect(reading).rejects.toThrow('The hub stops'), one.close()]);
  });
});

describe('docker-config:', () => {
  it('reads the hub’s own, runs its helpers without what configures the hub, and asks by host and path', async () => {
    const bin = join(base, 'bin');
    await mkdir(bin);
    await writeFile(
      join(bin, 'docker-credential-fake'),
      `#!/bin/sh\nread server\nenv > ${base}/seen\necho "{\\"Username\\":\\"$server\\",\\"Secret\\":\\"s\\"}"\n`,
      {
        mode: 0o755,
      },
    );
    const path = join(base, 'config.json');
    const auth = (pair: string) => ({ auth: Buffer.from(pair).toString('base64') });
    await writeFile(
      path,
      JSON.stringify({
        auths: { 'ghcr.io/org-a': auth('a:1'), 'ghcr.io/org-b': auth('b:2') },
        credHelpers: { 'registry.acme.io': 'fake' },
      }),
    );
    const env = { PATH: `${bin}:${process.env.PATH}`, TAGBOAT_MASTER_KEY: 'master' };
    const sources = sourcesWith({ dockerConfig: path, env });
    expect(await sources.readCredential('docker-config:', question)).toEqual({
      kind: 'basic',
      username: 'registry.acme.io',
      password: 's',
    });
    expect(await readFile(join(base, 'seen'), 'utf8')).not.toContain('master');
    expect(await sources.readCredential('docker-config:', { host: 'ghcr.io/org-b/app' })).toMatchObject({ username: 'b' });
    await expect(sources.readCredential('docker-config:', { host: 'quay.io' })).rejects.toThrow(
      'Docker configuration of this hub has no credential for quay.io',
    );
    const before = await sources.stamp('docker-config:');
    await writeFile(path, '{}');
    expect(await sources.stamp('docker-config:')).not.toBe(before);
    await rm(path);
    expect(await sources.stamp('docker-config:')).toBe('unreadable');
    await expect(sources.readCredential('docker-config:', question)).rejects.toMatchObject({ code: 'docker_config_invalid' });
  });
});

/** Whether a process runs. One that has ended and that nobody asked about yet does not. */
async function isAlive(pid: number): Promise<boolean> {
  const state = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => '');
  return state !== '' && !/\) [ZX] /.test(state);
}
