import { z } from 'zod';
import { type RegistryError, TagboatError } from '../core/errors.ts';
import { defineProvider, type Explanation } from '../provider/define.ts';
import { field } from '../provider/field.ts';
import { password, token, username } from '../provider/fields.ts';
import { datedTags, hostRepositories, nexusRepositories } from './nexus/nexus-api.ts';

/**
 * Sonatype Nexus Repository 3. The registry at `/v2/` holds all Docker repositories of a Nexus under their names (path-based
 * routing), or one of them (a connector with its own port or subdomain). Digests and times of tags are told by the search of
 * the REST API, which is at the Nexus' own address. (Sonatype: "Docker Registry", "Search API", "Components API".)
 */
export const provider = defineProvider({
  id: 'nexus',
  title: 'Sonatype Nexus',
  icon: '<svg viewBox="0 0 24 24" fill="none" stroke="#1a8a6b" stroke-width="1.6" stroke-linejoin="round" stroke-linecap="round"><circle cx="12" cy="12" r="3"/><circle cx="12" cy="4.5" r="2"/><circle cx="5" cy="17.5" r="2"/><circle cx="19" cy="17.5" r="2"/><path d="M12 6.5V9M9.4 13.6l-2.7 2.2M14.6 13.6l2.7 2.2"/></svg>',
  docs: 'providers/nexus.md',
  rank: 50,
  url: {
    example: 'nexus.example.com',
    help: 'Where docker login goes: the host, with the port of the connector if there is one.',
  },
  namespace: {
    label: 'Namespace',
    help: 'First part of the repository names, when only those below it matter to you. With path-based routing this is the name of the Nexus repository. Default: all its Docker repositories.',
    example: 'docker-hosted',
  },
  hosts: [],
  recognises: ({ headers }) =>
    /^Nexus\/\d/.test(headers['server'] ?? '') || /realm="Sonatype Nexus Repository Manager"/i.test(headers['www-authenticate'] ?? ''),
  // Docker knows no path before /v2/, so that what was pasted beyond the host says which repository is meant.
  normaliseUrl: (url) => new URL('/', url),
  inferNamespace: ({ pathname }) =>
    (/^\/repository\/([A-Za-z0-9_-][A-Za-z0-9._-]{0,199})/.exec(pathname) ??
      /^\/(?!v2(?:\/|$)|service(?:\/|$)|repository(?:\/|$))([A-Za-z0-9_-][A-Za-z0-9._-]{0,199})/.exec(pathname))?.[1],
  settings: z.object({
    connector: field(z.enum(['path', 'subdomain', 'port']).default('path'), {
      label: 'Repository connector',
      help: 'How image names say which repository is meant.',
      where: 'Settings → Repository → Repositories → the Docker repository → Repository Connectors.',
      options: {
        path: 'Path: nexus.example.com/docker-hosted/app',
        subdomain: 'Subdomain or reverse proxy: docker.example.com/app',
        port: 'Port: nexus.example.com:8083/app',
      },
    }),
    repositoryName: field(
      z
        .string()
        .regex(/^[A-Za-z0-9_-][A-Za-z0-9._-]{0,199}$/, { error: 'A repository name holds letters, digits and . _ - only.' })
        .optional(),
      {
        label: 'Repository name',
        help: 'With subdomain or port: the repository that the address stands for; without it tags have names only. With path: list this one only.',
        where: 'Settings → Repository → Repositories, or Browse.',
        example: 'docker-hosted',
      },
    ),
    nexusUrl: field(
      z
        .string()
        .max(2048)
        .regex(/^https?:\/\/[^\s/?#@]+(?:\/[^\s?#@]*)?$/, { error: 'Enter a URL like https://nexus.example.com.' })
        .optional(),
      {
        label: 'Nexus URL',
        help: 'Where the web interface is, for the REST API, when that is another address than the registry’s. The same username and password are sent there.',
        example: 'https://nexus.example.com',
        advanced: true,
      },
    ),
  }),
  signIn: {
    user: {
      title: 'User',
      help: 'A user of Nexus’ own or of LDAP.',
      pair: ['username', 'password'],
      fields: z.object({
        username: username({ label: 'Username', example: 'ci' }),
        password: password({
          label: 'Password',
          where: 'Settings → Security → Users. Where sign-in is by SAML there is no password: use a user token.',
        }),
      }),
    },
    'user-token': {
      title: 'User token',
      help: 'Stands in for username and password, and can be withdrawn alone. For Nexus Repository Pro.',
      pair: ['tokenName', 'tokenPass'],
      fields: z.object({
        tokenName: field(username({ label: 'User token name' }), {
          label: 'User token name',
          help: 'The name code, not your username.',
          where: 'Your name at the top right → User Token → Access user token.',
          example: 'Xk3pQ9zL',
        }),
        tokenPass: token({ label: 'User token pass', where: 'Shown beside the name code.' }),
      }),
    },
    anonymous: {
      title: 'No sign-in',
      help: 'Only where Nexus allows anonymous access and the repository anonymous pulls.',
      fields: z.object({}),
    },
  },
  traits: {
    maxPageSize: 1000,
    catalog: 'provider',
    referrers: 'probe',
    delete: 'probe',
    mount: false,
    createRepository: false,
  },

  async issueCredential({ signIn }) {
    switch (signIn.method) {
      case 'anonymous':
        return { kind: 'anonymous' };
      case 'user':
        return { kind: 'basic', username: signIn.username, password: signIn.password };
      case 'user-token':
        return { kind: 'basic', username: signIn.tokenName, password: signIn.tokenPass };
    }
  },

  listRepositories: (ctx) => (ctx.settings.connector === 'path' ? nexusRepositories(ctx) : hostRepositories(ctx)),
  listTags: (ctx, repository) => datedTags(ctx, repository),
  explain: (error, { signIn }) => (error instanceof TagboatError ? explain(error, signIn) : undefined),
});

function explain(error: TagboatError, signIn: string): Explanation | undefined {
  const { url } = error as Partial<RegistryError>;
  const api = url !== undefined && /\/(?:service\/rest\/v1|repository)\//.test(url);
  switch (error.code) {
    case 'credential_refused':
    case 'registry_unauthorized':
      if (signIn === 'anonymous')
        return {
          message: 'Nexus shows this to nobody who is not signed in.',
          help: 'Choose a way of signing in. For anonymous pulls, Nexus needs anonymous access, the Docker Bearer Token Realm active, and “Allow anonymous docker pull” at the repository.',
          field: 'signIn',
        };
      return signIn === 'user-token'
        ? {
            message: 'Nexus refused this user token: name or pass code is wrong, or it was reset or has ended.',
            help: 'Access the user token again in your profile and paste both codes. The User Token Realm has to be active.',
            field: 'fields.tokenPass',
          }
        : {
            message: 'Nexus refused this username and password.',
            help: 'Try the same in its web interface. If it works there, see that the Docker Bearer Token Realm is active (Settings → Security → Realms).',
            field: 'fields.password',
          };
    case 'registry_denied':
      return {
        message: 'The account may not read this in Nexus.',
        help: 'Give its role nx-repository-view-docker-<repository>-browse and -read.',
      };
    case 'registry_not_found':
      return api
        ? {
            message: 'Nexus has no such Docker repository, or its REST API is not at this address.',
            help: 'Check the repository’s name: with path-based routing it is the first part of the image names. With a connector, enter the Nexus URL.',
            field: 'namespace',
          }
        : undefined;
    case 'invalid_answer':
    case 'not_a_registry':
      return {
        message: 'This address does not answer like a Docker repository of Nexus.',
        help: 'Path-based routing needs a recent Nexus and has to be switched on; otherwise enter the port or host of the repository’s connector. The address of the web interface alone does not do.',
        field: 'url',
      };
    case 'https_on_plain_http_port':
    case 'plain_http_on_https_port':
      return {
        message: 'The connector of this port speaks the other one of HTTP and HTTPS.',
        help: 'A repository has an HTTP and an HTTPS connector, each with its own port.',
        field: 'url',
      };
    default:
      return undefined;
  }
}
