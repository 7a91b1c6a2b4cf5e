import { z } from 'zod';
import { catalogRepositories, registryTags } from '../provider/closed-catalog.ts';
import { defineProvider } from '../provider/define.ts';
import { field } from '../provider/field.ts';
import { issueFailure } from '../provider/issue-failure.ts';
import { remember } from '../provider/memory.ts';
import { pages } from '../provider/paging.ts';
import { acrDigest, type AcrContext, callRpc, milliseconds, pageSize, service } from './alibaba/api.ts';
import { ensureEnterprise } from './alibaba/creating.ts';
import { explainAcr } from './alibaba/explain.ts';
import { accessKey, registryPassword, roleHelp, settings } from './alibaba/fields.ts';
import { enterpriseHost, parseAcrHost, tokenServers } from './alibaba/hosts.ts';
import { endpoints, keepHome } from './alibaba/identity.ts';
import { acrInstance, challengeService } from './alibaba/instance.ts';
import { scopedPassword } from './alibaba/scoped.ts';

const rememberFor = 3600_000;
const count = z.union([z.int(), z.string().regex(/^\d{1,12}$/)]).transform(Number);

const issued = z.object({ AuthorizationToken: z.string().min(1), TempUsername: z.string().min(1), ExpireTime: z.number().positive() });

const repositoryPage = z.object({
  Repositories: z
    .array(
      z.object({
        RepoName: z.string(),
        RepoNamespaceName: z.string(),
        RepoType: z.string().nullish(),
        Summary: z.string().nullish(),
        CreateTime: milliseconds,
        ModifiedTime: milliseconds,
      }),
    )
    .nullish(),
  TotalCount: count,
});

const tagPage = z.object({
  Images: z
    .array(
      z.object({
        Tag: z.string(),
        Digest: z.string().nullish(),
        ImageSize: z.number().nullish(),
        ImageCreate: milliseconds,
        ImageUpdate: milliseconds,
      }),
    )
    .nullish(),
  TotalCount: count,
});

/**
 * Alibaba Cloud Container Registry, Enterprise edition: an instance of one's own at `<name>-registry.<region>.cr.aliyuncs.com`.
 * `GetAuthorizationToken` issues a password for an hour; what is in the instance is told by the API `cr` 2018-12-01, because the
 * catalog is closed.
 */
export const provider = defineProvider({
  id: 'aliyun-ee',
  title: 'Alibaba ACR Enterprise',
  icon: '<svg viewBox="0 0 24 24" fill="none" stroke="#d2601a" stroke-width="1.6" stroke-linejoin="round" stroke-linecap="round"><path d="M8.5 6H7a3 3 0 0 0-3 3v6a3 3 0 0 0 3 3h1.5M15.5 6H17a3 3 0 0 1 3 3v6a3 3 0 0 1-3 3h-1.5"/><path d="M9 12h6M12 9.5v5"/></svg>',
  docs: 'providers/aliyun-ee.md',
  rank: 120,
  url: { example: 'acme-registry.cn-hangzhou.cr.aliyuncs.com', help: 'The instance’s domain, public or VPC, or a domain of your own.' },
  namespace: { label: 'Namespace', help: 'Whose repositories are listed. Default: all of the instance.', example: 'team-a' },
  hosts: [enterpriseHost],
  recognises: ({ service: name }) => name !== undefined && challengeService.test(name),
  normaliseUrl: (url) => new URL('/', url),
  inferNamespace: (url) =>
    enterpriseHost.test(url.hostname) ? /^\/(?!v2(?:\/|$))([a-z0-9][a-z0-9._-]{1,119})(?:\/|$)/.exec(url.pathname)?.[1] : undefined,
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
      fields: z.object({
        ...accessKey(),
        instanceId: field(
          z
            .string()
            .regex(/^cri-[a-z0-9]{4,64}$/, { error: 'An instance ID is spelled like cri-kmsiwlxxdcvaduwb.' })
            .optional(),
          {
            label: 'Instance ID',
            help: 'Found out by the address; asked for only when that does not tell.',
            where: 'Container Registry console → Instances → the ID below the name.',
            example: 'cri-kmsiwlxxdcvaduwb',
          },
        ),
      }),
    },
    role: { title: 'This machine’s own role', help: roleHelp, fields: z.object({}) },
    password: {
      title: 'Registry password',
      help: 'Username and password for docker login. Repositories are not listed: pin them by name.',
      pair: ['username', 'password'],
      fields: z.object(registryPassword('Container Registry console → the instance → Access Credential → Set Password.')),
    },
  },
  traits: {
    maxPageSize: pageSize,
    catalog: 'provider',
    referrers: 'probe',
    delete: 'manifest',
    mount: true,
    scopedTo: 'repository',
    createRepository: true,
  },

  async issueCredential(ctx) {
    const { signIn } = ctx;
    if (signIn.method === 'password') return { kind: 'basic', username: signIn.username, password: signIn.password };
    if (signIn.method === 'role') keepHome(ctx);
    try {
      const answer = await callRpc(ctx, 'GetAuthorizationToken', { InstanceId: await acrInstance(ctx) }, issued);
      const { TempUsername: username, AuthorizationToken: password, ExpireTime: expiresAt } = answer;
      return { kind: 'basic', username, password, issuedAt: ctx.clock.now(), expiresAt };
    } catch (error) {
      throw issueFailure(error);
    }
  },

  issueScoped: (ctx, scope) => scopedPassword(ctx, scope),
  createRepository: (ctx, repository) => ensureEnterprise(ctx, repository),

  async *listRepositories(ctx) {
    if (ctx.signIn.method === 'password') {
      yield* catalogRepositories(
        ctx,
        'Alibaba Cloud Container Registry',
        'Sign in by an AccessKey or a role, or pin repositories by name.',
      );
      return;
    }
    const parameters: Record<string, string> = { RepoStatus: 'NORMAL', ...(ctx.namespace && { RepoNamespaceName: ctx.namespace }) };
    const size = ({ Repositories }: z.output<typeof repositoryPage>) => Repositories?.length ?? 0;
    for await (const { Repositories, TotalCount: total } of numbered(ctx, 'ListRepository', async () => parameters, repositoryPage, size)) {
      yield {
        total,
        items: (Repositories ?? []).map(({ RepoName, RepoNamespaceName, RepoType, Summary, CreateTime, ModifiedTime }) => ({
          name: `${RepoNamespaceName}/${RepoName}`,
          description: Summary || undefined,
          public: RepoType ? RepoType === 'PUBLIC' : undefined,
          createdAt: CreateTime,
          updatedAt: ModifiedTime,
        })),
      };
    }
  },

  async *listTags(ctx, repository) {
    if (ctx.signIn.method === 'password') {
      yield* registryTags(ctx, repository);
      return;
    }
    const parameters = async () => ({ RepoId: await repositoryId(ctx, repository) });
    const size = ({ Images }: z.output<typeof tagPage>) => Images?.length ?? 0;
    for await (const { Images, TotalCount: total } of numbered(ctx, 'ListRepoTag', parameters, tagPage, size)) {
      yield {
        total,
        items: (Images ?? []).map(({ Tag, Digest, ImageSize, ImageCreate, ImageUpdate }) => ({
          name: Tag,
          digest: acrDigest(Digest),
          size: ImageSize || undefined,
          createdAt: ImageCreate,
          pushedAt: ImageUpdate ?? ImageCreate,
        })),
      };
    }
  },

  explain: (error, { signIn }) => explainAcr(error, signIn),
});

/** Tags are listed by the ID of their repository. */
async function repositoryId(ctx: AcrContext, repository: string): Promise<string> {
  const instance = await acrInstance(ctx);
  return remember(ctx, 'alibaba-repository', [instance, repository], async () => {
    const slash = repository.indexOf('/');
    const parameters = { InstanceId: instance, RepoNamespaceName: repository.slice(0, slash), RepoName: repository.slice(slash + 1) };
    const { RepoId: value } = await callRpc(ctx, 'GetRepository', parameters, z.object({ RepoId: z.string().min(1) }));
    return { value, until: ctx.clock.now() + rememberFor };
  });
}

/** The pages of a listing, numbered from 1. */
function numbered<P extends { TotalCount: number }>(
  ctx: AcrContext,
  action: string,
  parameters: () => Promise<Readonly<Record<string, string>>>,
  schema: z.ZodType<P>,
  size: (page: P) => number,
): AsyncGenerator<P> {
  return pages<P, number>(
    async (number = 1) => {
      const query = { InstanceId: await acrInstance(ctx), ...(await parameters()), PageNo: String(number), PageSize: String(pageSize) };
      const page = await callRpc(ctx, action, query, schema);
      return { page, next: size(page) > 0 && number * pageSize < page.TotalCount ? number + 1 : undefined };
    },
    { service, url: ctx.url, signal: ctx.signal },
  );
}
