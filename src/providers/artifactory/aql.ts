import { z } from 'zod';
import { RegistryError } from '../../core/errors.ts';
import { callApi, invalidAnswer } from '../../provider/api.ts';
import type { ListPage, TagInfo } from '../../provider/define.ts';
import { pages } from '../../provider/paging.ts';
import { patiently } from '../../provider/patience.ts';
import { timeOf } from '../../provider/time.ts';
import { type ArtifactoryContext, authorization, service } from './artifactory-api.ts';

const pageSize = 1000;
const indexFile = 'list.manifest.json';

const answer = z.object({
  results: z.array(
    z.object({
      repo: z.string(),
      path: z.string(),
      name: z.string(),
      modified: z.string().nullish(),
      created: z.string().nullish(),
      sha256: z
        .string()
        .regex(/^[0-9a-f]{64}$/)
        .nullish()
        .catch(undefined),
    }),
  ),
  range: z.object({ notification: z.string().nullish() }).nullish(),
});

type Item = z.output<typeof answer>['results'][number];

/**
 * Tags as the registry names them, with digest and time of those that Artifactory itself stores. The registry's list is the
 * truth: of a remote repository it also names what is not cached yet, and of a virtual one what is behind it.
 */
export async function* datedTags(ctx: ArtifactoryContext, repository: string): AsyncGenerator<ListPage<TagInfo>> {
  const place = placeOf(ctx, repository);
  const known = place && ctx.signIn.method !== 'anonymous' ? await storedManifests(ctx, place) : undefined;
  for await (const names of ctx.client.repository(repository).listTags({ signal: ctx.signal })) {
    yield { items: names.map((name) => ({ name, ...known?.get(name) })) };
  }
}

/** Repository key and image: with the path method the first part of the name, otherwise the host's repository. */
function placeOf({ settings }: ArtifactoryContext, repository: string): { key: string; image: string } | undefined {
  if (settings.dockerAccess !== 'path')
    return settings.repositoryKey === undefined ? undefined : { key: settings.repositoryKey, image: repository };
  const slash = repository.indexOf('/');
  return slash < 1 ? undefined : { key: repository.slice(0, slash), image: repository.slice(slash + 1) };
}

/**
 * Manifests of an image by tag: AQL tells the files `<image>/<tag>/manifest.json` and `…/list.manifest.json`, whose SHA-256 is
 * the digest. Undefined when this account may not search; then the names alone have to do.
 */
async function storedManifests(
  ctx: ArtifactoryContext,
  { key, image }: { key: string; image: string },
): Promise<ReadonlyMap<string, Partial<TagInfo>> | undefined> {
  const url = new URL('/artifactory/api/search/aql', ctx.url);
  const criteria = {
    repo: key,
    path: { $match: `${image}/*` },
    $or: [{ name: 'manifest.json' }, { name: indexFile }],
  };
  const found = new Map<string, Item | 'ambiguous'>();
  try {
    const answers = pages<z.output<typeof answer>, number>(
      async (offset = 0) => {
        // Accounts that are no administrators have to ask for repo, path and name; what is sorted by has to be included as well.
        const query = `items.find(${JSON.stringify(criteria)}).include("repo","path","name","created","modified","sha256").sort({"$asc":["path","name"]}).offset(${offset}).limit(${pageSize})`;
        const { data } = await patiently(ctx, () =>
          callApi(ctx.http, url, answer, {
            service,
            now: ctx.clock.now(),
            method: 'POST',
            headers: { ...authorization(ctx.signIn), 'content-type': 'text/plain' },
            body: query,
            idempotent: true,
            signal: ctx.signal,
          }),
        );
        if (data.range?.notification) throw invalidAnswer({ service, method: 'POST', url }, 'a search that it has cut short');
        return { page: data, next: data.results.length === pageSize ? offset + pageSize : undefined };
      },
      { service, url, signal: ctx.signal },
    );
    for await (const { results } of answers) for (const item of results) keep(found, item, `${image}/`);
  } catch (error) {
    if (error instanceof RegistryError && (error.status === 401 || error.status === 403 || error.status === 404 || error.status === 400))
      return undefined;
    throw error;
  }
  return new Map([...found].map(([tag, item]) => [tag, item === 'ambiguous' ? {} : infoOf(item)]));
}

/**
 * Deeper paths belong to other images. An index comes before the image that was under its tag earlier. Behind a virtual repository two may hold a tag of the same name: then which one counts
 * is not known.
 */
function keep(found: Map<string, Item | 'ambiguous'>, item: Item, prefix: string): void {
  const tag = item.path.startsWith(prefix) ? item.path.slice(prefix.length) : '';
  if (tag === '' || tag.includes('/') || tag.startsWith('sha256:')) return;
  const before = found.get(tag);
  if (before === 'ambiguous') return;
  if (before === undefined) found.set(tag, item);
  else if (before.repo !== item.repo) found.set(tag, 'ambiguous');
  else if (item.name === indexFile) found.set(tag, item);
}

/** The size of these files is that of the manifest, which tells nothing of the image. */
function infoOf({ sha256, modified, created }: Item): Partial<TagInfo> {
  return { digest: sha256 ? `sha256:${sha256}` : undefined, pushedAt: timeOf(modified) ?? timeOf(created) };
}
