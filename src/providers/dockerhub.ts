import { z } from 'zod';
import { InvalidSettings, TagboatError, UnsupportedError } from '../core/errors.ts';
import type { Quota } from '../oci/index.ts';
import { defineProvider, type Explanation } from '../provider/define.ts';
import { field } from '../provider/field.ts';
import { token, username } from '../provider/fields.ts';
import { accountOf, deleteHubTag, endpoints, hubRepositories, hubTags, isRefusal } from './dockerhub/hub-api.ts';
import { deletionRefused } from './shared/deleting.ts';

const whatDeletes =
  'Deleting takes an access token with “Read, Write & Delete”, of an account that may administer the repository. Where Docker Hub refuses a personal access token all the same, an organisation token or the account’s password may do.';
const registryUrl = 'https://registry-1.docker.io';
const hubHosts = /^(?:docker\.io|(?:index|registry-1)\.docker\.io|(?:hub|registry\.hub)\.docker\.com)$/;
const whereToken =
  'Docker Home → your avatar → Account settings → Personal access tokens → Generate new token. “Read-only” is enough to look and pull.';

/** Tokens of Docker have a prefix: whoever enters one as a name has swapped the two. */
const notToken = (label: string) =>
  username({ label }).refine((name) => !/^dckr_[a-z]+_/.test(name), {
    error: 'This is an access token. Perhaps name and token are swapped.',
  });

/**
 * Docker Hub. Content is at registry-1.docker.io, tokens at auth.docker.io, and what is in an account is told by the Hub API
 * at hub.docker.com, because the registry has no catalog. The API tells dates, digests, sizes and platforms of 100 tags a
 * call and does not count against the pull limit. (Docker Hub API reference; "Docker Hub usage and limits".)
 */
export const provider = defineProvider({
  id: 'dockerhub',
  title: 'Docker Hub',
  icon: '<svg viewBox="0 0 24 24" fill="none" stroke="#1d63c4" stroke-width="1.6" stroke-linejoin="round" stroke-linecap="round"><path d="M3 12h18c0 4.5-3.6 7-9 7s-9-2.5-9-7z"/><path d="M7 12V8.5h3.3V12M10.3 12V8.5h3.4V12M13.7 12V8.5H17V12M10.3 8.5V5h3.4v3.5"/></svg>',
  docs: 'providers/dockerhub.md',
  rank: 10,
  url: { example: 'docker.io', fixed: registryUrl },
  namespace: {
    label: 'User or organisation',
    help: 'Whose repositories are listed. Default: the account that signs in. “library” holds the official images.',
    example: 'acme',
  },
  hosts: [hubHosts],
  normaliseUrl: (url) => (hubHosts.test(url.hostname) ? new URL(registryUrl) : url),
  referenceHosts: () => ['docker.io', 'index.docker.io'],
  inferNamespace: (url) =>
    url.hostname === 'hub.docker.com'
      ? /^\/(?:r|u|orgs|repository\/docker)\/([a-z0-9_-]{2,64})(?:\/|$)/.exec(url.pathname)?.[1]
      : undefined,
  realms: [/^auth\.docker\.io$/],
  endpoints,
  settings: z.object({}),
  signIn: {
    token: {
      title: 'Access token',
      help: 'Your Docker ID with a personal access token.',
      pair: ['username', 'password'],
      fields: z.object({
        username: field(
          notToken('Username').refine((name) => !name.includes('@'), {
            error: 'This is an e-mail address. Enter the Docker ID.',
          }),
          { label: 'Username', help: 'Your Docker ID, not the e-mail address.', example: 'acme-ci' },
        ),
        password: token({
          label: 'Personal access token',
          help: 'The account’s password works too, unless it has two-factor authentication or single sign-on. A token can be withdrawn alone.',
          where: whereToken,
          example: 'dckr_pat_…',
        }),
      }),
    },
    organization: {
      title: 'Organisation token',
      help: 'A token of the organisation, which belongs to nobody in person.',
      pair: ['organization', 'accessToken'],
      fields: z.object({
        organization: field(notToken('Organisation'), {
          label: 'Organisation',
          help: 'Its name in image references.',
          example: 'acme',
        }),
        accessToken: token({
          label: 'Organisation access token',
          where:
            'Docker Home → your organisation → Admin Console → Access tokens → Generate access token. It has to list the repositories it is for.',
          example: 'dckr_oat_…',
        }),
      }),
    },
    anonymous: {
      title: 'No sign-in',
      help: 'Public repositories, at the smallest pull limit: 100 in six hours for each address.',
      fields: z.object({}),
    },
  },
  traits: {
    maxPageSize: 1000,
    catalog: 'provider',
    referrers: 'probe',
    delete: 'provider',
    providerDeletes: 'tags',
    mount: true,
    createRepository: false,
    quotaHeaders: true,
  },
  probeRepository: 'ratelimitpreview/test',

  async issueCredential({ signIn }) {
    switch (signIn.method) {
      case 'anonymous':
        return { kind: 'anonymous' };
      case 'token':
        return { kind: 'basic', username: signIn.username, password: signIn.password };
      case 'organization':
        return { kind: 'basic', username: signIn.organization, password: signIn.accessToken };
    }
  },

  async *listRepositories(ctx) {
    const namespace = ctx.namespace || accountOf(ctx.signIn)?.identifier;
    if (!namespace) {
      const message = 'Docker Hub has no list of everything: name the user or organisation whose repositories you want to see.';
      throw new InvalidSettings(message, [{ field: 'namespace', message }]);
    }
    yield* hubRepositories(ctx, namespace);
  },

  async deleteImage(ctx, repository, what) {
    if (!('tag' in what)) throw new UnsupportedError('Docker Hub deletes tags, and no images by their digest.', { help: 'Name the tags.' });
    if (ctx.signIn.method === 'anonymous')
      throw new UnsupportedError('Docker Hub lets nobody delete who is not signed in.', { help: 'Sign in with an access token.' });
    try {
      await deleteHubTag(ctx, ...partsOf(repository), what.tag);
    } catch (error) {
      // Docker Hub says “not found” of what an account may not see.
      throw deletionRefused(error, whatDeletes, ['registry_denied', 'registry_unauthorized', 'registry_not_found']);
    }
  },

  async *listTags(ctx, repository) {
    const [namespace, name] = partsOf(repository);
    try {
      yield* hubTags(ctx, namespace, name);
    } catch (error) {
      if (!isRefusal(error)) throw error;
      // Tokens of small scope may pull and not use the Hub API; the registry tells them the names all the same.
      for await (const names of ctx.client.repository(`${namespace}/${name}`).listTags({ signal: ctx.signal }))
        yield { items: names.map((tag) => ({ name: tag })) };
    }
  },

  /** HEAD of a manifest tells the quota and does not count against it. */
  async readQuota({ client, signal }): Promise<Quota | undefined> {
    await client.repository('ratelimitpreview/test').resolve('latest', { signal });
    return client.quota;
  },

  explain: (error, { signIn }) => (error instanceof TagboatError ? explain(error, signIn) : undefined),
});

/** Names have two parts. */
function partsOf(repository: string): [namespace: string, name: string] {
  const [namespace = '', name = ''] = repository.includes('/') ? repository.split('/', 2) : ['library', repository];
  return [namespace, name];
}

function explain(error: TagboatError, signIn: string): Explanation | undefined {
  const account = signIn === 'organization' ? 'fields.accessToken' : 'fields.password';
  switch (error.code) {
    case 'credential_refused':
      return signIn === 'anonymous'
        ? undefined
        : {
            message: 'Docker Hub refused this name and token.',
            help: 'Check the Docker ID (not the e-mail address) and make a new access token if in doubt: it may have ended or been deleted. With two-factor authentication or single sign-on the password does not work here.',
            field: account,
          };
    case 'registry_unauthorized':
    case 'registry_denied':
      return {
        message: 'Docker Hub answers the same for a repository that does not exist and for one that this account may not read.',
        help:
          signIn === 'anonymous'
            ? 'Check the name, or sign in if the repository is private.'
            : 'Check the name, that the account is a member with access to it, and that the token’s scope covers it.',
        field: signIn === 'anonymous' ? 'signIn' : undefined,
      };
    case 'registry_not_found':
      return {
        message: 'Docker Hub knows no such user, organisation or repository.',
        help: 'Check the spelling. Official images are in “library”.',
        field: 'namespace',
      };
    case 'registry_rate_limited':
      return /pull rate limit/i.test(error.message) || /pull rate limit/i.test(JSON.stringify(error.context['errors'] ?? ''))
        ? {
            message: 'The pull limit of Docker Hub is used up. It counts manifests read in the last six hours.',
            help:
              signIn === 'anonymous'
                ? 'Sign in: every account has a larger limit than an address has.'
                : 'Wait, or use an account of a paid plan, which has no such limit. A pull-through cache helps too.',
          }
        : {
            message: 'Docker Hub wants fewer requests from this address.',
            help: 'It passes within minutes. Set “requests per second” of this registry lower if it comes back.',
          };
    default:
      return undefined;
  }
}
