import { z } from 'zod';
import { InvalidSettings, UnsupportedError } from '../core/errors.ts';
import { registryTags } from '../provider/closed-catalog.ts';
import { defineProvider } from '../provider/define.ts';
import { field, secret } from '../provider/field.ts';
import { username } from '../provider/fields.ts';
import { appCredential, endpoints, isRefusal, packages, tokenEnd, versionTags } from './github/api.ts';
import { deleteVersion } from './github/deleting.ts';
import { explainGitHub } from './github/explain.ts';
import { readAppKey } from './github/key.ts';

const ghcrHost = /^ghcr\.io$/;

const login = (help: string) =>
  field(
    username({ label: 'Username' }).refine((name) => !/^(?:gh[a-z]_|github_pat_)/.test(name), {
      error: 'This looks like a token. Perhaps username and token are swapped.',
    }),
    { label: 'Username', help, example: 'octocat' },
  );

const anyToken = z.string().max(1024).regex(/^\S+$/, { error: 'A token holds no blanks; paste it again.' });

/**
 * GitHub Container Registry. Content is behind GitHub's token server; packages and their versions, which are manifests with their tags,
 * are told by the REST API, because the catalog is not there and tags come oldest first. (GitHub: Working with the Container registry;
 * REST API endpoints for packages.)
 */
export const provider = defineProvider({
  id: 'ghcr',
  title: 'GitHub Container Registry',
  icon: '<svg viewBox="0 0 24 24" fill="none" stroke="#4b5563" stroke-width="1.6" stroke-linejoin="round" stroke-linecap="round"><path d="M4 8l8-4 8 4v8l-8 4-8-4z"/><circle cx="9" cy="11" r="1.4"/><circle cx="15" cy="11" r="1.4"/><path d="M9 12.4v1.1c0 .8.7 1.5 1.5 1.5h3c.8 0 1.5-.7 1.5-1.5v-1.1"/></svg>',
  docs: 'providers/ghcr.md',
  rank: 26,
  url: { example: 'ghcr.io', help: 'ghcr.io, or containers.<host> of your own GitHub Enterprise Server.' },
  namespace: {
    label: 'Owner',
    help: 'The organisation or user whose packages are listed. Default: whoever signs in.',
    example: 'acme',
  },
  hosts: [ghcrHost],
  recognises: ({ service }) => service === 'ghcr.io',
  normaliseUrl: (url) => new URL('/', url),
  inferNamespace: (url) => {
    const owner = url.pathname.split('/')[1]?.toLowerCase() ?? '';
    return ghcrHost.test(url.hostname) && owner !== 'v2' && /^[a-z0-9](?:[a-z0-9-]{0,37}[a-z0-9])?$/.test(owner) ? owner : undefined;
  },
  endpoints,
  settings: z.object({
    apiUrl: field(
      z
        .string()
        .max(2048)
        .regex(/^https?:\/\/[^\s/?#@]+(?:\/[^\s?#@]*)?$/, { error: 'The API is a URL like https://github.example.com/api/v3.' })
        .optional(),
      {
        label: 'API URL',
        help: 'Of your own GitHub Enterprise Server. Default for ghcr.io: GitHub’s own.',
        example: 'https://github.example.com/api/v3',
        advanced: true,
      },
    ),
  }),
  signIn: {
    token: {
      title: 'Personal access token (classic)',
      pair: ['username', 'token'],
      help: 'Fine-grained tokens do not work with the Container registry.',
      fields: z.object({
        username: login('Whose token it is.'),
        token: secret(
          anyToken.refine((value) => !value.startsWith('github_pat_'), {
            error: 'This is a fine-grained token, which the Container registry does not take. Generate a token (classic).',
          }),
          {
            label: 'Token',
            help: 'With the scope read:packages; to push also write:packages.',
            where: 'GitHub → Settings → Developer settings → Personal access tokens → Tokens (classic).',
          },
        ),
      }),
    },
    app: {
      title: 'GitHub App',
      help: 'Best for a hub: it belongs to nobody in person, and its tokens end after an hour. It needs the permission Packages: read, and access to the packages.',
      fields: z.object({
        appId: field(
          z.string().regex(/^(?:\d{1,20}|Iv[\w.]{10,40})$/, { error: 'An App ID is a number; the client ID, like Iv23li…, does too.' }),
          {
            label: 'App ID',
            where: 'Organisation → Settings → Developer settings → GitHub Apps → the App → About.',
            example: '123456',
          },
        ),
        installationId: field(z.string().regex(/^\d{1,20}$/, { error: 'An installation ID is a number.' }), {
          label: 'Installation ID',
          where: 'Organisation → Settings → GitHub Apps → Configure: the number at the end of the page’s address.',
          example: '12345678',
        }),
        privateKey: secret(
          z
            .string()
            .max(16_384)
            .refine((text) => readAppKey(text) !== undefined, {
              error: 'This is no RSA private key, or it is cut off. Paste the whole .pem file, from BEGIN to END.',
            }),
          { label: 'Private key', where: 'The App → General → Private keys → Generate a private key.', multiline: true },
        ),
      }),
    },
    actions: {
      title: 'GITHUB_TOKEN of a workflow',
      pair: ['username', 'githubToken'],
      help: 'For the command line inside a job of GitHub Actions; it ends with the job.',
      fields: z.object({
        username: login('In a workflow: github.actor.'),
        githubToken: secret(anyToken, {
          label: 'GITHUB_TOKEN',
          help: 'The job needs “permissions: packages: read”, and the package has to be linked to the repository.',
        }),
      }),
    },
    anonymous: { title: 'No sign-in', help: 'Public packages, pinned by name.', fields: z.object({}) },
  },
  traits: {
    maxPageSize: 1000,
    placeholderScope: true,
    catalog: 'provider',
    referrers: 'probe',
    delete: 'provider',
    // A version of a package is a manifest with all of its tags.
    providerDeletes: 'manifests',
    mount: true,
    createRepository: false,
    scopedTo: 'registry',
    tagOrder: 'oldest-first',
  },

  async issueCredential(ctx) {
    const { signIn } = ctx;
    switch (signIn.method) {
      case 'anonymous':
        return { kind: 'anonymous' };
      case 'token':
        return { kind: 'basic', username: signIn.username, password: signIn.token };
      case 'actions':
        return { kind: 'basic', username: signIn.username, password: signIn.githubToken };
      case 'app':
        return appCredential(ctx, withKey(signIn));
    }
  },

  async issueScoped(ctx, { repositories, push }) {
    const { signIn } = ctx;
    // The permission is for the packages of an owner: GitHub limits an installation's token to repositories of code, not to packages.
    if (signIn.method !== 'app' || repositories.length > 0 || ctx.namespace?.includes('/')) return undefined;
    return appCredential(ctx, withKey(signIn), { packages: push ? 'write' : 'read' });
  },

  async secretEnds(ctx) {
    const { signIn } = ctx;
    if (signIn.method === 'token') return { token: await tokenEnd(ctx, signIn.token) };
    // Keys of Apps do not end; of GITHUB_TOKEN nobody but its job knows.
    return signIn.method === 'app' ? { privateKey: undefined } : {};
  },

  async deleteImage(ctx, repository, what) {
    const { signIn } = ctx;
    if (signIn.method === 'anonymous') throw new UnsupportedError('GitHub lets nobody delete who is not signed in.', { service: 'GitHub' });
    const [owner = '', ...name] = repository.split('/');
    await deleteVersion({ ...ctx, signIn: signIn.method === 'app' ? withKey(signIn) : signIn }, owner, name.join('/'), what);
  },

  async *listRepositories(ctx) {
    const { signIn, namespace } = ctx;
    if (!namespace && (signIn.method === 'app' || signIn.method === 'actions')) {
      const message = 'Packages are listed by owner: enter the organisation or user.';
      throw new InvalidSettings(message, [{ field: 'namespace', message }]);
    }
    yield* packages({ ...ctx, signIn: signIn.method === 'app' ? withKey(signIn) : signIn }, namespace || undefined);
  },

  async *listTags(ctx, repository) {
    const { signIn } = ctx;
    const [owner = '', ...name] = repository.split('/');
    if (signIn.method === 'anonymous') return yield* registryTags(ctx, repository);
    let begun = false;
    try {
      const api = versionTags({ ...ctx, signIn: signIn.method === 'app' ? withKey(signIn) : signIn }, owner, name.join('/'));
      for await (const page of api) {
        begun = true;
        yield page;
      }
    } catch (error) {
      // Public packages of others, and what a token may pull and not look at: the registry tells the names.
      if (begun || !isRefusal(error)) throw error;
      yield* registryTags(ctx, repository);
    }
  },

  explain: (error, { signIn }) => explainGitHub(error, signIn),
});

function withKey<T extends { privateKey: string }>(signIn: T): T {
  return { ...signIn, privateKey: readAppKey(signIn.privateKey) ?? '' };
}
