import { describe, expect, it } from 'vitest';
import { parseDockerConfig } from '../../oci/docker-config.ts';
import { credentialOf, valueOf } from './content.ts';
import type { SourceContent } from './source.ts';

const question = { host: 'registry.acme.io' };
const text = (value: string): SourceContent => ({ kind: 'text', text: value });
const whole = (content: SourceContent, host = question.host) => credentialOf(content, 'file /run/x', { host });
const one = (content: SourceContent) => valueOf(content, 'file /run/x', question);
const basic = (username: string, password: string) => ({ kind: 'basic', username, password });

describe('a whole credential', () => {
  it('is user:password, split at the first colon', async () => {
    expect(await whole(text('ci:s3cret\n'))).toEqual(basic('ci', 's3cret'));
    expect(await whole(text('_json_key:{"a":"b:c"}'))).toEqual(basic('_json_key', '{"a":"b:c"}'));
    expect(await whole(text('<token>:ey'))).toEqual({ kind: 'identity', token: 'ey' });
  });

  it('is the answer of a credential helper', async () => {
    const answer = JSON.stringify({ ServerURL: 'x', Username: 'ci', Secret: 's3cret' });
    expect(await whole(text(answer))).toEqual(basic('ci', 's3cret'));
    expect(await whole(text(JSON.stringify({ Username: '<token>', Secret: 'ey' })))).toEqual({ kind: 'identity', token: 'ey' });
  });

  it('is the entry of a Docker configuration for the host, the longest path first', async () => {
    const auth = (pair: string) => ({ auth: Buffer.from(pair).toString('base64') });
    const auths = {
      'https://ghcr.io': auth('all:1'),
      'ghcr.io/org-a': auth('a:2'),
      'https://ghcr.io/org-b/': auth('b:3'),
      'https://index.docker.io/v1/': auth('hub:4'),
    };
    const config = text(JSON.stringify({ auths }));
    expect(await whole(config, 'ghcr.io/org-a/app')).toEqual(basic('a', '2'));
    expect(await whole(config, 'ghcr.io/org-b')).toEqual(basic('b', '3'));
    expect(await whole(config, 'ghcr.io/org-bc')).toEqual(basic('all', '1'));
    expect(await whole(config, 'docker.io/acme')).toEqual(basic('hub', '4'));
    await expect(whole(config, 'quay.io')).rejects.toThrow('has no credential for quay.io. It has some for ghcr.io, ghcr.io/org-a');
  });

  it('runs no helper that a configuration from elsewhere names', async () => {
    for (const config of [
      { auths: {}, credsStore: 'evil' },
      { auths: {}, credHelpers: { 'registry.acme.io': 'evil' } },
    ]) {
      await expect(whole(text(JSON.stringify(config)))).rejects.toThrow(/"evil", which is not run here/);
    }
  });

  it('is the two fields of a secret, or what is in its only one', async () => {
    expect(await whole({ kind: 'fields', fields: { username: 'ci', password: 's3cret', note: 'x' } })).toEqual(basic('ci', 's3cret'));
    expect(await whole({ kind: 'fields', fields: { login: 'ci', token: 't' } })).toEqual(basic('ci', 't'));
    expect(await whole({ kind: 'fields', fields: { pair: 'ci:s3cret' } })).toEqual(basic('ci', 's3cret'));
    await expect(whole({ kind: 'fields', fields: { a: '1', b: '2' } })).rejects.toThrow(/the fields a, b, but no username and password/);
  });

  it.each([
    ['', /is empty/],
    ['  \n', /is empty/],
    ['ci:', /is empty/],
    ['nocolon-s3cret', /no colon/],
    [':s3cret', /no colon/],
    ['ci:s3cret\nmore', /several lines/],
    ['{"Username":"ci"', /not valid JSON/],
    ['{"user":"ci"}', /no "Username" and "Secret"/],
  ])('%j is none, and is not repeated', async (content, message) => {
    const error: unknown = await whole(text(content)).catch((reason: unknown) => reason);
    expect(error).toMatchObject({ code: 'credential_source_failed', message: expect.stringMatching(message) });
    expect(String(error)).toMatch(/File \/run\/x/);
    expect(String(error)).not.toContain('s3cret');
  });
});

describe('the value of a field', () => {
  it('is the text, the secret of a pair, the only field or the password', async () => {
    expect(await one(text('s3cret'))).toBe('s3cret');
    expect(await one(text('{"type":"service_account","private_key":"k"}'))).toContain('service_account');
    expect(await one(text('{"Username":"ci","Secret":"s3cret"}'))).toBe('s3cret');
    expect(await one(text('{brace'))).toBe('{brace');
    expect(await one({ kind: 'fields', fields: { token: 't' } })).toBe('t');
    expect(await one({ kind: 'fields', fields: { username: 'ci', password: 'p' } })).toBe('p');
    expect(await one({ kind: 'credential', credential: { kind: 'identity', token: 'ey' } })).toBe('ey');
    const config = parseDockerConfig({ auths: { 'registry.acme.io': { username: 'ci', password: 'p' } } }, 'It');
    expect(await one({ kind: 'docker-config', config })).toBe('p');
  });

  it('is never nothing, and never guessed', async () => {
    await expect(one(text(' '))).rejects.toThrow(/is empty/);
    await expect(one({ kind: 'fields', fields: { a: '1', b: '2' } })).rejects.toThrow(/the fields a, b. Name one of them behind a #/);
    await expect(one({ kind: 'fields', fields: {} })).rejects.toThrow(/no fields/);
  });
});
