import { z } from 'zod';
import { RegistryError } from '../../core/errors.ts';
import { callApi } from '../../provider/api.ts';
import type { CatalogContext, ListPage, RepositoryInfo } from '../../provider/define.ts';
import { catalogPages } from '../shared/catalog-pages.ts';

export const service = 'JFrog Artifactory';

const repositories = z.array(z.object({ key: z.string(), type: z.string().nullish() }));

export type ArtifactorySignIn =
  | { method: 'anonymous' }
  | { method: 'user'; username: string; password: string }
  | { method: 'token'; accessToken: string };

export type ArtifactoryContext = Pick<CatalogContext, 'url' | 'http' | 'clock' | 'signal' | 'client' | 'namespace'> & {
  settings: { dockerAccess: 'path' | 'subdomain' | 'port'; repositoryKey?: string };
  signIn: ArtifactorySignIn;
};

export function authorization(signIn: ArtifactorySignIn): Record<string, string> {
  switch (signIn.method) {
    case 'anonymous':
      return {};
    case 'user':
      return { authorization: `Basic ${Buffer.from(`${signIn.username}:${signIn.password}`).toString('base64')}` };
    case 'token':
      return { authorization: `Bearer ${signIn.accessToken}` };
  }
}

/** Images below one repository key, or of all Docker and OCI repositories; names begin with the key. */
export async function* artifactoryRepositories(ctx: ArtifactoryContext): AsyncGenerator<ListPage<RepositoryInfo>> {
  const named = ctx.settings.repositoryKey ?? ctx.namespace?.split('/', 1)[0];
  const below = ctx.namespace ? `${ctx.namespace}/` : '';
  const found = named === undefined || named === '' ? await dockerRepositories(ctx) : [{ key: named, api: 'docker' as const }];
  for (const { key, api } of found) {
    const url = new URL(`/artifactory/api/${api}/${encodeURIComponent(key)}/v2/_catalog`, ctx.url);
    for await (const names of catalogPages(ctx, { service, url, headers: authorization(ctx.signIn) })) {
      yield { items: names.map((name) => ({ name: `${key}/${name}` })).filter(({ name }) => name.startsWith(below)) };
    }
  }
}

/** What a host that stands for one repository lists itself. */
export async function* hostRepositories({ client, signal, namespace }: ArtifactoryContext): AsyncGenerator<ListPage<RepositoryInfo>> {
  const below = namespace ? `${namespace}/` : '';
  for await (const names of client.listRepositories({ signal }))
    yield { items: names.filter((name) => name.startsWith(below)).map((name) => ({ name })) };
}

/** Remote repositories are left out: their catalog is another registry's, whole or not at all. */
async function dockerRepositories(ctx: ArtifactoryContext): Promise<{ key: string; api: 'docker' | 'oci' }[]> {
  const found: { key: string; api: 'docker' | 'oci' }[] = [];
  for (const api of ['docker', 'oci'] as const) {
    const url = new URL(`/artifactory/api/repositories?packageType=${api}`, ctx.url);
    const answer = await callApi(ctx.http, url, repositories, {
      service,
      now: ctx.clock.now(),
      headers: authorization(ctx.signIn),
      signal: ctx.signal,
    }).catch((error: unknown) => {
      // Before 7.90 there are no OCI repositories, and the filter for them is refused.
      if (api === 'oci' && error instanceof RegistryError && error.status === 400) return undefined;
      throw error;
    });
    for (const { key, type } of answer?.data ?? []) if (type?.toUpperCase() !== 'REMOTE') found.push({ key, api });
  }
  return found;
}
