import { z } from 'zod';
import { InvalidSettings, RegistryError } from '../../core/errors.ts';
import type { Credential } from '../../oci/index.ts';
import { callApi, invalidAnswer, readJson, statusError } from '../../provider/api.ts';
import type { ListPage, ProviderContext, RepositoryInfo, TagInfo } from '../../provider/define.ts';
import { endpointOf } from '../../provider/endpoint.ts';
import type { ProviderResponse } from '../../provider/http.ts';
import { issueFailure } from '../../provider/issue-failure.ts';
import { remember } from '../../provider/memory.ts';
import { pages } from '../../provider/paging.ts';
import { patiently } from '../../provider/patience.ts';
import { signJwt } from '../../provider/signing/jwt.ts';
import { timeOf } from '../../provider/time.ts';
import { nextPage } from '../shared/next-page.ts';

export const service = 'GitHub';
export const endpoints = { api: 'https://api.github.com' };
/** User name that GitHub gives to those who hold an installation's token. */
const appUser = 'x-access-token';
const pageSize = 100;
const reserve = 5 * 60_000;
const headers = { accept: 'application/vnd.github+json', 'x-github-api-version': '2022-11-28', 'user-agent': 'tagboat' };

export type GitHubSignIn =
  | { method: 'token'; username: string; token: string }
  | { method: 'actions'; username: string; githubToken: string }
  | { method: 'app'; appId: string; installationId: string; privateKey: string }
  | { method: 'anonymous' };

export type GitHubContext = Pick<ProviderContext, 'url' | 'http' | 'clock' | 'signal' | 'endpoints'> & {
  settings: { apiUrl?: string };
  signIn: GitHubSignIn;
};

const packagePage = z.array(
  z.object({
    name: z.string(),
    package_type: z.string().nullish(),
    owner: z.object({ login: z.string() }).nullish(),
    visibility: z.string().nullish(),
    created_at: z.string().nullish(),
    updated_at: z.string().nullish(),
  }),
);

const versionPage = z.array(
  z.object({
    name: z.string(),
    created_at: z.string().nullish(),
    metadata: z.object({ container: z.object({ tags: z.array(z.string()).nullish() }).nullish() }).nullish(),
  }),
);

const installationToken = z.object({ token: z.string().min(1), expires_at: z.string() });

/**
 * A token of an installation of a GitHub App, good for an hour: `POST /app/installations/{id}/access_tokens`, signed by the App.
 *
 * @param permissions what the token may do at most; default: all that the App may
 * @throws CredentialError
 */
export async function appCredential(
  ctx: GitHubContext,
  { appId, installationId, privateKey }: { appId: string; installationId: string; privateKey: string },
  permissions?: { packages: 'read' | 'write' },
): Promise<Credential> {
  const issuedAt = ctx.clock.now();
  const now = Math.floor(issuedAt / 1000);
  // A minute back, for clocks that differ, and well below the ten minutes that GitHub allows.
  const jwt = signJwt({ iat: now - 60, exp: now + 480, iss: appId }, { privateKey });
  const url = new URL(`${baseOf(ctx)}/app/installations/${encodeURIComponent(installationId)}/access_tokens`);
  const call = { service, now: issuedAt, signal: ctx.signal, headers: { ...headers, authorization: `Bearer ${jwt}` } };
  const { data } = await callApi(ctx.http, url, installationToken, {
    ...call,
    method: 'POST',
    idempotent: true,
    ...(permissions && { body: JSON.stringify({ permissions }) }),
  }).catch((error: unknown) => {
    throw issueFailure(error);
  });
  return { kind: 'basic', username: appUser, password: data.token, issuedAt, expiresAt: timeOf(data.expires_at) ?? issuedAt + 3600_000 };
}

/**
 * When a personal access token ends: an answer's header says so, `2027-10-12 09:00:00 UTC` or with an offset. Without it the token does not
 * end. (GitHub: "Token expiration and revocation"; header GitHub-Authentication-Token-Expiration.)
 */
export async function tokenEnd(ctx: GitHubContext, token: string): Promise<number | undefined> {
  const url = new URL(`${baseOf(ctx)}/user`);
  const call = { service, now: ctx.clock.now(), signal: ctx.signal, headers: { ...headers, authorization: `Bearer ${token}` } };
  const answer = await patiently(ctx, () => callApi(ctx.http, url, z.object({ login: z.string() }), call));
  const told = answer.headers['github-authentication-token-expiration'];
  if (told === undefined) return undefined;
  const [, day, time, zone = ''] = /^(\d{4}-\d\d-\d\d) (\d\d:\d\d:\d\d) (UTC|[+-]\d{4})$/.exec(told.trim()) ?? [];
  const end = timeOf(`${day}T${time}${zone === 'UTC' ? 'Z' : zone.replace(/(..)$/, ':$1')}`) ?? timeOf(told);
  if (end !== undefined) return end;
  throw invalidAnswer({ service, method: 'GET', url }, 'an end of the token that cannot be read');
}

/** Whether the API refused, or knows nothing of it, which it says of what one may not see. */
export function isRefusal(error: unknown): boolean {
  return error instanceof RegistryError && (error.status === 401 || error.status === 403 || error.status === 404);
}

/** Container packages of an organisation or user; without one, of whoever signs in. */
export async function* packages(ctx: GitHubContext, owner: string | undefined): AsyncGenerator<ListPage<RepositoryInfo>> {
  for await (const page of ownerPages(ctx, owner, 'packages?package_type=container', packagePage)) {
    yield {
      items: page.flatMap((item) => {
        const login = item.owner?.login ?? owner;
        if (login === undefined) return [];
        return [
          {
            name: `${login}/${item.name}`.toLowerCase(),
            createdAt: timeOf(item.created_at),
            updatedAt: timeOf(item.updated_at),
            public: item.visibility ? item.visibility === 'public' : undefined,
          },
        ];
      }),
    };
  }
}

/** Tags of a package with digest and time, by its versions. Those without tags, such as parts of an index, are left out. */
export async function* versionTags(ctx: GitHubContext, owner: string, name: string): AsyncGenerator<ListPage<TagInfo>> {
  const path = `packages/container/${encodeURIComponent(name)}/versions?`;
  for await (const page of ownerPages(ctx, owner, path, versionPage)) {
    yield {
      items: page.flatMap(({ name: digest, created_at: created, metadata }) =>
        (metadata?.container?.tags ?? []).map((tag) => ({ name: tag, digest, pushedAt: timeOf(created) })),
      ),
    };
  }
}

/** GitHub has the same listings below `/orgs` and `/users`, and answers 404 at the wrong one. */
async function* ownerPages<T>(ctx: GitHubContext, owner: string | undefined, path: string, schema: z.ZodType<T>): AsyncGenerator<T> {
  if (owner === undefined) return yield* walk(ctx, `/user/${path}`, schema);
  const login = encodeURIComponent(owner);
  let begun = false;
  try {
    for await (const page of walk(ctx, `/orgs/${login}/${path}`, schema)) {
      begun = true;
      yield page;
    }
  } catch (error) {
    if (begun || !(error instanceof RegistryError && error.status === 404)) throw error;
    yield* walk(ctx, `/users/${login}/${path}`, schema);
  }
}

/** Pages of a listing, by the links between them. */
export function walk<T>(ctx: GitHubContext, path: string, schema: z.ZodType<T>): AsyncGenerator<T> {
  const first = new URL(`${baseOf(ctx)}${path}`);
  first.searchParams.set('per_page', String(pageSize));
  return pages<T, string>(
    async (cursor = first.href) => {
      const url = new URL(cursor);
      const { data, link } = await patiently(ctx, () => get(ctx, url, schema));
      return { page: data, next: nextPage(link, url)?.href };
    },
    { service, url: first, signal: ctx.signal },
  );
}

async function get<T>(ctx: GitHubContext, url: URL, schema: z.ZodType<T>): Promise<{ data: T; link?: string }> {
  const response = await send(ctx, url, 'GET');
  return { data: readJson({ service, method: 'GET', url }, response.text, schema), link: response.headers['link'] };
}

/** @throws RegistryError for every status but 200 and, without content, 204; TransportError */
export async function send(ctx: GitHubContext, url: URL, method: 'GET' | 'DELETE'): Promise<ProviderResponse> {
  const authorization = `Bearer ${await apiToken(ctx)}`;
  const now = ctx.clock.now();
  const call = { method, headers: { ...headers, authorization }, maxBytes: 16 * 1024 * 1024, signal: ctx.signal };
  const response = await ctx.http.send(url, call);
  const facts = { service, method, url };
  if (response.status === 200 || (method === 'DELETE' && response.status === 204)) return response;
  // A used-up quota is answered 403, with the moment at which it begins anew (Unix time in seconds).
  const reset = response.headers['x-ratelimit-reset'];
  if (response.status === 403 && response.headers['x-ratelimit-remaining'] === '0' && /^\d{1,12}$/.test(reset ?? '')) {
    const wait = String(Math.max(0, Math.ceil(Number(reset) - now / 1000)));
    throw statusError(facts, { ...response, status: 429, headers: { 'retry-after': wait } }, now);
  }
  throw statusError(facts, response, now);
}

async function apiToken(ctx: GitHubContext): Promise<string> {
  const { signIn } = ctx;
  switch (signIn.method) {
    case 'token':
      return signIn.token;
    case 'actions':
      return signIn.githubToken;
    case 'app':
      return remember(ctx, 'github', [signIn.appId, signIn.installationId, signIn.privateKey], async () => {
        const credential = await appCredential(ctx, signIn);
        const value = credential.kind === 'basic' ? credential.password : '';
        return { value, until: (credential.expiresAt ?? 0) - reserve };
      });
    case 'anonymous':
      throw invalid('signIn', 'GitHub lists packages to those who sign in only, public ones too. Pin repositories by name.');
  }
}

/** Tokens of an Enterprise Server are never sent to github.com: its API has to be named. */
export function baseOf(ctx: GitHubContext): string {
  if (ctx.settings.apiUrl !== undefined) return ctx.settings.apiUrl.replace(/\/$/, '');
  if (ctx.url.hostname !== 'ghcr.io' && ctx.endpoints?.['api'] === undefined)
    throw invalid(
      'fields.apiUrl',
      'The API of this GitHub Enterprise Server is not known: enter it, e.g. https://github.example.com/api/v3.',
    );
  return endpointOf({ id: 'ghcr', endpoints }, ctx, 'api');
}

function invalid(field: string, message: string): InvalidSettings {
  return new InvalidSettings(message, [{ field, message }]);
}
