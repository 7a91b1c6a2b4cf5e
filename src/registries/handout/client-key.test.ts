import { describe, expect, it } from 'vitest';
import { InvalidReference, NotFound } from '../../core/errors.ts';
import { parseClientKey } from './client-key.ts';

const first = (text: string) => {
  const key = parseClientKey(text)[0];
  return key && (key.path === '' ? key.host : `${key.host} ${key.path}`);
};

describe('what clients call a registry', () => {
  it.each([
    // docker, for Docker Hub: with scheme, path and slash.
    ['https://index.docker.io/v1/', 'docker.io'],
    ['https://index.docker.io/v1', 'docker.io'],
    ['index.docker.io', 'docker.io'],
    ['registry-1.docker.io', 'docker.io'],
    ['docker.io', 'docker.io'],
    ['docker.io/library/alpine:3', 'docker.io library/alpine'],
    ['docker.io/acme', 'docker.io library/acme'],
    ['ghcr.io', 'ghcr.io'],
    ['GHCR.io/', 'ghcr.io'],
    ['https://harbor.acme.io', 'harbor.acme.io'],
    ['https://harbor.acme.io/v2/', 'harbor.acme.io'],
    ['http://harbor.acme.io:8080/v2/', 'harbor.acme.io:8080'],
    ['https://harbor.acme.io:443', 'harbor.acme.io'],
    ['localhost', 'localhost'],
    ['localhost:5000', 'localhost:5000'],
    ['registry:5000', 'registry:5000'],
    ['[::1]:5000', '[::1]:5000'],
    ['127.0.0.1:5000', '127.0.0.1:5000'],
    ['harbor.acme.io/shop', 'harbor.acme.io shop'],
    ['harbor.acme.io:8443/shop/api:1.2', 'harbor.acme.io:8443 shop/api'],
    [`harbor.acme.io/shop/api@sha256:${'a'.repeat(64)}`, 'harbor.acme.io shop/api'],
    ['alpine:3.20', 'docker.io library/alpine'],
    ['acme/api', 'docker.io acme/api'],
    ['  ghcr.io\n', 'ghcr.io'],
  ])('reads %s', (text, expected) => {
    expect(first(text)).toBe(expected);
  });

  it('tries a host first where a text has two meanings', () => {
    expect(parseClientKey('registry:5000')).toEqual([
      { host: 'registry:5000', path: '' },
      { host: 'docker.io', path: 'library/registry' },
    ]);
  });

  it.each([
    '',
    ' ',
    'https://',
    'ftp://x.io',
    'https://user:geheim@ghcr.io',
    'https://ghcr.io/?a=b',
    'a b',
    'x'.repeat(3000),
    'ghcr.io/UPPER/case',
    '..',
  ])('refuses %j without repeating a password', (text) => {
    expect(() => parseClientKey(text)).toThrow(InvalidReference);
    expect(() => parseClientKey(text)).not.toThrow('geheim');
  });

  it('keeps no tokens that docker keeps beside a credential', () => {
    expect(() => parseClientKey('https://index.docker.io/v1/access-token')).toThrow(NotFound);
    expect(() => parseClientKey('https://index.docker.io/v1/refresh-token')).toThrow(NotFound);
  });
});
