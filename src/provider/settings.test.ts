import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { InvalidSettings } from '../core/errors.ts';
import { defineProvider } from './define.ts';
import { field, secret } from './field.ts';
import { type FieldsInput, checkFields, providerInput, redactFields, secretNames } from './settings.ts';

const provider = defineProvider({
  id: 'acme',
  title: 'Acme',
  icon: '<svg viewBox="0 0 24 24"></svg>',
  docs: 'providers/acme.md',
  url: { example: 'acme.io' },
  hosts: [],
  inferSettings: (url): Readonly<Record<string, string>> => {
    const region = /^(\w+)\.acme\.io$/.exec(url.hostname)?.[1];
    return region ? { region } : {};
  },
  settings: z.object({
    region: field(z.string().regex(/^[a-z]{2,10}$/, { error: 'A region is spelled like mars.' }), { label: 'Region' }),
    retries: field(z.int().min(0).max(9).default(3), { label: 'Retries' }),
    cached: field(z.boolean().optional(), { label: 'Cached' }),
    tier: field(z.enum(['free', 'paid']).optional(), { label: 'Tier' }),
  }),
  signIn: {
    password: {
      title: 'Password',
      fields: z.object({
        username: field(z.string().max(10), { label: 'Username', example: 'ci' }),
        password: secret(z.string(), { label: 'Password', verbatim: true }),
      }),
    },
    key: {
      title: 'Key file',
      fields: z.object({
        key: secret(z.string(), { label: 'Key file', multiline: true }),
        apiKey: secret(z.string().optional(), { label: 'API key' }),
      }),
    },
    anonymous: { title: 'No sign-in', fields: z.object({}) },
  },
  traits: { catalog: 'registry', referrers: 'probe', delete: 'probe', mount: true, createRepository: false },
  issueCredential: async () => ({ kind: 'anonymous' }),
});
const url = new URL('https://mars.acme.io');
const good = { username: 'ci', password: 'p' };

function errorsOf(input: FieldsInput): Record<string, string> {
  try {
    checkFields(provider, { url, ...input });
  } catch (error) {
    if (error instanceof InvalidSettings) return Object.fromEntries(error.fields.map(({ field: name, message }) => [name, message]));
    throw error;
  }
  return {};
}

describe('checkFields', () => {
  it('splits secrets from what may be shown', () => {
    const checked = checkFields(provider, { url, signIn: 'password', fields: { ...good, retries: '5', cached: 'true', tier: 'paid' } });
    expect(checked).toEqual({
      signIn: 'password',
      settings: { username: 'ci', retries: 5, cached: true, tier: 'paid' },
      secrets: { password: 'p' },
      keptSecrets: [],
      sources: {},
    });
  });

  it('says what is wrong at each field, in its label’s words', () => {
    expect(
      errorsOf({ signIn: 'password', fields: { username: 'much-too-long', retries: 'many', cached: 'perhaps', tier: 'gold' } }),
    ).toEqual({
      'fields.username': 'Username is too long: at most 10.',
      'fields.password': 'Password is missing.',
      'fields.retries': 'Retries must be a number.',
      'fields.cached': 'Cached must be true or false.',
      'fields.tier': 'Tier must be one of: free, paid.',
    });
    expect(errorsOf({ signIn: 'password', fields: { ...good, retries: 10 } })).toEqual({
      'fields.retries': 'Retries is too large: at most 9.',
    });
    expect(errorsOf({ signIn: 'password', fields: { ...good, retries: 1.5 } })).toEqual({
      'fields.retries': 'Retries does not look right.',
    });
    expect(errorsOf({ url: new URL('https://elsewhere.example'), signIn: 'password', fields: { ...good, region: 'EU 1' } })).toEqual({
      'fields.region': 'A region is spelled like mars.',
    });
  });

  it('refuses fields that nobody asked for, unless they are empty', () => {
    expect(errorsOf({ signIn: 'password', fields: { ...good, pasword: 'x', key: 'y', apiKey: null, colour: '' } })).toEqual({
      'fields.pasword': 'Acme has no field “pasword”.',
      'fields.key': '“key” belongs to signing in by “Key file”, but “Password” is chosen.',
    });
    for (const name of ['__proto__', 'constructor', 'toString']) {
      const fields = Object.fromEntries([...Object.entries(good), [name, 'x']]);
      expect(errorsOf({ signIn: 'password', fields })).toEqual({ [`fields.${name}`]: `Acme has no field “${name}”.` });
    }
    expect(errorsOf({ signIn: 'constructor', fields: {} })).toEqual({ signIn: expect.stringContaining('Known: password, key, anonymous') });
  });

  it('takes the white space of copying away, and keeps what is part of a password', () => {
    const entered = (fields: Record<string, string>, signIn: string) => checkFields(provider, { url, signIn, fields });
    expect(entered({ username: '\u00a0 ci\t\r\n', password: ' with blanks \r\n' }, 'password')).toMatchObject({
      settings: { username: 'ci' },
      secrets: { password: ' with blanks ' },
    });
    expect(entered({ key: '\ufeff{\r\n "a": 1\r\n}\n', apiKey: ' \u200bkey\n' }, 'key')).toMatchObject({
      secrets: { key: '{\n "a": 1\n}', apiKey: 'key' },
    });
  });

  it('refuses a one-line secret that is broken in two, and control characters, without quoting it', () => {
    const errors = errorsOf({ signIn: 'key', fields: { key: 'a\u0000b', apiKey: 'sec\nret' } });
    expect(errors).toEqual({
      'fields.key': expect.stringContaining('control characters'),
      'fields.apiKey': expect.stringContaining('several lines'),
    });
    expect(JSON.stringify(errors)).not.toContain('ret"');
  });

  it('takes what the URL says, stores none of it, and refuses a contradiction', () => {
    expect(checkFields(provider, { url, signIn: 'password', fields: good }).settings).toEqual({ username: 'ci' });
    expect(checkFields(provider, { url, signIn: 'password', fields: { ...good, region: 'mars' } }).settings).toMatchObject({
      region: 'mars',
    });
    expect(errorsOf({ signIn: 'password', fields: { ...good, region: 'venus' } })['fields.region']).toContain('the URL says “mars”');
    expect(errorsOf({ url: new URL('https://other.example'), signIn: 'password', fields: good })).toEqual({
      'fields.region': 'Region is missing.',
    });
  });

  it('chooses the way of signing in that the given fields are for', () => {
    const chosen = (fields: FieldsInput['fields']) => checkFields(provider, { url, fields }).signIn;
    expect(chosen(good)).toBe('password');
    expect(chosen({ key: 'k' })).toBe('key');
    expect(chosen({})).toBe('anonymous');
    expect(chosen(undefined)).toBe('anonymous');
    expect(errorsOf({ fields: { username: 'ci' } })).toEqual({ 'fields.password': 'Password is missing.' });
  });

  it('takes a source for a secret, and for nothing else', () => {
    const sources = { password: 'env:PASSWORD' };
    expect(checkFields(provider, { url, fields: { username: 'ci' }, sources })).toMatchObject({ signIn: 'password', secrets: {}, sources });
    expect(errorsOf({ signIn: 'password', fields: good, sources })['fields.password']).toContain('Leave one of the two empty');
    const wrong = errorsOf({ signIn: 'password', fields: good, sources: { username: 'env:USER', key: 'env:KEY', nothing: 'env:X' } });
    expect(wrong['sources.username']).toBe('Username is no secret: enter its value.');
    expect(wrong['sources.key']).toContain('belongs to signing in by');
    expect(wrong['sources.nothing']).toContain('has no field “nothing”');
  });

  describe('of an edit', () => {
    const stored = { signIn: 'password', settings: { username: 'ci', retries: 7, region: 'venus' }, secrets: ['password'] };

    it('keeps what is not mentioned, secrets that are empty, and not a region that the URL now says', () => {
      expect(checkFields(provider, { url, stored, fields: { password: '', username: 'cd' } })).toEqual({
        signIn: 'password',
        settings: { username: 'cd', retries: 7 },
        secrets: {},
        keptSecrets: ['password'],
        sources: {},
      });
      expect(checkFields(provider, { url, stored })).toMatchObject({ settings: { username: 'ci', retries: 7 }, keptSecrets: ['password'] });
    });

    it('unsets what is emptied', () => {
      expect(checkFields(provider, { url, stored, fields: { retries: '' } }).settings).toEqual({ username: 'ci' });
      expect(errorsOf({ stored, fields: { username: null } })).toEqual({ 'fields.username': 'Username is missing.' });
      expect(errorsOf({ stored, fields: { password: null } })).toEqual({ 'fields.password': 'Password is missing.' });
    });

    it('ends a source when a value is entered, and the other way round', () => {
      const reading = { ...stored, secrets: [], sources: { password: 'env:PASSWORD' } };
      expect(checkFields(provider, { url, stored: reading })).toMatchObject({ secrets: {}, sources: { password: 'env:PASSWORD' } });
      expect(checkFields(provider, { url, stored: reading, fields: { password: 'p' } })).toMatchObject({
        secrets: { password: 'p' },
        sources: {},
      });
      expect(checkFields(provider, { url, stored, sources: { password: ' file:/run/p ' } })).toMatchObject({
        secrets: {},
        keptSecrets: [],
        sources: { password: 'file:/run/p' },
      });
      for (const sources of [{ password: null }, { password: '' }]) {
        expect(errorsOf({ stored: reading, sources })).toEqual({ 'fields.password': 'Password is missing.' });
      }
      expect(errorsOf({ stored: reading, fields: { password: null } })).toEqual({ 'fields.password': 'Password is missing.' });
      expect(checkFields(provider, { url, stored: reading, signIn: 'anonymous' }).sources).toEqual({});
    });

    it('drops the secrets of another way of signing in', () => {
      expect(checkFields(provider, { url, stored, signIn: 'anonymous' })).toMatchObject({
        settings: { retries: 7 },
        secrets: {},
        keptSecrets: [],
      });
      expect(checkFields(provider, { url, stored, signIn: 'key', fields: { key: 'k' } }).keptSecrets).toEqual([]);
    });
  });
});

describe('providerInput', () => {
  it('joins what is stored with what the URL says and with defaults', () => {
    expect(providerInput(provider, { signIn: 'password', url, settings: { username: 'ci' }, secrets: { password: 'p' } })).toEqual({
      settings: { region: 'mars', retries: 3, cached: undefined, tier: undefined },
      signIn: { method: 'password', username: 'ci', password: 'p' },
    });
  });

  it('says which secret is lost', () => {
    expect(() => providerInput(provider, { signIn: 'password', url, settings: { username: 'ci' }, secrets: {} })).toThrow(
      'Password is missing.',
    );
  });
});

describe('secrets', () => {
  it('are known by name', () => {
    expect(secretNames(provider, 'password')).toEqual(['password']);
    expect(secretNames(provider)).toEqual(['password', 'key', 'apiKey']);
  });

  it('are not in what is logged, nor are fields that nobody knows', () => {
    expect(redactFields(provider, { username: 'ci', password: 'p', apiKey: '', stray: 'x', retries: 3 })).toEqual({
      username: 'ci',
      password: '[secret]',
      apiKey: '',
      stray: '[secret]',
      retries: 3,
    });
  });
});
