import { z } from 'zod';
import { type RegistryError, TagboatError, UnsupportedError } from '../core/errors.ts';
import { defineProvider, type Explanation } from '../provider/define.ts';
import { field, secret } from '../provider/field.ts';
import { password, token, username } from '../provider/fields.ts';
import { identityTokenFile } from '../provider/identity/token-file.ts';
import { federatedLogin } from './quay/federation.ts';
import { jwtEnds } from './shared/jwt-ends.ts';
import { accessTokenOf, isRefusal, publicRepositories, quayTags, visibleRepositories } from './quay/quay-api.ts';

const quayIo = /^quay\.io$/;

/** Robot tokens are 64 capital letters and digits: whoever enters one as a name has swapped the two. */
const robotName = (label: string) =>
  username({ label }).refine((name) => !/^[A-Z0-9]{64}$/.test(name), {
    error: 'This looks like a robot’s token. Perhaps name and token are swapped.',
  });

/**
 * Quay.io and Red Hat Quay (Project Quay). Content is behind Quay's own token server at `/v2/auth`; tags with digest, size and
 * time are told by its API v1, which takes OAuth access tokens only: robots and passwords see there what everybody sees, and
 * are served by the registry for the rest. (quay/quay: endpoints/v2, endpoints/api, endpoints/oauth.)
 */
export const provider = defineProvider({
  id: 'quay',
  title: 'Quay',
  icon: '<svg viewBox="0 0 24 24" fill="none" stroke="#b3232f" stroke-width="1.6" stroke-linejoin="round" stroke-linecap="round"><path d="M3 8h18M5 8v9M12 8v9M19 8v9"/><path d="M2.5 19.5c1.6-1.3 3.2-1.3 4.8 0s3.2 1.3 4.7 0 3.2-1.3 4.8 0 3.2 1.3 4.7 0M9 8V4.5h6V8"/></svg>',
  docs: 'providers/quay.md',
  rank: 28,
  url: { example: 'quay.io', help: 'Quay.io, or the host of your own Red Hat Quay.' },
  namespace: {
    label: 'Organisation or user',
    help: 'Whose repositories are listed. Default: all that the account may read.',
    example: 'acme',
  },
  hosts: [quayIo],
  recognises: ({ realm }) => realm?.pathname === '/v2/auth',
  // Pages of the user interface are what people have at hand. On quay.io, what is left of a path begins the repositories' names.
  normaliseUrl: (url) => new URL(quayIo.test(url.hostname) ? `/${namespaceOf(url) ?? ''}` : '/', url),
  inferNamespace: (url) => namespaceOf(url),
  settings: z.object({}),
  signIn: {
    robot: {
      title: 'Robot account',
      help: 'Best for a hub: it has only the permissions it is given, and belongs to nobody in person.',
      pair: ['username', 'password'],
      fields: z.object({
        username: field(robotName('Robot name'), {
          label: 'Robot name',
          help: 'The whole name, with the organisation before the plus sign.',
          where: 'In Quay: your organisation → Robot Accounts → the robot.',
          example: 'acme+tagboat',
        }),
        password: token({
          label: 'Robot token',
          where: 'Click the robot’s name → Robot Account. “Regenerate token” there makes a new one.',
        }),
      }),
    },
    user: {
      title: 'User',
      help: 'An encrypted password, which stands in for your own; or an application token.',
      pair: ['username', 'password'],
      fields: z.object({
        username: field(robotName('Username'), {
          label: 'Username',
          help: 'With an application token: $app.',
          example: 'ana',
        }),
        password: password({
          label: 'Encrypted password or application token',
          where:
            'Your name at the top right → Account Settings → Docker CLI Password → Generate Encrypted Password; application tokens are below it.',
        }),
      }),
    },
    oauth: {
      title: 'OAuth access token',
      help: 'Opens Quay’s API as well, so that private repositories are listed with digests and times.',
      fields: z.object({
        accessToken: token({
          label: 'OAuth access token',
          help: 'It needs the permission “View all visible repositories” (repo:read). It belongs to whoever generated it.',
          where: 'Your organisation → Applications → Create New Application → the application → Generate Token.',
        }),
      }),
    },
    federation: {
      title: 'Robot account without a secret',
      ambient: true,
      help: 'Robot federation: Quay takes the identity token of a provider it trusts, such as a Kubernetes cluster’s, and issues the robot’s password for an hour.',
      fields: z.object({
        username: field(robotName('Robot name'), {
          label: 'Robot name',
          where: 'In Quay: your organisation → Robot Accounts. The robot’s menu has “Set robot federation”.',
          example: 'acme+tagboat',
        }),
        oidcToken: secret(
          z
            .string()
            .max(16_384)
            .regex(/^[\w-]+\.[\w-]+\.[\w-]+$/, { error: 'An identity token (JWT) has three parts with dots between them.' })
            .optional(),
          {
            label: 'Identity token',
            help: `Only for a trial, because such tokens end soon. Empty: read each time from the file that ${identityTokenFile} names in the hub’s environment; its audience has to be this registry’s host.`,
          },
        ),
      }),
    },
    anonymous: { title: 'No sign-in', help: 'Public repositories only.', fields: z.object({}) },
  },
  traits: {
    maxPageSize: 100,
    catalog: 'provider',
    referrers: 'probe',
    delete: 'manifest',
    mount: true,
    createRepository: false,
    tagOrder: 'oldest-first',
  },

  async issueCredential(ctx) {
    const { signIn } = ctx;
    switch (signIn.method) {
      case 'anonymous':
        return { kind: 'anonymous' };
      case 'robot':
      case 'user':
        return { kind: 'basic', username: signIn.username, password: signIn.password };
      case 'oauth':
        return { kind: 'basic', username: '$oauthtoken', password: signIn.accessToken };
      case 'federation':
        return federatedLogin(ctx, signIn);
    }
  },

  async secretEnds({ signIn }) {
    return signIn.method === 'federation' ? jwtEnds({ oidcToken: signIn.oidcToken }) : {};
  },

  async *listRepositories(ctx) {
    const { signIn, namespace } = ctx;
    const knownToApi = accessTokenOf(signIn) !== undefined;
    const seen = new Set<string>();
    if (signIn.method === 'anonymous') {
      if (!namespace) {
        throw new UnsupportedError('Quay lists nothing to those who neither sign in nor name an organisation or user.', {
          service: 'Quay',
        });
      }
    } else if (!knownToApi || !namespace) {
      for await (const { items } of visibleRepositories(ctx)) {
        const below = items.filter(({ name }) => !namespace || name.startsWith(`${namespace}/`));
        for (const { name } of below) seen.add(name);
        yield { items: below };
      }
    }
    if (!namespace) return;
    try {
      for await (const { items } of publicRepositories(ctx, namespace)) yield { items: items.filter(({ name }) => !seen.has(name)) };
    } catch (error) {
      // Without anonymous access there are no repositories for everybody: what the robot may read is then all there is.
      if (knownToApi || signIn.method === 'anonymous' || !isRefusal(error)) throw error;
    }
  },

  async *listTags(ctx, repository) {
    try {
      yield* quayTags(ctx, repository);
    } catch (error) {
      // Private, and signed in as somebody whom the API does not know: the registry tells the names.
      if (!isRefusal(error) || ctx.signIn.method === 'anonymous' || accessTokenOf(ctx.signIn) !== undefined) throw error;
      for await (const names of ctx.client.repository(repository).listTags({ signal: ctx.signal }))
        yield { items: names.map((name) => ({ name })) };
    }
  },

  explain: (error, { signIn }) => (error instanceof TagboatError ? explain(error, signIn) : undefined),
});

/** `/repository/acme/app`, `/organization/acme`, `/user/ana`, or `/acme/app` as in references. */
function namespaceOf(url: URL): string | undefined {
  const [first = '', second] = url.pathname.split('/').filter((part) => part !== '');
  const named = /^(?:repository|organization|user)$/.test(first)
    ? second
    : /^(?:v[12]|api|search|tutorial)$/.test(first)
      ? undefined
      : first;
  return named !== undefined && /^[a-z0-9][a-z0-9._-]{0,254}$/.test(named) ? named : undefined;
}

const wrongSecret: Readonly<Record<string, Explanation>> = {
  robot: {
    message: 'Quay refused this robot account: its name or token is wrong.',
    help: 'Enter the whole name with the organisation and the plus sign (acme+tagboat). A regenerated token makes the old one worthless.',
    field: 'fields.password',
  },
  user: {
    message: 'Quay refused this username and password.',
    help: 'Generate an encrypted password in your account settings; where Quay signs people in by another service, the password itself does not work here. With an application token the username is $app.',
    field: 'fields.password',
  },
  oauth: {
    message: 'Quay refused this access token: it was revoked, has ended, or is of another kind.',
    help: 'Generate a new one for an application of your organisation. Robot tokens and application tokens belong to other ways of signing in.',
    field: 'fields.accessToken',
  },
  federation: {
    message: 'Quay does not let this identity be the robot.',
    help: 'The robot’s federation has to name the issuer and the subject of the token just as they stand in it, and the token must not have ended.',
    field: 'fields.username',
  },
  anonymous: {
    message: 'Quay shows this to nobody who is not signed in.',
    help: 'Only public repositories can be read without. Choose a way of signing in.',
    field: 'signIn',
  },
};

function explain(error: TagboatError, signIn: string): Explanation | undefined {
  const api = (error as Partial<RegistryError>).url?.includes('/api/v1/') ?? false;
  switch (error.code) {
    case 'credential_refused':
      return wrongSecret[signIn];
    case 'registry_unauthorized':
    case 'registry_denied':
      if (signIn === 'anonymous' || !api) return error.code === 'registry_unauthorized' ? wrongSecret[signIn] : noPermission;
      return {
        message: 'Quay’s API does not let this access token see that.',
        help: 'Generate one with “View all visible repositories” (repo:read), as a member of the organisation who may read the repository.',
        field: 'fields.accessToken',
      };
    case 'registry_not_found':
      return api
        ? {
            message: 'Quay knows no such organisation, user or repository.',
            help: 'Check the spelling: it is the first part of the repositories’ names.',
            field: 'namespace',
          }
        : undefined;
    case 'unsupported':
      return {
        message: 'Quay has no list of everything for those who do not sign in.',
        help: 'Name the organisation or user whose public repositories you want to see, or sign in.',
        field: 'namespace',
      };
    case 'registry_rate_limited':
      return {
        message: 'Quay wants fewer requests from this address.',
        help: 'It passes within seconds. Set “requests per second” of this registry lower if it comes back.',
      };
    case 'invalid_answer':
      return api
        ? {
            message: 'This host does not answer like Quay’s API.',
            help: 'Check the URL. For a registry that is not Quay, choose “Any OCI registry”.',
            field: 'url',
          }
        : undefined;
    default:
      return undefined;
  }
}

const noPermission: Explanation = {
  message: 'The account may not read this repository, or there is no such repository: Quay says the same of both.',
  help: 'Give the robot or user at least the permission Read on it (repository → Settings → User and Robot Permissions).',
};
