import { z } from 'zod';
import { CredentialError } from '../core/errors.ts';
import { catalogRepositories, registryTags } from '../provider/closed-catalog.ts';
import { type CatalogContext, defineProvider, type ListPage, type TagInfo } from '../provider/define.ts';
import { field } from '../provider/field.ts';
import { password, token, username } from '../provider/fields.ts';
import { issueFailure } from '../provider/issue-failure.ts';
import { pages } from '../provider/paging.ts';
import { callTencent, endpoints, pageSize, service, tencentTime } from './tencent/api.ts';
import { explainTencent } from './tencent/explain.ts';
import { shownByRegistry } from './shared/ensure.ts';
import { jwtEnds } from './shared/jwt-ends.ts';
import { ensureEnterprise } from './tencent/creating.ts';
import { apiEndpoint, region, secretId, secretKey } from './tencent/fields.ts';
import { instanceHost, type InstanceLogin, tcrInstance } from './tencent/instance.ts';
import { scopedAccount } from './tencent/service-accounts.ts';

const digestForm = /^sha256:[0-9a-f]{64}$/;

const issued = z.object({
  // A number in the API's own example; absent for some accounts.
  Username: z.union([z.string(), z.number()]).nullish(),
  Token: z.string().min(1),
  ExpTime: z.number().positive(),
});

const repositoryPage = z.object({
  RepositoryList: z.array(
    z.object({
      Name: z.string(),
      Namespace: z.string().nullish(),
      Public: z.boolean().nullish(),
      BriefDescription: z.string().nullish(),
      CreationTime: z.string().nullish(),
      UpdateTime: z.string().nullish(),
    }),
  ),
  TotalCount: z.int(),
});

const imagePage = z.object({
  ImageInfoList: z.array(
    z.object({
      ImageVersion: z.string(),
      Digest: z.string().nullish(),
      Size: z.number().nullish(),
      UpdateTime: z.string().nullish(),
    }),
  ),
  TotalCount: z.int(),
});

/**
 * Tencent Container Registry, Enterprise edition: an instance of one's own, made of Harbor, at `<name>.tencentcloudcr.com`.
 * `CreateInstanceToken` issues a password for an hour; what is in the instance is told by API `tcr` 2019-09-24, because the
 * catalog is for the instance's administrator.
 */
export const provider = defineProvider({
  id: 'tcr-ee',
  title: 'Tencent TCR Enterprise',
  icon: '<svg viewBox="0 0 24 24" fill="none" stroke="#1f6fd0" stroke-width="1.6" stroke-linejoin="round" stroke-linecap="round"><path d="M7 18a4 4 0 0 1-.5-8A6 6 0 0 1 18 9.5 4.3 4.3 0 0 1 17.5 18z"/><path d="M9 14.5h6M12 11.5v6"/></svg>',
  docs: 'providers/tcr-ee.md',
  rank: 130,
  url: { example: 'acme-hub.tencentcloudcr.com', help: 'The public domain of the instance, its -vpc form, or a domain of your own.' },
  namespace: {
    label: 'Namespace',
    help: 'Whose repositories are listed. Default: all of the instance.',
    example: 'team-a',
  },
  hosts: [instanceHost],
  recognises: ({ realm }) => realm !== undefined && realm.pathname === '/service/token' && instanceHost.test(realm.hostname),
  // The page of a repository is what people have at hand; the registry is at the root of its host.
  normaliseUrl: (url) => new URL('/', url),
  inferNamespace: (url) =>
    instanceHost.test(url.hostname) ? /^\/(?!v2(?:\/|$))([a-z0-9][a-z0-9._-]{0,63})(?:\/|$)/.exec(url.pathname)?.[1] : undefined,
  // A VPC or own domain may name the public one.
  realms: [instanceHost],
  endpoints,
  settings: z.object({ apiEndpoint }),
  signIn: {
    'api-key': {
      title: 'API key',
      help: 'Tagboat has a password issued every hour, and lists repositories and tags by the API.',
      fields: z.object({
        secretId: secretId(),
        secretKey: secretKey(),
        registryId: field(
          z
            .string()
            .regex(/^tcr-[a-z0-9]{4,32}$/, { error: 'An instance ID is spelled like tcr-12345678.' })
            .optional(),
          {
            label: 'Instance ID',
            help: 'Found out by the instance’s name; asked for only with a domain of your own.',
            where: 'Container Registry console → Instance management → ID below the name.',
            example: 'tcr-12345678',
          },
        ),
        region: field(region.optional(), {
          label: 'Region',
          help: 'Of the instance. Default: found out.',
          example: 'ap-guangzhou',
          advanced: true,
        }),
        sessionToken: token({
          label: 'Session token',
          help: 'Only with temporary keys. They end within hours: fine for a trial, not for a hub.',
          advanced: true,
        }).optional(),
      }),
    },
    password: {
      title: 'Access credential',
      help: 'A long-term access credential or a service account of the instance. Repositories are not listed: pin them by name.',
      pair: ['username', 'password'],
      fields: z.object({
        username: username({
          label: 'Username',
          help: 'The account ID, or tcr$name for a service account. In a shell, put it in single quotes: $ is special there.',
          where: 'Container Registry console → the instance → Access control → Access credentials, or Service accounts.',
          example: '100012345678',
        }),
        password: password({ label: 'Password', where: 'Shown once, when the access credential or service account is made.' }),
      }),
    },
  },
  traits: {
    maxPageSize: pageSize,
    catalog: 'provider',
    referrers: 'probe',
    delete: 'manifest',
    mount: true,
    scopedTo: 'namespace',
    createRepository: true,
  },

  async issueCredential(ctx) {
    const { signIn } = ctx;
    if (signIn.method === 'password') return { kind: 'basic', username: signIn.username, password: signIn.password };
    try {
      const { registryId, region: where } = await tcrInstance(ctx, signIn);
      const answer = await callTencent(
        ctx,
        { key: signIn, region: where },
        'CreateInstanceToken',
        { RegistryId: registryId, TokenType: 'temp' },
        issued,
      );
      const { Username: user, Token, ExpTime } = answer;
      if (user === undefined || user === null || user === '')
        throw new CredentialError(`${service} issued a password without a username.`, {
          code: 'credential_unavailable',
          context: { service },
        });
      // The reference names no unit. It is milliseconds; seconds would be a moment in 1970.
      const expiresAt = ExpTime < 100_000_000_000 ? ExpTime * 1000 : ExpTime;
      return { kind: 'basic', username: String(user), password: Token, issuedAt: ctx.clock.now(), expiresAt };
    } catch (error) {
      throw issueFailure(error);
    }
  },

  async issueScoped(ctx, scope) {
    return ctx.signIn.method === 'password' ? undefined : scopedAccount(ctx, ctx.signIn, scope);
  },

  // Access credentials are signed tokens, those of service accounts are not.
  async secretEnds({ signIn }) {
    return signIn.method === 'password' ? jwtEnds({ password: signIn.password }) : {};
  },

  async createRepository(ctx, repository) {
    const { signIn } = ctx;
    if (signIn.method !== 'password') return ensureEnterprise(ctx, signIn, repository);
    return shownByRegistry(ctx, repository, 'The instance', 'An API key makes namespaces and repositories.');
  },

  async *listRepositories(ctx) {
    const { signIn, namespace } = ctx;
    if (signIn.method === 'password') {
      yield* catalogRepositories(ctx, 'Tencent Container Registry', 'Sign in by an API key, or pin repositories by name.');
      return;
    }
    const parameters: Record<string, string> = namespace ? { NamespaceName: namespace } : {};
    for await (const { RepositoryList: found, TotalCount: total } of numbered(
      ctx,
      signIn,
      'DescribeRepositories',
      parameters,
      repositoryPage,
      ({ RepositoryList }) => RepositoryList.length,
    )) {
      yield {
        total,
        items: found.map(({ Name, Namespace, Public, BriefDescription, CreationTime, UpdateTime }) => ({
          name: Namespace && !Name.startsWith(`${Namespace}/`) ? `${Namespace}/${Name}` : Name,
          createdAt: tencentTime(CreationTime),
          updatedAt: tencentTime(UpdateTime),
          description: BriefDescription || undefined,
          public: Public ?? undefined,
        })),
      };
    }
  },

  async *listTags(ctx, repository) {
    const { signIn } = ctx;
    if (signIn.method === 'password') yield* registryTags(ctx, repository);
    else yield* imageTags(ctx, signIn, repository);
  },

  explain: (error, { signIn }) =>
    explainTencent(error, signIn, {
      message: 'The instance refused this username and password.',
      help: 'The password is that of an access credential or service account of this very instance, not of your Tencent Cloud account; copy the whole name, tcr$… included. It may be disabled or have ended.',
    }),
});

type TcrContext = Pick<CatalogContext, 'url' | 'http' | 'clock' | 'signal' | 'endpoints'> & { settings: { apiEndpoint?: string } };

async function* imageTags(ctx: TcrContext, login: InstanceLogin, repository: string): AsyncGenerator<ListPage<TagInfo>> {
  const slash = repository.indexOf('/');
  const parameters = { NamespaceName: repository.slice(0, slash), RepositoryName: repository.slice(slash + 1) };
  for await (const { ImageInfoList: found, TotalCount: total } of numbered(
    ctx,
    login,
    'DescribeImages',
    parameters,
    imagePage,
    ({ ImageInfoList }) => ImageInfoList.length,
  )) {
    yield {
      total,
      items: found.map(({ ImageVersion: name, Digest, Size, UpdateTime }) => ({
        name,
        digest: Digest && digestForm.test(Digest) ? Digest : undefined,
        pushedAt: tencentTime(UpdateTime),
        size: Size || undefined,
      })),
    };
  }
}

/** The pages of a listing. Its `Offset` is the number of a page, from 1, whatever its name says. */
function numbered<P extends { TotalCount: number }>(
  ctx: TcrContext,
  login: InstanceLogin,
  action: string,
  parameters: Readonly<Record<string, string>>,
  schema: z.ZodType<P>,
  count: (page: P) => number,
): AsyncGenerator<P> {
  return pages<P, number>(
    async (number = 1) => {
      const { registryId, region: where } = await tcrInstance(ctx, login);
      const body = { RegistryId: registryId, ...parameters, Offset: number, Limit: pageSize };
      const page = await callTencent(ctx, { key: login, region: where }, action, body, schema);
      return { page, next: count(page) > 0 && number * pageSize < page.TotalCount ? number + 1 : undefined };
    },
    { service, url: ctx.url, signal: ctx.signal },
  );
}
