import { z } from 'zod';
import { RegistryError, TagboatError } from '../core/errors.ts';
import { formatPlatform } from '../oci/index.ts';
import { callApi } from '../provider/api.ts';
import {
  defineProvider,
  type Explanation,
  type ListPage,
  type ProviderContext,
  type RepositoryInfo,
  type TagInfo,
} from '../provider/define.ts';
import { password, token, username } from '../provider/fields.ts';
import { pages } from '../provider/paging.ts';
import { timeOf } from '../provider/time.ts';

const service = 'Harbor';
/** Harbor refuses more. */
const pageSize = 100;

const projects = z.array(
  z.object({ name: z.string(), repo_count: z.number().nullish(), metadata: z.object({ public: z.string().nullish() }).nullish() }),
);

const repositories = z.array(
  z.object({
    name: z.string(),
    description: z.string().nullish(),
    pull_count: z.number().nullish(),
    creation_time: z.string().nullish(),
    update_time: z.string().nullish(),
  }),
);

const platform = z.object({ os: z.string().nullish(), architecture: z.string().nullish(), variant: z.string().nullish() });

const artifact = z.object({
  digest: z.string(),
  size: z.number().nullish(),
  push_time: z.string().nullish(),
  manifest_media_type: z.string().nullish(),
  artifact_type: z.string().nullish(),
  tags: z.array(z.object({ name: z.string(), push_time: z.string().nullish(), pull_time: z.string().nullish() })).nullish(),
  references: z.array(z.object({ platform: platform.nullish() })).nullish(),
  extra_attrs: platform.extend({ created: z.string().nullish() }).nullish().catch(undefined),
});

/**
 * Harbor 2. Content is behind its own token service; what is in its projects is told by the REST API v2.0, because the
 * catalog of `/v2/` is for system administrators. (Harbor's api/v2.0/swagger.yaml.)
 */
export const provider = defineProvider({
  id: 'harbor',
  title: 'Harbor',
  icon: '<svg viewBox="0 0 24 24" fill="none" stroke="#2f7d5b" stroke-width="1.6" stroke-linejoin="round" stroke-linecap="round"><path d="M10 21l1-13h2l1 13zM9 21h6M10.6 13h2.8M10 8h4M11 8V5.5h2V8M12 5.5V3M7.5 4.5L5 3.5M7.5 7L5 8M16.5 4.5l2.5-1M16.5 7l2.5 1"/></svg>',
  docs: 'providers/harbor.md',
  rank: 30,
  url: { example: 'harbor.example.com', help: 'The host alone; the project has its own field.' },
  namespace: {
    label: 'Project',
    help: 'Whose repositories are listed. Default: all projects that the account may see; for a project’s robot account, its project.',
    example: 'platform',
  },
  hosts: [],
  recognises: ({ realm, service: name, headers }) =>
    name === 'harbor-registry' ||
    (realm?.pathname === '/service/token' && name === undefined) ||
    /\bBasic realm="harbor"/i.test(headers['www-authenticate'] ?? ''),
  // The page of a project is what people have at hand; Harbor itself always is at the root of its host.
  normaliseUrl: (url) => new URL('/', url),
  inferNamespace: (url) => /^\/(?!harbor(?:\/|$)|api\/|v2(?:\/|$))([a-z0-9][a-z0-9._-]{0,254})(?:\/|$)/.exec(url.pathname)?.[1],
  settings: z.object({}),
  signIn: {
    user: {
      title: 'User',
      help: 'A user of Harbor’s own or of LDAP. Where sign-in is by OIDC, the CLI secret takes the place of the password.',
      fields: z.object({
        username: username({ label: 'Username', example: 'ana' }),
        password: password({
          label: 'Password or CLI secret',
          where: 'CLI secret: in Harbor, your name at the top right → User Profile → CLI secret.',
        }),
      }),
    },
    robot: {
      title: 'Robot account',
      help: 'Best for a hub: it has only the permissions it is given, and belongs to nobody in person.',
      fields: z.object({
        username: username({
          label: 'Robot name',
          help: 'As Harbor shows it, with its prefix, e.g. robot$project+name. In a shell, put it in single quotes: $ is special there.',
          where: 'In Harbor: Administration → Robot Accounts, or your project → Robot Accounts.',
          example: 'robot$platform+tagboat',
        }),
        password: token({
          label: 'Robot secret',
          where: 'Shown once when the robot is made. “Refresh secret” in its menu makes a new one.',
        }),
      }),
    },
    anonymous: { title: 'No sign-in', help: 'Public projects only.', fields: z.object({}) },
  },
  traits: {
    maxPageSize: pageSize,
    catalog: 'provider',
    referrers: 'probe',
    delete: 'manifest',
    mount: true,
    createRepository: false,
  },

  async issueCredential({ signIn }) {
    if (signIn.method === 'anonymous') return { kind: 'anonymous' };
    return { kind: 'basic', username: signIn.username, password: signIn.password };
  },

  async *listRepositories(ctx) {
    const project = ctx.namespace || projectOfRobot(ctx.signIn);
    if (project) {
      yield* repositoriesOf(ctx, project);
      return;
    }
    for await (const { items } of apiPages(ctx, '/projects', {}, projects)) {
      for (const { name, repo_count: count, metadata } of items) {
        if (count === 0) continue;
        for await (const page of repositoriesOf(ctx, name)) {
          // Totals are per project, so they say nothing of the whole.
          yield { items: page.items.map((item) => (metadata?.public ? { ...item, public: metadata.public === 'true' } : item)) };
        }
      }
    }
  },

  async *listTags(ctx, repository) {
    try {
      yield* artifactTags(ctx, repository);
    } catch (error) {
      // A robot that may only pull has no say in the REST API; the registry tells it the names all the same.
      if (!(error instanceof RegistryError && (error.status === 401 || error.status === 403))) throw error;
      for await (const names of ctx.client.repository(repository).listTags({ signal: ctx.signal }))
        yield { items: names.map((name) => ({ name })) };
    }
  },

  explain: (error, { signIn }) => (error instanceof TagboatError ? explain(error, signIn) : undefined),
});

type HarborSignIn = { method: 'anonymous' } | { method: 'user' | 'robot'; username: string; password: string };
type HarborContext = Pick<ProviderContext, 'url' | 'http' | 'clock' | 'signal'> & { signIn: HarborSignIn };

/** The project of a project's robot: `robot$<project>+<name>`. The prefix can be changed, so other names tell nothing. */
function projectOfRobot(signIn: HarborSignIn): string | undefined {
  return signIn.method === 'robot' ? /^robot\$([a-z0-9][a-z0-9._-]*)\+/.exec(signIn.username)?.[1] : undefined;
}

async function* repositoriesOf(ctx: HarborContext, project: string): AsyncGenerator<ListPage<RepositoryInfo>> {
  for await (const { items, total } of apiPages(ctx, `/projects/${encodeURIComponent(project)}/repositories`, {}, repositories)) {
    yield {
      total,
      items: items.map(({ name, description, pull_count, creation_time, update_time }) => ({
        name,
        description: description || undefined,
        pullCount: pull_count ?? undefined,
        createdAt: timeOf(creation_time),
        updatedAt: timeOf(update_time),
      })),
    };
  }
}

async function* artifactTags(ctx: HarborContext, repository: string): AsyncGenerator<ListPage<TagInfo>> {
  const slash = repository.indexOf('/');
  const project = repository.slice(0, slash);
  // Harbor's router decodes a path twice, so that a slash in a name has to be encoded twice.
  const name = encodeURIComponent(encodeURIComponent(repository.slice(slash + 1)));
  const query = { with_tag: 'true', sort: '-push_time', q: 'tags=*' };
  for await (const { items } of apiPages(
    ctx,
    `/projects/${encodeURIComponent(project)}/repositories/${name}/artifacts`,
    query,
    z.array(artifact),
  )) {
    yield { items: items.flatMap(tagInfos) };
  }
}

interface ApiPage<T> {
  items: T[];
  total?: number;
}

function apiPages<T>(ctx: HarborContext, path: string, query: Record<string, string>, schema: z.ZodType<T[]>): AsyncGenerator<ApiPage<T>> {
  const url = new URL(`/api/v2.0${path}`, ctx.url);
  const headers: Record<string, string> = {
    // Without this a project whose name is a number is taken for an id.
    'x-is-resource-name': 'true',
    ...(ctx.signIn.method !== 'anonymous' && {
      authorization: `Basic ${Buffer.from(`${ctx.signIn.username}:${ctx.signIn.password}`).toString('base64')}`,
    }),
  };
  return pages<ApiPage<T>, number>(
    async (number = 1) => {
      const page = new URL(url);
      page.search = new URLSearchParams({ ...query, page: String(number), page_size: String(pageSize) }).toString();
      const answer = await callApi(ctx.http, page, schema, { service, now: ctx.clock.now(), headers, signal: ctx.signal });
      const count = answer.headers['x-total-count'];
      const total = count !== undefined && /^\d{1,12}$/.test(count) ? Number(count) : undefined;
      const more = total === undefined ? answer.data.length === pageSize : answer.data.length > 0 && number * pageSize < total;
      return { page: { items: answer.data, total }, next: more ? number + 1 : undefined };
    },
    { service, url, signal: ctx.signal },
  );
}

function tagInfos(found: z.output<typeof artifact>): TagInfo[] {
  const children = (found.references ?? []).flatMap((reference) => platformOf(reference.platform));
  const platforms = children.length > 0 ? [...new Set(children)] : platformOf(found.extra_attrs);
  return (found.tags ?? []).map((tag) => ({
    name: tag.name,
    digest: found.digest,
    pushedAt: timeOf(tag.push_time) ?? timeOf(found.push_time),
    createdAt: timeOf(found.extra_attrs?.created),
    pulledAt: timeOf(tag.pull_time),
    size: found.references?.length ? undefined : (found.size ?? undefined),
    mediaType: found.manifest_media_type || undefined,
    artifactType: found.artifact_type || undefined,
    platforms: platforms.length > 0 ? platforms : undefined,
  }));
}

function platformOf(found: z.output<typeof platform> | null | undefined): string[] {
  const { os, architecture, variant } = found ?? {};
  return os && architecture && os !== 'unknown' ? [formatPlatform({ os, architecture, variant: variant || undefined })] : [];
}

function explain(error: TagboatError, signIn: string): Explanation | undefined {
  const { url } = error as Partial<RegistryError>;
  const api = url?.includes('/api/v2.0/') ?? false;
  switch (error.code) {
    case 'credential_refused':
    case 'registry_unauthorized':
      if (signIn === 'anonymous')
        return {
          message: 'Harbor shows this to nobody who is not signed in.',
          help: 'Only public projects can be read without. Choose a way of signing in.',
          field: 'signIn',
        };
      if (signIn === 'robot') {
        return {
          message: 'Harbor refused this robot account: its name or secret is wrong, or it is disabled or has ended.',
          help: 'Copy the whole name with its prefix (robot$…). Harbor shows a robot’s secret only once: “Refresh secret” under Robot Accounts makes a new one.',
          field: 'fields.password',
        };
      }
      return {
        message: 'Harbor refused this username and password.',
        help: 'Where Harbor signs people in by OIDC, use the CLI secret from your user profile in place of the password; it ends with the OIDC session, so a robot account is the better choice.',
        field: 'fields.password',
      };
    case 'registry_denied':
      return api
        ? {
            message:
              signIn === 'robot'
                ? 'This robot account may not list that.'
                : 'This account is no member of the project, or may not list it.',
            help: 'A robot needs the permissions Repository: List, Artifact: List and Tag: List, beside Repository: Pull, and a project to be named here if it is a project’s robot.',
            field: 'namespace',
          }
        : {
            message:
              'Harbor refuses this content to the account: a missing permission, the project’s quota, or its policy on unscanned or vulnerable images.',
            help: 'Look at the members, quota and deployment security of the project in Harbor.',
          };
    case 'registry_not_found':
      return api
        ? {
            message: 'Harbor has no such project or repository, or this account may not see it.',
            help: 'Check the project’s name: it is the first part of the repository names.',
            field: 'namespace',
          }
        : undefined;
    case 'invalid_answer':
      return api
        ? {
            message: 'This host does not answer like Harbor’s API v2.0.',
            help: 'Check the URL. For a Harbor older than 2.0, or a registry that is not Harbor, choose “Any OCI registry”.',
            field: 'url',
          }
        : undefined;
    default:
      return undefined;
  }
}
