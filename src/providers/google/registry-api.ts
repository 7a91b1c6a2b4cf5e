import { z } from 'zod';
import { InvalidSettings } from '../../core/errors.ts';
import { type CallFacts, callApi, invalidAnswer } from '../../provider/api.ts';
import type { CatalogContext, ListPage, RepositoryInfo, TagInfo } from '../../provider/define.ts';
import { endpointOf } from '../../provider/endpoint.ts';
import { remember } from '../../provider/memory.ts';
import { pages } from '../../provider/paging.ts';
import { patiently } from '../../provider/patience.ts';
import { timeOf } from '../../provider/time.ts';
import { nextPage } from '../shared/next-page.ts';
import { accessToken, endpoints, type GoogleSignIn, keyOf } from './access-token.ts';
import { placeOf, splitName } from './hosts.ts';

export const service = 'Artifact Registry';
/** Names that `tags/list` gives at most; beyond it the answer is not whole and does not say so. */
export const listLimit = 10_000;
const pageSize = 1000;
/** Ahead of a token's end. */
const reserve = 5 * 60_000;

export type GarContext = Pick<CatalogContext, 'url' | 'namespace' | 'http' | 'clock' | 'signal' | 'endpoints' | 'client'> & {
  settings: { projectId?: string; location?: string };
  signIn: GoogleSignIn;
};

const repositories = z.object({
  repositories: z.array(z.object({ name: z.string(), format: z.string().nullish() })).nullish(),
  nextPageToken: z.string().nullish(),
});
const packages = z.object({
  packages: z.array(z.object({ name: z.string(), createTime: z.string().nullish(), updateTime: z.string().nullish() })).nullish(),
  nextPageToken: z.string().nullish(),
});
const tagResources = z.object({
  tags: z.array(z.object({ name: z.string(), version: z.string() })).nullish(),
  nextPageToken: z.string().nullish(),
});
const superset = z.object({
  tags: z.array(z.string()).nullish(),
  manifest: z
    .record(
      z.string(),
      z.object({
        tag: z.array(z.string()).nullish(),
        imageSizeBytes: z.string().nullish(),
        mediaType: z.string().nullish(),
        timeCreatedMs: z.string().nullish(),
        timeUploadedMs: z.string().nullish(),
      }),
    )
    .nullish(),
});

/** Images of one repository or of all of a project in this location, by the REST API (v1). */
export async function* garRepositories(ctx: GarContext): AsyncGenerator<ListPage<RepositoryInfo>> {
  const { path, project, location, gcr, repository, below } = scopeOf(ctx);
  const parent = `projects/${project}/locations/${location}`;
  for await (const name of gcr !== undefined ? [gcr] : repository !== undefined ? [repository] : dockerRepositories(ctx, parent)) {
    const prefix = gcr === undefined ? `${path}/${name}/` : `${path}/`;
    for await (const page of walk(ctx, `${parent}/repositories/${encodeURIComponent(name)}/packages`, packages)) {
      const items = (page.packages ?? []).map(({ name: resource, createTime, updateTime }) => ({
        name: `${prefix}${lastPart(resource)}`,
        createdAt: timeOf(createTime),
        updatedAt: timeOf(updateTime),
      }));
      yield { items: items.filter((item) => item.name.startsWith(`${prefix}${below}`)) };
    }
  }
}

async function* dockerRepositories(ctx: GarContext, parent: string): AsyncGenerator<string> {
  for await (const page of walk(ctx, `${parent}/repositories`, repositories)) {
    for (const { name, format } of page.repositories ?? []) if (format === 'DOCKER') yield lastPart(name);
  }
}

/** What is meant, from namespace (or the name of a repository), settings, key and host. */
export function scopeOf(ctx: GarContext) {
  const place = placeOf(ctx.url.hostname) ?? (ctx.settings.location ? { location: ctx.settings.location } : undefined);
  if (!place) throw missing('fields.location', 'The location of the repositories is not known: enter it, or use the host that holds it.');
  const named = ctx.namespace ?? '';
  const keys = ctx.signIn.method === 'json-key' ? keyOf(ctx.signIn.jsonKey).projectId : undefined;
  const { path, project, rest } = splitName(named || (ctx.settings.projectId ?? keys ?? '').replace(':', '/'));
  if (project === '') throw missing('namespace', 'Repositories are listed by project: enter the project ID.');
  const gcr = 'gcr' in place ? place.gcr : undefined;
  const repository = gcr === undefined ? rest[0] : undefined;
  const images = gcr === undefined ? rest.slice(1) : rest;
  const below = images.length > 0 ? `${images.join('/')}` : '';
  return { path, project, location: place.location, gcr, repository, below };
}

/**
 * Tags by the registry's own list, which tells more than the specification asks: digest, size and times of every manifest. Where it
 * comes to the 10 000 at which it is cut, the REST API goes on.
 */
export async function* garTags(ctx: GarContext, repository: string): AsyncGenerator<ListPage<TagInfo>> {
  const path = `/v2/${repository}/tags/list`;
  const url = new URL(path, ctx.url);
  const facts: CallFacts = { service, method: 'GET', url };
  let cut = false;
  const seen = new Set<string>();
  const listed = pages<z.output<typeof superset>, string>(
    async (cursor = `${path}?n=${listLimit}`) => {
      const answer = await ctx.client.request(cursor, {
        scopes: [`repository:${repository}:pull`],
        signal: ctx.signal,
        maxBytes: 64 * 1024 * 1024,
      });
      const body = superset.safeParse(answer.json());
      if (!body.success) throw invalidAnswer(facts, 'JSON of another shape than documented');
      const next = nextPage(answer.headers['link'], new URL(cursor, ctx.url));
      const { tags, manifest } = body.data;
      cut = next === undefined && Math.max(tags?.length ?? 0, Object.keys(manifest ?? {}).length) >= listLimit;
      return { page: body.data, next: next && `${next.pathname}${next.search}` };
    },
    { service, url, signal: ctx.signal },
  );
  for await (const page of listed) {
    const items = supersetTags(page).filter(({ name }) => !seen.has(name));
    for (const { name } of items) seen.add(name);
    yield { items };
  }
  if (!cut) return;
  if (ctx.signIn.method === 'anonymous') {
    throw invalidAnswer(facts, `a list cut at ${listLimit}; the rest is told to those who sign in`);
  }
  for await (const { items } of apiTags(ctx, repository)) yield { items: items.filter(({ name }) => !seen.has(name)) };
}

function supersetTags({ tags, manifest }: z.output<typeof superset>): TagInfo[] {
  const found = new Map<string, TagInfo>((tags ?? []).map((name) => [name, { name }]));
  for (const [digest, { tag, imageSizeBytes, mediaType, timeCreatedMs, timeUploadedMs }] of Object.entries(manifest ?? {})) {
    const facts = {
      digest,
      pushedAt: milliseconds(timeUploadedMs),
      createdAt: milliseconds(timeCreatedMs),
      size: sizeOf(imageSizeBytes, mediaType),
      mediaType: mediaType ?? undefined,
    };
    for (const name of tag ?? []) found.set(name, { name, ...facts });
  }
  return [...found.values()];
}

/** Names and digests by the REST API. Times would be told by version only. */
async function* apiTags(ctx: GarContext, repository: string): AsyncGenerator<ListPage<TagInfo>> {
  const { project, rest } = splitName(repository);
  const { location, gcr } = scopeOf({ ...ctx, namespace: repository });
  const [holder = '', ...image] = gcr === undefined ? rest : [gcr, ...rest];
  const parent = `projects/${project}/locations/${location}/repositories/${encodeURIComponent(holder)}`;
  const path = `${parent}/packages/${encodeURIComponent(image.join('/'))}/tags`;
  for await (const page of walk(ctx, path, tagResources)) {
    yield { items: (page.tags ?? []).map(({ name, version }) => ({ name: lastPart(name), digest: lastPart(version) })) };
  }
}

function walk<P extends { nextPageToken?: string | null }>(ctx: GarContext, path: string, schema: z.ZodType<P>): AsyncGenerator<P> {
  const url = apiUrl(ctx, path);
  return pages<P, string>(
    async (pageToken) => {
      const page = new URL(url);
      page.search = new URLSearchParams({ pageSize: String(pageSize), ...(pageToken && { pageToken }) }).toString();
      const data = await patiently(ctx, async () => {
        const headers = { authorization: `Bearer ${await apiToken(ctx)}` };
        const call = { service, now: ctx.clock.now(), headers, signal: ctx.signal, maxBytes: 16 * 1024 * 1024 };
        return (await callApi(ctx.http, page, schema, call)).data;
      });
      return { page: data, next: data.nextPageToken || undefined };
    },
    { service, url, signal: ctx.signal },
  );
}

/** Of a resource of the REST API (v1). */
export function apiUrl(ctx: GarContext, resource: string): URL {
  return new URL(`${endpointOf({ id: 'gar', endpoints }, ctx, 'api')}/v1/${resource}`);
}

/** An access token for the REST API. @throws InvalidSettings for those who do not sign in; CredentialError */
export async function apiToken(ctx: GarContext): Promise<string> {
  const { signIn } = ctx;
  if (signIn.method === 'anonymous') {
    throw missing('signIn', 'Google lists and makes repositories for those who sign in only. Pin public ones by name.');
  }
  return remember(ctx, 'google', [JSON.stringify(signIn)], async () => {
    const { token, expiresAt } = await accessToken(ctx, signIn);
    return { value: token, until: expiresAt - reserve };
  });
}

function missing(field: string, message: string): InvalidSettings {
  return new InvalidSettings(message, [{ field, message }]);
}

/** Last part of a resource name; a slash inside it is escaped there. */
function lastPart(resource: string): string {
  const part = resource.slice(resource.lastIndexOf('/') + 1);
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}

function milliseconds(text: string | null | undefined): number | undefined {
  const value = Number(text);
  return Number.isSafeInteger(value) && value > 0 ? value : undefined;
}

/** Of an image; what is told of an index is the size of the index itself. */
function sizeOf(text: string | null | undefined, mediaType: string | null | undefined): number | undefined {
  return /index|list/.test(mediaType ?? '') ? undefined : milliseconds(text);
}
