import { describe, expect, it } from 'vitest';
import { CredentialError, RegistryError } from '../core/errors.ts';
import { RegistryClient } from '../oci/index.ts';
import type { ProviderContext } from '../provider/define.ts';
import { checkFields, providerInput } from '../provider/settings.ts';
import { describeProvider } from '../testing/describe-provider.ts';
import { FakeClock } from '../testing/fake-clock.ts';
import { buildImage, startRegistry } from '../testing/index.ts';
import { provider } from './generic.ts';

const users = { ci: ' a password: with blanks ' };

describeProvider({
  provider,
  hosts: { own: [], foreign: ['registry.example.com', 'localhost', 'docker.io', '127.0.0.1', 'ghcr.io'] },
  async start() {
    const registry = await startRegistry({
      auth: { kind: 'token', users, access: (_user, { actions }) => actions.filter((action) => action === 'pull') },
    });
    registry.put('team/app', buildImage(), '1.0', '1.1', 'latest');
    return {
      clock: new FakeClock(Date.now()),
      url: new URL(registry.url),
      signIns: {
        password: { username: 'ci', password: users.ci },
        anonymous: {},
        'identity-token': { identityToken: registry.auth.issueRefreshToken('ci') },
      },
      refused: {
        password: { username: 'ci', password: 'not-the-password' },
        'identity-token': { identityToken: 'not-an-identity-token' },
      },
      repository: 'team/app',
      tags: ['1.0', '1.1', 'latest'],
      secretEnds: { password: {}, anonymous: {}, 'identity-token': {} },
      close: () => registry.close(),
    };
  },
});

describe('provider generic, in particular', () => {
  it('signs in by Basic authentication where the registry asks for that', async () => {
    const registry = await startRegistry({ auth: { kind: 'basic', users } });
    registry.put('team/app', buildImage(), 'latest');
    const credential = await provider.issueCredential({
      signIn: { method: 'password', username: 'ci', password: users.ci },
    } as unknown as ProviderContext);
    const client = new RegistryClient({ url: registry.url, tls: { mode: 'plain' }, credential });
    try {
      expect(await Array.fromAsync(client.listRepositories())).toEqual([['team/app']]);
    } finally {
      await client.close();
      await registry.close();
    }
  });

  it('says of an identity token that the registry cannot use one', () => {
    const error = new CredentialError('no token server', { code: 'identity_token_unsupported' });
    expect(provider.explain?.(error, { signIn: 'identity-token' })).toMatchObject({ field: 'signIn' });
  });

  it('explains to those who do not sign in that they have to', () => {
    const error = new CredentialError('refused', { code: 'credential_refused' });
    expect(provider.explain?.(error, { signIn: 'anonymous' })).toMatchObject({ field: 'signIn' });
  });

  it('fills in what everybody enters at a registry, which is asked of nobody', () => {
    const url = new URL('https://nvcr.io');
    expect(checkFields(provider, { url, fields: { password: 'nvapi-x' } })).toMatchObject({ signIn: 'password', settings: {} });
    expect(providerInput(provider, { signIn: 'password', url, settings: {}, secrets: { password: 'nvapi-x' } }).signIn).toEqual({
      method: 'password',
      username: '$oauthtoken',
      password: 'nvapi-x',
    });
    expect(() => checkFields(provider, { url, signIn: 'password', fields: { username: 'me', password: 'nvapi-x' } })).toThrow(
      '$oauthtoken',
    );
    expect(() => checkFields(provider, { url: new URL('https://nvcr.io:5000'), signIn: 'password', fields: { password: 'x' } })).toThrow(
      'Username is missing',
    );
  });

  it('tells the end of what is a token with an end, in either field, and of nothing else', async () => {
    const end = (signIn: Record<string, unknown>) => provider.secretEnds?.({ signIn } as unknown as ProviderContext);
    const jwt = (claims: object) => `eyJhbGciOiJSUzI1NiJ9.${Buffer.from(JSON.stringify(claims)).toString('base64url')}.c2ln`;
    const told = jwt({ exp: 1_900_000_000 });
    expect(await end({ method: 'password', username: 'ci', password: told })).toEqual({ password: 1_900_000_000_000 });
    expect(await end({ method: 'identity-token', identityToken: told })).toEqual({ identityToken: 1_900_000_000_000 });
    expect(await end({ method: 'password', username: 'ci', password: jwt({ sub: 'ci' }) })).toEqual({});
    expect(await end({ method: 'password', username: 'ci', password: 'a.password.too' })).toEqual({});
    expect(await end({ method: 'anonymous' })).toEqual({});
  });

  it('knows the products and registries that need no provider of their own', () => {
    const hosts = provider.presets?.flatMap(({ url }) => (url === undefined ? [] : [new URL(url).host]));
    expect(hosts).toEqual(expect.arrayContaining(['registry.k8s.io', 'mcr.microsoft.com', 'nvcr.io', 'registry.redhat.io', 'cgr.dev']));
    const products = provider.presets?.filter(({ url }) => url === undefined).map(({ title }) => title);
    expect(products?.join()).toMatch(/Distribution.*zot.*Gitea.*Forgejo/);
  });

  it('knows what some registries want, by their exact hosts', () => {
    const refused = (url: string) => new RegistryError('refused', { code: 'registry_unauthorized', method: 'GET', url, status: 401 });
    const help = (error: unknown) => provider.explain?.(error, { signIn: 'password' })?.help;
    expect(help(refused('https://nvcr.io/v2/'))).toContain('$oauthtoken');
    expect(help(new CredentialError('refused', { code: 'credential_refused', context: { realm: 'https://cgr.dev/token' } }))).toContain(
      'pull token',
    );
    for (const other of ['https://nvcr.io.evil.example/v2/', 'https://constructor/v2/', 'https://registry.example.com/v2/'])
      expect(help(refused(other))).toContain('docker login');
  });
});
