import { chmod, mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { AuditEntry, Exported, ImportPlan, ImportResult, Registry } from '../../src/sdk/index.ts';
import { type Person, startTestHub, type TestHub } from '../api/harness.ts';
import { type TemporaryDirectory, temporaryDirectory } from '../support/temporary.ts';
import { ecrOfTheDocument, ghcrOfTheDocument } from './documents.ts';

const secret = 'import-S3cret-password';
let folder: TemporaryDirectory;
let hub: TestHub;
let operator: Person;
let viewer: Person;

beforeAll(async () => {
  folder = await temporaryDirectory('tagboat-imports');
  const commands = join(folder.path, 'commands');
  await mkdir(commands, { mode: 0o755 });
  await writeFile(join(commands, 'login.sh'), '#!/bin/sh\necho AWS:x\n');
  await chmod(join(commands, 'login.sh'), 0o755);
  const kubeconfig = join(folder.path, 'kubeconfig');
  const named = (rest: object) => [{ name: 'x', ...rest }];
  await writeFile(
    kubeconfig,
    JSON.stringify({
      apiVersion: 'v1',
      kind: 'Config',
      'current-context': 'x',
      clusters: named({ cluster: { server: 'http://127.0.0.1:1' } }),
      users: named({ user: { token: 'none' } }),
      contexts: named({ context: { cluster: 'x', user: 'x' } }),
    }),
  );
  hub = await startTestHub({ credentialCommands: commands, kubeconfig });
  operator = await hub.addPerson('olga', 'operator');
  viewer = await hub.addPerson('vera', 'viewer');
});
afterAll(async () => {
  await hub?.close();
  await folder?.[Symbol.asyncDispose]();
});

async function call<T>(
  method: 'GET' | 'POST',
  url: string,
  payload?: object,
  as = hub.administrator,
): Promise<{ status: number; body: T; text: string }> {
  const answer = await hub.request({ method, url: `/api/v1${url}`, as, ...(payload && { payload }) });
  return { status: answer.statusCode, body: answer.json<T>(), text: answer.body };
}
const documents = (...contents: (string | object)[]) =>
  contents.map((content) => ({ content: typeof content === 'string' ? content : JSON.stringify(content) }));
const dockerConfig = {
  auths: { 'one.test': { username: 'ci', password: secret }, 'two.test': { username: 'a:b', password: secret }, 'three.test': {} },
};

describe('imports', () => {
  it('answer a plan without the secrets, and change nothing', async () => {
    const { status, body, text } = await call<ImportPlan>('POST', '/imports/plan', {
      kind: 'docker-config',
      documents: documents(dockerConfig),
    });
    expect(status).toBe(200);
    expect(text).not.toContain(secret);
    expect(body.entries[0]).toMatchObject({ name: 'one', action: 'create', secrets: [{ field: 'password', state: 'found' }] });
    expect((await call<{ items: Registry[] }>('GET', '/registries')).body.items).toEqual([]);
  });

  it('take the registries of the document as they stand there, and export them again', async () => {
    const request = { kind: 'argocd-image-updater', documents: documents(ecrOfTheDocument, ghcrOfTheDocument) };
    const { body } = await call<ImportResult>('POST', '/imports', request);
    expect(body.outcomes.map(({ name, outcome }) => [name, outcome])).toEqual([
      ['ECR', 'created'],
      ['github-container-registry', 'created'],
    ]);
    const { items } = (await call<{ items: Registry[] }>('GET', '/registries')).body;
    expect(
      items.map(({ provider, signIn, settings, credentialExpirySeconds }) => ({ provider, signIn, settings, credentialExpirySeconds })),
    ).toEqual([
      { provider: 'ecr', signIn: 'external', settings: { source: 'exec:login.sh' }, credentialExpirySeconds: 36_000 },
      { provider: 'ghcr', signIn: 'external', settings: { source: 'secret:argocd/ghcr-secret#token' }, credentialExpirySeconds: undefined },
    ]);
    const audit = (await call<{ items: AuditEntry[] }>('GET', '/audit?action=registry.create')).body.items;
    expect(audit.map(({ detail }) => detail)).toEqual([
      'Imported from Argo CD Image Updater, document 2, registries[0].',
      'Imported from Argo CD Image Updater, document 1, registries[0].',
    ]);
    const again = await call<ImportResult>('POST', '/imports', request);
    expect(again.body.outcomes.map(({ outcome }) => outcome)).toEqual(['skipped', 'skipped']);
    const conf = (await call<Exported>('GET', '/exports?format=argocd-image-updater')).body;
    expect(conf.fileName).toBe('registries.conf');
    for (const line of ['credentials: ext:/scripts/login.sh', 'credsexpire: 10h', 'credentials: secret:argocd/ghcr-secret#token'])
      expect(conf.content).toContain(line);
    const own = (await call<Exported>('GET', '/exports')).body;
    const plan = await call<ImportPlan>('POST', '/imports/plan', {
      kind: 'tagboat',
      documents: documents(own.content),
      options: { existing: 'update' },
    });
    expect(plan.body.entries.map(({ action, changes }) => [action, changes])).toEqual([
      ['skip', []],
      ['skip', []],
    ]);
  });

  it('go on past an entry that fails, with what people chose and corrected', async () => {
    const { body, text } = await call<ImportResult>('POST', '/imports', {
      kind: 'docker-config',
      documents: documents(dockerConfig),
      entries: ['one', 'two', 'three'],
      overrides: { one: { name: 'ECR' }, three: { name: 'open' } },
    });
    expect(text).not.toContain(secret);
    expect(body.outcomes).toMatchObject([
      { name: 'one', outcome: 'failed', problem: { code: 'already_exists' } },
      { name: 'two', outcome: 'failed', problem: { code: 'invalid_settings', fields: [{ field: 'fields.username' }] } },
      { name: 'three', outcome: 'created', registry: { name: 'open' } },
    ]);
    const retried = await call<ImportResult>('POST', '/imports', {
      kind: 'docker-config',
      documents: documents(dockerConfig),
      entries: ['one', 'two'],
      overrides: { two: { fields: { username: 'ab' } } },
    });
    expect(retried.body.outcomes.map(({ outcome }) => outcome)).toEqual(['created', 'created']);
    const { items } = (await call<{ items: Registry[] }>('GET', '/registries?q=one')).body;
    expect(items).toMatchObject([{ name: 'one', secretsSet: ['password'] }]);
  });

  it('update what is there only when told to, and keep its secrets', async () => {
    const own = {
      apiVersion: 'tagboat.dev/v1',
      kind: 'Registries',
      registries: [{ name: 'one', url: 'one.test', signIn: 'password', fields: { username: 'ci' }, description: 'changed' }],
    };
    const request = { kind: 'tagboat', documents: documents(own) };
    expect((await call<ImportResult>('POST', '/imports', request)).body.outcomes).toMatchObject([{ outcome: 'skipped' }]);
    const plan = await call<ImportPlan>('POST', '/imports/plan', { ...request, options: { existing: 'update' } });
    expect(plan.body.entries).toMatchObject([
      { action: 'update', changes: ['description'], secrets: [{ field: 'password', state: 'stored' }] },
    ]);
    expect((await call<ImportResult>('POST', '/imports', { ...request, options: { existing: 'update' } })).body.outcomes).toMatchObject([
      { outcome: 'updated' },
    ]);
    expect((await call<Registry>('GET', '/registries/one')).body).toMatchObject({
      description: 'changed',
      secretsSet: ['password'],
      version: 2,
    });
    expect((await call<ImportResult>('POST', '/imports', { ...request, options: { existing: 'update' } })).body.outcomes).toMatchObject([
      { outcome: 'skipped' },
    ]);
  });

  it('leave references to secrets to administrators', async () => {
    const content =
      'registries:\n- {name: env, api_url: "https://env.test", prefix: env.test, credentials: "env:A"}\n- {name: free, api_url: "https://free.test", prefix: free.test}\n';
    const { body } = await call<ImportResult>(
      'POST',
      '/imports',
      { kind: 'argocd-image-updater', documents: documents(content) },
      operator,
    );
    expect(body.outcomes).toMatchObject([
      { name: 'env', outcome: 'failed', problem: { code: 'invalid_settings' } },
      { name: 'free', outcome: 'created' },
    ]);
    expect(body.outcomes[0]?.problem?.detail).toMatch(/administrator/i);
  });

  it('are not for viewers, who may export', async () => {
    for (const url of ['/imports', '/imports/plan']) {
      expect((await call('POST', url, { kind: 'docker-config', documents: documents('{}') }, viewer)).status).toBe(403);
    }
    const { status, text } = await call<Exported>('GET', '/exports', undefined, viewer);
    expect(status).toBe(200);
    expect(text).not.toContain(secret);
  });

  it('refuse what they cannot read, where it is', async () => {
    const refused = async (payload: object) =>
      (await call<{ status: number; detail: string; field?: string }>('POST', '/imports/plan', payload)).body;
    expect(await refused({ kind: 'regsync', documents: documents('a:\n\t- b') })).toMatchObject({
      status: 422,
      field: 'documents.0.content',
    });
    expect(await refused({ kind: 'nothing', documents: documents('{}') })).toMatchObject({ status: 422, field: 'kind' });
    expect(await refused({ kind: 'regsync', documents: [] })).toMatchObject({ status: 422 });
    expect(await refused({ kind: 'regsync', documents: documents('x'.repeat(1024 * 1024 + 1)) })).toMatchObject({
      status: 422,
      field: 'documents.0.content',
    });
    const unknown = await call<{ detail: string }>('POST', '/imports', {
      kind: 'docker-config',
      documents: documents('{"auths":{}}'),
      entries: ['nobody'],
    });
    expect(unknown).toMatchObject({ status: 422, body: { field: 'entries' } });
    const prototype = await call<ImportResult>(
      'POST',
      '/imports',
      JSON.parse('{"kind":"docker-config","documents":[{"content":"{\\"auths\\":{\\"__proto__\\":{\\"auth\\":\\"eDp5\\"}}}"}]}') as object,
    );
    expect(prototype.status).toBe(200);
  });
});
