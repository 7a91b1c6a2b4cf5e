import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { registriesHub } from '../../test/doctor/registries-hub.ts';
import { CredentialError, InvalidSettings } from '../core/errors.ts';
import { Secret } from '../core/secret.ts';
import type { Credential } from '../oci/index.ts';
import { type AnyProvider, defineProvider, field, ProviderSet, secret } from '../provider/index.ts';
import { FakeClock } from '../testing/fake-clock.ts';
import { buildImage, startRegistry, type TestRegistry } from '../testing/index.ts';
import type { SecretSources } from './deps.ts';
import type { DoctorReport, DoctorStep, RegistryInput, RegistryPatch } from './types.ts';

/** Sources that say what a test wants, and count how often they were asked. */
class StubSources implements SecretSources {
  values: Record<string, string> = {};
  credential: Credential | CredentialError = { kind: 'basic', username: 'ci', password: 'read-elsewhere' };
  marks: Record<string, string> = {};
  asked: string[] = [];

  check(text: string): void {
    if (text.startsWith('bad:')) throw new InvalidSettings('It is bad.', [{ field: 'source', message: 'It is bad.' }]);
  }
  async readValue(text: string): Promise<Secret<string>> {
    this.asked.push(text);
    return new Secret(this.values[text] ?? 'read-elsewhere');
  }
  async readCredential(text: string, { host }: { host: string }): Promise<Credential> {
    this.asked.push(`${text} for ${host}`);
    if (this.credential instanceof CredentialError) throw this.credential;
    return this.credential;
  }
  async stamp(text: string): Promise<string> {
    return this.marks[text] ?? '';
  }
  describe(text: string): string {
    return `place ${text}`;
  }
}

/** A provider with an API of its own, which takes what its fields hold. */
function acme(seen: unknown[], pair?: readonly [string, string]): AnyProvider {
  return defineProvider({
    id: 'acme',
    title: 'Acme',
    icon: '<svg viewBox="0 0 24 24"></svg>',
    docs: 'providers/acme.md',
    url: { example: 'registry.acme.io' },
    hosts: [],
    settings: z.object({}),
    signIn: {
      password: {
        title: 'Password',
        ...(pair && { pair }),
        fields: z.object({ username: field(z.string(), { label: 'User' }), password: secret(z.string(), { label: 'Password' }) }),
      },
    },
    traits: { catalog: 'provider', referrers: 'probe', delete: 'provider', providerDeletes: 'both', mount: true, createRepository: false },
    async issueCredential({ signIn }) {
      seen.push(signIn);
      return { kind: 'basic', username: String(signIn.username), password: String(signIn.password) };
    },
    async deleteImage({ signIn }, repository, what) {
      seen.push({ deleting: repository, what, as: signIn.username });
    },
    async *listRepositories({ signIn }) {
      seen.push({ listing: signIn.username });
      yield { items: [{ name: 'from/api' }] };
    },
    explain: (_error, { signIn }) => ({ message: `Acme says no to ${signIn}.`, help: 'Ask Acme.', field: 'fields.password' }),
  });
}

let registry: TestRegistry;
let users: Record<string, string>;
let sources: StubSources;
let hub: Awaited<ReturnType<typeof registriesHub>>;
let seen: unknown[];
const clock = new FakeClock();

async function start(pair?: readonly [string, string]): Promise<void> {
  seen = [];
  sources = new StubSources();
  hub = await registriesHub({ sources, clock, providers: new ProviderSet([acme(seen, pair)]) });
}
beforeEach(async () => {
  users = { ci: 'read-elsewhere' };
  registry = await startRegistry({ auth: { kind: 'basic', users } });
  registry.put('from/catalog', buildImage(), '1.0');
});
afterEach(async () => {
  await hub[Symbol.asyncDispose]();
  await registry.close();
});

const whole = (more: Partial<RegistryInput> = {}): RegistryInput => ({
  name: 'there',
  provider: 'acme',
  url: registry.url,
  signIn: 'external',
  fields: { source: 'vault:secret/ci' },
  ...more,
});
const partly = (more: Partial<RegistryInput> = {}): RegistryInput =>
  whole({ signIn: 'password', fields: { username: 'ci' }, sources: { password: 'file:/run/p' }, ...more });

async function names(name = 'there'): Promise<string[]> {
  const open = await hub.registries.open(hub.admin, name, 'test');
  const found: string[] = [];
  for await (const page of open.listRepositories()) found.push(...page.items.map((item) => item.name));
  return found;
}

async function examine(input: RegistryInput | string, patch?: RegistryPatch, by = hub.admin): Promise<DoctorReport> {
  const run = hub.registries.test(by, input, patch, {}, new AbortController().signal);
  for (;;) {
    const next: IteratorResult<DoctorStep, DoctorReport> = await run.next();
    if (next.done) return next.value;
  }
}

async function faults(work: Promise<unknown>): Promise<Record<string, string>> {
  const error: unknown = await work.then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  if (!(error instanceof InvalidSettings)) throw error;
  return Object.fromEntries(error.fields.map(({ field: name, message }) => [name, message]));
}

describe('a credential from elsewhere', () => {
  it('stands in the way of signing in that takes a pair: issuing, listing and explaining go by it', async () => {
    await start(['username', 'password']);
    await hub.registries.create(hub.admin, whole());
    expect(await names()).toEqual(['from/api']);
    const open = await hub.registries.open(hub.admin, 'there', 'test');
    expect(await open.credential()).toMatchObject({ kind: 'basic', username: 'ci', password: 'read-elsewhere' });
    expect(seen).toEqual([{ listing: 'ci' }, { method: 'password', username: 'ci', password: 'read-elsewhere' }]);
    expect(sources.asked[0]).toBe(`vault:secret/ci for ${registry.host}`);
    const deletion = await open.vendorDeletion('from/api');
    await deletion?.delete({ tag: '1.0' });
    expect(deletion?.grain).toBe('both');
    expect(seen.at(-1)).toEqual({ deleting: 'from/api', what: { tag: '1.0' }, as: 'ci' });
  });

  it('is used as it is where no way takes a pair, or it is none: then the registry itself is asked', async () => {
    await start();
    await hub.registries.create(hub.admin, whole());
    expect(await names()).toEqual(['from/catalog']);
    const open = await hub.registries.open(hub.admin, 'there', 'test');
    expect(await open.usesOwnApi()).toBe(false);
    expect(await open.vendorDeletion('from/api')).toBeUndefined();
    await expect(open.catalogContext()).rejects.toMatchObject({ code: 'unsupported' });
    expect(seen).toEqual([]);
    await hub[Symbol.asyncDispose]();

    await start(['username', 'password']);
    sources.credential = { kind: 'identity', token: 'an-identity-token' };
    await hub.registries.create(hub.admin, whole());
    const other = await hub.registries.open(hub.admin, 'there', 'test');
    expect(await other.credential()).toMatchObject({ kind: 'identity', token: 'an-identity-token' });
    expect(await other.usesOwnApi()).toBe(false);
    expect(seen).toEqual([]);
  });

  it('is examined by the doctor, who says where it was read and at which field it is wrong', async () => {
    await start(['username', 'password']);
    const report = await examine(whole());
    const step = (id: string) => report.steps.find((one) => one.id === id);
    expect(step('credential')?.summary).toBe('User name and password of ci, read from place vault:secret/ci');
    sources.credential = { kind: 'basic', username: 'ci', password: 'wrong-one' };
    const refused = (await examine(whole())).steps.find(({ state }) => state === 'failed');
    expect(refused).toMatchObject({ code: 'password_rejected', field: 'fields.source', help: 'Ask Acme.' });
    sources.values = { 'file:/run/p': 'wrong-one' };
    const single = (await examine(partly())).steps.find(({ state }) => state === 'failed');
    expect(single).toMatchObject({ code: 'password_rejected', field: 'sources.password' });
    sources.credential = new CredentialError('The vault is sealed.', { code: 'credential_source_failed' });
    const sealed = (await examine(whole())).steps.find(({ state }) => state === 'failed');
    expect(sealed).toMatchObject({
      id: 'credential',
      code: 'credential_source_failed',
      field: 'fields.source',
      summary: 'The vault is sealed',
    });
    expect(JSON.stringify([report, refused, single])).not.toMatch(/read-elsewhere|wrong-one/);
  });

  it('is read once for a listing and its credential, and anew when it is refused or what is behind it changed', async () => {
    await start(['username', 'password']);
    await hub.registries.create(hub.admin, partly());
    const open = () => hub.registries.open(hub.admin, 'there', 'test');
    await names();
    const { client } = await open();
    await client.repository('from/catalog').resolve('1.0');
    const before = sources.asked.length;
    await names();
    await client.repository('from/catalog').resolve('1.0');
    expect(sources.asked.length).toBe(before);
    expect((await open()).client).toBe(client);

    sources.marks = { 'file:/run/p': 'swapped' };
    const next = await open();
    expect(next.client).not.toBe(client);
    await next.client.repository('from/catalog').resolve('1.0');
    expect(sources.asked.length).toBeGreaterThan(before);

    // The registry changed its password, and so did the place: nothing but a refusal tells.
    sources.values = { 'file:/run/p': 'rotated' };
    users.ci = 'rotated';
    await expect(next.client.repository('from/catalog').resolve('1.0')).resolves.toBeDefined();
  });

  it('is asked for by what references begin with, where that is the registry’s own host', async () => {
    await start();
    await hub.registries.create(hub.admin, whole({ name: 'a', prefix: `${registry.host}/org-a` }));
    await hub.registries.create(hub.admin, whole({ name: 'b', prefix: 'mirror.acme.io/org-b' }));
    await names('a');
    await names('b');
    expect(sources.asked).toEqual([`vault:secret/ci for ${registry.host}/org-a`, `vault:secret/ci for ${registry.host}/org-b`]);
  });

  it('must fit its field as if it were typed', async () => {
    await start();
    await hub.registries.create(hub.admin, partly());
    sources.values = { 'file:/run/p': 'two\nlines' };
    const failed = (await examine('there')).steps.find(({ state }) => state === 'failed');
    expect(failed).toMatchObject({ id: 'credential', field: 'sources.password' });
    expect(failed?.summary).toContain('What was read from place file:/run/p cannot be used. Password is broken into several lines');
    expect(failed?.summary).not.toContain('two');
  });
});

describe('who may say where a secret is read', () => {
  it('is an administrator, who may also take it elsewhere', async () => {
    await start();
    const operator = hub.principal('ole', 'operator');
    expect(await faults(hub.registries.create(operator, whole()))).toEqual({
      'fields.source': expect.stringContaining('Only an administrator'),
    });
    expect(await faults(hub.registries.create(operator, partly()))).toEqual({
      'sources.password': expect.stringContaining('Only an administrator'),
    });
    expect(await faults(examine(partly(), undefined, operator))).toHaveProperty(['sources.password']);
    await hub.registries.create(hub.admin, partly());
    expect(await faults(hub.registries.update(operator, 'there', { sources: { password: 'env:OTHER' } }))).toHaveProperty([
      'sources.password',
    ]);
    expect(await faults(examine('there', { sources: { password: 'env:OTHER' } }, operator))).toHaveProperty(['sources.password']);
    expect(sources.asked).toEqual([]);
    await expect(hub.registries.update(hub.admin, 'there', { url: 'http://localhost:1' })).resolves.toMatchObject({ host: 'localhost:1' });
  });

  it.each([
    ['the address', { url: 'http://localhost:1' }, 'The address changed'],
    ['the prefix', { prefix: 'localhost/other' }, 'The prefix changed'],
  ])('nobody else changes %s under it', async (_what, patch, message) => {
    await start();
    const operator = hub.principal('ole', 'operator');
    await hub.registries.create(hub.admin, partly());
    expect(await faults(hub.registries.update(operator, 'there', patch))).toEqual({ 'sources.password': expect.stringContaining(message) });
    expect(await faults(examine('there', patch, operator))).toHaveProperty(['sources.password']);
    await expect(hub.registries.update(operator, 'there', { description: 'x' })).resolves.toMatchObject({ description: 'x' });
    const typed = { ...patch, fields: { password: 'typed' } };
    await expect(hub.registries.update(operator, 'there', typed)).resolves.toMatchObject({ sources: {}, secretsSet: ['password'] });
  });

  it('and what an administrator prepared for one prefix is not put in use for another', async () => {
    await start();
    const operator = hub.principal('ole', 'operator');
    await hub.registries.create(hub.admin, whole({ signIn: 'password', fields: { username: 'ci', password: 'typed' } }));
    const { credentials } = hub.registries;
    await credentials.setNext(hub.admin, 'there', { signIn: 'external', fields: { source: 'docker-config:' } });
    // The prefix is no part of how the registry is signed in to now; the prepared source chooses by it.
    await hub.registries.update(operator, 'there', { prefix: `${new URL(registry.url).host}/other` });
    await expect(credentials.promote(operator, 'there', { force: true })).rejects.toThrow('There is no next credential');
    expect(sources.asked).toEqual([]);
  });

  it('is held to what this hub can read, for what is new', async () => {
    await start();
    const bad = { password: 'bad:x' };
    expect(await faults(hub.registries.create(hub.admin, partly({ sources: bad })))).toEqual({ 'sources.password': 'It is bad.' });
  });

  it('is written down: what was set, and from where it was read for what', async () => {
    await start();
    await hub.registries.create(hub.admin, partly());
    await names();
    const entries = JSON.stringify((await hub.audit.list({})).items);
    expect(entries).toContain('"sources":["password: file:/run/p"]');
    expect(entries).toContain('place file:/run/p');
    expect(entries).not.toContain('read-elsewhere');
  });
});
