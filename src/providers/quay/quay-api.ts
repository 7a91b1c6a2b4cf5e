import { z } from 'zod';
import { RegistryError } from '../../core/errors.ts';
import { callApi, invalidAnswer } from '../../provider/api.ts';
import type { CatalogContext, ListPage, RepositoryInfo, TagInfo } from '../../provider/define.ts';
import { pages } from '../../provider/paging.ts';

const service = 'Quay';
/** Both the API and the registry cap their pages at this. */
const pageSize = 100;

const repositories = z.object({
  repositories: z.array(
    z.object({
      namespace: z.string(),
      name: z.string(),
      description: z.string().nullish(),
      is_public: z.boolean().nullish(),
      /** Epoch seconds of the newest tag. */
      last_modified: z.number().nullish(),
    }),
  ),
  next_page: z.string().nullish(),
});

const tags = z.object({
  tags: z.array(
    z.object({
      name: z.string(),
      manifest_digest: z.string().nullish(),
      is_manifest_list: z.boolean().nullish(),
      size: z.number().nullish(),
      /** Epoch seconds since when the tag points there. */
      start_ts: z.number().nullish(),
    }),
  ),
  has_additional: z.boolean(),
});

const catalog = z.object({ repositories: z.array(z.string()).nullish() });

type QuaySignIn =
  | { method: 'oauth'; accessToken: string }
  | { method: 'robot' | 'user'; username: string; password: string }
  | { method: 'federation' | 'anonymous' };
type QuayContext = Pick<CatalogContext, 'url' | 'http' | 'clock' | 'signal' | 'client'> & { signIn: QuaySignIn };

/** What the API takes: an OAuth access token, also where it was entered as `docker login` wants it, as the password of `$oauthtoken`. */
export function accessTokenOf(signIn: QuaySignIn): string | undefined {
  if (signIn.method === 'oauth') return signIn.accessToken;
  return (signIn.method === 'robot' || signIn.method === 'user') && signIn.username === '$oauthtoken' ? signIn.password : undefined;
}

/** Whether the API shut the door: 401 and 403, or 404, which hides what may not be seen. */
export function isRefusal(error: unknown): boolean {
  return error instanceof RegistryError && (error.status === 401 || error.status === 403 || error.status === 404);
}

/** Repositories of a namespace that everybody may read; with an access token, also those that its owner may. */
export async function* publicRepositories(ctx: QuayContext, namespace: string): AsyncGenerator<ListPage<RepositoryInfo>> {
  const url = new URL('/api/v1/repository', ctx.url);
  const found = pages<z.output<typeof repositories>, string>(
    async (cursor) => {
      const page = await callQuay(
        ctx,
        url,
        { namespace, public: 'true', last_modified: 'true', ...(cursor && { next_page: cursor }) },
        repositories,
      );
      return { page, next: page.next_page || undefined };
    },
    { service, url, signal: ctx.signal },
  );
  for await (const page of found) {
    yield {
      items: page.repositories.map((item) => ({
        name: `${item.namespace}/${item.name}`,
        description: item.description || undefined,
        public: item.is_public ?? undefined,
        updatedAt: seconds(item.last_modified),
      })),
    };
  }
}

/**
 * Repositories that whoever is signed in was given access to, from `/v2/_catalog`. It is asked here and not by the client,
 * because Quay's token server refuses the scope `registry:catalog:*` and wants none, and because its cursor is no name but an
 * encrypted `next_page`, which changes each time (endpoints/v2/v2auth.py, endpoints/v2/__init__.py).
 */
export async function* visibleRepositories(ctx: QuayContext): AsyncGenerator<ListPage<RepositoryInfo>> {
  const url = new URL('/v2/_catalog', ctx.url);
  const facts = { service, method: 'GET', url };
  const found = pages<string[], string>(
    async (cursor) => {
      const query = new URLSearchParams({ n: String(pageSize), ...(cursor !== undefined && { next_page: cursor }) });
      const answer = await ctx.client.request(`${url.pathname}?${query.toString()}`, { signal: ctx.signal });
      const body = catalog.safeParse(answer.json());
      if (!body.success) throw invalidAnswer(facts, 'JSON of another shape than documented');
      return {
        page: body.data.repositories ?? [],
        next: cursorOf(answer.headers.link, () => invalidAnswer(facts, 'a link to a next page that cannot be followed')),
      };
    },
    { service, url, signal: ctx.signal },
  );
  for await (const names of found) yield { items: names.map((name) => ({ name })) };
}

/** Tags as they are now, newest first, with digest, time and, for single images, size. */
export async function* quayTags(ctx: QuayContext, repository: string): AsyncGenerator<ListPage<TagInfo>> {
  const url = new URL(`/api/v1/repository/${repository.split('/').map(encodeURIComponent).join('/')}/tag/`, ctx.url);
  const found = pages<z.output<typeof tags>, number>(
    async (number = 1) => {
      const page = await callQuay(ctx, url, { limit: String(pageSize), page: String(number), onlyActiveTags: 'true' }, tags);
      return { page, next: page.has_additional && page.tags.length > 0 ? number + 1 : undefined };
    },
    { service, url, signal: ctx.signal },
  );
  for await (const page of found) {
    yield {
      items: page.tags.map((tag) => ({
        name: tag.name,
        digest: tag.manifest_digest ?? undefined,
        pushedAt: seconds(tag.start_ts),
        size: tag.is_manifest_list ? undefined : (tag.size ?? undefined),
      })),
    };
  }
}

async function callQuay<T>(ctx: QuayContext, base: URL, query: Record<string, string>, schema: z.ZodType<T>): Promise<T> {
  const url = new URL(base);
  url.search = new URLSearchParams(query).toString();
  const token = accessTokenOf(ctx.signIn);
  const headers: Record<string, string> = token === undefined ? {} : { authorization: `Bearer ${token}` };
  const { data } = await callApi(ctx.http, url, schema, { service, now: ctx.clock.now(), headers, signal: ctx.signal });
  return data;
}

/** `next_page` of the link to the next page; nothing else of it is used, so that it can lead nowhere else. */
function cursorOf(link: string | undefined, unreadable: () => Error): string | undefined {
  if (!link) return undefined;
  const target = /^<([^<>]{1,8000})>; ?rel="?next"?$/.exec(link)?.[1];
  const query = target === undefined ? undefined : URL.parse(target, 'https://quay.invalid')?.searchParams;
  const cursor = query?.get('next_page') ?? query?.get('last');
  // A listing that goes on is not whole without what follows.
  if (!cursor) throw unreadable();
  return cursor;
}

function seconds(time: number | null | undefined): number | undefined {
  return time ? time * 1000 : undefined;
}
