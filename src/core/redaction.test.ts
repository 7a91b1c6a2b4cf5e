import { describe, expect, it } from 'vitest';
import { TagboatError } from './errors.ts';
import { isSecretName, redact, redactText, redactUrl } from './redaction.ts';
import { Secret } from './secret.ts';

describe('redactUrl', () => {
  it.each([
    ['https://user:pass@registry.example/v2/', 'https://registry.example/v2/'],
    ['https://registry.example/v2/_catalog?n=100&last=app%2Fweb', 'https://registry.example/v2/_catalog?n=100&last=app%2Fweb'],
    ['https://cdn.example/blob?X-Amz-Signature=abc&digest=sha256%3Aaa', 'https://cdn.example/blob?X-Amz-Signature=…&digest=sha256%3Aaa'],
    [
      'https://auth.example/token?service=s&scope=repository%3Aa%3Apull&refresh_token=abc',
      'https://auth.example/token?service=s&scope=repository%3Aa%3Apull&refresh_token=…',
    ],
    ['https://a.example/#token=abc', 'https://a.example/'],
    ['user:pass@registry.example', 'registry.example'],
    ['//user:pass@registry.example/a?secret=1', '//registry.example/a'],
  ])('shows %s as %s', (url, shown) => {
    expect(redactUrl(url)).toBe(shown);
  });

  it('hides every value of a repeated parameter', () => {
    expect(redactUrl('https://a.example/?sig=one&sig=two')).toBe('https://a.example/?sig=…');
  });
});

describe('isSecretName', () => {
  it.each([
    'password',
    'Password',
    'secretAccessKey',
    'secret_access_key',
    'client-secret',
    'token',
    'accessToken',
    'Authorization',
    'Set-Cookie',
    'privateKey',
    'storageAccountKey',
    'apiToken',
    'clientSecrets',
    'jsonKey',
    'connection.clientKey',
    'proxyPassword',
    'X-CSRF-Token',
    'key',
  ])('takes %s for secret', (name) => {
    expect(isSecretName(name)).toBe(true);
  });

  it.each([
    'name',
    'username',
    'accessKeyId',
    'keyId',
    'publicKey',
    'keyring',
    'tokenHint',
    'secretsSet',
    'hasKey',
    'proxyHasPassword',
    'tags',
    'author',
    'scope',
    'passed',
  ])('shows %s', (name) => {
    expect(isSecretName(name)).toBe(false);
  });
});

describe('redact', () => {
  it('hides secret fields at any depth, and Secrets anywhere', () => {
    const shown = redact({
      name: 'prod',
      signIn: { username: 'ana', password: 'hunter2-hunter2' },
      list: [{ token: 'abc' }, new Secret('abc')],
      fields: new Map([['apiKey', 'abc']]),
      tokens: ['abc'],
    });
    expect(shown).toEqual({
      name: 'prod',
      signIn: { username: 'ana', password: '[secret]' },
      list: [{ token: '[secret]' }, '[secret]'],
      fields: { apiKey: '[secret]' },
      tokens: '[secret]',
    });
  });

  it('keeps what tells only that there is none', () => {
    expect(redact({ password: '', token: null, secret: undefined, auth: true })).toEqual({
      password: '',
      token: null,
      secret: undefined,
      auth: true,
    });
  });

  it('hides fields that a provider declares', () => {
    expect(redact({ signingSeed: 'abc', region: 'eu' }, { fields: ['signingSeed'] })).toEqual({ signingSeed: '[secret]', region: 'eu' });
  });

  it('cleans URLs inside text', () => {
    expect(redact({ message: 'GET https://u:p@a.example/x?sig=1 failed' })).toEqual({ message: 'GET https://a.example/x?sig=… failed' });
  });

  it('shows errors with code and cause, without secrets', () => {
    const error = new TagboatError('Refused.', {
      code: 'credential_refused',
      fault: 'remote',
      retry: 'never',
      context: { password: 'abc' },
      cause: new Error('inner'),
    });
    expect(redact({ error })).toEqual({
      error: {
        name: 'TagboatError',
        message: 'Refused.',
        code: 'credential_refused',
        context: { password: '[secret]' },
        cause: { name: 'Error', message: 'inner' },
      },
    });
  });

  it('bounds what is long, deep or circular, and names bytes by length', () => {
    const circular: Record<string, unknown> = { text: 'x'.repeat(10_000), bytes: new Uint8Array(5) };
    circular.self = circular;
    const shown = redact(circular, { maxText: 10 });
    expect(shown).toEqual({ text: `${'x'.repeat(10)}… (10000 characters)`, bytes: '[5 bytes]', self: '[circular]' });
  });
});

describe('redactText', () => {
  it('hides known secrets in plain, percent-encoded and base64 form, longer ones first', () => {
    const secret = 'p@ss word/1';
    const text = `${secret} ${encodeURIComponent(secret)} ${Buffer.from(secret).toString('base64')} p@ss`;
    expect(redactText(text, ['p@ss', secret])).toBe('[secret] [secret] [secret] [secret]');
  });

  it('ignores what is too short to be a secret', () => {
    expect(redactText('a banana', ['a'])).toBe('a banana');
  });
});
