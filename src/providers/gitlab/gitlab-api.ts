import { z } from 'zod';
import { InvalidSettings, RegistryError } from '../../core/errors.ts';
import { type ApiCall, callApi } from '../../provider/api.ts';
import type { CatalogContext, ListPage, RepositoryInfo, TagInfo } from '../../provider/define.ts';
import { endpointOf } from '../../provider/endpoint.ts';
import { remember } from '../../provider/memory.ts';
import { pages } from '../../provider/paging.ts';
import { patiently } from '../../provider/patience.ts';
import { timeOf } from '../../provider/time.ts';
import { nextPage } from '../shared/next-page.ts';

export const service = 'GitLab';
export const endpoints = { gitlab: 'https://gitlab.com' };
const pageSize = 100;
/** How long the number of a repository is kept, milliseconds. */
const idTime = 10 * 60_000;

export type GitLabSignIn =
  | { method: 'token'; username: string; token: string }
  | { method: 'access-token'; accessToken: string }
  | { method: 'deploy-token'; username: string; deployToken: string }
  | { method: 'job-token'; jobToken: string }
  | { method: 'anonymous' };

export type GitLabContext = Pick<CatalogContext, 'url' | 'http' | 'clock' | 'signal' | 'endpoints' | 'client'> & {
  settings: { gitlabUrl?: string };
  signIn: GitLabSignIn;
};

const repositoryPage = z.array(
  z.object({ id: z.int(), path: z.string(), created_at: z.string().nullish(), tags_count: z.number().nullish() }),
);

const tagPage = z.object({
  data: z
    .object({
      containerRepository: z
        .object({
          tags: z
            .object({
              nodes: z
                .array(
                  z
                    .object({
                      name: z.string(),
                      digest: z.string().nullish(),
                      createdAt: z.string().nullish(),
                      totalSize: z.union([z.string(), z.number()]).nullish(),
                    })
                    .nullable(),
                )
                .nullish(),
              pageInfo: z.object({ hasNextPage: z.boolean(), endCursor: z.string().nullish() }),
            })
            .nullish(),
        })
        .nullish(),
    })
    .nullish(),
  errors: z.array(z.object({ message: z.string() })).nullish(),
});

const tagQuery = `query($id: ContainerRepositoryID!, $after: String) {
  containerRepository(id: $id) {
    tags(first: ${pageSize}, after: $after) { nodes { name digest createdAt totalSize } pageInfo { hasNextPage endCursor } }
  }
}`;

/** Whether the API refused, or knows nothing of it, which it says of what one may not see. */
export function isRefusal(error: unknown): boolean {
  return error instanceof RegistryError && (error.status === 401 || error.status === 403 || error.status === 404);
}

/** Repositories of a group with its subgroups, or of a project. */
export async function* gitlabRepositories(ctx: GitLabContext, namespace: string): AsyncGenerator<ListPage<RepositoryInfo>> {
  const id = encodeURIComponent(namespace);
  // A job's token is good for its own project alone.
  const kinds = ctx.signIn.method === 'job-token' ? ['projects'] : ['groups', 'projects'];
  for (const [index, kind] of kinds.entries()) {
    let begun = false;
    try {
      for await (const page of walk(ctx, `/api/v4/${kind}/${id}/registry/repositories?per_page=${pageSize}`)) {
        begun = true;
        yield {
          items: page.map(({ path, created_at: created, tags_count: count }) => ({
            name: path,
            createdAt: timeOf(created),
            tagCount: count ?? undefined,
          })),
        };
      }
      return;
    } catch (error) {
      if (begun || index === kinds.length - 1 || !(error instanceof RegistryError && error.status === 404)) throw error;
    }
  }
}

/** Tags with digest, time and size by GraphQL: REST tells names alone, and the rest of each tag by a call of its own. */
export async function* gitlabTags(ctx: GitLabContext, repository: string): AsyncGenerator<ListPage<TagInfo>> {
  const number = await repositoryId(ctx, repository);
  const url = new URL(`${await baseOf(ctx)}/api/graphql`);
  const found = pages<TagInfo[], string>(
    async (after) => {
      const body = JSON.stringify({
        query: tagQuery,
        variables: { id: `gid://gitlab/ContainerRepository/${number}`, after: after ?? null },
      });
      const { data } = await call(ctx, url, tagPage, { method: 'POST', body, idempotent: true });
      const tags = data.data?.containerRepository?.tags;
      if (!tags) throw unseen(url, repository);
      const page = (tags.nodes ?? []).flatMap((node) => (node ? [tagInfo(node)] : []));
      return { page, next: tags.pageInfo.hasNextPage ? (tags.pageInfo.endCursor ?? undefined) : undefined };
    },
    { service, url, signal: ctx.signal },
  );
  for await (const items of found) yield { items };
}

function tagInfo(node: { name: string; digest?: string | null; createdAt?: string | null; totalSize?: string | number | null }): TagInfo {
  const size = Number(node.totalSize ?? 0);
  return {
    name: node.name,
    digest: node.digest ?? undefined,
    pushedAt: timeOf(node.createdAt),
    size: Number.isSafeInteger(size) && size > 0 ? size : undefined,
  };
}

/** The number of a repository. Its name begins with its project's path, which may be of any length: each is asked, the shortest first. */
function repositoryId(ctx: GitLabContext, repository: string): Promise<number> {
  return remember(ctx, `gitlab-${repository}`, [JSON.stringify(ctx.signIn)], async () => {
    const parts = repository.split('/').slice(0, 24);
    for (let length = 2; length <= parts.length; length++) {
      const project = encodeURIComponent(parts.slice(0, length).join('/'));
      try {
        for await (const page of walk(ctx, `/api/v4/projects/${project}/registry/repositories?per_page=${pageSize}`)) {
          const found = page.find(({ path }) => path === repository);
          if (found) return { value: found.id, until: ctx.clock.now() + idTime };
        }
      } catch (error) {
        if (!(error instanceof RegistryError && error.status === 404)) throw error;
      }
    }
    throw unseen(new URL(`${await baseOf(ctx)}/api/v4/projects`), repository);
  });
}

function unseen(url: URL, repository: string): RegistryError {
  return new RegistryError(`GitLab (${url.host}) knows no repository ${repository}, or does not show it to this account.`, {
    code: 'registry_not_found',
    method: 'GET',
    url: `${url.origin}${url.pathname}`,
    status: 404,
  });
}

async function* walk(ctx: GitLabContext, path: string): AsyncGenerator<z.output<typeof repositoryPage>> {
  const first = new URL(`${await baseOf(ctx)}${path}`);
  yield* pages<z.output<typeof repositoryPage>, string>(
    async (cursor = first.href) => {
      const url = new URL(cursor);
      const { data, headers } = await call(ctx, url, repositoryPage, {});
      return { page: data, next: nextPage(headers['link'], url)?.href };
    },
    { service, url: first, signal: ctx.signal },
  );
}

function call<T>(ctx: GitLabContext, url: URL, schema: z.ZodType<T>, request: Partial<ApiCall>) {
  const headers = { ...authorization(ctx.signIn), ...(request.body !== undefined && { 'content-type': 'application/json' }) };
  const rest = { ...request, headers, signal: ctx.signal, maxBytes: 16 * 1024 * 1024 };
  return patiently(ctx, () => callApi(ctx.http, url, schema, { ...rest, service, now: ctx.clock.now() }));
}

/** Deploy tokens do not open the API, and nothing of it is open to those who do not sign in to a private project. */
function authorization(signIn: GitLabSignIn): Record<string, string> {
  switch (signIn.method) {
    case 'token':
      return { 'private-token': signIn.token };
    case 'access-token':
      return { 'private-token': signIn.accessToken };
    case 'job-token':
      return { 'job-token': signIn.jobToken };
    case 'deploy-token':
    case 'anonymous':
      return {};
  }
}

/**
 * GitLab itself, which is often on another host than its registry: as entered, gitlab.com, or where the registry's token server is. A
 * credential goes there only if that server was trusted with it already, which the client sees to.
 */
async function baseOf(ctx: GitLabContext): Promise<string> {
  const known = knownBase(ctx);
  if (known !== undefined) return known;
  const { realm } = await ctx.client.authenticate([], { signal: ctx.signal });
  const base = /^(https?:\/\/[^?#]+)\/jwt\/auth(?:\?|$)/.exec(realm ?? '')?.[1];
  if (base !== undefined) return base;
  const message = 'Where GitLab itself is cannot be read from this registry: enter its URL.';
  throw new InvalidSettings(message, [{ field: 'fields.gitlabUrl', message }]);
}

/** GitLab itself where that is known without asking the registry. */
export function knownBase(ctx: Pick<GitLabContext, 'url' | 'endpoints' | 'settings'>): string | undefined {
  if (ctx.settings.gitlabUrl !== undefined) return ctx.settings.gitlabUrl.replace(/\/$/, '');
  return ctx.url.hostname === 'registry.gitlab.com' ? endpointOf({ id: 'gitlab', endpoints }, ctx, 'gitlab') : undefined;
}
