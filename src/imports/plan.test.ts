import { beforeAll, describe, expect, it } from 'vitest';
import { loadProviders, type ProviderSet } from '../provider/index.ts';
import { type PlannedEntry, type PlanningContext, planImport } from './plan.ts';
import type { ImportKind, ImportOptions } from './types.ts';
import { registryOf } from './testing/registry.ts';

let providers: ProviderSet;
beforeAll(async () => {
  providers = await loadProviders();
});

const context = (more: Partial<PlanningContext> = {}): PlanningContext => ({
  providers,
  existing: [],
  projects: [],
  administrator: true,
  ...more,
});
const plan = (kind: ImportKind, content: unknown, options: ImportOptions = {}, more: Partial<PlanningContext> = {}) =>
  planImport({ kind, documents: [{ content: typeof content === 'string' ? content : JSON.stringify(content) }], options }, context(more));
const one = (...given: Parameters<typeof plan>): PlannedEntry => {
  const { entries } = plan(...given);
  expect(entries).toHaveLength(1);
  return entries[0] as PlannedEntry;
};
const registries = (...entries: object[]) => ({ registries: entries });
const keys = (entry: { notes: { level: string; key: string }[] }, level: string) =>
  entry.notes.filter((note) => note.level === level).map(({ key }) => key);

describe('plans', () => {
  it('go on past entries that cannot be taken, and list every key', () => {
    const { entries } = plan(
      'argocd-image-updater',
      registries(
        { name: 'good', api_url: 'https://good.test', prefix: 'good.test', colour: 'red' },
        { name: 'no address' },
        { name: 'bad address', api_url: 'https://user:S3cret@bad.test', prefix: 'bad.test' },
        { name: 'bad types', api_url: 'https://types.test', prefix: ['a'], default: 'maybe', limit: {}, credentials: { a: 'b' } },
      ),
    );
    expect(entries.map(({ action }) => action)).toEqual(['create', 'invalid', 'invalid', 'create']);
    expect(keys(entries[0] as PlannedEntry, 'unmapped')).toEqual(['registries[0].colour']);
    expect(entries[1]?.reason).toContain('api_url is missing');
    expect([...new Set(keys(entries[3] as PlannedEntry, 'warning'))]).toEqual([
      'registries[3].prefix',
      'registries[3].credentials',
      'registries[3].limit',
      'registries[3].default',
    ]);
    expect(JSON.stringify(entries)).not.toContain('S3cret');
  });

  it('name every entry validly and differently', () => {
    const existing = [registryOf(providers, { name: 'Prod', url: 'prod.test' })];
    const { entries } = plan(
      'argocd-image-updater',
      registries(
        { name: 'Prod', api_url: 'https://elsewhere.test', prefix: 'elsewhere.test' },
        { name: 'a b', api_url: 'https://a.test', prefix: 'a.test' },
        { name: 'A/B', api_url: 'https://b.test', prefix: 'b.test' },
        { name: '…', api_url: 'https://c.test', prefix: 'c.test' },
        { name: 'x'.repeat(100), api_url: 'https://d.test', prefix: 'd.test' },
        { api_url: 'https://e.test', prefix: 'e.test' },
      ),
      {},
      { existing },
    );
    expect(entries.map(({ name }) => name)).toEqual(['Prod-2', 'a-b', 'a-b-2', 'registry', 'x'.repeat(60), 'e']);
    expect(entries.every(({ action }) => action === 'create')).toBe(true);
  });

  it('know what is there by its address, and by its name at the same host', () => {
    const existing = [registryOf(providers, { name: 'mine', url: 'ghcr.io', prefix: 'ghcr.io/acme' })];
    const document = registries({ name: 'theirs', api_url: 'https://ghcr.io', prefix: 'ghcr.io/acme', defaultns: 'acme' });
    expect(one('argocd-image-updater', document, {}, { existing })).toMatchObject({
      action: 'skip',
      name: 'mine',
      existing: { name: 'mine' },
    });
    expect(one('argocd-image-updater', document, { existing: 'update' }, { existing })).toMatchObject({
      action: 'update',
      changes: ['namespace'],
    });
    const renamed = registries({ name: 'MINE', api_url: 'https://ghcr.io', prefix: 'ghcr.io' });
    expect(one('argocd-image-updater', renamed, {}, { existing })).toMatchObject({ action: 'skip' });
  });

  it('take one entry of an address, and one default', () => {
    const { entries } = plan(
      'argocd-image-updater',
      registries(
        { name: 'a', api_url: 'https://a.test', prefix: 'a.test', default: true },
        { name: 'b', api_url: 'https://a.test/', prefix: 'a.test', credentials: 'env:A' },
        { name: 'c', api_url: 'https://c.test', prefix: 'c.test', default: true },
      ),
    );
    expect(entries.map(({ action }) => action)).toEqual(['create', 'skip', 'create']);
    expect(entries[1]?.reason).toContain('another sign-in');
    expect(entries.map(({ input }) => input.default)).toEqual([true, undefined, undefined]);
    expect(keys(entries[2] as PlannedEntry, 'warning')).toEqual(['registries[2]: default']);
  });

  it('are made in good time of texts that are all one run', () => {
    const run = (character: string, length: number) => character.repeat(length);
    const started = performance.now();
    plan('argocd-image-updater', `registries:\n- name: ${run('x', 400_000)}\n  api_url: https://${run('a', 400_000)}.test`);
    plan('docker-config', {
      auths: { [run('a:', 200_000)]: {}, [`${run('/', 200_000)}a`]: {}, 'b.test': { username: 'u', password: `${run(' ', 49_000)}x` } },
    });
    plan('tagboat', { registries: [{ name: 'a', url: 'a.test', fields: { username: `${run('\n', 400_000)}x` } }] });
    plan(
      'harbor',
      Array.from({ length: 60 }, () => ({ name: `${run('.', 4000)}a`, url: `https://a.test${run('/', 4000)}x` })),
    );
    // Without bounds each of these takes minutes.
    expect(performance.now() - started).toBeLessThan(10_000);
  });

  it('say what an operator may not do', () => {
    const document = registries({ name: 'a', api_url: 'https://a.test', prefix: 'a.test', credentials: 'env:A' });
    expect(one('argocd-image-updater', document, {}, { administrator: false })).toMatchObject({ action: 'invalid' });
    expect(one('argocd-image-updater', document).action).toBe('create');
  });
});

describe('sign-ins', () => {
  const auths = (server: string, username: string, password: string) => ({
    auths: { [server]: { auth: Buffer.from(`${username}:${password}`).toString('base64') } },
  });

  it.each([
    ['https://index.docker.io/v1/', 'acme', 'dockerhub', 'https://registry-1.docker.io'],
    ['index.docker.io', 'acme', 'dockerhub', 'https://registry-1.docker.io'],
    ['ghcr.io', 'acme', 'ghcr', 'https://ghcr.io'],
    ['https://quay.io/v2/', 'acme+ci', 'quay', 'https://quay.io'],
    ['registry.test:5000', 'ci', 'generic', 'https://registry.test:5000'],
  ])('of Docker for %s', (server, username, provider, _url) => {
    const entry = one('docker-config', auths(server, username, 'p:w'));
    expect(entry).toMatchObject({ action: 'create', input: { provider, fields: { username } } });
    expect(Object.values(entry.values)).toEqual(['p:w']);
    expect(entry.secrets).toMatchObject([{ state: 'found' }]);
    expect(JSON.stringify(entry.input)).not.toContain('p:w');
  });

  it('choose the robot way for robots', () => {
    expect(one('docker-config', auths('quay.io', 'acme+ci', 'x')).input.signIn).toBe('robot');
    expect(one('docker-config', auths('quay.io', 'ana', 'x')).input.signIn).not.toBe('robot');
  });

  it('put a path into the prefix', () => {
    expect(one('docker-config', auths('ghcr.io/acme', 'ci', 'x')).input).toMatchObject({ url: 'ghcr.io', prefix: 'ghcr.io/acme' });
  });

  it('do not copy what ends within hours', () => {
    const entry = one('docker-config', auths('000000000000.dkr.ecr.eu-west-1.amazonaws.com', 'AWS', 'ey'));
    expect(entry).toMatchObject({ action: 'invalid', values: {}, fields: [{ field: 'signIn' }] });
    expect(entry.reason).toContain('role');
  });

  it('keep secrets in strange places out of what is shown', () => {
    const shown = ({ entries, notes }: ReturnType<typeof plan>) =>
      JSON.stringify([entries.map(({ values: _values, ...rest }) => rest), notes]);
    const odd = { auths: { 'https://user:S3cret@registry.test': { auth: 'eDp5' }, 'user:S3cret@other.test': {} } };
    expect(shown(plan('docker-config', odd))).not.toContain('S3cret');
    const own = {
      apiVersion: 'tagboat.dev/v1',
      registries: [
        {
          name: 'a',
          url: 'a.test',
          fields: { password: 'S3cret', username: 'u' },
          connection: { proxy: 'http://u:S3cret@proxy.test:3128', ca: '-----BEGIN PRIVATE KEY-----\nS3cret\n-----END PRIVATE KEY-----' },
        },
      ],
    };
    const planned = plan('tagboat', own);
    expect(shown(planned)).not.toContain('S3cret');
    expect(planned.entries[0]?.values).toEqual({ password: 'S3cret', 'connection.proxyPassword': 'S3cret' });
  });

  it('take identity tokens, helpers, and say what is of no registry', () => {
    const { entries, notes } = plan('docker-config', {
      auths: {
        'acr.test': { auth: Buffer.from('<token>:').toString('base64'), identitytoken: 'refresh' },
        'empty.test': {},
        'https://index.docker.io/v1/access-token': { auth: 'eDp5' },
      },
      credHelpers: { '000000000000.dkr.ecr.eu-west-1.amazonaws.com': 'ecr-login' },
      HttpHeaders: { 'X-Meta': 'S3cret' },
      unknown: 1,
    });
    expect(entries.map(({ input }) => [input.signIn, input.fields?.source])).toEqual([
      ['identity-token', undefined],
      ['anonymous', undefined],
      ['external', 'docker-config:'],
    ]);
    expect(entries[0]?.values).toEqual({ identityToken: 'refresh' });
    expect(notes.map(({ key, level }) => [level, key])).toEqual([
      ['info', 'auths[https://index.docker.io/v1/access-token]'],
      ['unmapped', 'HttpHeaders'],
      ['unmapped', 'unknown'],
    ]);
    expect(JSON.stringify(notes)).not.toContain('S3cret');
  });
});

describe('Kubernetes secrets', () => {
  const secret = (name: string, config: object, type = 'kubernetes.io/dockerconfigjson', namespace: string | undefined = 'apps') => ({
    apiVersion: 'v1',
    kind: 'Secret',
    type,
    metadata: { name, ...(namespace && { namespace }) },
    data: {
      [type === 'kubernetes.io/dockercfg' ? '.dockercfg' : '.dockerconfigjson']: Buffer.from(JSON.stringify(config)).toString('base64'),
    },
  });
  const config = { auths: { 'registry.test': { username: 'ci', password: 'pw' } } };

  it('are read one by one, in lists and streams, both types', () => {
    const list = {
      apiVersion: 'v1',
      kind: 'List',
      items: [secret('a', config), { kind: 'Secret', type: 'Opaque', metadata: { name: 'x' }, data: {} }],
    };
    expect(plan('kubernetes-secrets', list)).toMatchObject({
      entries: [{ from: 'Secret apps/a, auths[registry.test]', values: { password: 'pw' } }],
      notes: [{ level: 'info' }],
    });
    const old = secret('b', { 'old.test': { username: 'ci', password: 'pw' } }, 'kubernetes.io/dockercfg');
    expect(plan('kubernetes-secrets', `${JSON.stringify(secret('a', config))}\n`).entries).toHaveLength(1);
    expect(plan('kubernetes-secrets', old).entries).toMatchObject([{ input: { url: 'old.test' } }]);
    const yaml =
      'kind: Secret\nmetadata: {name: c, namespace: n}\ntype: kubernetes.io/dockerconfigjson\nstringData:\n  .dockerconfigjson: |\n    {"auths":{"s.test":{"username":"u","password":"p"}}}\n';
    expect(plan('kubernetes-secrets', `${yaml}---\n${yaml.replaceAll('s.test', 't.test')}`).entries.map(({ name }) => name)).toEqual([
      's',
      't',
    ]);
  });

  it('can be referred to where they are', () => {
    expect(one('kubernetes-secrets', secret('a', config), { credentials: 'refer' })).toMatchObject({
      input: { signIn: 'external', fields: { source: 'pullsecret:apps/a' } },
      values: {},
    });
  });

  it('that are broken are said to be so', () => {
    for (const data of [{ '.dockerconfigjson': '%%%' }, { '.dockerconfigjson': Buffer.from('S3cret{').toString('base64') }, {}]) {
      const { entries, notes } = plan('kubernetes-secrets', {
        kind: 'Secret',
        type: 'kubernetes.io/dockerconfigjson',
        metadata: { name: 'a' },
        data,
      });
      expect(entries).toEqual([]);
      expect(notes).toMatchObject([{ level: 'warning' }]);
      expect(JSON.stringify(notes)).not.toContain('S3cret');
    }
  });
});

describe('regsync', () => {
  it('is read with its templates, connection and rules', () => {
    const { entries, notes } = plan(
      'regsync',
      `version: 1
creds:
  - registry: docker.io
    user: "{{env \\"HUB_USER\\"}}"
    pass: "{{env \\"HUB_TOKEN\\"}}"
  - registry: reg.test:5000
    user: ci
    pass: "{{ file \\"/run/secrets/reg\\" | trim }}"
    tls: disabled
    reqPerSec: 5
    repoAuth: true
  - registry: lab.test
    user: ci
    pass: 0123
    tls: insecure
    mirrors: [mirror.test]
    blobChunk: 1
  - registry: ghcr.io
    credHelper: docker-credential-gh
    credExpire: 30m
  - registry: "{{env \\"X\\"}}"
defaults: {interval: 60m}
sync:
  - {source: a, target: b, type: image}
`,
    );
    expect(entries.map(({ action }) => action)).toEqual(['create', 'create', 'create', 'create', 'invalid']);
    expect(keys(entries[0] as PlannedEntry, 'unmapped')).toEqual(['creds[0].user']);
    expect(entries[1]).toMatchObject({
      input: { connection: { tls: 'plain', requestsPerSecond: 5 }, sources: { password: 'file:/run/secrets/reg' } },
      secrets: [{ field: 'password', state: 'source' }],
      values: {},
    });
    expect(entries[2]).toMatchObject({ values: { password: '0123' }, input: { connection: { tls: 'insecure' } } });
    expect(keys(entries[2] as PlannedEntry, 'unmapped')).toEqual(['creds[2].mirrors', 'creds[2].blobChunk']);
    expect(entries[3]).toMatchObject({ input: { signIn: 'external', credentialExpirySeconds: 1800 } });
    expect(notes.map(({ key }) => key)).toEqual(['sync', 'defaults']);
  });
});

describe('Harbor, Devtron and Zadig', () => {
  it('Harbor: types become providers, secrets are missing', () => {
    const { entries } = plan('harbor', [
      {
        id: 1,
        name: 'hub',
        type: 'docker-hub',
        url: 'https://hub.docker.com',
        credential: { type: 'basic', access_key: 'acme', access_secret: '*****' },
        insecure: false,
        status: 'healthy',
      },
      {
        id: 2,
        name: 'aws',
        type: 'aws-ecr',
        url: 'https://api.ecr.eu-west-1.amazonaws.com',
        credential: { access_key: 'AKIAIOSFODNN7EXAMPLE', access_secret: '*****' },
      },
      {
        id: 3,
        name: 'inner',
        type: 'harbor',
        url: 'https://harbor.test',
        insecure: true,
        credential: { access_key: 'robot$ci', access_secret: '*****' },
      },
      { id: 4, name: 'charts', type: 'helm-hub', url: 'https://hub.helm.sh' },
      { id: 5, name: 'plain', type: 'docker-registry', url: 'http://reg.test:5000' },
    ]);
    expect(entries[0]).toMatchObject({
      input: { provider: 'dockerhub', fields: { username: 'acme' } },
      secrets: [{ state: 'missing' }],
      values: {},
    });
    expect(entries[2]).toMatchObject({
      input: { provider: 'harbor', signIn: 'robot', connection: { tls: 'insecure' } },
      secrets: [{ state: 'missing' }],
    });
    expect(entries[3]).toMatchObject({ action: 'invalid' });
    expect(entries[4]).toMatchObject({ action: 'create', input: { signIn: 'anonymous', connection: { tls: 'plain' } } });
    expect(JSON.stringify(entries)).not.toContain('*****');
  });

  it('Devtron: connection, default, keys and pinned repositories', () => {
    const { entries } = plan('devtron', {
      code: 200,
      result: [
        {
          id: 'ecr prod',
          pluginId: 'cd.go.artifact.docker.registry',
          registryUrl: '000000000000.dkr.ecr.eu-west-1.amazonaws.com',
          registryType: 'ecr',
          awsAccessKeyId: 'AKIAIOSFODNN7EXAMPLE',
          awsRegion: 'eu-west-1',
          isDefault: true,
          connection: 'secure',
          active: true,
        },
        {
          id: 'lab',
          registryUrl: 'lab.test',
          registryType: 'other',
          username: 'ci',
          password: 'pw',
          connection: 'insecure',
          ipsConfig: { id: 1 },
          ociRegistryConfig: { CONTAINER: 'PULL/PUSH' },
          repositoryList: ['shop/api'],
        },
        { id: 'role', registryUrl: '000000000000.dkr.ecr.us-east-1.amazonaws.com', registryType: 'ecr', connection: 'secure' },
      ],
    });
    expect(entries[0]).toMatchObject({
      name: 'ecr-prod',
      input: { provider: 'ecr', signIn: 'access-key', default: true, fields: { accessKeyId: 'AKIAIOSFODNN7EXAMPLE' } },
      secrets: [{ field: 'secretAccessKey', state: 'missing' }],
    });
    expect(entries[1]).toMatchObject({
      input: { connection: { tls: 'insecure' }, pinnedRepositories: ['shop/api'] },
      values: { password: 'pw' },
    });
    expect(keys(entries[1] as PlannedEntry, 'unmapped')).toEqual(['ipsConfig']);
    expect(entries[2]).toMatchObject({ action: 'create', input: { signIn: 'role' } });
  });

  it('Zadig: projects narrow and never widen', () => {
    const projects = [{ id: 'prj_1', name: 'Shop' }];
    const { entries } = plan(
      'zadig',
      [
        {
          reg_addr: 'https://harbor.test',
          reg_provider: 'harbor',
          namespace: 'shop',
          access_key: 'ci',
          secret_key: 'pw',
          projects: ['shop', 'gone'],
          advanced_setting: { enable_tls: true, tls_cert: '', modified: true },
        },
        {
          reg_addr: 'https://reg.test',
          reg_provider: 'native',
          namespace: 'x',
          access_key: 'ci',
          secret_key: 'pw',
          projects: ['<all_projects>'],
          is_default: true,
        },
        { reg_addr: 'https://other.test', reg_provider: 'native', namespace: 'x', access_key: 'ci', secret_key: 'pw', projects: ['gone'] },
      ],
      {},
      { projects },
    );
    expect(entries[0]).toMatchObject({ input: { namespace: 'shop', allProjects: false, projects: ['Shop'] }, values: { password: 'pw' } });
    expect(entries[1]?.input).not.toHaveProperty('allProjects');
    expect(entries[2]).toMatchObject({ action: 'create', input: { allProjects: false, projects: [] } });
    expect(keys(entries[2] as PlannedEntry, 'warning')).toEqual(['other.test/x: projects']);
    const encrypted = { reg_addr: 'https://e.test', reg_provider: 'native', namespace: 'x', access_key: 'ci', secret_key: '0f'.repeat(24) };
    expect(one('zadig', [encrypted])).toMatchObject({ values: {}, secrets: [{ state: 'missing' }] });
    const open = one('zadig', [{ registry_id: '1', address: 'https://open.test', provider: 'native', namespace: 'x', is_default: false }]);
    expect(open).toMatchObject({
      action: 'invalid',
      fields: [{ field: 'fields.username' }],
      secrets: [{ field: 'password', state: 'missing' }],
    });
  });
});
