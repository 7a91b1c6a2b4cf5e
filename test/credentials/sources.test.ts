import { mkdir, readdir, readFile, rename, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { DoctorReport, RegistryInput } from '../../src/sdk/index.ts';
import { ApiError, type Client, createClient } from '../../src/sdk/index.ts';
import { type FakeKubernetes, type FakeVault, startKubernetes, startVault } from '../../src/testing/clouds/index.ts';
import { type Tagboat, tagboat } from '../cli/tagboat.ts';
import { type DockerRegistry, startDockerRegistry } from '../support/docker-registry.ts';
import { type Administrator, type HubProcess, setUpHub, startHubProcess } from '../support/hub-process.ts';
import { type TemporaryDirectory, temporaryDirectory } from '../support/temporary.ts';

const password = 'Pa55-that-is-kept-elsewhere';
const pair = `ci:${password}`;
const vaultToken = 'root-token-of-the-vault';
const clusterToken = 'token-of-the-cluster';
const encoded = Buffer.from(pair).toString('base64');

let scratch: TemporaryDirectory;
let registry: DockerRegistry;
let vault: FakeVault;
let cluster: FakeKubernetes;
let hub: HubProcess;
let admin: Administrator;
let operator: Client;
let program: Tagboat;
const answers: string[] = [];
const at = (...path: string[]) => join(scratch.path, ...path);

const command = (name: string, script: string) => writeFile(at('commands', name), `#!/bin/sh\n${script}\n`, { mode: 0o755 });

beforeAll(async () => {
  scratch = await temporaryDirectory('tagboat-sources');
  [registry, vault, cluster, program] = await Promise.all([
    startDockerRegistry({ kind: 'htpasswd', username: 'ci', password }),
    startVault({ rootToken: vaultToken }),
    startKubernetes(),
    tagboat(),
  ]);
  for (const folder of ['commands', 'files']) await mkdir(at(folder));
  await command('login', `echo "${pair}"`);
  await command('helper', `echo '{"ServerURL":"x","Username":"ci","Secret":"${password}"}'`);
  await command('password', `echo "${password}"`);
  await command('hang', 'sleep 300');
  await command('flood', 'exec cat /dev/zero');
  await command('exit', `echo "${pair}"; echo "${password}" >&2; exit 1`);
  await writeFile(at('files', 'login'), `${pair}\n`);
  await writeFile(at('outside'), pair);
  await symlink(at('outside'), at('files', 'link'));
  const auths = {
    [registry.host]: { auth: encoded },
    [`${registry.host}/org-b`]: { auth: Buffer.from('ci:wrong-one').toString('base64') },
  };
  await writeFile(at('docker.json'), JSON.stringify({ auths }));
  cluster.tokens.set(clusterToken, ['ci']);
  cluster.secrets.set('ci/registry', { username: 'ci', password });
  cluster.secrets.set('ci/pull', { '.dockerconfigjson': JSON.stringify({ auths }) });
  vault.secrets.set('secret/ci/registry', { username: 'ci', password });
  await writeFile(at('token'), clusterToken);
  const entry = (name: string, value: object) => ({ name: 'main', [name]: value });
  await writeFile(
    at('kubeconfig'),
    JSON.stringify({
      'current-context': 'main',
      contexts: [entry('context', { cluster: 'main', user: 'main' })],
      clusters: [entry('cluster', { server: cluster.service.origin })],
      users: [entry('user', { tokenFile: at('token') })],
    }),
  );
  hub = await startHubProcess({
    entry: 'src/main.ts',
    env: {
      TAGBOAT_LOG_LEVEL: 'debug',
      TAGBOAT_MASTER_KEY: Buffer.alloc(32, 7).toString('base64'),
      TAGBOAT_CREDENTIAL_VARIABLES: 'REGISTRY_*,TAGBOAT_*',
      TAGBOAT_CREDENTIAL_FILES: at('files'),
      TAGBOAT_CREDENTIAL_DOCKER_CONFIG: at('docker.json'),
      TAGBOAT_VAULT_TOKEN: vaultToken,
      TAGBOAT_VAULT_URL: vault.service.origin,
      TAGBOAT_BACKGROUND_CHECKS: 'no',
      REGISTRY_LOGIN: pair,
    },
    args: ['--credential-commands', at('commands'), '--kubeconfig', at('kubeconfig')],
  });
  admin = await setUpHub(hub);
  const made = await admin.hub.createToken({ name: 'operator', role: 'operator' });
  operator = createClient({ baseUrl: hub.url, token: made.secret });
});
afterAll(async () => {
  await Promise.all([hub?.stop(), registry?.stop(), vault?.close(), cluster?.close(), program?.[Symbol.asyncDispose]()]);
  await scratch?.remove();
});

const input = (name: string, source: string, more: Partial<RegistryInput> = {}): RegistryInput => ({
  name,
  url: registry.url,
  provider: 'generic',
  prefix: `${registry.host}/${name}`,
  signIn: 'external',
  fields: { source },
  ...more,
});
const stepOf = (report: DoctorReport, id: string) => report.steps.find((step) => step.id === id);

async function add(given: RegistryInput, by: Client = admin.hub) {
  const created = await by.createRegistry(given);
  answers.push(JSON.stringify(created));
  return created;
}

async function examine(name: string): Promise<DoctorReport> {
  const report = await admin.hub.testRegistryReport(name);
  answers.push(JSON.stringify(report));
  return report;
}

async function refusal(call: Promise<unknown>): Promise<Record<string, string>> {
  const error: unknown = await call.then(
    () => new Error('was accepted'),
    (reason: unknown) => reason,
  );
  if (!(error instanceof ApiError)) throw error;
  answers.push(JSON.stringify(error.problem));
  return Object.fromEntries((error.problem.fields ?? []).map(({ field, message }) => [field, message]));
}

describe('a credential that is kept elsewhere signs in to a real registry', () => {
  it.each([
    ['command', 'exec:login', 'command login'],
    ['helper', 'exec:helper', 'command helper'],
    ['variable', 'env:REGISTRY_LOGIN', 'environment variable REGISTRY_LOGIN'],
    ['docker', 'docker-config:', 'Docker configuration of this hub'],
    ['secret', 'secret:ci/registry', 'Kubernetes secret ci/registry'],
    ['pull', 'pullsecret:ci/pull', 'pull secret ci/pull'],
    ['vault', 'vault:secret/ci/registry', 'Vault secret secret/ci/registry'],
  ])('%s', async (name, source, from) => {
    const created = await add(input(name, source));
    expect(created).toMatchObject({ signIn: 'external', settings: { source }, secretsSet: [] });
    const report = await examine(name);
    expect(report.steps.filter(({ state }) => state === 'failed')).toEqual([]);
    expect(stepOf(report, 'credential')?.summary).toBe(`User name and password of ci, read from ${from}`);
    await expect(admin.hub.listRepositories(name)).resolves.toMatchObject({ items: [] });
  });

  it('or only its password is', async () => {
    const way = { signIn: 'password', fields: { username: 'ci' } };
    for (const [name, source] of Object.entries({ 'one-field': 'vault:secret/ci/registry#password', 'one-command': 'exec:password' })) {
      const created = await add(input(name, '', { ...way, sources: { password: source } }));
      expect(created).toMatchObject({ signIn: 'password', sources: { password: source }, secretsSet: [] });
      expect((await examine(name)).state).toBe('ok');
      await expect(admin.hub.listRepositories(name)).resolves.toMatchObject({ items: [] });
    }
    const typed = await admin.hub.updateRegistry('one-field', { fields: { password } });
    expect(typed).toMatchObject({ sources: {}, secretsSet: ['password'] });
    const back = await admin.hub.updateRegistry('one-field', { sources: { password: 'exec:password' } });
    expect(back).toMatchObject({ sources: { password: 'exec:password' }, secretsSet: [] });
    expect((await examine('one-field')).state).toBe('ok');
  });

  it('by the command line', async () => {
    const env = { TAGBOAT_URL: hub.url, TAGBOAT_TOKEN: admin.token };
    const base = ['registry', 'add'];
    const whole = await program.run([...base, 'by-cli', registry.url, '--source', 'exec:login', '--prefix', `${registry.host}/by-cli`], {
      env,
    });
    expect(whole.stderr + whole.stdout).toContain('Saved by-cli');
    const flags = ['--username', 'ci', '--source', 'password=vault:secret/ci/registry#password', '--secret-ends', '2031-01-31'];
    await program.json(
      [...base, 'by-field', registry.url, ...flags, '--prefix', `${registry.host}/by-field`, '--tag-order', 'oldest-first'],
      { env },
    );
    expect(await admin.hub.getRegistry('by-field')).toMatchObject({
      signIn: 'password',
      sources: { password: 'vault:secret/ci/registry#password' },
      secretEndsAt: '2031-01-31T00:00:00.000Z',
      tagOrder: 'oldest-first',
    });
    await program.json(['registry', 'edit', 'by-field', '--source', 'password=exec:password', '--no-secret-ends'], { env });
    const edited = await admin.hub.getRegistry('by-field');
    expect(edited.sources).toEqual({ password: 'exec:password' });
    expect(edited.secretEndsAt).toBeUndefined();
    const missing = await program.run(['registry', 'edit', 'by-field', '--source', 'password='], { env });
    expect(missing.code).not.toBe(0);
    expect(missing.stderr).toContain('missing');
  });

  it('each registry of one host its own, by its prefix', async () => {
    await add(input('org-a', 'docker-config:', { prefix: `${registry.host}/org-a` }));
    await add(input('org-b', 'docker-config:', { prefix: `${registry.host}/org-b` }));
    expect((await admin.hub.matchRegistry({ reference: `${registry.host}/org-a/app:1` })).registry?.name).toBe('org-a');
    expect((await admin.hub.matchRegistry({ reference: `${registry.host}/org-b/app:1` })).registry?.name).toBe('org-b');
    expect((await examine('org-a')).state).toBe('ok');
    // Its own entry, which is longer than the host's, holds another password.
    const other = await examine('org-b');
    expect(other.steps.find(({ state }) => state === 'failed')).toMatchObject({ code: 'password_rejected', field: 'fields.source' });
    const env = { TAGBOAT_URL: hub.url, TAGBOAT_TOKEN: admin.token };
    const [a, b] = await Promise.all(['org-a', 'org-b'].map((org) => program.run(['tags', `${registry.host}/${org}/app`], { env })));
    expect(a?.stderr).toMatch(/does not have|no repository|not found/i);
    expect(b?.stderr).toContain('does not accept the user name or password');
  });
});

describe('a file that changes while it is used', () => {
  it('is read again at the next use, when it is written and when it is swapped as Kubernetes does', async () => {
    const mounted = at('files', 'mounted');
    await mkdir(mounted);
    const publish = async (version: string, text: string) => {
      await mkdir(join(mounted, version));
      await writeFile(join(mounted, version, 'login'), text);
      await symlink(version, join(mounted, '..next'));
      await rename(join(mounted, '..next'), join(mounted, '..data'));
    };
    await publish('..1', pair);
    await symlink('..data/login', join(mounted, 'login'));
    await add(input('mounted', `file:${join(mounted, 'login')}`));
    const refusalOf = async () => (await admin.hub.listRepositories('mounted', { refresh: true })).partial?.code;
    expect(await refusalOf()).toBeUndefined();
    await publish('..2', 'ci:not-any-more');
    expect(await refusalOf()).toBe('registry_unauthorized');
    await publish('..3', pair);
    expect(await refusalOf()).toBeUndefined();
    await writeFile(join(mounted, '..3', 'login'), 'ci:wrong-again');
    expect(await refusalOf()).toBe('registry_unauthorized');
  });
});

describe('what is hostile or wrong', () => {
  it.each([
    ['exit', 'exec:exit', 'ended with exit code 1'],
    ['flood', 'exec:flood', 'printed more than 64 KiB'],
    ['hang', 'exec:hang', 'did not end within 10 s'],
    ['link', () => `file:${at('files', 'link')}`, 'is not below'],
    ['escape', () => `file:${at('files')}/../outside`, 'is not below'],
    ['shell', 'exec:/bin/sh', 'is not below'],
    ['gone', 'vault:secret/ci/gone', 'There is no secret'],
    ['forbidden', 'secret:kube-system/root', 'Grant it a Role'],
  ])('%s is told at its field', async (name, source, message) => {
    await add(input(`bad-${name}`, typeof source === 'string' ? source : source()));
    const failed = (await examine(`bad-${name}`)).steps.find(({ state }) => state === 'failed');
    expect(failed).toMatchObject({ id: 'credential', field: 'fields.source' });
    expect(failed?.summary).toContain(message);
    expect(failed?.code).toMatch(/^credential_source_/);
  });

  it('is told at a single field too', async () => {
    await add(input('bad-field', '', { signIn: 'password', fields: { username: 'ci' }, sources: { password: 'exec:exit' } }));
    expect(stepOf(await examine('bad-field'), 'credential')).toMatchObject({ state: 'failed', field: 'sources.password' });
  });

  it('is refused before it is saved, where it can be seen', async () => {
    const errors = async (source: string) => (await refusal(admin.hub.createRegistry(input('x', source))))['fields.source'];
    expect(await errors('env:TAGBOAT_MASTER_KEY')).toContain('configures this hub itself');
    expect(await errors('env:PATH')).toContain('--credential-variables');
    expect(await errors('hunter2hunter2')).toContain('A source begins with');
    expect(await errors('exec:login --now')).toContain('without arguments');
  });

  it('is nobody’s but an administrator’s', async () => {
    const only = 'Only an administrator';
    expect((await refusal(operator.createRegistry(input('x', 'exec:login'))))['fields.source']).toContain(only);
    const way = { signIn: 'password', fields: { username: 'ci' }, sources: { password: 'exec:password' } };
    expect((await refusal(operator.createRegistry(input('x', '', way))))['sources.password']).toContain(only);
    expect((await refusal(operator.testNewRegistryReport({ registry: input('x', 'exec:login') })))['fields.source']).toContain(only);
    expect((await refusal(operator.updateRegistry('command', { fields: { source: 'exec:helper' } })))['fields.source']).toContain(only);
    const elsewhere = { url: 'http://127.0.0.1:9' };
    expect((await refusal(operator.updateRegistry('command', elsewhere)))['fields.source']).toContain('The address changed');
    expect((await refusal(operator.testRegistryReport('command', { changes: elsewhere })))['fields.source']).toContain(
      'The address changed',
    );
    expect((await refusal(operator.updateRegistry('org-a', { prefix: `${registry.host}/org-b` })))['fields.source']).toContain(
      'The prefix changed',
    );
    await expect(operator.updateRegistry('command', { description: 'by an operator' })).resolves.toMatchObject({
      description: 'by an operator',
    });
    await expect(admin.hub.updateRegistry('command', { url: registry.url })).resolves.toMatchObject({ signIn: 'external' });
    const kinds = await operator.listCredentialSources();
    expect(kinds.items.find(({ scheme }) => scheme === 'exec')).toMatchObject({ available: true });
  });
});

describe('secrets that are kept elsewhere', () => {
  it('are in no answer, log, audit or database, and the audit says where they were read', async () => {
    const audit = JSON.stringify(await admin.hub.listAudit({ limit: 200 }));
    answers.push(JSON.stringify(await admin.hub.listRegistries()), audit, hub.log());
    expect(audit).toContain('command login');
    expect(audit).toContain('Vault secret secret/ci/registry');
    for (const name of await readdir(hub.dataDir)) answers.push(await readFile(join(hub.dataDir, name), 'latin1'));
    for (const secret of [password, encoded, vaultToken, clusterToken, 'hunter2hunter2']) {
      expect(answers.findIndex((answer) => answer.includes(secret))).toBe(-1);
    }
  });
});
