import { z } from 'zod';
import { defineProvider, type FieldMeta } from '../provider/define.ts';
import { field, secret } from '../provider/field.ts';
import { pages } from '../provider/paging.ts';
import { timeOf } from '../provider/time.ts';
import { callSwr, service, type SwrContext, swrHost } from './huawei/api.ts';
import { explainSwr } from './huawei/explain.ts';
import { enhancedLogin, longTermLogin, temporaryLogin } from './huawei/login.ts';
import { ensureOrganization } from './huawei/organization.ts';

const pageSize = 100;
const digestForm = /^sha256:[0-9a-f]{64}$/;
/** `tag_type` of a manifest list. */
const listType = 1;

const repositories = z.array(
  z.object({
    name: z.string(),
    namespace: z.string(),
    description: z.string().nullish(),
    is_public: z.boolean().nullish(),
    num_images: z.number().nullish(),
    num_download: z.number().nullish(),
    created_at: z.string().nullish(),
    updated_at: z.string().nullish(),
    total_range: z.int().nullish(),
  }),
);

const tags = z.array(
  z.object({
    Tag: z.string(),
    digest: z.string().nullish(),
    size: z.number().nullish(),
    created: z.string().nullish(),
    updated: z.string().nullish(),
    tag_type: z.number().nullish(),
  }),
);

const whereKeys =
  'Console, your name at the top right → My Credentials → Access Keys → Create Access Key. Both are in credentials.csv, once.';

const keyMeta = { label: 'Access Key (AK)', example: 'AKEXAMPLE00000000000', where: whereKeys } satisfies FieldMeta;
const keyFields = () => ({
  accessKey: field(
    z
      .string()
      .regex(/^[A-Za-z0-9]{10,64}$/, { error: 'An access key (AK) is about 20 letters and digits.' })
      .refine((key) => key.length !== 40, { error: 'This is as long as a secret key (SK). Perhaps the two are swapped.' }),
    keyMeta,
  ),
  secretKey: secret(
    z
      .string()
      .regex(/^[A-Za-z0-9/+=]{16,128}$/, { error: 'A secret key (SK) is about 40 letters and digits without blanks.' })
      .refine((key) => key.length !== 20, { error: 'This is as long as an access key (AK). Perhaps the two are swapped.' }),
    { label: 'Secret Key (SK)', where: whereKeys },
  ),
});

/**
 * Huawei Cloud Software Repository for Container, shared edition: one registry a region at `swr.<region>.myhuaweicloud.com`.
 * Logins come of an access key: computed, or issued by the API. What is in the organisations is told by the API (v2),
 * because the catalog is closed. (SWR API reference.)
 */
export const provider = defineProvider({
  id: 'swr',
  title: 'Huawei SWR',
  icon: '<svg viewBox="0 0 24 24" fill="none" stroke="#b8352f" stroke-width="1.6" stroke-linejoin="round" stroke-linecap="round"><path d="M12 3l8 4.5v9L12 21l-8-4.5v-9z"/><path d="M8 10v4.5M12 8.5v7.5M16 10v4.5"/></svg>',
  docs: 'providers/swr.md',
  rank: 140,
  url: { example: 'swr.cn-north-4.myhuaweicloud.com', help: 'The region is read from it.' },
  namespace: {
    label: 'Organization',
    help: 'Whose images are listed. Default: all that the access key may see.',
    example: 'team-a',
  },
  hosts: [swrHost],
  // The API's host is not the registry's.
  normaliseUrl: (url) => {
    const registry = new URL('/', url);
    if (swrHost.test(url.hostname)) registry.hostname = url.hostname.replace(/^swr-api\./, 'swr.');
    return registry;
  },
  inferNamespace: (url) =>
    swrHost.test(url.hostname) ? /^\/(?!v2(?:\/|$))([a-z][a-z0-9._-]{0,63})(?:\/|$)/.exec(url.pathname)?.[1] : undefined,
  inferSettings: (url): Readonly<Record<string, string>> => {
    const region = swrHost.exec(url.hostname.toLowerCase())?.[1];
    return region === undefined ? {} : { region };
  },
  realms: [/^swr\.[a-z]{2}-[a-z]{2,16}-\d{1,4}\.myhuaweicloud\.(?:com|eu)$/],
  settings: z.object({
    region: field(z.string().regex(/^[a-z]{2}-[a-z]{2,16}-\d{1,4}$/, { error: 'A region is spelled like cn-north-4.' }), {
      label: 'Region',
      help: 'Read from the address; asked for only when that is not one of Huawei Cloud’s own.',
      where: 'In the registry’s address, after “swr.”; in the console at the top left.',
      example: 'cn-north-4',
    }),
    projectName: field(
      z
        .string()
        .regex(/^[a-z0-9][\w-]{0,63}$/i, { error: 'A project is spelled like cn-north-4 or cn-north-4_team.' })
        .optional(),
      { label: 'Project', help: 'Only for a sub-project of the region. Default: the region.', example: 'cn-north-4_team', advanced: true },
    ),
    apiEndpoint: field(
      z
        .string()
        .max(2048)
        .regex(/^https?:\/\/[^\s/?#@]+\/?$/, { error: 'An endpoint is a URL like https://swr-api.cn-north-4.myhuaweicloud.com.' })
        .optional(),
      {
        label: 'API endpoint',
        help: 'Only for gateways and private clouds. Default: the region’s own.',
        example: 'https://swr-api.cn-north-4.myhuaweicloud.com',
        advanced: true,
      },
    ),
  }),
  signIn: {
    temporary: {
      title: 'Access key, temporary login',
      help: 'Tagboat has a login issued by SWR and renews it before it ends. Rights are those of the access key in SWR.',
      fields: z.object(keyFields()),
    },
    'authorization-token': {
      title: 'Access key, enhanced temporary login',
      help: 'The same where permissions are managed by IAM alone (user bearertoken@…).',
      fields: z.object(keyFields()),
    },
    'long-term': {
      title: 'Access key, long-term login',
      help: 'The login is computed of access key and secret key, without asking SWR, and ends with the access key. For networks that do not reach the API.',
      fields: z.object(keyFields()),
    },
  },
  traits: {
    maxPageSize: pageSize,
    catalog: 'provider',
    referrers: 'probe',
    delete: 'provider',
    mount: true,
    createRepository: true,
  },

  async issueCredential(ctx) {
    const { settings, signIn } = ctx;
    const project = settings.projectName ?? settings.region;
    switch (signIn.method) {
      case 'long-term':
        return longTermLogin(project, signIn);
      case 'temporary':
        return temporaryLogin(ctx, project);
      case 'authorization-token':
        return enhancedLogin(ctx);
    }
  },

  createRepository: (ctx, repository) => ensureOrganization(ctx, repository),

  async *listRepositories(ctx) {
    const query = { ...(ctx.namespace && { namespace: ctx.namespace }), order_column: 'name', order_type: 'asc' };
    for await (const found of rows(ctx, '/v2/manage/repos', query, repositories)) {
      yield {
        total: found[0]?.total_range ?? undefined,
        items: found.map(({ name, namespace, description, is_public, num_images, num_download, created_at, updated_at }) => ({
          name: `${namespace}/${name}`,
          description: description || undefined,
          public: is_public ?? undefined,
          tagCount: num_images ?? undefined,
          pullCount: num_download ?? undefined,
          createdAt: timeOf(created_at),
          updatedAt: timeOf(updated_at),
        })),
      };
    }
  },

  async *listTags(ctx, repository) {
    const slash = repository.indexOf('/');
    const organization = encodeURIComponent(repository.slice(0, slash));
    // A slash in a name is written as a dollar sign.
    const name = encodeURIComponent(repository.slice(slash + 1).replaceAll('/', '$'));
    for await (const found of rows(ctx, `/v2/manage/namespaces/${organization}/repos/${name}/tags`, {}, tags)) {
      yield {
        items: found.map(({ Tag, digest, size, created, updated, tag_type }) => ({
          name: Tag,
          digest: digest && digestForm.test(digest) ? digest : undefined,
          size: tag_type === listType ? undefined : size || undefined,
          createdAt: timeOf(created),
          pushedAt: timeOf(updated) ?? timeOf(created),
        })),
      };
    }
  },

  explain: (error, { signIn }) => explainSwr(error, signIn),
});

/** The pages of a listing, by offset. Offset and limit only work together. */
function rows<T>(ctx: SwrContext, path: string, query: Readonly<Record<string, string>>, schema: z.ZodType<T[]>): AsyncGenerator<T[]> {
  return pages<T[], number>(
    async (offset = 0) => {
      const { data } = await callSwr(ctx, 'GET', path, { ...query, offset: String(offset), limit: String(pageSize) }, schema);
      return { page: data, next: data.length < pageSize ? undefined : offset + data.length };
    },
    { service, url: ctx.url, signal: ctx.signal },
  );
}
