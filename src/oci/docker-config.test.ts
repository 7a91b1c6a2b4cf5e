import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { askCredentialHelper } from './credential-helper.ts';
import { type DockerConfigOptions, dockerCredentialSource, loadDockerConfig } from './docker-config.ts';
import { failure } from './testing/loopback.ts';

let home: string;

beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'oci-docker-config-'));
});

afterEach(() => rmSync(home, { recursive: true, force: true }));

function write(path: string, content: unknown): void {
  mkdirSync(dirname(join(home, path)), { recursive: true });
  writeFileSync(join(home, path), typeof content === 'string' ? content : JSON.stringify(content));
}

/** A credential helper as a shell script. */
function helper(name: string, script: string): void {
  write(`bin/docker-credential-${name}`, `#!/bin/sh\n${script}\n`);
  chmodSync(join(home, 'bin', `docker-credential-${name}`), 0o755);
}

function options(env: Record<string, string> = {}): DockerConfigOptions {
  return { home, env: { PATH: `${join(home, 'bin')}${delimiter}${process.env.PATH}`, ...env }, helperTimeout: 5000 };
}

async function find(registry: string, env: Record<string, string> = {}) {
  return (await loadDockerConfig(options(env))).credentialFor(registry);
}

describe('config.json', () => {
  it('is not needed', async () => {
    expect(await find('ghcr.io')).toEqual({ kind: 'anonymous' });
    expect((await loadDockerConfig(options())).files).toEqual([]);
  });

  it.each<[string, string, object, object]>([
    ['auth', 'ghcr.io', { 'ghcr.io': { auth: btoa('user:pass') } }, { kind: 'basic', username: 'user', password: 'pass' }],
    [
      'a password with colons',
      'gcr.io',
      { 'gcr.io': { auth: btoa('_json_key:{"a":"b:c"}') } },
      { kind: 'basic', username: '_json_key', password: '{"a":"b:c"}' },
    ],
    ['user name and password', 'ghcr.io', { 'ghcr.io': { username: 'u', password: 'p' } }, { kind: 'basic', username: 'u', password: 'p' }],
    [
      'an identity token before the password',
      'x.azurecr.io',
      { 'x.azurecr.io': { auth: btoa('0-0:'), identitytoken: 'refresh' } },
      { kind: 'identity', token: 'refresh', username: '0-0' },
    ],
    ['a registry token', 'ghcr.io', { 'ghcr.io': { registrytoken: 'ready' } }, { kind: 'bearer', token: 'ready' }],
    [
      "Docker Hub's own key",
      'docker.io',
      { 'https://index.docker.io/v1/': { auth: btoa('u:p') } },
      { kind: 'basic', username: 'u', password: 'p' },
    ],
    ["Docker Hub's host", 'registry-1.docker.io', { 'docker.io': { auth: btoa('u:p') } }, { kind: 'basic', username: 'u', password: 'p' }],
    [
      'a key with scheme and slash',
      'reg.test:5000',
      { 'https://REG.test:5000/': { auth: btoa('u:p') } },
      { kind: 'basic', username: 'u', password: 'p' },
    ],
    [
      'a key with API version',
      'reg.test',
      { 'https://reg.test/v2/': { auth: btoa('u:p') } },
      { kind: 'basic', username: 'u', password: 'p' },
    ],
    ['nothing for another port', 'reg.test', { 'reg.test:5000': { auth: btoa('u:p') } }, { kind: 'anonymous' }],
    ['nothing for a host that only ends alike', 'evil-ghcr.io', { 'ghcr.io': { auth: btoa('u:p') } }, { kind: 'anonymous' }],
    ['nothing of an empty entry', 'ghcr.io', { 'ghcr.io': {} }, { kind: 'anonymous' }],
    [
      'a credential for a path before that of the host',
      'quay.io/org/app',
      { 'quay.io': { auth: btoa('host:p') }, 'quay.io/org': { auth: btoa('org:p') } },
      { kind: 'basic', username: 'org', password: 'p' },
    ],
    [
      'that of the host for another path',
      'quay.io/other/app',
      { 'quay.io': { auth: btoa('host:p') }, 'quay.io/org': { auth: btoa('org:p') } },
      { kind: 'basic', username: 'host', password: 'p' },
    ],
    ['no path of which only the letters agree', 'quay.io/organisation', { 'quay.io/org': { auth: btoa('org:p') } }, { kind: 'anonymous' }],
    ['own properties only', 'constructor', {}, { kind: 'anonymous' }],
  ])('gives %s', async (_name, registry, auths, expected) => {
    write('.docker/config.json', { auths, HttpHeaders: {}, unknown: 1 });
    expect(await find(registry)).toEqual(expected);
  });

  it('is found where Docker and podman look, the first with an answer wins', async () => {
    const login = (user: string, host = 'ghcr.io') => ({ auths: { [host]: { auth: btoa(`${user}:p`) } } });
    const env = { XDG_RUNTIME_DIR: join(home, 'run'), DOCKER_CONFIG: join(home, 'elsewhere') };
    write('.docker/config.json', login('not-read'));
    write('.config/containers/auth.json', login('podman-home'));
    expect(await find('ghcr.io', env)).toMatchObject({ username: 'podman-home' });
    write('run/containers/auth.json', login('podman'));
    expect(await find('ghcr.io', env)).toMatchObject({ username: 'podman' });
    write('elsewhere/config.json', login('docker'));
    expect(await find('ghcr.io', env)).toMatchObject({ username: 'docker' });
    write('elsewhere/config.json', login('docker', 'quay.io'));
    expect(await find('ghcr.io', env)).toMatchObject({ username: 'podman' });
    write('file.json', login('explicit'));
    expect(await find('ghcr.io', { ...env, REGISTRY_AUTH_FILE: join(home, 'file.json') })).toMatchObject({ username: 'explicit' });
    expect((await loadDockerConfig(options(env))).files).toHaveLength(3);
  });

  it.each<[string, unknown]>([
    ['not JSON', '{"auths": {"x": {"auth": "c2VjcmV0OnNlY3JldA=="'],
    ['a list', []],
    ['auth that is none', { auths: { 'ghcr.io': { auth: btoa('no colon') } } }],
    ['nested without end', '['.repeat(10_000)],
  ])('that is %s is an error that quotes nothing of it', async (_name, content) => {
    write('.docker/config.json', content);
    const error = await failure(find('ghcr.io'));
    expect(error).toMatchObject({ code: 'docker_config_invalid', fault: 'caller' });
    expect(error.message).toContain(join(home, '.docker', 'config.json'));
    expect(error.message).not.toContain('c2VjcmV0');
    expect(error.message).not.toContain('no colon');
  });

  it.each<[unknown]>([
    [''],
    [{}],
    [{ auths: null }],
    [{ auths: [] }],
    [{ auths: { 'ghcr.io': 5 } }],
    [{ auths: { 'ghcr.io': { auth: 5 } } }],
  ])('%j holds nothing', async (content) => {
    write('.docker/config.json', content);
    expect(await find('ghcr.io')).toEqual({ kind: 'anonymous' });
  });
});

describe('credential helpers', () => {
  it('are asked for their registry, before the file and the store', async () => {
    helper('one', 'read server; echo "{\\"ServerURL\\":\\"$server\\",\\"Username\\":\\"from-one\\",\\"Secret\\":\\"$server\\"}"');
    helper('store', 'read server; echo "{\\"Username\\":\\"from-store\\",\\"Secret\\":\\"$server\\"}"');
    write('.docker/config.json', {
      auths: { 'quay.io': { auth: btoa('file:p') }, 'reg.test': {} },
      credHelpers: { 'ghcr.io': 'one' },
      credsStore: 'store',
    });
    expect(await find('ghcr.io/owner/app')).toEqual({ kind: 'basic', username: 'from-one', password: 'ghcr.io' });
    expect(await find('quay.io')).toEqual({ kind: 'basic', username: 'file', password: 'p' });
    expect(await find('reg.test')).toEqual({ kind: 'basic', username: 'from-store', password: 'reg.test' });
    expect(await find('docker.io')).toEqual({ kind: 'basic', username: 'from-store', password: 'https://index.docker.io/v1/' });
  });

  it('may hold an identity token', async () => {
    helper('acr', 'echo \'{"Username":"<token>","Secret":"refresh"}\'');
    expect(await askCredentialHelper('acr', 'x.azurecr.io', { env: options().env ?? {} })).toEqual({ kind: 'identity', token: 'refresh' });
  });

  it('that have nothing are no failure', async () => {
    helper('empty', 'echo "credentials not found in native keychain"; exit 1');
    write('.docker/config.json', { credsStore: 'empty' });
    expect(await find('ghcr.io')).toEqual({ kind: 'anonymous' });
  });

  it.each([
    ['fails', 'echo "keychain is locked"; exit 3', 'exit code 3 and said "keychain is locked"'],
    ['is killed', 'kill -9 $$', 'exit code'],
    ['answers something else', 'echo hello', 'no user name and secret'],
    ['answers too much', 'exec yes xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx', 'wrote too much'],
    ['does not end', 'exec sleep 30', 'did not answer within 0.5 s'],
    ['leaves a child behind', 'sleep 30 & sleep 30', 'did not answer within 0.5 s'],
  ])('that %s is named', async (_name, script, reason) => {
    helper('bad', script);
    const error = await failure(
      askCredentialHelper('bad', 'ghcr.io', { env: options().env ?? {}, timeout: reason.includes('0.5') ? 500 : 5000 }),
    );
    expect(error).toMatchObject({ code: 'credential_helper_failed', fault: 'caller', context: { helper: 'bad' } });
    expect(error.message).toContain(reason);
  });

  it.each(['../../bin/sh', 'a b', '', 'a;touch pwned', 'A', '-x', '.x', 'a/b'])('are not run under the name %j', async (name) => {
    expect(await failure(askCredentialHelper(name, 'ghcr.io', { env: {} }))).toMatchObject({ code: 'credential_helper_failed' });
  });

  it('that are not installed are said to be', async () => {
    expect((await failure(askCredentialHelper('missing', 'ghcr.io', { env: options().env ?? {} }))).message).toContain('not installed');
  });

  it('get the server on their input and see no shell', async () => {
    helper('echo', `cat > "${join(home, 'input')}"; echo "$#:$1" > "${join(home, 'arguments')}"; echo '{"Username":"u","Secret":"s"}'`);
    const server = `ghcr.io; touch ${join(home, 'pwned')} $(id)`;
    await askCredentialHelper('echo', server, { env: options().env ?? {} });
    expect(readFileSync(join(home, 'input'), 'utf8')).toBe(server);
    expect(readFileSync(join(home, 'arguments'), 'utf8').trim()).toBe('1:get');
    expect(existsSync(join(home, 'pwned'))).toBe(false);
  });
});

describe('dockerCredentialSource', () => {
  it('finds the credential of the repository, keeps it, and asks again to renew', async () => {
    helper('count', `echo x >> "${join(home, 'calls')}"; echo '{"Username":"u","Secret":"s"}'`);
    write('.docker/config.json', { auths: { 'quay.io/org': { auth: btoa('org:p') } }, credsStore: 'count' });
    const source = dockerCredentialSource('quay.io', options());
    const calls = () => (existsSync(join(home, 'calls')) ? readFileSync(join(home, 'calls'), 'utf8').length / 2 : 0);
    expect(await source({ scopes: ['repository:org/app:pull'], renew: false })).toMatchObject({ username: 'org' });
    expect(calls()).toBe(0);
    await source({ scopes: ['registry:catalog:*'], renew: false });
    await source({ scopes: [], renew: false });
    expect(calls()).toBe(1);
    await source({ scopes: [], renew: true });
    expect(calls()).toBe(2);
    await Promise.all(Array.from({ length: 10 }, () => source({ scopes: ['repository:other:pull'], renew: false })));
    expect(calls()).toBe(3);
  });
});
