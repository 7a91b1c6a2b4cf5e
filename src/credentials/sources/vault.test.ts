import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Secret } from '../../core/secret.ts';
import { type FakeVault, type FakeVaultOptions, startVault } from '../../testing/clouds/vault.ts';
import { FakeClock } from '../../testing/fake-clock.ts';
import type { VaultOptions } from './options.ts';
import { CredentialSources } from './sources.ts';

const question = { host: 'registry.acme.io' };
let base: string;
let clock: FakeClock;
let vault: FakeVault;
const running = new Set<FakeVault>();
beforeEach(async () => {
  base = await mkdtemp(join(tmpdir(), 'tagboat-vault-'));
  clock = new FakeClock();
  await start();
});
afterEach(async () => {
  for (const one of running) await stop(one);
  await rm(base, { recursive: true });
});

async function start(options: FakeVaultOptions = {}): Promise<void> {
  vault = await startVault({ clock, rootToken: 'root-token', ...options });
  running.add(vault);
  vault.secrets.set('secret/ci/registry', { username: 'robot', password: 's3cret' });
}

async function stop(one: FakeVault): Promise<void> {
  running.delete(one);
  await one.close();
}

const sourcesWith = (options: Partial<VaultOptions> = { token: new Secret('root-token') }) =>
  new CredentialSources({ vault: { url: new URL(vault.service.origin), ...options }, clock, serviceAccount: base, env: {} });
const value = async (reference: string, from = sourcesWith()) => (await from.readValue(reference, question)).reveal();
const failure = (reference: string, from = sourcesWith()) =>
  from.readValue(reference, question).then(
    () => 'was read',
    (error: unknown) => {
      const { message } = error as Error;
      expect(error).toMatchObject({ code: 'credential_source_failed' });
      expect(message).not.toMatch(/root-token|hvs\.|s3cret|pod-jwt/);
      return message;
    },
  );
const paths = () => vault.service.calls.map(({ method, url }) => `${method} ${url.pathname}`);
const count = (path: string) => paths().filter((one) => one.endsWith(path)).length;

describe('Vault secrets', () => {
  it('are read by field, as a pair, and as the only field', async () => {
    expect(await value('vault:secret/ci/registry#password')).toBe('s3cret');
    expect(await sourcesWith().readCredential('vault:secret/ci/registry', question)).toEqual({
      kind: 'basic',
      username: 'robot',
      password: 's3cret',
    });
    vault.secrets.set('secret/token', { token: 't' });
    expect(await value('vault:secret/token')).toBe('t');
    vault.secrets.set('secret/key', { json: { type: 'service_account' } });
    expect(await value('vault:secret/key#json')).toBe('{"type":"service_account"}');
    expect(sourcesWith().describe('vault:secret/ci/registry#password')).toBe('Vault secret secret/ci/registry#password');
  });

  it('that cannot be read say in plain words why', async () => {
    await start({ mounts: { secret: '2', old: '1' } });
    vault.secrets.set('secret/deleted', 'deleted').set('secret/wiped', 'destroyed').set('secret/closed', { x: 's3cret' });
    vault.forbidden.add('secret/closed');
    expect(await failure('vault:secret/ci/registry#gone')).toContain('has no field gone. It has: username, password');
    expect(await failure('vault:secret/ci/registry#constructor')).toContain('has no field constructor');
    expect(await failure('vault:secret/ci/none#x')).toMatch(/There is no secret secret\/ci\/none .* Check the engine and the path/);
    expect(await failure('vault:secret/data/ci/registry#password')).toContain('without “data”');
    expect(await failure('vault:secret/deleted#x')).toContain('was deleted in Vault');
    expect(await failure('vault:secret/wiped#x')).toContain('was destroyed');
    expect(await failure('vault:secret/closed#x')).toContain('Allow read on secret/data/closed in the policy');
    expect(await failure('vault:old/ci#x')).toContain('is not KV version 2');
    expect(await failure('vault:nowhere/ci#x')).toContain('There is no secret');
    vault.sealed = true;
    expect(await failure('vault:secret/ci/registry#password')).toContain('is sealed or down');
    await stop(vault);
    expect(await failure('vault:secret/ci/registry#password')).toMatch(/Vault at 127\.0\.0\.1:\d+ cannot be reached/);
  });

  it.each([
    'vault:secret',
    'vault:',
    'vault:/x',
    'vault:secret//x',
    'vault:secret/../sys/x',
    'vault:secret/x?list=true',
    'vault:secret/x#',
  ])('%s is none', (reference) => {
    expect(() => sourcesWith().check(reference)).toThrow(/behind vault:|behind #/);
  });

  it('are found in an engine that is mounted deeper, as Vault tells', async () => {
    await start({ mounts: { 'team/kv': '2' } });
    vault.secrets.set('team/kv/ci', { password: 'deep' });
    expect(await value('vault:team/kv/ci#password')).toBe('deep');
  });

  it('are read in a namespace', async () => {
    await start({ namespace: 'acme' });
    expect(await value('vault:secret/ci/registry#password', sourcesWith({ token: new Secret('root-token'), namespace: 'acme' }))).toBe(
      's3cret',
    );
    expect(await failure('vault:secret/ci/registry#password')).toContain('There is no secret');
  });
});

describe('a session with Vault', () => {
  const read = (from: CredentialSources) => value('vault:secret/ci/registry#password', from);

  it('renews a token that was given before it ends', async () => {
    const given = sourcesWith({ token: new Secret(vault.makeToken()) });
    for (let hour = 0; hour < 6; hour++) {
      expect(await read(given)).toBe('s3cret');
      await clock.advance(40 * 60_000);
    }
    expect(count('/auth/token/renew-self')).toBeGreaterThan(3);
  });

  it('says so when a token that was given has ended', async () => {
    await start({ renewable: false });
    const given = sourcesWith({ token: new Secret(vault.makeToken()) });
    expect(await read(given)).toBe('s3cret');
    await clock.advance(2 * 3_600_000);
    expect(await failure('vault:secret/ci/registry#password', given)).toContain('a token that has not ended');
  });

  it('reads the token of a file anew for every use', async () => {
    const tokenFile = join(base, 'vault-token');
    await writeFile(tokenFile, 'wrong');
    const from = sourcesWith({ tokenFile });
    expect(await failure('vault:secret/ci/registry#password', from)).toContain('does not let this hub read');
    await writeFile(tokenFile, `${vault.makeToken()}\n`);
    expect(await read(from)).toBe('s3cret');
  });

  it('signs in by the service account, once for all, and once again when its token is refused or over', async () => {
    await mkdir(base, { recursive: true });
    await writeFile(join(base, 'token'), 'pod-jwt');
    await start({ roles: { tagboat: 'pod-jwt' }, renewable: false });
    const from = sourcesWith({ role: 'tagboat' });
    expect(await Promise.all([read(from), read(from), read(from)])).toEqual(['s3cret', 's3cret', 's3cret']);
    expect(count('/auth/kubernetes/login')).toBe(1);
    vault.revokeAll();
    expect(await Promise.all([read(from), read(from)])).toEqual(['s3cret', 's3cret']);
    expect(count('/auth/kubernetes/login')).toBe(2);
    await clock.advance(2 * 3_600_000);
    expect(await read(from)).toBe('s3cret');
    expect(count('/auth/kubernetes/login')).toBe(3);
    vault.forbidden.add('secret/ci/registry');
    expect(await failure('vault:secret/ci/registry#password', from)).toContain('in the policy');
    expect(count('/auth/kubernetes/login')).toBeLessThanOrEqual(6);
  });

  it('says of a sign-in that is refused what to check', async () => {
    await writeFile(join(base, 'token'), 'pod-jwt');
    expect(await failure('vault:secret/ci/registry#password', sourcesWith({ role: 'other' }))).toContain(
      'sign in as the role other (403). Check that the role exists at auth/kubernetes',
    );
  });
});
