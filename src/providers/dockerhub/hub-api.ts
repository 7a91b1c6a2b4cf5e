import { z } from 'zod';
import { CredentialError, RegistryError } from '../../core/errors.ts';
import { formatPlatform } from '../../oci/index.ts';
import { callApi, statusError } from '../../provider/api.ts';
import type { ListPage, ProviderContext, RepositoryInfo, TagInfo } from '../../provider/define.ts';
import { endpointOf } from '../../provider/endpoint.ts';
import { forget, remember } from '../../provider/memory.ts';
import { pages } from '../../provider/paging.ts';
import { timeOf } from '../../provider/time.ts';

export const service = 'Docker Hub';
export const endpoints = { hub: 'https://hub.docker.com' };
/** The largest that the API gives. */
const pageSize = 100;
/** Sessions of the API are good for ten minutes. */
const sessionTime = 9 * 60_000;

const repositoryPage = z.object({
  count: z.int().optional(),
  next: z.string().nullish(),
  results: z.array(
    z.object({
      name: z.string(),
      namespace: z.string(),
      is_private: z.boolean().nullish(),
      pull_count: z.number().nullish(),
      description: z.string().nullish(),
      last_updated: z.string().nullish(),
      date_registered: z.string().nullish(),
    }),
  ),
});

const hubImage = z.object({
  architecture: z.string().nullish(),
  os: z.string().nullish(),
  variant: z.string().nullish(),
  size: z.number().nullish(),
});

const hubTag = z.object({
  name: z.string(),
  digest: z.string().nullish(),
  media_type: z.string().nullish(),
  tag_last_pushed: z.string().nullish(),
  tag_last_pulled: z.string().nullish(),
  last_updated: z.string().nullish(),
  images: z.array(hubImage).nullish(),
});

const tagPage = z.object({ count: z.int().optional(), next: z.string().nullish(), results: z.array(hubTag) });

export type HubSignIn =
  | { method: 'token'; username: string; password: string }
  | { method: 'organization'; organization: string; accessToken: string }
  | { method: 'anonymous' };

export type HubContext = Pick<ProviderContext, 'http' | 'clock' | 'signal' | 'endpoints'> & { signIn: HubSignIn };

/** Who signs in to the Hub API; undefined for nobody. */
export function accountOf(signIn: HubSignIn): { identifier: string; secret: string } | undefined {
  switch (signIn.method) {
    case 'token':
      return { identifier: signIn.username, secret: signIn.password };
    case 'organization':
      return { identifier: signIn.organization, secret: signIn.accessToken };
    case 'anonymous':
      return undefined;
  }
}

/** Whether the API refused for lack of rights, rather than failed. */
export function isRefusal(error: unknown): error is RegistryError {
  return error instanceof RegistryError && (error.status === 401 || error.status === 403);
}

/** Pages of the repositories of a user or organisation. */
export async function* hubRepositories(ctx: HubContext, namespace: string): AsyncGenerator<ListPage<RepositoryInfo>> {
  const path = `/v2/namespaces/${encodeURIComponent(namespace.toLowerCase())}/repositories`;
  for await (const { results, count } of hubPages(ctx, path, repositoryPage)) yield { items: results.map(repositoryInfo), total: count };
}

/** Pages of the tags of a repository. */
export async function* hubTags(ctx: HubContext, namespace: string, name: string): AsyncGenerator<ListPage<TagInfo>> {
  const path = `/v2/namespaces/${encodeURIComponent(namespace)}/repositories/${encodeURIComponent(name)}/tags`;
  for await (const { results, count } of hubPages(ctx, path, tagPage)) yield { items: results.map(tagInfo), total: count };
}

/** The pages of a Hub listing. They are numbered; the link to the next one only tells that there is one. */
function hubPages<P extends { next?: string | null }>(ctx: HubContext, path: string, schema: z.ZodType<P>): AsyncGenerator<P> {
  const url = new URL(`${endpointOf({ id: 'dockerhub', endpoints }, ctx, 'hub')}${path}`);
  return pages<P, number>(
    async (number = 1) => {
      const page = new URL(url);
      page.search = new URLSearchParams({ page: String(number), page_size: String(pageSize) }).toString();
      const data = await callHub(ctx, page, schema);
      return { page: data, next: data.next ? number + 1 : undefined };
    },
    { service, url, signal: ctx.signal },
  );
}

/** Deletes a tag. What it points to is left to Docker Hub. Not in Docker's published reference; public programs delete so. */
export async function deleteHubTag(ctx: HubContext, namespace: string, name: string, tag: string): Promise<void> {
  const parts = [namespace, 'repositories', name, 'tags', tag].map((part) => encodeURIComponent(part));
  const url = new URL(`${endpointOf({ id: 'dockerhub', endpoints }, ctx, 'hub')}/v2/namespaces/${parts.join('/')}`);
  await withSession(ctx, async (headers) => {
    const response = await ctx.http.send(url, { method: 'DELETE', headers, signal: ctx.signal });
    if (response.status < 200 || response.status > 299) throw statusError({ service, method: 'DELETE', url }, response, ctx.clock.now());
  });
}

async function callHub<T>(ctx: HubContext, url: URL, schema: z.ZodType<T>): Promise<T> {
  return withSession(ctx, async (headers) => {
    return (await callApi(ctx.http, url, schema, { service, now: ctx.clock.now(), headers, signal: ctx.signal })).data;
  });
}

async function withSession<T>(ctx: HubContext, send: (headers: Record<string, string>) => Promise<T>): Promise<T> {
  const call = async () => {
    const session = await hubSession(ctx);
    return send(session === undefined ? {} : { authorization: `Bearer ${session}` });
  };
  try {
    return await call();
  } catch (error) {
    // A session can end before its time, for instance when the token was changed.
    if (!(error instanceof RegistryError && error.status === 401) || ctx.signIn.method === 'anonymous') throw error;
    forget(ctx.http, 'dockerhub');
    return call();
  }
}

/** A session of the Hub API (`POST /v2/auth/token`), kept for nine of its ten minutes; undefined for anonymous callers. */
async function hubSession(ctx: HubContext): Promise<string | undefined> {
  const account = accountOf(ctx.signIn);
  if (!account) return undefined;
  const url = new URL(`${endpointOf({ id: 'dockerhub', endpoints }, ctx, 'hub')}/v2/auth/token`);
  return remember(ctx, 'dockerhub', [url.href, account.identifier, account.secret], async () => {
    const now = ctx.clock.now();
    const body = JSON.stringify(account);
    try {
      const answer = await callApi(ctx.http, url, z.object({ access_token: z.string().min(1) }), {
        service,
        now,
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body,
        maxBytes: 64 * 1024,
        idempotent: true,
        signal: ctx.signal,
      });
      return { value: answer.data.access_token, until: now + sessionTime };
    } catch (error) {
      if (!isRefusal(error)) throw error;
      throw new CredentialError(`${service} refused the sign-in of “${account.identifier}”.`, {
        code: 'credential_refused',
        cause: error,
        context: { service, status: error.status },
      });
    }
  });
}

function repositoryInfo(repository: z.output<typeof repositoryPage>['results'][number]): RepositoryInfo {
  return {
    name: `${repository.namespace}/${repository.name}`,
    createdAt: timeOf(repository.date_registered),
    updatedAt: timeOf(repository.last_updated),
    pullCount: repository.pull_count ?? undefined,
    description: repository.description || undefined,
    public: typeof repository.is_private === 'boolean' ? !repository.is_private : undefined,
  };
}

function tagInfo(tag: z.output<typeof hubTag>): TagInfo {
  // Attestations are listed among the images, as unknown/unknown.
  const images = (tag.images ?? []).filter(({ os, architecture }) => os && architecture && os !== 'unknown');
  const platforms = images.map(({ os, architecture, variant }) =>
    formatPlatform({ os: os ?? '', architecture: architecture ?? '', variant: variant || undefined }),
  );
  return {
    name: tag.name,
    digest: tag.digest || undefined,
    pushedAt: timeOf(tag.tag_last_pushed) ?? timeOf(tag.last_updated),
    pulledAt: timeOf(tag.tag_last_pulled),
    size: images.length === 1 ? (images[0]?.size ?? undefined) : undefined,
    mediaType: tag.media_type || undefined,
    platforms: platforms.length > 0 ? [...new Set(platforms)] : undefined,
  };
}
