import { z } from 'zod';
import { catalogRepositories, registryTags } from '../provider/closed-catalog.ts';
import { defineProvider } from '../provider/define.ts';
import { issueFailure } from '../provider/issue-failure.ts';
import { pages } from '../provider/paging.ts';
import { acrDigest, type AcrContext, callRoa, milliseconds, pageSize, service } from './alibaba/api.ts';
import { ensurePersonal } from './alibaba/creating.ts';
import { explainAcr } from './alibaba/explain.ts';
import { accessKey, registryPassword, roleHelp, settings } from './alibaba/fields.ts';
import { parseAcrHost, personalHost, personalInstanceHost, tokenServers } from './alibaba/hosts.ts';
import { endpoints } from './alibaba/identity.ts';

const issued = z.object({
  data: z.object({ authorizationToken: z.string().min(1), tempUserName: z.string().min(1), expireDate: z.number().positive() }),
});

const repositoryPage = z.object({
  data: z.object({
    total: z.int(),
    repos: z.array(
      z.object({
        repoName: z.string(),
        repoNamespace: z.string(),
        repoType: z.string().nullish(),
        summary: z.string().nullish(),
        gmtCreate: milliseconds,
        gmtModified: milliseconds,
      }),
    ),
  }),
});

const tagPage = z.object({
  data: z.object({
    total: z.int(),
    tags: z.array(
      z.object({
        tag: z.string(),
        digest: z.string().nullish(),
        imageSize: z.number().nullish(),
        imageCreate: milliseconds,
        imageUpdate: milliseconds,
      }),
    ),
  }),
});

/**
 * Alibaba Cloud Container Registry, Personal edition: `registry.<region>.aliyuncs.com` for all accounts, and since 2024 instances
 * with names of their own, `crpi-….<region>.personal.cr.aliyuncs.com`. A password is issued for an hour by `GET /tokens` of the API
 * `cr` 2016-06-07, which also tells what is there; the catalog is closed.
 */
export const provider = defineProvider({
  id: 'aliyun-personal',
  title: 'Alibaba ACR Personal',
  icon: '<svg viewBox="0 0 24 24" fill="none" stroke="#d2601a" stroke-width="1.6" stroke-linejoin="round" stroke-linecap="round"><path d="M8.5 6H7a3 3 0 0 0-3 3v6a3 3 0 0 0 3 3h1.5M15.5 6H17a3 3 0 0 1 3 3v6a3 3 0 0 1-3 3h-1.5"/><circle cx="12" cy="10.4" r="1.7"/><path d="M9.2 15.5a2.8 2.8 0 0 1 5.6 0"/></svg>',
  docs: 'providers/aliyun-personal.md',
  rank: 121,
  url: {
    example: 'registry.cn-hangzhou.aliyuncs.com',
    help: 'Or the address of a personal instance, crpi-….cn-hangzhou.personal.cr.aliyuncs.com.',
  },
  namespace: { label: 'Namespace', help: 'Whose repositories are listed. Default: all of the account.', example: 'team-a' },
  hosts: [personalHost, personalInstanceHost],
  normaliseUrl: (url) => new URL('/', url),
  inferNamespace: (url) =>
    personalHost.test(url.hostname) || personalInstanceHost.test(url.hostname)
      ? /^\/(?!v2(?:\/|$))([a-z0-9][a-z0-9._-]{1,119})(?:\/|$)/.exec(url.pathname)?.[1]
      : undefined,
  inferSettings: (url): Readonly<Record<string, string>> => {
    const host = parseAcrHost(url.hostname);
    return host ? { region: host.region } : {};
  },
  realms: tokenServers,
  endpoints,
  settings: z.object(settings),
  signIn: {
    'access-key': {
      title: 'AccessKey',
      help: 'Tagboat has a password issued every hour, and lists repositories and tags by the API.',
      fields: z.object(accessKey()),
    },
    role: { title: 'This machine’s own role', help: roleHelp, fields: z.object({}) },
    password: {
      title: 'Registry password',
      help: 'Username and password for docker login. Repositories are not listed: pin them by name.',
      pair: ['username', 'password'],
      fields: z.object(registryPassword('Container Registry console → Personal edition → Access Credential → Set Password.')),
    },
  },
  traits: {
    maxPageSize: pageSize,
    catalog: 'provider',
    referrers: 'tag-schema',
    delete: 'provider',
    mount: true,
    createRepository: true,
  },

  async issueCredential(ctx) {
    const { signIn } = ctx;
    if (signIn.method === 'password') return { kind: 'basic', username: signIn.username, password: signIn.password };
    try {
      const { data } = await callRoa(ctx, 'GetAuthorizationToken', '/tokens', {}, issued);
      const { tempUserName: username, authorizationToken: password, expireDate: expiresAt } = data;
      return { kind: 'basic', username, password, issuedAt: ctx.clock.now(), expiresAt };
    } catch (error) {
      throw issueFailure(error);
    }
  },

  createRepository: (ctx, repository) => ensurePersonal(ctx, repository),

  async *listRepositories(ctx) {
    const { signIn, namespace } = ctx;
    if (signIn.method === 'password') {
      yield* catalogRepositories(
        ctx,
        'Alibaba Cloud Container Registry',
        'Sign in by an AccessKey or a role, or pin repositories by name.',
      );
      return;
    }
    const [action, path] = namespace ? ['GetRepoListByNamespace', `/repos/${encodeURIComponent(namespace)}`] : ['GetRepoList', '/repos'];
    const read = ({ data }: z.output<typeof repositoryPage>) => ({ size: data.repos.length, total: data.total });
    for await (const { data } of numbered(ctx, action, path, repositoryPage, read)) {
      yield {
        total: data.total,
        items: data.repos.map(({ repoName, repoNamespace, repoType, summary, gmtCreate, gmtModified }) => ({
          name: `${repoNamespace}/${repoName}`,
          description: summary || undefined,
          public: repoType ? repoType === 'PUBLIC' : undefined,
          createdAt: gmtCreate,
          updatedAt: gmtModified,
        })),
      };
    }
  },

  async *listTags(ctx, repository) {
    if (ctx.signIn.method === 'password') {
      yield* registryTags(ctx, repository);
      return;
    }
    const path = `/repos/${repository.split('/').map(encodeURIComponent).join('/')}/tags`;
    const read = ({ data }: z.output<typeof tagPage>) => ({ size: data.tags.length, total: data.total });
    for await (const { data } of numbered(ctx, 'GetRepoTags', path, tagPage, read)) {
      yield {
        total: data.total,
        items: data.tags.map(({ tag, digest, imageSize, imageCreate, imageUpdate }) => ({
          name: tag,
          digest: acrDigest(digest),
          size: imageSize || undefined,
          createdAt: imageCreate,
          pushedAt: imageUpdate ?? imageCreate,
        })),
      };
    }
  },

  explain: (error, { signIn }) => explainAcr(error, signIn),
});

/** The pages of a listing, numbered from 1. */
function numbered<P>(
  ctx: AcrContext,
  action: string,
  path: string,
  schema: z.ZodType<P>,
  read: (page: P) => { size: number; total: number },
): AsyncGenerator<P> {
  return pages<P, number>(
    async (number = 1) => {
      const page = await callRoa(ctx, action, path, { Page: String(number), PageSize: String(pageSize) }, schema);
      const { size, total } = read(page);
      return { page, next: size > 0 && number * pageSize < total ? number + 1 : undefined };
    },
    { service, url: ctx.url, signal: ctx.signal },
  );
}
