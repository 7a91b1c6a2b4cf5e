import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { checkProvider } from './check.ts';
import { type AnyProvider, defineProvider, type SignIn } from './define.ts';
import { pairWay, withExternal } from './external.ts';
import { field, secret } from './field.ts';
import { ProviderSet } from './set.ts';
import { checkFields } from './settings.ts';

const plain = (label: string) => field(z.string(), { label, example: 'x' });
const hidden = (label: string) => secret(z.string(), { label });

function providerWith(signIn: Record<string, SignIn>): AnyProvider {
  return defineProvider({
    id: 'acme',
    title: 'Acme',
    icon: '<svg viewBox="0 0 24 24"></svg>',
    docs: 'providers/acme.md',
    url: { example: 'registry.acme.io' },
    hosts: [],
    settings: z.object({ region: plain('Region').optional() }),
    signIn,
    traits: { catalog: 'registry', referrers: 'probe', delete: 'probe', mount: true, createRepository: false },
    issueCredential: async () => ({ kind: 'anonymous' }),
  });
}
const password = { title: 'Password', fields: z.object({ username: plain('User'), password: hidden('Password') }) };

describe('the way of signing in “external”', () => {
  it('is offered last by every provider of a set, with one plain field', () => {
    const [described] = new ProviderSet([providerWith({ password })]).describe();
    expect(described?.signIn.map(({ method }) => method)).toEqual(['password', 'external']);
    expect(described?.signIn[1]?.fields).toMatchObject([{ name: 'source', required: true, secret: false, type: 'text' }]);
  });

  it('is chosen by its field, and not by nothing', () => {
    const provider = withExternal(providerWith({ password }));
    expect(checkFields(provider, { fields: { source: 'env:X' } })).toMatchObject({ signIn: 'external', settings: { source: 'env:X' } });
    expect(() => checkFields(provider, {})).toThrow(/User is missing/);
  });

  it('cannot be declared by a provider, nor its field be a setting', () => {
    expect(checkProvider(providerWith({ external: password }), 'acme')).toEqual([expect.stringContaining('“external”')]);
  });

  it('takes the place of the first way that a pair suffices for', () => {
    const strict = { ...password, pair: ['username', 'password'] as const, fields: password.fields.extend({ tenant: plain('Tenant') }) };
    const easy = { ...password, pair: ['username', 'password'] as const };
    expect(pairWay(providerWith({ password }))).toBeUndefined();
    expect(pairWay(providerWith({ strict }))).toBeUndefined();
    expect(pairWay(providerWith({ strict, easy }))).toEqual({ method: 'easy', username: 'username', password: 'password' });
  });
});
