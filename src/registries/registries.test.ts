import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { registriesHub } from '../../test/doctor/registries-hub.ts';
import { serve, tinyRegistry } from '../../test/doctor/servers.ts';
import { Conflict, Forbidden, InUse, InvalidSettings, NotFound } from '../core/errors.ts';
import type { RegistryInput } from './types.ts';

const input = (name: string, more: Partial<RegistryInput> = {}): RegistryInput => ({
  name,
  url: `https://${name.toLowerCase()}.test`,
  signIn: 'password',
  fields: { username: 'ci', password: `geheim-${name}` },
  ...more,
});

async function failing<T>(work: Promise<unknown>, kind: new (...parameters: never[]) => T): Promise<T> {
  const error: unknown = await work.then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  expect(error).toBeInstanceOf(kind);
  return error as T;
}

const fieldsOf = (error: InvalidSettings) => error.fields.map(({ field }) => field);

describe('creating', () => {
  it('stores what was entered, sealed where it is secret', async () => {
    await using hub = await registriesHub();
    const created = await hub.registries.create(hub.admin, input('Prod', { url: 'Registry.Example.TEST.:443/v2/', description: ' ours ' }));
    expect(created).toMatchObject({
      name: 'Prod',
      provider: 'generic',
      url: 'https://registry.example.test',
      host: 'registry.example.test',
      prefix: 'registry.example.test',
      description: 'ours',
      signIn: 'password',
      settings: { username: 'ci' },
      secretsSet: ['password'],
      secretsLost: false,
      default: true,
      allProjects: true,
      version: 1,
      updatedBy: 'usr_admin',
    });
    const raw = await readFile(join(hub.directory.path, 'tagboat.db'), 'latin1');
    const wal = await readFile(join(hub.directory.path, 'tagboat.db-wal'), 'latin1').catch(() => '');
    expect(raw + wal).not.toContain('geheim');
    expect(raw + wal).toContain('registry.example.test');
    const { items } = await hub.audit.list({ action: 'registry.create' });
    expect(items[0]).toMatchObject({
      actor: { name: 'ana' },
      target: { name: 'Prod' },
      after: { url: 'https://registry.example.test/', secretsSet: ['password (set)'] },
    });
  });

  it('names every field at fault at once', async () => {
    await using hub = await registriesHub();
    const wrong = input('no name', {
      url: 'registry.test',
      fields: { username: 'a:b' },
      prefix: 'https://X Y',
      connection: { tls: 'ca' },
      pinnedRepositories: ['Team/App'],
    });
    const error = await failing(hub.registries.create(hub.admin, wrong), InvalidSettings);
    expect(fieldsOf(error).sort()).toEqual(['connection.ca', 'fields.password', 'fields.username', 'name', 'pinnedRepositories', 'prefix']);
  });

  it('takes a name once, in whatever case, and again after it was removed', async () => {
    await using hub = await registriesHub();
    const { id } = await hub.registries.create(hub.admin, input('Prod'));
    const error = await failing(hub.registries.create(hub.admin, input('pROD')), Conflict);
    expect(error.code).toBe('already_exists');
    await hub.registries.remove(hub.admin, id);
    await expect(hub.registries.create(hub.admin, input('pROD'))).resolves.toMatchObject({ name: 'pROD', default: true });
  });

  it('means plain HTTP by http://, and refuses to mix the two', async () => {
    await using hub = await registriesHub();
    await expect(hub.registries.create(hub.admin, input('dev', { url: 'http://localhost:5000' }))).resolves.toMatchObject({
      url: 'http://localhost:5000',
      connection: { tls: 'plain' },
    });
    const error = await failing(
      hub.registries.create(hub.admin, input('dev2', { url: 'http://localhost', connection: { tls: 'verify' } })),
      InvalidSettings,
    );
    expect(fieldsOf(error)).toEqual(['url']);
  });

  it('knows Docker Hub and ECR by their hosts', async () => {
    await using hub = await registriesHub();
    const docker = await hub.registries.create(hub.admin, { name: 'hub', url: 'docker.io', fields: {} });
    expect(docker).toMatchObject({ provider: 'dockerhub', prefix: 'docker.io' });
    const ecr = await hub.registries.create(hub.admin, {
      name: 'ecr',
      url: 'https://000000000000.dkr.ecr.eu-west-1.amazonaws.com/shop',
      fields: { accessKeyId: 'AKIAIOSFODNN7EXAMPLE', secretAccessKey: 'wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY' },
    });
    expect(ecr).toMatchObject({
      provider: 'ecr',
      url: 'https://000000000000.dkr.ecr.eu-west-1.amazonaws.com',
      prefix: '000000000000.dkr.ecr.eu-west-1.amazonaws.com/shop',
    });
    expect(JSON.stringify(ecr)).not.toContain('wJalr');
  });
});

describe('editing', () => {
  it('keeps an empty secret, renames, and keeps the id', async () => {
    await using hub = await registriesHub();
    const created = await hub.registries.create(hub.admin, input('one'));
    const renamed = await hub.registries.update(hub.admin, 'ONE', { name: 'Two', fields: { password: '' } }, 1);
    expect(renamed).toMatchObject({ id: created.id, name: 'Two', version: 2, secretsSet: ['password'] });
    await expect(hub.registries.get(hub.admin, 'one')).rejects.toBeInstanceOf(NotFound);
    const { items } = await hub.audit.list({ action: 'registry.update' });
    expect(items[0]).toMatchObject({ before: { name: 'one' }, after: { name: 'Two' } });
    expect(items[0]?.after).not.toHaveProperty('url');
  });

  it('refuses an edit of an outdated version, and merges edits that name none', async () => {
    await using hub = await registriesHub();
    await hub.registries.create(hub.admin, input('one'));
    await hub.registries.update(hub.admin, 'one', { description: 'a' }, 1);
    const error = await failing(hub.registries.update(hub.admin, 'one', { description: 'b' }, 1), Conflict);
    expect(error.code).toBe('precondition_failed');
    await Promise.all([
      hub.registries.update(hub.admin, 'one', { description: 'c' }),
      hub.registries.update(hub.admin, 'one', { namespace: 'team' }),
    ]);
    expect(await hub.registries.get(hub.admin, 'one')).toMatchObject({ description: 'c', namespace: 'team', version: 4 });
  });

  it('does not send a stored secret to another host', async () => {
    await using hub = await registriesHub();
    await hub.registries.create(hub.admin, input('one'));
    const error = await failing(hub.registries.update(hub.admin, 'one', { url: 'evil.test' }), InvalidSettings);
    expect(fieldsOf(error)).toEqual(['fields.password']);
    expect(error.message).toMatch(/one\.test.*evil\.test/);
    const port = await failing(hub.registries.update(hub.admin, 'one', { url: 'one.test:8443' }), InvalidSettings);
    expect(fieldsOf(port)).toEqual(['fields.password']);
    await expect(hub.registries.update(hub.admin, 'one', { url: 'evil.test', fields: { password: 'other' } })).resolves.toMatchObject({
      url: 'https://evil.test',
      prefix: 'evil.test',
    });
    const test = hub.registries.test(hub.admin, 'one', { url: 'third.test' }, {}, new AbortController().signal);
    await failing(test.next(), InvalidSettings);
  });

  it('lets only administrators weaken the connection of a stored secret, and confirm realms', async () => {
    await using hub = await registriesHub();
    await hub.registries.create(hub.admin, input('one'));
    const operator = hub.principal('otto', 'operator');
    const weak = await failing(hub.registries.update(operator, 'one', { connection: { tls: 'insecure' } }), InvalidSettings);
    expect(fieldsOf(weak)).toEqual(['fields.password']);
    const realm = await failing(hub.registries.update(operator, 'one', { trustedRealms: ['https://auth.test'] }), InvalidSettings);
    expect(fieldsOf(realm)).toEqual(['trustedRealms']);
    await expect(
      hub.registries.update(hub.admin, 'one', { connection: { tls: 'insecure' }, trustedRealms: ['https://auth.test/token'] }),
    ).resolves.toMatchObject({
      connection: { tls: 'insecure' },
      trustedRealms: ['https://auth.test'],
    });
    await expect(hub.registries.update(operator, 'one', { description: 'still possible' })).resolves.toMatchObject({
      trustedRealms: ['https://auth.test'],
    });
  });
});

describe('this machine’s own identity', () => {
  const ecr: RegistryInput = { name: 'ecr', url: '000000000000.dkr.ecr.eu-west-1.amazonaws.com', signIn: 'role', fields: {} };

  it.each<[string, Partial<RegistryInput>, string]>([
    ['plain HTTP', { connection: { tls: 'plain', proxy: 'http://proxy.test' } }, 'connection.tls'],
    ['an unchecked certificate', { connection: { tls: 'insecure' } }, 'connection.tls'],
    ['an API without TLS', { fields: { apiEndpoint: 'http://api.ecr.eu-west-1.amazonaws.com' } }, 'fields.apiEndpoint'],
    [
      'an STS without TLS',
      { signIn: 'assume-role', fields: { roleArn: 'arn:aws:iam::000000000000:role/x', stsEndpoint: 'http://sts.test' } },
      'fields.stsEndpoint',
    ],
  ])('is used over %s only where an administrator wants it', async (_what, more, field) => {
    await using hub = await registriesHub();
    const operator = hub.principal('otto', 'operator');
    const { registries } = hub;
    expect(fieldsOf(await failing(registries.create(operator, { ...ecr, ...more }), InvalidSettings))).toEqual([field]);
    const test = registries.test(operator, { ...ecr, ...more }, undefined, {}, new AbortController().signal);
    expect(fieldsOf(await failing(test.next(), InvalidSettings))).toEqual([field]);

    await registries.create(operator, ecr);
    expect(fieldsOf(await failing(registries.update(operator, 'ecr', more), InvalidSettings))).toEqual([field]);
    await registries.update(hub.admin, 'ecr', more);
    await registries.update(operator, 'ecr', { description: 'still possible' });
    const proxied = { connection: { proxy: 'http://other.test' } };
    expect(fieldsOf(await failing(registries.update(operator, 'ecr', proxied), InvalidSettings))).toEqual([field]);
  });

  it('is used on the record, like a stored secret', async () => {
    await using hub = await registriesHub();
    await hub.registries.create(hub.admin, ecr);
    await hub.registries.open(hub.admin, 'ecr', 'list repositories');
    const { items } = await hub.audit.list({ action: 'registry.secret-used' });
    expect(items.map(({ detail }) => detail)).toEqual([expect.stringContaining('this machine’s own identity')]);
  });

  it('is not meant where a key signs in', async () => {
    await using hub = await registriesHub();
    const fields = {
      roleArn: 'arn:aws:iam::000000000000:role/x',
      accessKeyId: 'AKIAIOSFODNN7EXAMPLE',
      secretAccessKey: 'wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY',
    };
    const input = { ...ecr, signIn: 'assume-role', fields, connection: { tls: 'insecure' as const } };
    await expect(hub.registries.create(hub.principal('otto', 'operator'), input)).resolves.toMatchObject({ signIn: 'assume-role' });
  });
});

describe('the default', () => {
  it('is the first, moves, and is asked about when the choice is not clear', async () => {
    await using hub = await registriesHub();
    const { registries, admin } = hub;
    await registries.create(admin, input('a'));
    await registries.create(admin, input('b'));
    await registries.create(admin, input('c', { default: true }));
    expect((await registries.list(admin)).map((one) => [one.name, one.default])).toEqual([
      ['a', false],
      ['b', false],
      ['c', true],
    ]);
    await expect(registries.setDefault(admin, 'a')).resolves.toMatchObject({ default: true });
    expect((await failing(registries.update(admin, 'a', { default: false }), InvalidSettings)).fields[0]?.field).toBe('default');
    expect((await failing(registries.remove(admin, 'a'), Conflict)).message).toMatch(/default/);
    await expect(registries.remove(admin, 'a', undefined, { nextDefault: 'c' })).resolves.toMatchObject({
      nextDefault: { name: 'c', default: true },
    });
    await expect(registries.remove(admin, 'c')).resolves.toMatchObject({ nextDefault: { name: 'b' } });
    await expect(registries.remove(admin, 'b')).resolves.toEqual({});
  });

  it('is not chosen by who may only remove it', async () => {
    await using hub = await registriesHub();
    const shop = await hub.project('Shop');
    const operator = hub.principal('otto', 'viewer', { [shop]: 'operator' });
    await hub.registries.create(hub.admin, input('a', { projects: [shop] }));
    for (const name of ['b', 'c']) await hub.registries.create(hub.admin, input(name));
    await failing(hub.registries.remove(operator, 'a', undefined, { nextDefault: 'b' }), Forbidden);
    await expect(hub.registries.remove(operator, 'a', undefined, { nextDefault: null })).resolves.toEqual({});
  });

  it('may be left to none', async () => {
    await using hub = await registriesHub();
    await hub.registries.create(hub.admin, input('a'));
    await hub.registries.create(hub.admin, input('b'));
    await hub.registries.remove(hub.admin, 'a', 1, { nextDefault: null });
    expect(await hub.registries.get(hub.admin, 'b')).toMatchObject({ default: false });
  });
});

describe('removing', () => {
  it('is refused while something refers to the registry', async () => {
    await using hub = await registriesHub();
    const { id } = await hub.registries.create(hub.admin, input('a'));
    let references = [{ kind: 'watch', id: 'w1', name: 'shop' }];
    hub.registries.addReferenceSource(async (registryId) => (registryId === id ? references : []));
    const error = await failing(hub.registries.remove(hub.admin, 'a'), InUse);
    expect(error.references).toEqual(references);
    expect(await hub.registries.references(hub.admin, 'a')).toEqual(references);
    references = [];
    await hub.registries.remove(hub.admin, 'a');
    await expect(hub.registries.get(hub.admin, id)).rejects.toBeInstanceOf(NotFound);
  });

  it('checks the version', async () => {
    await using hub = await registriesHub();
    await hub.registries.create(hub.admin, input('a'));
    expect((await failing(hub.registries.remove(hub.admin, 'a', 7), Conflict)).code).toBe('precondition_failed');
  });
});

describe('projects', () => {
  it('hide registries from those who are not members', async () => {
    await using hub = await registriesHub();
    const [shop, bank] = [await hub.project('Shop'), await hub.project('Bank')];
    await hub.registries.create(hub.admin, input('all'));
    await hub.registries.create(hub.admin, input('shop', { projects: ['shop'] }));
    const both = await hub.registries.create(hub.admin, input('both', { projects: [shop, 'BANK'] }));
    expect(both).toMatchObject({ allProjects: false, projects: [shop, bank].sort() });

    const viewer = hub.principal('vera', 'viewer', { [bank]: 'viewer' });
    expect((await hub.registries.list(viewer)).map((one) => one.name)).toEqual(['all', 'both']);
    await expect(hub.registries.get(viewer, 'shop')).rejects.toBeInstanceOf(NotFound);
    expect(await hub.registries.get(viewer, 'both')).toMatchObject({ projects: [bank] });
    await failing(hub.registries.update(viewer, 'all', { description: 'x' }), Forbidden);
    await failing(hub.registries.create(viewer, input('new')), Forbidden);
    expect((await hub.registries.list(hub.admin, { project: 'shop' })).map((one) => one.name)).toEqual(['all', 'both', 'shop']);
    const token = hub.principal('tok', 'administrator', {}, [both.id]);
    expect((await hub.registries.list(token)).map((one) => one.name)).toEqual(['both']);
    await failing(hub.registries.create(token, input('new')), Forbidden);
    await failing(hub.registries.test(token, input('new'), undefined, {}, new AbortController().signal).next(), Forbidden);
    await failing(hub.registries.detect(token, 'registry.test', { probe: true }), Forbidden);
  });

  it('let their operators manage what is theirs, and nothing more', async () => {
    await using hub = await registriesHub();
    const [shop, bank] = [await hub.project('Shop'), await hub.project('Bank')];
    const operator = hub.principal('otto', 'viewer', { [shop]: 'operator', [bank]: 'viewer' });
    await failing(hub.registries.create(operator, input('x')), Forbidden);
    expect(fieldsOf(await failing(hub.registries.create(operator, input('x', { projects: ['bank'] })), InvalidSettings))).toEqual([
      'projects',
    ]);
    await hub.registries.create(operator, input('mine', { projects: ['shop'] }));
    await hub.registries.update(hub.admin, 'mine', { projects: ['shop', 'bank'] });
    const narrow = hub.principal('nora', 'viewer', { [shop]: 'operator' });
    await hub.registries.update(narrow, 'mine', { projects: ['shop'], description: 'edited' });
    expect((await hub.registries.get(hub.admin, 'mine')).projects).toEqual([shop, bank].sort());
    expect(fieldsOf(await failing(hub.registries.update(narrow, 'mine', { allProjects: true }), InvalidSettings))).toEqual(['allProjects']);
  });
});

describe('matching', () => {
  it('takes the longest prefix on whole components, and names before hosts', async () => {
    await using hub = await registriesHub();
    const { registries, admin } = hub;
    const at = (name: string, prefix: string) => registries.create(admin, input(name, { url: 'ghcr.io', provider: 'generic', prefix }));
    await at('whole', 'ghcr.io');
    await at('a', 'ghcr.io/org-a');
    await at('deep', 'GHCR.io/org-a/team/');
    await registries.create(admin, { name: 'hub', url: 'docker.io' });
    const matched = async (reference: string) => (await registries.match(admin, reference))?.registry.name;
    expect(await matched('ghcr.io/org-a/app:1')).toBe('a');
    expect(await matched('ghcr.io/org-a/team/app')).toBe('deep');
    expect(await matched('ghcr.io/org-ab/app')).toBe('whole');
    expect(await matched('alpine')).toBe('hub');
    expect(await matched('index.docker.io/library/alpine')).toBe('hub');
    expect(await matched('quay.test/app')).toBeUndefined();
    const named = await registries.match(admin, 'deep/org-a/team/app:2');
    expect(named).toMatchObject({
      via: 'name',
      registry: { name: 'deep' },
      reference: { registry: 'ghcr.io', repository: 'org-a/team/app', tag: '2' },
    });
  });
});

describe('opening', () => {
  it('signs in with the sealed secret, shares one client, and makes a new one after an edit', async () => {
    await using server = await serve(tinyRegistry({ users: { ci: 'first' } }));
    await using hub = await registriesHub();
    await hub.registries.create(hub.admin, input('dev', { url: `http://${server.host}`, fields: { username: 'ci', password: 'first' } }));
    const open = await hub.registries.open('system', 'dev', 'list repositories');
    const names: string[] = [];
    for await (const page of open.listRepositories()) names.push(...page.items.map((item) => item.name));
    expect(names).toEqual(['team/app']);
    const tags: string[] = [];
    for await (const page of open.listTags('team/app')) tags.push(...page.items.map((item) => item.name));
    expect(tags).toEqual(['1.0', '1.1']);

    expect((await hub.registries.open('system', 'dev', 'list repositories')).client).toBe(open.client);
    await hub.registries.update(hub.admin, 'dev', { description: 'no other connection' });
    expect((await hub.registries.open('system', 'dev', 'list repositories')).client).toBe(open.client);
    await hub.registries.update(hub.admin, 'dev', { fields: { password: 'second' } });
    const again = await hub.registries.open('system', 'dev', 'list repositories');
    expect(again.client).not.toBe(open.client);
    expect(await again.credential()).toMatchObject({ kind: 'basic', password: 'second' });
  });

  it('records each use of a secret once in ten minutes', async () => {
    await using hub = await registriesHub();
    await hub.registries.create(hub.admin, input('dev'));
    for (let i = 0; i < 3; i++) await hub.registries.open('system', 'dev', 'list repositories');
    await hub.registries.open(hub.admin, 'dev', 'list repositories');
    const used = async () => (await hub.audit.list({ action: 'registry.secret-used' })).items;
    expect((await used()).map((entry) => entry.actor.name).sort()).toEqual(['Tagboat', 'ana']);
    expect((await used())[0]?.detail).toMatch(/list repositories.*password/);
  });

  it('says that secrets are lost when their key is gone', async () => {
    await using hub = await registriesHub();
    const { id } = await hub.registries.create(hub.admin, input('dev'));
    const other = await hub.registries.create(hub.admin, input('other'));
    const row = await hub.store.db.selectFrom('registries').select('secrets').where('id', '=', other.id).executeTakeFirstOrThrow();
    // Sealed for another registry: it does not open here.
    await hub.store.db.updateTable('registries').set({ secrets: row.secrets }).where('id', '=', id).execute();
    expect(await hub.registries.get(hub.admin, 'dev')).toMatchObject({ secretsLost: true });
  });
});
