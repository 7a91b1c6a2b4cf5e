import { describe, expect, it } from 'vitest';
import type { FieldDescription, Provider, Registry } from '../api/types.ts';
import { checkDraft, hasAdvancedError } from './draft-check.ts';
import { toInput, toNextCredential, toPatch } from './draft-input.ts';
import { draftOf, emptyDraft, withInferred } from './registry-draft.ts';

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
  id: 'swr',
  title: 'Huawei SWR',
  url: { label: 'URL', example: 'swr.cn-north-4.myhuaweicloud.com' },
  fields: [field('region', { fromUrl: true })],
  signIn: [
    {
      method: 'key',
      title: 'Key',
      fields: [field('id'), field('key', { secret: true }), field('session', { secret: true, advanced: true, required: false })],
    },
    { method: 'external', title: 'From elsewhere', fields: [field('source')] },
  ],
} as unknown as Provider;

const saved = {
  provider: 'swr',
  name: 'prod',
  url: 'https://swr.cn-north-4.myhuaweicloud.com',
  prefix: 'swr.cn-north-4.myhuaweicloud.com',
  namespace: '',
  description: '',
  default: false,
  allProjects: true,
  projects: [],
  signIn: 'key',
  settings: { id: 'AK' },
  sources: { key: 'env:SWR_KEY' },
  secretsSet: [],
  connection: { tls: 'verify', caCertificates: [], proxyHasPassword: false },
  pinnedRepositories: [],
  trustedRealms: [],
  secretEndsAt: '2026-12-31T00:00:00.000Z',
  tagOrder: 'newest-first',
} as unknown as Registry;

const filled = { ...emptyDraft(provider), name: 'prod', url: 'swr.cn-north-4.myhuaweicloud.com', fields: { id: 'AK', key: 'typed' } };

describe('a secret that is read elsewhere', () => {
  it('is sent as its source, and not as what was typed before', () => {
    const draft = { ...filled, sources: { key: 'vault:ci/swr#key' } };
    expect(toInput(draft, provider)).toMatchObject({ fields: { id: 'AK' }, sources: { key: 'vault:ci/swr#key' } });
    expect(checkDraft(draft, provider)).toEqual({});
  });

  it('has to say where', () => {
    const draft = { ...filled, sources: { key: 'env:', session: 'vault:' } };
    expect(checkDraft(draft, provider)).toEqual({ 'sources.key': 'Say where it is read.', 'sources.session': 'Say where it is read.' });
    expect(hasAdvancedError({ 'sources.session': 'x' }, provider, 'key'), 'is folded away').toBe(true);
    expect(hasAdvancedError({ 'sources.key': 'x' }, provider, 'key')).toBe(false);
    const external = { ...filled, signIn: 'external', fields: { source: 'file:' } };
    expect(checkDraft(external, provider)).toEqual({ 'fields.source': 'Say where it is read.' });
    expect(checkDraft({ ...external, fields: { source: 'docker-config:' } }, provider)).toEqual({});
  });

  it('belongs to the way of signing in', () => {
    const draft = { ...filled, signIn: 'external', fields: { source: 'file:/x' }, sources: { key: 'env:SWR_KEY' } };
    expect(toInput(draft, provider)).not.toHaveProperty('sources');
  });

  it('changes alone, ends when it is taken away, and by entering a value', () => {
    const before = draftOf(saved);
    expect(toPatch(before, before, provider)).toEqual({});
    expect(toPatch({ ...before, sources: { key: 'env:OTHER' } }, before, provider)).toEqual({ sources: { key: 'env:OTHER' } });
    expect(toPatch({ ...before, sources: {} }, before, provider)).toEqual({ sources: { key: null } });
    expect(toPatch({ ...before, sources: {}, fields: { ...before.fields, key: 'typed' } }, before, provider)).toEqual({
      fields: { key: 'typed' },
    });
  });
});

describe('a field that the address tells', () => {
  it('is not missed, and what stood in it for another address is not sent', () => {
    const draft = { ...filled, fields: { ...filled.fields, region: 'cn-south-1' } };
    expect(checkDraft(filled, provider)).toEqual({});
    expect(withInferred(draft, { region: 'cn-north-4' }).fields).toEqual({ id: 'AK', key: 'typed' });
    expect(withInferred(draft, { region: 'cn-south-1' })).toBe(draft);
    expect(withInferred(draft, {})).toBe(draft);
  });
});

describe('order of tags and end of the secret', () => {
  it('are kept, changed and unset', () => {
    const before = draftOf(saved);
    expect(before).toMatchObject({ tagOrder: 'newest-first', secretEndsOn: '2026-12-31' });
    expect(toPatch({ ...before, tagOrder: '', secretEndsOn: '' }, before, provider)).toEqual({ tagOrder: null, secretEndsAt: null });
    expect(toInput({ ...filled, tagOrder: 'lexical', secretEndsOn: '2027-01-01' }, provider)).toMatchObject({
      tagOrder: 'lexical',
      secretEndsAt: '2027-01-01',
    });
  });
});

describe('the next credential', () => {
  it('is the way of signing in with its own fields, nothing of the registry', () => {
    expect(toNextCredential({ ...filled, fields: { ...filled.fields, region: 'x' }, secretEndsOn: '2027-01-01' }, provider)).toEqual({
      signIn: 'key',
      fields: { id: 'AK', key: 'typed' },
      secretEndsAt: '2027-01-01',
    });
    expect(toNextCredential({ ...filled, sources: { key: 'env:NEXT' } }, provider)).toEqual({
      signIn: 'key',
      fields: { id: 'AK' },
      sources: { key: 'env:NEXT' },
    });
  });
});
