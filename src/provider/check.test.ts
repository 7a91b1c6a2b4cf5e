import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { provider as generic } from '../providers/generic.ts';
import { checkProvider } from './check.ts';
import { field } from './field.ts';
import { trustsRealm } from './realm.ts';

const with_ = (change: object) => checkProvider({ ...generic, ...change }, 'generic').join(' ');

describe('checkProvider', () => {
  it('finds nothing wrong with a good one', () => {
    expect(with_({})).toBe('');
  });

  it.each([
    ['an unanchored host', { hosts: [/acme\.io$/] }, 'not anchored'],
    ['an alternation that is anchored in part', { hosts: [/^a\.io|b\.io$/] }, 'not anchored'],
    ['a host with flags', { hosts: [/^acme\.io$/i] }, 'has flags'],
    ['a script in its icon', { icon: '<svg viewBox="0 0 24 24"><script>alert(1)</script></svg>' }, 'icon'],
    ['a handler in its icon', { icon: '<svg viewBox="0 0 24 24" onload="alert(1)"></svg>' }, 'icon'],
    ['a link in its icon', { icon: '<svg viewBox="0 0 24 24"><path fill="url(https://evil.example)"/></svg>' }, 'icon'],
    ['a foreign object in its icon', { icon: '<svg viewBox="0 0 24 24"><foreignObject></foreignObject></svg>' }, 'icon'],
    ['no way of signing in', { signIn: {} }, 'no way of signing in'],
    ['a field without label', { settings: z.object({ plain: z.string() }) }, 'has no label'],
    ['a field named like the method', { settings: z.object({ method: field(z.string(), { label: 'M' }) }) }, 'name that is taken'],
    [
      'a setting that a way of signing in has as well',
      { settings: z.object({ username: field(z.string(), { label: 'U' }) }) },
      'settings as well: username',
    ],
    [
      'a preset for an unknown way of signing in',
      { presets: [{ title: 'Acme', signIn: 'magic', help: 'Nothing.' }] },
      'no way of signing in',
    ],
    [
      'a preset that fills a secret',
      { presets: [{ title: 'Acme', signIn: 'password', fields: { password: 'x' }, help: 'Nothing.' }] },
      'fills password',
    ],
    ['another page', { docs: 'elsewhere.md' }, 'docs page'],
  ])('objects to %s', (_what, change, sentence) => {
    expect(with_(change)).toContain(sentence);
  });
});

describe('trustsRealm', () => {
  const provider = { ...generic, realms: [/^auth\.acme\.io$/] };
  it.each([
    ['https://auth.acme.io/token', true],
    ['https://AUTH.acme.io/token', true],
    ['http://auth.acme.io/token', false],
    ['https://auth.acme.io:8443/token', false],
    ['https://auth.acme.io.evil.example/token', false],
    ['https://auth.acme.io@evil.example/token', false],
    ['https://acme.io/token', false],
  ])('%s: %s', (realm, trusted) => {
    expect(trustsRealm(provider, new URL(realm))).toBe(trusted);
  });
});
