import { describe, expect, it } from 'vitest';
import { proxyFromEnvironment } from './proxy.ts';

const proxyFor = (url: string, env: Record<string, string>): string | undefined => proxyFromEnvironment(new URL(url), env);

describe('proxyFromEnvironment', () => {
  it('chooses by scheme, lower case first', () => {
    const env = { HTTPS_PROXY: 'http://upper:1', https_proxy: 'http://lower:1', HTTP_PROXY: 'plain:3128' };
    expect(proxyFor('https://ghcr.io', env)).toBe('http://lower:1');
    expect(proxyFor('http://registry.acme.io', env)).toBe('http://plain:3128');
    expect(proxyFor('https://ghcr.io', { ALL_PROXY: 'http://all:1' })).toBe('http://all:1');
    expect(proxyFor('https://ghcr.io', { ALL_PROXY: 'socks5://all:1' })).toBeUndefined();
    expect(proxyFor('https://ghcr.io', {})).toBeUndefined();
  });

  it.each([
    ['https://registry.acme.io', 'acme.io', true],
    ['https://registry.acme.io', '.acme.io', true],
    ['https://registry.acme.io', '*.acme.io', true],
    ['https://notacme.io', 'acme.io', false],
    ['https://registry.acme.io:5000', 'registry.acme.io:5000', true],
    ['https://registry.acme.io:5000', 'registry.acme.io:443', false],
    ['https://registry.acme.io', 'other.io, registry.acme.io:443', true],
    ['https://registry.acme.io', '*', true],
    ['https://127.0.0.1:5000', '', true],
  ])('%s with NO_PROXY=%s is exempt: %s', (url, list, exempt) => {
    expect(proxyFor(url, { HTTPS_PROXY: 'http://proxy:1', NO_PROXY: list }) === undefined).toBe(exempt);
  });
});
