import { z } from 'zod';
import { CredentialError, RegistryError } from '../../core/errors.ts';
import { type Credential, parseRepositoryName } from '../../oci/index.ts';
import { type CallFacts, callApi, invalidAnswer } from '../../provider/api.ts';
import type { CatalogContext, CredentialScope, ListPage, ProviderContext, RepositoryInfo, TagInfo } from '../../provider/define.ts';
import { issueFailure } from '../../provider/issue-failure.ts';
import { pages } from '../../provider/paging.ts';
import { jwtClaims, jwtEnd } from '../../provider/signing/jwt.ts';
import { timeOf } from '../../provider/time.ts';
import { nextPage } from '../shared/next-page.ts';

export const service = 'Azure Container Registry';
/** User name that stands for "the password is a token" at ACR. */
export const tokenUser = '00000000-0000-0000-0000-000000000000';

const pageSize = 1000;
/** What is assumed of a refresh token that does not say its end; they are good for three hours. */
const cautious = 3600_000;
/** What is assumed of an access token that does not say its end (Docker's token specification). */
const briefly = 60_000;

const exchanged = z.object({ refresh_token: z.string().min(1) });
const repositories = z.object({ repositories: z.array(z.string()).nullish() });
const tags = z.object({
  tags: z
    .array(
      z.object({
        name: z.string(),
        digest: z.string().nullish(),
        createdTime: z.string().nullish(),
        lastUpdateTime: z.string().nullish(),
      }),
    )
    .nullish(),
});

/** Exchanges an Entra token for a refresh token of this registry (`POST /oauth2/exchange`), which is good as a password. */
export async function exchange(
  ctx: Pick<ProviderContext, 'url' | 'http' | 'clock' | 'signal'>,
  entra: string,
  tenant?: string,
): Promise<Credential> {
  const issuedAt = ctx.clock.now();
  const form = new URLSearchParams({ grant_type: 'access_token', service: ctx.url.host, ...(tenant && { tenant }), access_token: entra });
  const { data } = await callApi(ctx.http, new URL('/oauth2/exchange', ctx.url), exchanged, {
    service,
    now: issuedAt,
    method: 'POST',
    headers: { 'content-type': 'application/x-www-form-urlencoded' },
    body: form.toString(),
    idempotent: true,
    signal: ctx.signal,
  }).catch((error: unknown) => {
    throw refusal(error);
  });
  const password = data.refresh_token;
  return { kind: 'basic', username: tokenUser, password, issuedAt, expiresAt: jwtEnd(password) ?? issuedAt + cautious };
}

const scopedAnswer = z.object({ access_token: z.string().min(1) });
const grants = z.object({ access: z.array(z.object({ type: z.string(), name: z.string(), actions: z.array(z.string()) })) });

/**
 * An access token of the registry for these repositories alone (`POST /oauth2/token` with a refresh token, `GET` with user and password):
 * a bearer token, good for about an hour.
 *
 * @throws CredentialError, also when the registry grants less than was asked for
 */
export async function scopedToken(
  ctx: Pick<ProviderContext, 'url' | 'http' | 'clock' | 'signal'>,
  credential: { username: string; password: string },
  { repositories, push }: Pick<CredentialScope, 'repositories' | 'push'>,
): Promise<Credential> {
  const issuedAt = ctx.clock.now();
  const { username, password } = credential;
  const actions = push ? ['pull', 'push'] : ['pull'];
  const scopes = repositories.map((name) => `repository:${parseRepositoryName(name)}:${actions.join(',')}`);
  const url = new URL('/oauth2/token', ctx.url);
  const call = { service, now: issuedAt, signal: ctx.signal, idempotent: true };
  const form = new URLSearchParams({ service: ctx.url.host });
  // Once for each repository. (Azure/acr: docs/AAD-OAuth.md.)
  for (const scope of scopes) form.append('scope', scope);
  let asked: Promise<{ data: z.output<typeof scopedAnswer> }>;
  if (username === tokenUser) {
    form.set('grant_type', 'refresh_token');
    form.set('refresh_token', password);
    const headers = { 'content-type': 'application/x-www-form-urlencoded' };
    asked = callApi(ctx.http, url, scopedAnswer, { ...call, method: 'POST', headers, body: form.toString() });
  } else {
    url.search = form.toString();
    const headers = { authorization: `Basic ${Buffer.from(`${username}:${password}`).toString('base64')}` };
    asked = callApi(ctx.http, url, scopedAnswer, { ...call, headers });
  }
  const { data } = await asked.catch((error: unknown) => {
    throw issueFailure(error);
  });
  const token = data.access_token;
  const granted = grants.safeParse(jwtClaims(token));
  const holds = (name: string) =>
    granted.data?.access.some(
      (one) => one.type === 'repository' && one.name === name && actions.every((action) => one.actions.includes(action)),
    );
  const lacking = granted.success ? repositories.find((name) => !holds(name)) : undefined;
  if (lacking !== undefined) {
    throw new CredentialError(`The registry does not let this identity ${push ? 'push to' : 'pull from'} ${lacking}.`, {
      code: 'credential_refused',
      context: { service, scoped: true },
    });
  }
  return { kind: 'bearer', token, issuedAt, expiresAt: jwtEnd(token) ?? issuedAt + briefly };
}

function refusal(error: unknown): unknown {
  if (!(error instanceof RegistryError)) return error;
  const { status = 0 } = error;
  return new CredentialError(`The registry did not exchange the token of Microsoft Entra ID. ${error.message}`, {
    code: status === 429 || status >= 500 ? 'credential_unavailable' : 'credential_refused',
    cause: error,
    context: { service, status, exchange: true },
  });
}

type Listing = Pick<CatalogContext, 'client' | 'url' | 'signal'>;

/** Repositories by `/acr/v1/_catalog`. */
export async function* acrRepositories(ctx: Listing, prefix: string): AsyncGenerator<ListPage<RepositoryInfo>> {
  for await (const page of walk(ctx, '/acr/v1/_catalog', 'registry:catalog:*', repositories)) {
    yield { items: (page.repositories ?? []).filter((name) => name.startsWith(prefix)).map((name) => ({ name })) };
  }
}

/** Tags with digest and times by `/acr/v1/<name>/_tags`, which a token needs `metadata_read` for. */
export async function* acrTags(ctx: Listing, repository: string): AsyncGenerator<ListPage<TagInfo>> {
  const path = `/acr/v1/${repository.split('/').map(encodeURIComponent).join('/')}/_tags`;
  for await (const page of walk(ctx, path, `repository:${repository}:metadata_read`, tags)) {
    yield {
      items: (page.tags ?? []).map(({ name, digest, createdTime, lastUpdateTime }) => ({
        name,
        digest: digest ?? undefined,
        pushedAt: timeOf(lastUpdateTime) ?? timeOf(createdTime),
      })),
    };
  }
}

/** The pages of an ACR listing: `Link` leads on, with `last` as its cursor. */
function walk<T>({ client, url: base, signal }: Listing, path: string, scope: string, schema: z.ZodType<T>): AsyncGenerator<T> {
  const url = new URL(path, base);
  const facts: CallFacts = { service, method: 'GET', url };
  return pages<T, string>(
    async (cursor = `${path}?n=${pageSize}`) => {
      const answer = await client.request(cursor, { scopes: [scope], signal, maxBytes: 16 * 1024 * 1024 });
      const body = schema.safeParse(answer.json());
      if (!body.success) throw invalidAnswer(facts, 'JSON of another shape than documented');
      const next = nextPage(answer.headers['link'], new URL(cursor, base));
      return { page: body.data, next: next && `${next.pathname}${next.search}` };
    },
    { service, url, signal },
  );
}
