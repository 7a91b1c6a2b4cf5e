import { z } from 'zod';
import { InvalidSettings } from '../core/errors.ts';
import { catalogRepositories, registryTags } from '../provider/closed-catalog.ts';
import { type CatalogContext, defineProvider } from '../provider/define.ts';
import { field } from '../provider/field.ts';
import { password, username } from '../provider/fields.ts';
import { pages } from '../provider/paging.ts';
import { callTencent, endpoints, pageSize, service, tencentTime, type TencentKey } from './tencent/api.ts';
import { shownByRegistry } from './shared/ensure.ts';
import { ensurePersonal } from './tencent/creating.ts';
import { explainTencent } from './tencent/explain.ts';
import { apiEndpoint, region, secretId, secretKey } from './tencent/fields.ts';

const personalHost = /^([a-z0-9]{0,8})ccr\.ccs\.tencentyun\.com$/;
const digestForm = /^sha256:[0-9a-f]{64}$/;

/** Where the registries of the Personal edition are, by what their hosts begin with. */
const regions: Readonly<Record<string, string>> = {
  '': 'ap-guangzhou',
  hk: 'ap-hongkong',
  sg: 'ap-singapore',
  usw: 'na-siliconvalley',
  use: 'na-ashburn',
  de: 'eu-frankfurt',
  sao: 'sa-saopaulo',
  th: 'ap-bangkok',
  jkt: 'ap-jakarta',
  ca: 'na-toronto',
  kr: 'ap-seoul',
  jp: 'ap-tokyo',
  in: 'ap-mumbai',
  tpe: 'ap-taipei',
  shjr: 'ap-shanghai-fsi',
  bjjr: 'ap-beijing-fsi',
  szjr: 'ap-shenzhen-fsi',
};

const repositoryPage = z.object({
  Data: z.object({
    TotalCount: z.int(),
    RepoInfo: z
      .array(
        z.object({
          RepoName: z.string(),
          TagCount: z.number().nullish(),
          PullCount: z.number().nullish(),
          Public: z.number().nullish(),
          Description: z.string().nullish(),
          CreationTime: z.string().nullish(),
          UpdateTime: z.string().nullish(),
        }),
      )
      .nullish(),
  }),
});

const tagPage = z.object({
  Data: z.object({
    TagCount: z.int(),
    TagInfo: z
      .array(
        z.object({
          TagName: z.string(),
          TagId: z.string().nullish(),
          SizeByte: z.number().nullish(),
          CreationTime: z.string().nullish(),
          PushTime: z.string().nullish(),
        }),
      )
      .nullish(),
  }),
});

/**
 * Tencent Container Registry, Personal edition: one registry a region for all accounts, at `ccr.ccs.tencentyun.com` and its
 * siblings. There is no temporary password: the account's own is presented, and an API key only lists.
 */
export const provider = defineProvider({
  id: 'tcr-personal',
  title: 'Tencent TCR Personal',
  icon: '<svg viewBox="0 0 24 24" fill="none" stroke="#1f6fd0" stroke-width="1.6" stroke-linejoin="round" stroke-linecap="round"><path d="M7 17a4 4 0 0 1-.5-8A6 6 0 0 1 18 8.5 4.3 4.3 0 0 1 17.5 17z"/><circle cx="12" cy="11" r="1.8"/><path d="M9 17v-.6a3 3 0 0 1 6 0v.6"/></svg>',
  docs: 'providers/tcr-personal.md',
  rank: 131,
  url: { example: 'ccr.ccs.tencentyun.com', help: 'Outside mainland China its sibling there, e.g. hkccr.ccs.tencentyun.com.' },
  namespace: { label: 'Namespace', help: 'Whose repositories are listed. Default: all that the API key owns.', example: 'team-a' },
  hosts: [personalHost],
  normaliseUrl: (url) => new URL('/', url),
  inferNamespace: (url) =>
    personalHost.test(url.hostname) ? /^\/(?!v2(?:\/|$))([a-z0-9][a-z0-9._-]{0,63})(?:\/|$)/.exec(url.pathname)?.[1] : undefined,
  inferSettings: (url): Readonly<Record<string, string>> => {
    const found = regions[personalHost.exec(url.hostname.toLowerCase())?.[1] ?? 'none'];
    return found === undefined ? {} : { region: found };
  },
  realms: [personalHost],
  endpoints,
  settings: z.object({
    region: field(region.default('ap-guangzhou'), {
      label: 'Region',
      help: 'Read from the address.',
      example: 'ap-guangzhou',
      advanced: true,
    }),
    apiEndpoint,
  }),
  signIn: {
    password: {
      title: 'Registry password',
      help: 'The password of the Personal edition, which is not that of your Tencent Cloud account. An API key beside it lists repositories and tags, and makes them.',
      pair: ['username', 'password'],
      fields: z.object({
        username: username({
          label: 'Username',
          help: 'The account ID, digits only.',
          where: 'Console, your name at the top right → Account information → Account ID.',
          example: '100012345678',
        }),
        password: password({
          label: 'Password',
          help: 'Set when the Personal edition was first used.',
          where: 'Container Registry console → Instance management → Personal edition → Reset login password.',
        }),
        secretId: secretId({ help: 'Only to list and to make repositories: without it, they are pinned by name.' }).optional(),
        secretKey: secretKey().optional(),
      }),
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

  async issueCredential({ signIn }) {
    keyOf(signIn);
    return { kind: 'basic', username: signIn.username, password: signIn.password };
  },

  async createRepository(ctx, repository) {
    const key = keyOf(ctx.signIn);
    if (key) return ensurePersonal(ctx, key, repository);
    return shownByRegistry(ctx, repository, 'The registry', 'An API key beside the password makes namespaces and repositories.');
  },

  async *listRepositories(ctx) {
    const key = keyOf(ctx.signIn);
    if (!key) {
      yield* catalogRepositories(ctx, 'Tencent Container Registry', 'Enter an API key beside the password, or pin repositories by name.');
      return;
    }
    const prefix = ctx.namespace ? `${ctx.namespace}/` : '';
    const read = ({ Data: { RepoInfo, TotalCount } }: z.output<typeof repositoryPage>) => ({
      rows: RepoInfo?.length ?? 0,
      total: TotalCount,
    });
    for await (const { Data } of rows(ctx, key, 'DescribeRepositoryOwnerPersonal', {}, repositoryPage, read)) {
      const found = (Data.RepoInfo ?? []).filter(({ RepoName }) => RepoName.startsWith(prefix));
      yield {
        // Of the account, so it says nothing of one namespace.
        ...(prefix === '' && { total: Data.TotalCount }),
        items: found.map(({ RepoName, TagCount, PullCount, Public, Description, CreationTime, UpdateTime }) => ({
          name: RepoName,
          tagCount: TagCount ?? undefined,
          pullCount: PullCount ?? undefined,
          public: typeof Public === 'number' ? Public === 1 : undefined,
          description: Description || undefined,
          createdAt: tencentTime(CreationTime),
          updatedAt: tencentTime(UpdateTime),
        })),
      };
    }
  },

  async *listTags(ctx, repository) {
    const key = keyOf(ctx.signIn);
    if (!key) {
      yield* registryTags(ctx, repository);
      return;
    }
    const read = ({ Data: { TagInfo, TagCount } }: z.output<typeof tagPage>) => ({ rows: TagInfo?.length ?? 0, total: TagCount });
    for await (const { Data } of rows(ctx, key, 'DescribeImagePersonal', { RepoName: repository }, tagPage, read)) {
      yield {
        total: Data.TagCount,
        items: (Data.TagInfo ?? []).map(({ TagName, TagId, SizeByte, CreationTime, PushTime }) => ({
          name: TagName,
          digest: TagId && digestForm.test(TagId) ? TagId : undefined,
          size: SizeByte || undefined,
          createdAt: tencentTime(CreationTime),
          pushedAt: tencentTime(PushTime),
        })),
      };
    }
  },

  explain: (error, { signIn }) =>
    explainTencent(error, signIn, {
      message: 'The registry refused this account ID and password.',
      help: 'The password is that of the Personal edition, set in the Container Registry console of this region, not that of your Tencent Cloud account. It can be reset there.',
    }),
});

type Login = { username: string; password: string; secretId?: string; secretKey?: string };

/** The API key, if there is one. @throws InvalidSettings for half of one */
function keyOf({ secretId: id, secretKey: key }: Login): TencentKey | undefined {
  if (id && key) return { secretId: id, secretKey: key };
  if (!id && !key) return undefined;
  const message = id ? 'A SecretId needs its SecretKey.' : 'A SecretKey needs its SecretId.';
  throw new InvalidSettings(message, [{ field: id ? 'fields.secretKey' : 'fields.secretId', message }]);
}

type PersonalContext = Pick<CatalogContext, 'url' | 'http' | 'clock' | 'signal' | 'endpoints'> & {
  settings: { apiEndpoint?: string; region: string };
};

/** The pages of a listing. Here `Offset` is what it says: a row, from 0. */
function rows<P>(
  ctx: PersonalContext,
  key: TencentKey,
  action: string,
  parameters: Readonly<Record<string, string>>,
  schema: z.ZodType<P>,
  read: (page: P) => { rows: number; total: number },
): AsyncGenerator<P> {
  return pages<P, number>(
    async (start = 0) => {
      const body = { ...parameters, Offset: start, Limit: pageSize };
      const page = await callTencent(ctx, { key, region: ctx.settings.region }, action, body, schema);
      const { rows: count, total } = read(page);
      return { page, next: count > 0 && start + count < total ? start + count : undefined };
    },
    { service, url: ctx.url, signal: ctx.signal },
  );
}
