import fc from 'fast-check';
import { beforeAll, describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { exportRegistries } from '../../src/imports/export.ts';
import { type PlannedEntry, planImport } from '../../src/imports/plan.ts';
import { registryOf } from '../../src/imports/testing/registry.ts';
import type { ExportFormat, ImportKind } from '../../src/imports/types.ts';
import { composeInput } from '../../src/imports/compose.ts';
import { loadProviders, type ProviderSet } from '../../src/provider/index.ts';
import type { Registry, RegistryInput } from '../../src/registries/index.ts';
import { createAuthority } from '../support/certificates.ts';
import { ecrOfTheDocument, ghcrOfTheDocument, twelveRegistries } from './documents.ts';

let providers: ProviderSet;
let ca: string;
beforeAll(async () => {
  providers = await loadProviders();
  ca = (await createAuthority('Import Test CA')).cert.trim();
});

const plan = (kind: ImportKind, contents: readonly string[], existing: readonly Registry[] = []) =>
  planImport(
    { kind, documents: contents.map((content) => ({ content })), options: { existing: 'update' } },
    { providers, existing, projects: [], administrator: true },
  );
const create = (entries: readonly PlannedEntry[]) => entries.map((entry) => registryOf(providers, composeInput(entry.input, entry.values)));
const write = (format: ExportFormat, registries: readonly Registry[]) =>
  exportRegistries(format, registries, { providers, projectNames: new Map() }).content;

/** What a plan would create, without its remarks, whose places differ from file to file. */
const outcome = (entries: readonly PlannedEntry[]) =>
  entries
    .map(({ name, action, input, values }) => ({ name, action, values, registry: registryOf(providers, composeInput(input, values)) }))
    .toSorted((a, b) => (a.name < b.name ? -1 : 1));

describe('the registries of the document', () => {
  it('are taken as they stand there', () => {
    const { entries, notes } = plan('argocd-image-updater', [ecrOfTheDocument, ghcrOfTheDocument]);
    expect(notes).toEqual([]);
    expect(entries.map(({ action, input, secrets, changes }) => ({ action, input, secrets, changes }))).toEqual([
      {
        action: 'create',
        secrets: [],
        changes: [],
        input: {
          name: 'ECR',
          provider: 'ecr',
          url: 'https://000000000000.dkr.ecr.eu-west-1.amazonaws.com',
          prefix: '000000000000.dkr.ecr.eu-west-1.amazonaws.com',
          signIn: 'external',
          fields: { source: 'exec:login.sh' },
          credentialExpirySeconds: 36_000,
        },
      },
      {
        action: 'create',
        secrets: [],
        changes: [],
        input: {
          name: 'github-container-registry',
          provider: 'ghcr',
          url: 'https://ghcr.io',
          prefix: 'ghcr.io',
          signIn: 'external',
          fields: { source: 'secret:argocd/ghcr-secret#token' },
        },
      },
    ]);
    // The folder of the script, and that `ping` means nothing, are said.
    expect(entries[0]?.notes.map(({ key, message }) => `${key} ${message}`)).toEqual(
      expect.arrayContaining([expect.stringMatching(/^registries\[0\]\.credentials .*\/scripts/), expect.stringMatching(/\.ping /)]),
    );
  });
});

describe('twelve registries with every key', () => {
  const document = () => twelveRegistries.replace('CA\n', `${ca.replace(/^/gm, '    ')}\n`);
  const planned = (extra: { name: string; content: string }[] = []) =>
    planImport(
      { kind: 'argocd-image-updater', documents: [{ name: 'registries.conf', content: document() }, ...extra] },
      { providers, existing: [], projects: [], administrator: true },
    );

  it('are all taken, and nothing is lost without a word', () => {
    const { entries } = planned();
    expect(entries.map(({ name, action }) => `${action} ${name}`)).toEqual([
      'create docker-hub',
      'create google-container-registry',
      'create redhat-quay',
      'create github-packages',
      'create ghcr-acme',
      'create ghcr-other',
      'create ECR',
      'create own-authority',
      'create authority-in-a-file',
      'create plain',
      'create namespaced',
      'create nightly',
    ]);
    const byName = Object.fromEntries(entries.map((entry) => [entry.name, entry]));
    const input = (name: string) => byName[name]?.input;
    expect(input('docker-hub')).toMatchObject({ provider: 'dockerhub', default: true, fields: { source: 'secret:foo/bar#creds' } });
    expect(input('docker-hub')).not.toHaveProperty('namespace');
    expect(input('google-container-registry')).toMatchObject({ provider: 'gar', fields: { source: 'pullsecret:foo/bar' } });
    expect(input('redhat-quay')).toMatchObject({ connection: { tls: 'insecure' }, fields: { source: 'env:REGISTRY_SECRET' } });
    expect(input('github-packages')).toMatchObject({ tagOrder: 'newest-first' });
    expect(input('ghcr-acme')).toMatchObject({
      prefix: 'ghcr.io/acme',
      tagOrder: 'oldest-first',
      fields: { source: 'pullsecret:apps/ghcr-acme' },
    });
    expect(input('ghcr-other')).not.toHaveProperty('tagOrder');
    expect(input('ECR')).toMatchObject({ credentialExpirySeconds: 5400 });
    expect(input('own-authority')).toMatchObject({ connection: { tls: 'ca', requestsPerSecond: 20 } });
    expect(input('plain')).toMatchObject({ connection: { tls: 'plain' }, namespace: 'team' });
    expect(input('namespaced')).not.toHaveProperty('default');
    expect(input('namespaced')).not.toHaveProperty('connection');
    expect(input('nightly')).toMatchObject({ connection: { tls: 'insecure', requestsPerSecond: 5 }, credentialExpirySeconds: 86_400 });
    const unmapped = entries.flatMap((entry) => entry.notes.filter(({ level }) => level === 'unmapped').map(({ key }) => key));
    expect(unmapped).toEqual(['registries[8].ca_file']);
  });

  it('take the file of ca_file along', () => {
    const entry = planned([{ name: 'some/where/company-ca.pem', content: ca }]).entries.find(({ name }) => name === 'authority-in-a-file');
    expect(entry?.input.connection).toMatchObject({ tls: 'ca', ca });
    expect(entry?.notes.filter(({ level }) => level === 'unmapped')).toEqual([]);
  });

  it('are the same from a ConfigMap, a list of objects and values of the chart', () => {
    const expected = outcome(planned().entries);
    const indented = document().replace(/^(?=.)/gm, '    ');
    const configMap = `apiVersion: v1\nkind: ConfigMap\nmetadata: {name: argocd-image-updater-config}\ndata:\n  log.level: debug\n  registries.conf: |\n${indented}`;
    const values = `config:\n${document().replace(/^(?=.)/gm, '  ')}authScripts:\n  enabled: true\n`;
    const list = JSON.stringify({ kind: 'List', items: [{ kind: 'ConfigMap', data: { 'registries.conf': document() } }] });
    for (const text of [configMap, values, list]) expect(outcome(plan('argocd-image-updater', [text]).entries)).toEqual(expected);
  });

  it('come back the same through their own format and through ours', () => {
    const first = outcome(planned().entries);
    const created = first.map(({ registry }) => registry);
    for (const format of ['argocd-image-updater', 'tagboat'] as const) {
      const text = write(format, created);
      expect(outcome(plan(format, [text]).entries), format).toEqual(first);
      expect(write(format, create(plan(format, [text]).entries)), format).toBe(text);
    }
  });

  it('change nothing a second time', () => {
    const created = outcome(planned().entries).map(({ registry }) => registry);
    const again = plan('tagboat', [write('tagboat', created)], created);
    expect(again.entries.map(({ action, changes }) => [action, changes])).toEqual(created.map(() => ['skip', []]));
  });
});

describe('any registries', () => {
  const word = fc.stringMatching(/^[a-z][a-z0-9]{0,8}$/);
  // What YAML readers of either version could take for something else.
  const tricky = fc.oneof(
    word,
    fc.constantFrom(
      'yes',
      'no',
      'on',
      'null',
      '~',
      '0123',
      '1:30',
      '1e3',
      'y',
      '<<',
      '-',
      '#x',
      'a: b',
      '"',
      "'",
      '2001-01-01',
      '=',
      '!x',
      '&x',
      '*x',
    ),
    fc.string({ maxLength: 20 }),
  );
  const text = tricky.filter((value) => value.trim() === value && !/[\p{C}]/u.test(value));
  const registry = fc
    .record(
      {
        host: word,
        user: word.filter((value) => value !== ''),
        description: text,
        namespace: word,
        path: word,
        source: fc.constantFrom('env:A', 'secret:a/b#c', 'pullsecret:a/b', 'exec:login.sh', 'file:/run/x', 'vault:kv/a#b'),
        tls: fc.constantFrom('verify' as const, 'insecure' as const, 'plain' as const),
        rate: fc.integer({ min: 1, max: 100 }),
        expiry: fc.integer({ min: 60, max: 100_000 }),
        tagOrder: fc.constantFrom('lexical' as const, 'oldest-first' as const, 'newest-first' as const),
        pinned: fc.array(word, { maxLength: 3 }),
        proxy: word,
        secretEndsAt: fc.constantFrom('2027-01-31T00:00:00.000Z'),
      },
      { requiredKeys: ['host', 'tls'] },
    )
    .map(
      ({
        host,
        user,
        description,
        namespace,
        path,
        source,
        tls,
        rate,
        expiry,
        tagOrder,
        pinned,
        proxy,
        secretEndsAt,
      }): Omit<RegistryInput, 'name'> => ({
        url: `${tls === 'plain' ? 'http' : 'https'}://${host}.test`,
        prefix: `${host}.test${path === undefined ? '' : `/${path}`}`,
        connection: {
          tls,
          ...(rate !== undefined && { requestsPerSecond: rate }),
          ...(proxy !== undefined && { proxy: `http://${proxy}.test:3128` }),
        },
        ...(source === undefined
          ? user === undefined
            ? { signIn: 'anonymous' }
            : { signIn: 'password', fields: { username: user, password: 'S3cret-value' } }
          : { signIn: 'external', fields: { source } }),
        ...(description !== undefined && { description }),
        ...(namespace !== undefined && { namespace }),
        ...(expiry !== undefined && { credentialExpirySeconds: expiry }),
        ...(tagOrder !== undefined && { tagOrder }),
        ...(pinned !== undefined && { pinnedRepositories: pinned }),
        ...(secretEndsAt !== undefined && { secretEndsAt }),
      }),
    );
  const hub = fc
    .uniqueArray(registry, { maxLength: 6, selector: (one) => one.prefix })
    .map((inputs) =>
      inputs.map((input, index) => registryOf(providers, { ...input, name: `${['yes', 'r', '0x1', '1e2', 'No', 'z.9'][index]}` })),
    );

  it('come back from our own export, as they are and as what is there already', () => {
    fc.assert(
      fc.property(hub, (registries) => {
        const text = write('tagboat', registries);
        expect(text).not.toContain('S3cret');
        expect(write('tagboat', registries.toReversed())).toBe(text);
        const fresh = plan('tagboat', [text]);
        expect(fresh.entries.map(({ name }) => name).toSorted()).toEqual(registries.map(({ name }) => name).toSorted());
        for (const entry of fresh.entries) {
          expect([entry.action, entry.notes]).toEqual(['create', []]);
          const before = registries.find(({ name }) => name === entry.name);
          const missing = Object.fromEntries(entry.secrets.map(({ field }) => [field, 'again']));
          expect(registryOf(providers, composeInput(entry.input, missing))).toEqual(before);
        }
        expect(plan('tagboat', [text], registries).entries.map(({ action }) => action)).toEqual(registries.map(() => 'skip'));
      }),
      { numRuns: 150 },
    );
  });

  it('come back from registries.conf, as far as that can say them', () => {
    fc.assert(
      fc.property(hub, (registries) => {
        const text = write('argocd-image-updater', registries);
        expect(text).not.toContain('S3cret');
        const { entries, notes } = plan('argocd-image-updater', [text]);
        expect(notes.filter(({ level }) => level !== 'warning')).toEqual([]);
        for (const entry of entries) {
          expect([entry.action, entry.notes.filter(({ level }) => level === 'unmapped')]).toEqual(['create', []]);
          const before = registries.find(({ name }) => name === entry.name);
          const after = registryOf(providers, composeInput(entry.input, entry.values));
          const kept = ({ url, prefix, namespace, connection, credentialExpiry }: Registry) => [
            url,
            prefix,
            namespace,
            connection.tls,
            connection.requestsPerSecond,
            credentialExpiry,
          ];
          expect(before && kept(after)).toEqual(before && kept(before));
        }
        // What came through comes through again.
        const created = create(entries);
        expect(outcome(plan('argocd-image-updater', [write('argocd-image-updater', created)]).entries)).toEqual(outcome(entries));
      }),
      { numRuns: 100 },
    );
  });

  it('are the same text to readers of YAML 1.1 and 1.2', () => {
    const text = write('tagboat', [
      registryOf(providers, { name: 'on', url: 'a.test', description: 'yes', namespace: '0123', signIn: 'anonymous' }),
    ]);
    for (const quoted of ['name: "on"', 'description: "yes"', 'namespace: "0123"']) expect(text).toContain(quoted);
    for (const version of ['1.1', '1.2'] as const) {
      expect(parse(text, { version })).toMatchObject({ registries: [{ name: 'on', description: 'yes', namespace: '0123' }] });
    }
  });

  it('are readable as regsync and as a configuration of Docker', () => {
    fc.assert(
      fc.property(hub, (registries) => {
        for (const entry of plan('regsync', [write('regsync', registries)]).entries) expect(entry.action).toBe('create');
        const config = JSON.parse(write('docker-config', registries)) as { credHelpers: Record<string, string> };
        expect(Object.keys(config.credHelpers)).toHaveLength(
          new Set(registries.filter(({ signIn }) => signIn !== 'anonymous').map(({ host }) => host)).size,
        );
      }),
      { numRuns: 50 },
    );
  });
});
