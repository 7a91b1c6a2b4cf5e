import { z } from 'zod';
import { formatPlatform } from '../../oci/index.ts';
import { readJson, statusError } from '../../provider/api.ts';
import type { CatalogContext, ListPage, RepositoryInfo, TagInfo } from '../../provider/define.ts';
import type { ProviderRequest, ProviderResponse } from '../../provider/http.ts';
import { pages } from '../../provider/paging.ts';
import { timeOf } from '../../provider/time.ts';

export const service = 'Harbor';
/** Harbor refuses more. */
export const pageSize = 100;

export type HarborSignIn = { method: 'anonymous' } | { method: 'user' | 'robot'; username: string; password: string };
export type HarborContext = Pick<CatalogContext, 'url' | 'http' | 'clock' | 'signal' | 'namespace'> & { signIn: HarborSignIn };

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

/** The project of a project's robot: `robot$<project>+<name>`. The prefix can be changed, so other names tell nothing. */
export function projectOfRobot(signIn: HarborSignIn): string | undefined {
  return signIn.method === 'robot' ? /^robot\$([a-z0-9][a-z0-9._-]*)\+/.exec(signIn.username)?.[1] : undefined;
}

interface HarborRequest extends Pick<ProviderRequest, 'method' | 'body'> {
  query?: Readonly<Record<string, string>>;
}

/**
 * Calls the REST API v2.0. Answers without a body, as to what was made or removed, are read as an empty object.
 *
 * @param path below `/api/v2.0`, encoded
 * @throws RegistryError, TransportError
 */
export async function callHarbor<T>(
  ctx: HarborContext,
  path: string,
  schema: z.ZodType<T>,
  { method = 'GET', query = {}, body }: HarborRequest = {},
): Promise<{ data: T; headers: ProviderResponse['headers'] }> {
  const url = new URL(`/api/v2.0${path}`, ctx.url);
  url.search = new URLSearchParams(query).toString();
  const { signIn } = ctx;
  const response = await ctx.http.send(url, {
    method,
    headers: {
      accept: 'application/json',
      // Without this a project whose name is a number is taken for an id.
      'x-is-resource-name': 'true',
      ...(body !== undefined && { 'content-type': 'application/json' }),
      ...(signIn.method !== 'anonymous' && {
        authorization: `Basic ${Buffer.from(`${signIn.username}:${signIn.password}`).toString('base64')}`,
      }),
    },
    ...(body !== undefined && { body }),
    signal: ctx.signal,
  });
  const facts = { service, method, url };
  if (response.status < 200 || response.status > 299) throw statusError(facts, response, ctx.clock.now());
  return { data: readJson(facts, response.text === '' ? '{}' : response.text, schema), headers: response.headers };
}

interface ApiPage<T> {
  items: T[];
  total?: number;
}

/** The pages of a listing, numbered from 1. */
export function harborPages<T>(
  ctx: HarborContext,
  path: string,
  query: Readonly<Record<string, string>>,
  schema: z.ZodType<T[]>,
): AsyncGenerator<ApiPage<T>> {
  return pages<ApiPage<T>, number>(
    async (number = 1) => {
      const answer = await callHarbor(ctx, path, schema, { query: { ...query, page: String(number), page_size: String(pageSize) } });
      const count = answer.headers['x-total-count'];
      const total = count !== undefined && /^\d{1,12}$/.test(count) ? Number(count) : undefined;
      const more = total === undefined ? answer.data.length === pageSize : answer.data.length > 0 && number * pageSize < total;
      return { page: { items: answer.data, total }, next: more ? number + 1 : undefined };
    },
    { service, url: new URL(`/api/v2.0${path}`, ctx.url), signal: ctx.signal },
  );
}

/** Repositories of the projects that the account may see, one project after the other; empty ones are passed over. */
export async function* allRepositories(ctx: HarborContext): AsyncGenerator<ListPage<RepositoryInfo>> {
  for await (const { items } of harborPages(ctx, '/projects', {}, projects)) {
    for (const { name, repo_count: count, metadata } of items) {
      if (count === 0) continue;
      for await (const page of projectRepositories(ctx, name)) {
        // Totals are per project, so they say nothing of the whole.
        yield { items: page.items.map((item) => (metadata?.public ? { ...item, public: metadata.public === 'true' } : item)) };
      }
    }
  }
}

export async function* projectRepositories(ctx: HarborContext, project: string): AsyncGenerator<ListPage<RepositoryInfo>> {
  for await (const { items, total } of harborPages(ctx, `/projects/${encodeURIComponent(project)}/repositories`, {}, repositories)) {
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

export async function* artifactTags(ctx: HarborContext, repository: string): AsyncGenerator<ListPage<TagInfo>> {
  const slash = repository.indexOf('/');
  const project = encodeURIComponent(repository.slice(0, slash));
  // Harbor's router decodes a path twice, so that a slash in a name has to be encoded twice.
  const name = encodeURIComponent(encodeURIComponent(repository.slice(slash + 1)));
  const query = { with_tag: 'true', sort: '-push_time', q: 'tags=*' };
  for await (const { items } of harborPages(ctx, `/projects/${project}/repositories/${name}/artifacts`, query, z.array(artifact)))
    yield { items: items.flatMap(tagInfos) };
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
