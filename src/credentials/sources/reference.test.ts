import { describe, expect, it } from 'vitest';
import { matchesPattern, parseSource, splitField } from './reference.ts';
import { CredentialSources } from './sources.ts';

describe('references to sources', () => {
  it.each([
    ['exec:login', 'exec', 'login'],
    ['env:REGISTRY_LOGIN', 'env', 'REGISTRY_LOGIN'],
    ['docker-config:', 'docker-config', ''],
    ['vault:secret/ci#a:b', 'vault', 'secret/ci#a:b'],
    ['file:C:/x', 'file', 'C:/x'],
  ])('%s', (text, scheme, rest) => {
    expect(parseSource(text)).toEqual({ scheme, rest });
  });

  it('refuses what is none, without repeating it: it may be a secret in the wrong field', () => {
    for (const text of ['hunter2', 'ghp_abcdef:x', '', ':x', 'EXEC:x', `env:${'X'.repeat(3000)}`, 'file:/a\u202eb', 'exec:a\nb']) {
      expect(() => parseSource(text), text).toThrow(expect.objectContaining({ code: 'credential_source_denied' }));
      expect(() => parseSource(text)).not.toThrow(/hunter2|ghp_abcdef/);
    }
  });

  it('splits a field off at the last #', () => {
    expect(splitField('a/b')).toEqual({ path: 'a/b' });
    expect(splitField('a/b#c')).toEqual({ path: 'a/b', field: 'c' });
    expect(splitField('a#b#c')).toEqual({ path: 'a#b', field: 'c' });
    expect(() => splitField('a#')).toThrow(/behind #/);
  });

  it('matches names by patterns, and only whole ones', () => {
    expect(matchesPattern('REGISTRY_X', ['REGISTRY_*'])).toBe(true);
    expect(matchesPattern('MY_REGISTRY_X', ['REGISTRY_*'])).toBe(false);
    expect(matchesPattern('GHCR_TOKEN', ['GHCR_TOKEN'])).toBe(true);
    expect(matchesPattern('GHCR_TOKEN2', ['GHCR_TOKEN'])).toBe(false);
    expect(matchesPattern('ab', ['a*b', 'x'])).toBe(true);
    expect(matchesPattern('a', ['a*a'])).toBe(false);
    expect(matchesPattern('axbxc', ['a*b*c'])).toBe(true);
    expect(matchesPattern('axc', ['a*b*c'])).toBe(false);
    expect(matchesPattern('anything', ['*'])).toBe(true);
    expect(matchesPattern('anything', [])).toBe(false);
    expect(matchesPattern('a'.repeat(5000), ['*a*a*a*a*a*a*a*a*b'])).toBe(false);
  });
});

describe('a hub that was set up for nothing', () => {
  const sources = new CredentialSources({ env: { SECRET: 'x' } });

  it.each([
    ['exec:login', '--credential-commands'],
    ['env:SECRET', '--credential-variables'],
    ['file:/run/secrets/x', '--credential-files'],
    ['secret:ns/name#field', '--kubeconfig'],
    ['pullsecret:ns/name', '--kubeconfig'],
    ['docker-config:', '--credential-docker-config'],
    ['docker-config:/etc/docker.json', '--credential-files'],
    ['vault:secret/ci#password', '--vault-url'],
  ])('refuses %s and says how to set it up', async (text, flag) => {
    expect(() => sources.check(text)).toThrow(
      expect.objectContaining({ code: 'invalid_settings', message: expect.stringContaining(flag) }),
    );
    const error = { code: 'credential_source_denied', message: expect.stringContaining(flag) };
    await expect(sources.readValue(text, { host: 'registry.acme.io' })).rejects.toMatchObject(error);
    await expect(sources.readCredential(text, { host: 'registry.acme.io' })).rejects.toMatchObject(error);
  });

  it('lists what there is and how to have it', () => {
    const kinds = sources.kinds();
    expect(kinds.find(({ scheme }) => scheme === 'vault')).toMatchObject({
      available: false,
      reason: expect.stringContaining('--vault-url'),
    });
    for (const { example } of kinds) expect(() => parseSource(example)).not.toThrow();
    expect(new CredentialSources({ commands: '/tmp' }).kinds().find(({ scheme }) => scheme === 'exec')).toMatchObject({ available: true });
  });
});
