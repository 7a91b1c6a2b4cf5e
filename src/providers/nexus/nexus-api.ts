import { z } from 'zod';
import { InvalidSettings, RegistryError } from '../../core/errors.ts';
import { callApi } from '../../provider/api.ts';
import type { CatalogContext, ListPage, RepositoryInfo, TagInfo } from '../../provider/define.ts';
import { pages } from '../../provider/paging.ts';
import { timeOf } from '../../provider/time.ts';
import { catalogPages } from '../shared/catalog-pages.ts';

const service = 'Nexus';

const repositories = z.array(z.object({ name: z.string(), format: z.string().nullish() }));

const components = z.object({
  items: z.array(
    z.object({
      repository: z.string().nullish(),
      name: z.string(),
      version: z.string().nullish(),
      assets: z
        .array(
          z.object({
            path: z.string(),
            contentType: z.string().nullish(),
            lastModified: z.string().nullish(),
            blobCreated: z.string().nullish(),
            checksum: z.object({ sha256: z.string().nullish() }).nullish(),
          }),
        )
        .nullish(),
    }),
  ),
  continuationToken: z.string().nullish(),
});

type Component = z.output<typeof components>['items'][number];

type NexusSignIn =
  | { method: 'anonymous' }
  | { method: 'user'; username: string; password: string }
  | { method: 'user-token'; tokenName: string; tokenPass: string };

type NexusContext = Pick<CatalogContext, 'url' | 'http' | 'clock' | 'signal' | 'client' | 'namespace'> & {
  settings: { connector: 'path' | 'subdomain' | 'port'; repositoryName?: string; nexusUrl?: string };
  signIn: NexusSignIn;
};

/** Images of one repository, or of all Docker repositories; names begin with that of the repository. */
export async function* nexusRepositories(ctx: NexusContext): AsyncGenerator<ListPage<RepositoryInfo>> {
  const named = ctx.settings.repositoryName ?? ctx.namespace?.split('/', 1)[0];
  const below = ctx.namespace ? `${ctx.namespace}/` : '';
  for (const key of named ? [named] : await dockerRepositories(ctx)) {
    const url = nexusUrl(ctx, `/repository/${encodeURIComponent(key)}/v2/_catalog`);
    for await (const names of catalogPages(ctx, { service, url, headers: authorization(ctx.signIn) })) {
      yield { items: names.map((name) => ({ name: `${key}/${name}` })).filter(({ name }) => name.startsWith(below)) };
    }
  }
}

/** What a connector lists itself. */
export async function* hostRepositories({ client, signal, namespace }: NexusContext): AsyncGenerator<ListPage<RepositoryInfo>> {
  const below = namespace ? `${namespace}/` : '';
  for await (const names of client.listRepositories({ signal }))
    yield { items: names.filter((name) => name.startsWith(below)).map((name) => ({ name })) };
}

/**
 * Tags as the registry names them, with digest and time as far as Nexus' search knows them. The registry's list is the truth: the
 * search lags a little behind.
 */
export async function* datedTags(ctx: NexusContext, repository: string): AsyncGenerator<ListPage<TagInfo>> {
  const place = placeOf(ctx, repository);
  const known = place && (await searchTags(ctx, place));
  for await (const names of ctx.client.repository(repository).listTags({ signal: ctx.signal })) {
    yield { items: names.map((name) => ({ name, ...known?.get(name) })) };
  }
}

/** Repository and image. A connector's port has no REST API, so that without the Nexus URL there is no search. */
function placeOf({ settings }: NexusContext, repository: string): { key: string; image: string } | undefined {
  if (settings.connector === 'path') {
    const slash = repository.indexOf('/');
    return slash < 1 ? undefined : { key: repository.slice(0, slash), image: repository.slice(slash + 1) };
  }
  if (settings.repositoryName === undefined || (settings.connector === 'port' && settings.nexusUrl === undefined)) return undefined;
  return { key: settings.repositoryName, image: repository };
}

/** What the search tells of an image's tags. Undefined when this account may not search, or there is no REST API there. */
async function searchTags(
  ctx: NexusContext,
  { key, image }: { key: string; image: string },
): Promise<ReadonlyMap<string, Partial<TagInfo>> | undefined> {
  const url = nexusUrl(ctx, '/service/rest/v1/search');
  const found = new Map<string, { member: string; info: Partial<TagInfo> }>();
  try {
    const answers = pages<readonly Component[], string>(
      async (continuationToken) => {
        const page = new URL(url);
        page.search = new URLSearchParams({
          repository: key,
          format: 'docker',
          'docker.imageName': image,
          ...(continuationToken !== undefined && { continuationToken }),
        }).toString();
        const headers = authorization(ctx.signIn);
        const { data } = await callApi(ctx.http, page, components, { service, now: ctx.clock.now(), headers, signal: ctx.signal });
        return { page: data.items, next: data.continuationToken || undefined };
      },
      { service, url, signal: ctx.signal },
    );
    for await (const items of answers) for (const item of items) if (item.name === image) keep(found, item);
  } catch (error) {
    if (error instanceof RegistryError && (error.code === 'invalid_answer' || [400, 401, 403, 404, 405].includes(error.status ?? 0)))
      return undefined;
    throw error;
  }
  return new Map([...found].map(([tag, { info }]) => [tag, info]));
}

/** Behind a group two members may hold a tag of the same name: then which one counts is not known. */
function keep(found: Map<string, { member: string; info: Partial<TagInfo> }>, item: Component): void {
  if (!item.version) return;
  const member = item.repository ?? '';
  const before = found.get(item.version);
  found.set(item.version, { member, info: before && before.member !== member ? {} : infoOf(item, item.version) });
}

/** A component's asset is the manifest itself: its SHA-256 is the digest, its size tells nothing of the image. */
function infoOf({ assets }: Component, version: string): Partial<TagInfo> {
  const manifest = assets?.find(({ path }) => path.endsWith(`/manifests/${version}`));
  if (!manifest) return {};
  const sha256 = manifest.checksum?.sha256;
  return {
    digest: sha256 && /^[0-9a-f]{64}$/.test(sha256) ? `sha256:${sha256}` : undefined,
    pushedAt: timeOf(manifest.lastModified) ?? timeOf(manifest.blobCreated),
    mediaType: manifest.contentType || undefined,
  };
}

async function dockerRepositories(ctx: NexusContext): Promise<string[]> {
  const url = nexusUrl(ctx, '/service/rest/v1/repositories');
  const headers = authorization(ctx.signIn);
  const { data } = await callApi(ctx.http, url, repositories, { service, now: ctx.clock.now(), headers, signal: ctx.signal });
  return data.filter(({ format }) => format === 'docker').map(({ name }) => name);
}

/** @throws InvalidSettings when the REST API would get the password in clear although the registry does not */
function nexusUrl({ url, settings }: NexusContext, path: string): URL {
  const base = settings.nexusUrl === undefined ? url : new URL(settings.nexusUrl);
  if (base.protocol === 'http:' && url.protocol === 'https:') {
    const message = 'The Nexus URL begins with http://, and the password would go there unprotected. Enter https://.';
    throw new InvalidSettings(message, [{ field: 'fields.nexusUrl', message }]);
  }
  return new URL(`${base.pathname.replace(/\/$/, '')}${path}`, base);
}

function authorization(signIn: NexusSignIn): Record<string, string> {
  if (signIn.method === 'anonymous') return {};
  const [name, pass] = signIn.method === 'user' ? [signIn.username, signIn.password] : [signIn.tokenName, signIn.tokenPass];
  return { authorization: `Basic ${Buffer.from(`${name}:${pass}`).toString('base64')}` };
}
