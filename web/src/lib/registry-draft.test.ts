import { describe, expect, it } from 'vitest';
import type { FieldDescription, Provider, Registry } from '../api/types.ts';
import { advancedSummary } from './advanced-summary.ts';
import { checkDraft, hasAdvancedError, problemFields } from './draft-check.ts';
import { toInput, toPatch } from './draft-input.ts';
import { activeFields, applyDetection, applyOffer, draftOf, emptyDraft } from './registry-draft.ts';

const field = (name: string, more: Partial<FieldDescription> = {}): FieldDescription => ({
  name,
  label: name,
  required: true,
  secret: false,
  multiline: false,
  advanced: false,
  type: 'text',
  ...more,
});

const provider = {
  id: 'ecr',
  title: 'Amazon ECR',
  icon: '<svg/>',
  docs: '',
  url: { label: 'URL', example: 'x.dkr.ecr.eu-west-1.amazonaws.com' },
  fields: [field('region'), field('apiEndpoint', { required: false, advanced: true })],
  signIn: [
    { method: 'key', title: 'Access key', fields: [field('accessKeyId'), field('secretAccessKey', { secret: true })] },
    { method: 'role', title: 'Role', fields: [] },
  ],
} as unknown as Provider;

const saved = {
  id: '1',
  name: 'prod',
  provider: 'ecr',
  url: 'https://x.dkr.ecr.eu-west-1.amazonaws.com',
  prefix: 'x.dkr.ecr.eu-west-1.amazonaws.com',
  namespace: '',
  description: '',
  default: true,
  allProjects: true,
  projects: [],
  signIn: 'key',
  settings: { region: 'eu-west-1', accessKeyId: 'AKIA' },
  secretsSet: ['secretAccessKey'],
  connection: { tls: 'verify', caCertificates: [], proxyHasPassword: false },
  pinnedRepositories: [],
  trustedRealms: [],
  credentialExpirySeconds: 36_000,
} as unknown as Registry;

describe('a new registry', () => {
  it('sends only what was filled in', () => {
    const draft = {
      ...emptyDraft(provider),
      name: ' prod ',
      url: 'x',
      fields: { region: 'eu-west-1', accessKeyId: 'A', secretAccessKey: ' s\n' },
    };
    expect(toInput(draft, provider)).toEqual({
      name: 'prod',
      provider: 'ecr',
      signIn: 'key',
      url: 'x',
      fields: { region: 'eu-west-1', accessKeyId: 'A', secretAccessKey: ' s' },
    });
  });
  it('asks for what this way of signing in needs, and no more', () => {
    const draft = emptyDraft(provider);
    expect(Object.keys(checkDraft(draft, provider))).toEqual([
      'name',
      'url',
      'fields.region',
      'fields.accessKeyId',
      'fields.secretAccessKey',
    ]);
    expect(Object.keys(checkDraft({ ...draft, signIn: 'role' }, provider))).toEqual(['name', 'url', 'fields.region']);
    expect(activeFields(provider, 'role').map((each) => each.name)).toEqual(['region', 'apiEndpoint']);
  });
  it('takes up what was recognised, without overwriting a typed name', () => {
    const detection = {
      kind: 'url' as const,
      provider: 'ecr',
      url: 'u',
      name: 'ecr-eu',
      fields: { region: 'eu-west-1', secretAccessKey: 's' },
    };
    const draft = applyDetection({ ...emptyDraft(provider), name: 'mine', signIn: 'role' }, detection, provider);
    expect(draft).toMatchObject({ name: 'mine', url: 'u', signIn: 'key', fields: { region: 'eu-west-1', secretAccessKey: 's' } });
  });
  it('takes up what the doctor offers', () => {
    const draft = emptyDraft(provider);
    expect(applyOffer(draft, { kind: 'trust-ca', pem: 'PEM', subject: 'CN=x' })).toMatchObject({ tls: 'ca', ca: 'PEM' });
    expect(applyOffer({ ...draft, url: 'https://a' }, { kind: 'use-plain-http' })).toMatchObject({ tls: 'plain', url: 'http://a' });
    expect(
      applyOffer(applyOffer(draft, { kind: 'trust-realm', origin: 'https://r' }), { kind: 'trust-realm', origin: 'https://r' })
        .trustedRealms,
    ).toEqual(['https://r']);
  });
});

describe('an edit', () => {
  const before = draftOf(saved);
  it('changes nothing when nothing was changed', () => {
    expect(toPatch(draftOf(saved), before, provider)).toEqual({});
  });
  it('keeps a secret that is left empty and sends one that is typed', () => {
    expect(checkDraft(before, provider, saved.secretsSet)).toEqual({});
    expect(toPatch({ ...before, description: 'x' }, before, provider)).toEqual({ description: 'x' });
    expect(toPatch({ ...before, fields: { ...before.fields, secretAccessKey: 'new' } }, before, provider)).toEqual({
      fields: { secretAccessKey: 'new' },
    });
  });
  it('clears what was emptied', () => {
    const draft = { ...before, credentialExpiry: '', fields: { ...before.fields, region: '' } };
    expect(toPatch(draft, before, provider)).toEqual({ credentialExpirySeconds: null, fields: { region: null } });
    const withClient = { ...before, clientCert: 'CERT', proxy: 'http://p:1', requestsPerSecond: '5' };
    expect(toPatch(before, withClient, provider)).toEqual({ connection: { clientCertificate: null, proxy: '', requestsPerSecond: null } });
  });
  it('sends the whole of another way of signing in', () => {
    expect(toPatch({ ...before, signIn: 'role' }, before, provider)).toEqual({ signIn: 'role', fields: { region: 'eu-west-1' } });
  });
});

describe('advanced settings', () => {
  it('are summed up when they are not the usual', () => {
    const draft = {
      ...emptyDraft(provider),
      tls: 'ca' as const,
      proxy: 'http://proxy.acme.io:3128',
      pinned: 'a\nb',
      requestsPerSecond: '5',
      allProjects: false,
      projects: ['p'],
    };
    expect(advancedSummary(draft, provider, new Map([['p', 'Shop']]))).toEqual([
      'own certificate authority',
      'through proxy.acme.io:3128',
      '5 requests/s',
      'project Shop',
      '2 pinned repositories',
    ]);
    expect(advancedSummary(emptyDraft(provider), provider)).toEqual([]);
  });
  it('open when the fault is there', () => {
    expect(hasAdvancedError({ 'connection.ca': 'x' }, provider, 'key')).toBe(true);
    expect(hasAdvancedError({ 'fields.apiEndpoint': 'x' }, provider, 'key')).toBe(true);
    expect(hasAdvancedError({ name: 'x', 'fields.region': 'x' }, provider, 'key')).toBe(false);
  });
  it('have their own checks', () => {
    const draft = { ...draftOf(saved), tls: 'ca' as const, requestsPerSecond: '-1', credentialExpiry: 'soon', allProjects: false };
    expect(Object.keys(checkDraft(draft, provider, ['secretAccessKey'])).sort()).toEqual([
      'connection.ca',
      'connection.requestsPerSecond',
      'credentialExpirySeconds',
      'projects',
    ]);
  });
});

describe('problems', () => {
  it('are taken to their fields', () => {
    const problem = { type: '', title: '', status: 422, detail: 'Taken.', code: 'conflict', fault: 'caller' as const, field: 'name' };
    expect(problemFields(problem)).toEqual({ name: 'Taken.' });
    expect(problemFields({ ...problem, fields: [{ field: 'url', message: 'No host.' }] })).toEqual({ url: 'No host.', name: 'Taken.' });
    expect(problemFields(undefined)).toEqual({});
  });
});
