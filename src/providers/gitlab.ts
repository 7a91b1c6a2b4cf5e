import { z } from 'zod';
import { InvalidSettings, type RegistryError, TagboatError } from '../core/errors.ts';
import { catalogRepositories, registryTags } from '../provider/closed-catalog.ts';
import { defineProvider, type Explanation } from '../provider/define.ts';
import { field, secret } from '../provider/field.ts';
import { username } from '../provider/fields.ts';
import { endpoints, gitlabRepositories, gitlabTags, isRefusal, service } from './gitlab/gitlab-api.ts';
import { tokenEnd } from './gitlab/token-end.ts';

const saasHost = /^registry\.gitlab\.com$/;

/** Tokens have a prefix by their kind, unless an administrator has set another. */
const kinds: Readonly<Record<string, { prefix: RegExp; title: string }>> = {
  'deploy-token': { prefix: /^gldt-/, title: 'deploy token' },
  'job-token': { prefix: /^glcbt-/, title: 'job token' },
};

function gitlabToken(allowed: string | undefined) {
  return z
    .string()
    .max(4096)
    .regex(/^\S+$/, { error: 'A token holds no blanks; paste it again.' })
    .superRefine((value, ctx) => {
      const found = Object.entries(kinds).find(([, { prefix }]) => prefix.test(value));
      if (found && found[0] !== allowed)
        ctx.addIssue({ code: 'custom', message: `This is a ${found[1].title}. Choose that way of signing in.` });
      else if (allowed !== undefined && value.startsWith('glpat-'))
        ctx.addIssue({ code: 'custom', message: 'This is a personal, group or project access token. Choose that way of signing in.' });
    });
}

const user = username({ label: 'Username' }).refine((name) => !/^gl[a-z]{2,6}-[\w.-]{16,}$/.test(name), {
  error: 'This looks like a token. Perhaps username and token are swapped.',
});

/**
 * The registry of GitLab: gitlab.com's, or one of an own GitLab, which is often on another host or port than GitLab itself. Its token
 * server is GitLab (`/jwt/auth`), so that an administrator confirms it when the registry is set up. Repositories come from GitLab's REST
 * API, tags with digest and time from GraphQL. (GitLab: api/container_registry, api/graphql/reference.)
 */
export const provider = defineProvider({
  id: 'gitlab',
  title: 'GitLab',
  icon: '<svg viewBox="0 0 24 24" fill="none" stroke="#b4501e" stroke-width="1.6" stroke-linejoin="round" stroke-linecap="round"><path d="M4 10l8 9.5L20 10l-3-5.5-2.5 5.5h-5L7 4.5z"/><path d="M9.500 10L12 19.500 14.500 10"/></svg>',
  docs: 'providers/gitlab.md',
  rank: 27,
  url: {
    example: 'registry.gitlab.com',
    help: 'gitlab.com’s registry, or your own GitLab’s: registry.example.com or gitlab.example.com:5050.',
  },
  namespace: {
    label: 'Group or project',
    help: 'Whose repositories are listed, with those of its subgroups.',
    example: 'acme/platform',
  },
  hosts: [saasHost],
  recognises: ({ realm, service: name }) => realm?.pathname.endsWith('/jwt/auth') === true && name === 'container_registry',
  normaliseUrl: (url) => new URL('/', url),
  inferNamespace: (url) => {
    const path = url.pathname.replace(/^\/|\/$/g, '');
    return saasHost.test(url.hostname) && /^(?!v2(?:\/|$))[a-z0-9_][\w.-]*(?:\/[\w.-]+){0,20}$/.test(path) ? path : undefined;
  },
  realms: [/^gitlab\.com$/],
  endpoints,
  settings: z.object({
    gitlabUrl: field(
      z
        .string()
        .max(2048)
        .regex(/^https?:\/\/[^\s/?#@]+(?:\/[^\s?#@]*)?$/, { error: 'GitLab’s URL is like https://gitlab.example.com.' })
        .optional(),
      {
        label: 'GitLab URL',
        help: 'Where repositories are listed. Default: where the registry’s token server is.',
        example: 'https://gitlab.example.com',
        advanced: true,
      },
    ),
  }),
  signIn: {
    token: {
      title: 'Personal access token',
      pair: ['username', 'token'],
      fields: z.object({
        username: field(user, { label: 'Username', help: 'Whose token it is.', example: 'ana' }),
        token: secret(gitlabToken(undefined), {
          label: 'Token',
          help: 'With the scopes read_registry and read_api; to push also write_registry. Without read_api tags have no times and repositories are not listed.',
          where: 'GitLab → your avatar → Edit profile → Access tokens.',
        }),
      }),
    },
    'access-token': {
      title: 'Group or project access token',
      help: 'Best for a hub: it belongs to nobody in person. A group’s reaches all its projects.',
      fields: z.object({
        accessToken: secret(gitlabToken(undefined), {
          label: 'Token',
          help: 'Role Reporter or higher, scopes read_registry and read_api; to push Developer and write_registry.',
          where: 'The group or project → Settings → Access tokens.',
        }),
      }),
    },
    'deploy-token': {
      title: 'Deploy token',
      pair: ['username', 'deployToken'],
      help: 'Opens the registry and not GitLab’s API: repositories are not listed, pin them by name.',
      fields: z.object({
        username: field(user, { label: 'Username', help: 'As GitLab made it, or as it was chosen.', example: 'gitlab+deploy-token-123' }),
        deployToken: secret(gitlabToken('deploy-token'), {
          label: 'Token',
          help: 'With the scope read_registry; to push also write_registry.',
          where: 'The group or project → Settings → Repository → Deploy tokens. GitLab shows it once.',
        }),
      }),
    },
    'job-token': {
      title: 'Job token of CI/CD',
      help: 'For the command line inside a job; it ends with the job.',
      fields: z.object({
        jobToken: secret(gitlabToken('job-token'), {
          label: 'Job token',
          help: 'CI_JOB_TOKEN of the job. It reaches its own project, and those that allow it.',
        }),
      }),
    },
    anonymous: { title: 'No sign-in', help: 'Public projects, pinned by name.', fields: z.object({}) },
  },
  traits: {
    maxPageSize: 1000,
    catalog: 'provider',
    referrers: 'probe',
    delete: 'tag',
    mount: true,
    createRepository: false,
  },

  issueCredential({ signIn, signal }) {
    signal?.throwIfAborted();
    switch (signIn.method) {
      case 'anonymous':
        return Promise.resolve({ kind: 'anonymous' });
      case 'token':
        return Promise.resolve({ kind: 'basic', username: signIn.username, password: signIn.token });
      case 'access-token':
        // Any name does.
        return Promise.resolve({ kind: 'basic', username: 'tagboat', password: signIn.accessToken });
      case 'deploy-token':
        return Promise.resolve({ kind: 'basic', username: signIn.username, password: signIn.deployToken });
      case 'job-token':
        return Promise.resolve({ kind: 'basic', username: 'gitlab-ci-token', password: signIn.jobToken });
    }
  },

  async secretEnds(ctx): Promise<Readonly<Record<string, number | undefined>>> {
    const { signIn } = ctx;
    switch (signIn.method) {
      case 'token':
        return tokenEnd(ctx, 'token', signIn.token);
      case 'access-token':
        return tokenEnd(ctx, 'accessToken', signIn.accessToken);
      // Deploy tokens do not open the API; job tokens end with their job.
      case 'deploy-token':
      case 'job-token':
      case 'anonymous':
        return {};
    }
  },

  async *listRepositories(ctx) {
    const { signIn, namespace } = ctx;
    if (signIn.method === 'deploy-token' || signIn.method === 'anonymous') {
      return yield* catalogRepositories(ctx, service, 'Use an access token with read_api, or pin repositories by name.');
    }
    if (!namespace) {
      const message = 'Repositories are listed by group or project: enter one.';
      throw new InvalidSettings(message, [{ field: 'namespace', message }]);
    }
    yield* gitlabRepositories(ctx, namespace);
  },

  async *listTags(ctx, repository) {
    const { method } = ctx.signIn;
    // GraphQL knows neither deploy tokens nor job tokens.
    if (method !== 'token' && method !== 'access-token') return yield* registryTags(ctx, repository);
    let begun = false;
    try {
      for await (const page of gitlabTags(ctx, repository)) {
        begun = true;
        yield page;
      }
    } catch (error) {
      // A token without read_api, or a repository that only the registry knows by this name.
      if (begun || !isRefusal(error)) throw error;
      yield* registryTags(ctx, repository);
    }
  },

  explain: (error, { signIn }) => (error instanceof TagboatError ? explain(error, signIn) : undefined),
});

const secretOf: Readonly<Record<string, string>> = {
  token: 'fields.token',
  'access-token': 'fields.accessToken',
  'deploy-token': 'fields.deployToken',
  'job-token': 'fields.jobToken',
};

function explain(error: TagboatError, signIn: string): Explanation | undefined {
  const api = (error as Partial<RegistryError>).url?.includes('/api/') ?? false;
  const field = secretOf[signIn] ?? 'signIn';
  switch (error.code) {
    case 'realm_untrusted':
      return {
        message: 'The registry signs in at GitLab, which is on another host, and nobody has confirmed that one yet.',
        help: 'If it is your GitLab, have an administrator add it to the registry’s trusted realms.',
        field: 'url',
      };
    case 'credential_refused':
    case 'registry_unauthorized':
      if (signIn === 'anonymous')
        return {
          message: 'GitLab shows this to nobody who is not signed in.',
          help: 'Only registries of public projects can be read without. Choose a way of signing in.',
          field: 'signIn',
        };
      return {
        message: api ? 'GitLab’s API refused this token.' : 'GitLab refused this sign-in.',
        help: 'The token was revoked, has expired, or is another’s. A password does not work with two-factor sign-in: use a token. If it says “access forbidden”, a proxy before GitLab may take the Authorization header away.',
        field,
      };
    case 'registry_denied':
      return {
        message: 'The account may not do this there.',
        help: 'The token needs read_registry and, for lists, read_api; its owner the role Reporter or higher. Protected and immutable tags refuse pushes.',
        field,
      };
    case 'registry_not_found':
      return api
        ? {
            message: 'GitLab knows no such group or project, or does not show it to this account.',
            help: 'Check the path: it is the beginning of the repositories’ names. The token needs read_api.',
            field: 'namespace',
          }
        : undefined;
    case 'registry_rate_limited':
      return {
        message: 'GitLab wants fewer requests from this account or address.',
        help: 'It passes within a minute. Set “requests per second” of this registry lower if it comes back.',
      };
    default:
      return undefined;
  }
}
