import { z } from 'zod';
import { CredentialError, RegistryError } from '../core/errors.ts';
import { defineProvider } from '../provider/define.ts';
import { field, secret } from '../provider/field.ts';
import { password, username } from '../provider/fields.ts';
import { adviceFor, presetOf, presets } from './generic/presets.ts';
import { jwtEnds } from './shared/jwt-ends.ts';

/**
 * Any registry that speaks the OCI distribution protocol and has no provider of its own: CNCF Distribution ("docker
 * registry"), zot, Gitea, Forgejo, and those of clouds not named here. Whether it wants Basic or a token is found out by
 * its challenge; names of repositories come from `/v2/_catalog`, which some do not have.
 */
export const provider = defineProvider({
  id: 'generic',
  title: 'Any OCI registry',
  icon: '<svg viewBox="0 0 24 24" fill="none" stroke="currentColor" stroke-width="1.6" stroke-linejoin="round" stroke-linecap="round"><path d="M12 3l8 4.5v9L12 21l-8-4.5v-9z"/><path d="M4 7.5l8 4.5 8-4.5M12 12v9"/></svg>',
  docs: 'providers/generic.md',
  rank: 900,
  url: {
    example: 'registry.example.com:5000',
    help: 'Where docker login would go. https is used unless plain HTTP is chosen under TLS.',
  },
  namespace: {
    label: 'Namespace',
    help: 'First part of the repository names, when only those below it matter to you. On Gitea and Forgejo this is the owner.',
    example: 'platform',
  },
  hosts: [],
  presets,
  settings: z.object({}),
  // nvcr.io has one username for everybody, which few expect to be it.
  inferSettings: (url) => presetOf(url)?.fields ?? {},
  signIn: {
    password: {
      title: 'Username and password',
      help: 'A password, or an access token that stands in for one. Both Basic authentication and token servers take it.',
      pair: ['username', 'password'],
      fields: z.object({
        username: username({ label: 'Username', help: 'On nvcr.io: $oauthtoken.', example: 'ci' }),
        password: password({
          label: 'Password or token',
          help: 'Prefer a token that may only do what this hub is for.',
          where:
            'Distribution: the entry in its htpasswd file. Gitea and Forgejo: Settings → Applications → Manage access tokens, with the scope read:package. zot: the htpasswd entry, or an API key of your user.',
        }),
      }),
    },
    anonymous: {
      title: 'No sign-in',
      help: 'Only what the registry shows to everybody.',
      fields: z.object({}),
    },
    'identity-token': {
      title: 'Identity token',
      help: 'An OAuth2 refresh token, as Docker keeps it under “identitytoken”. It is sent to the token server only, never to the registry.',
      fields: z.object({
        username: field(z.string().max(256).optional(), {
          label: 'Username',
          help: 'Some token servers want to know whose token it is; mostly it can stay empty.',
          advanced: true,
        }),
        identityToken: secret(z.string().max(16_384), {
          label: 'Identity token',
          where:
            'After docker login: the value of “identitytoken” of this registry in ~/.docker/config.json, or what the credential helper answers.',
        }),
      }),
    },
  },
  traits: {
    maxPageSize: 1000,
    catalog: 'registry',
    referrers: 'probe',
    delete: 'probe',
    mount: true,
    createRepository: false,
    tagOrder: 'lexical',
  },

  async issueCredential({ signIn }) {
    switch (signIn.method) {
      case 'anonymous':
        return { kind: 'anonymous' };
      case 'password':
        return { kind: 'basic', username: signIn.username, password: signIn.password };
      case 'identity-token':
        return { kind: 'identity', token: signIn.identityToken, ...(signIn.username && { username: signIn.username }) };
    }
  },

  async secretEnds({ signIn }) {
    if (signIn.method === 'password') return jwtEnds({ password: signIn.password });
    return signIn.method === 'identity-token' ? jwtEnds({ identityToken: signIn.identityToken }) : {};
  },

  explain(error, { signIn }) {
    if (error instanceof CredentialError && error.code === 'identity_token_unsupported') {
      return {
        message: 'This registry has no token server that takes identity tokens.',
        help: 'Sign in with username and password, or with an access token in place of the password.',
        field: 'signIn',
      };
    }
    const refused =
      (error instanceof RegistryError && error.code === 'registry_unauthorized') ||
      (error instanceof CredentialError && error.code === 'credential_refused');
    if (!refused) return undefined;
    switch (signIn) {
      case 'anonymous':
        return {
          message: 'This registry shows nothing to those who do not sign in.',
          help: 'Choose a way of signing in.',
          field: 'signIn',
        };
      case 'identity-token':
        return {
          message: 'The token server refused the identity token: it has ended, was revoked, or belongs to another registry.',
          help: 'Run docker login once more and paste the new “identitytoken”.',
          field: 'fields.identityToken',
        };
      default:
        return {
          message: 'The registry refused this username and password.',
          help:
            adviceFor(error) ??
            'Try the same with docker login. Where accounts have two factors or single sign-on, the registry wants an access token in place of the password.',
          field: 'fields.password',
        };
    }
  },
});
