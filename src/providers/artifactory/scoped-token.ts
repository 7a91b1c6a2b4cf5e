import { z } from 'zod';
import { RegistryError } from '../../core/errors.ts';
import type { Credential } from '../../oci/index.ts';
import { callApi } from '../../provider/api.ts';
import type { CredentialScope } from '../../provider/define.ts';
import { handOut } from '../shared/handed-out.ts';
import { type ArtifactoryContext, service } from './artifactory-api.ts';
import { tellsItsEnd } from './token.ts';

/** Of the scope, as JFrog documents. */
const maxScope = 500;
/** Whoever the token is for need not exist: it then has the permissions of its scope alone. */
const holder = 'tagboat-scoped';

const created = z.object({ access_token: z.string().min(1), expires_in: z.number().nullish() });

type ScopeContext = Pick<ArtifactoryContext, 'url' | 'http' | 'clock' | 'signal' | 'namespace' | 'settings' | 'signIn'>;

/**
 * An access token for the images of a scope, made by an administrator's token: scope `artifact:<repository key>/<image>/**:r`.
 * Artifactory does not store tokens that last less than three hours (its default), so that nothing piles up.
 *
 * Undefined for all repositories at once, for scopes longer than Artifactory takes, and for accounts that may not make such tokens.
 * (JFrog: "Create Scoped Token", "How to create path-based scope access tokens".)
 *
 * @throws CredentialError, TransportError
 */
export async function scopedToken(ctx: ScopeContext, { repositories, push, lifetime }: CredentialScope): Promise<Credential | undefined> {
  const bearer = bearerOf(ctx);
  const paths = pathsOf(ctx, repositories);
  if (bearer === undefined || paths === undefined) return undefined;
  const scope = paths.map((path) => `artifact:${path}/**:${push ? 'r,w' : 'r'}`).join(' ');
  if (scope.length > maxScope) return undefined;
  const seconds = Math.max(1, Math.ceil(lifetime / 1000));
  return handOut(ctx, {
    memory: 'artifactory-token',
    key: [ctx.url.host, bearer, scope, String(seconds)],
    make: async () => {
      const issuedAt = ctx.clock.now();
      const token = await createToken(ctx, bearer, { scope, seconds });
      const expiresAt = issuedAt + (token.expires_in || seconds) * 1000;
      return {
        id: holder,
        credential: { kind: 'basic', username: holder, password: token.access_token, issuedAt, expiresAt },
        until: issuedAt + (expiresAt - issuedAt) / 2,
      };
    },
  });
}

/** JFrog Access takes tokens only, no passwords. */
function bearerOf({ signIn }: ScopeContext): string | undefined {
  if (signIn.method === 'token') return signIn.accessToken;
  return signIn.method === 'user' && tellsItsEnd(signIn.password) ? signIn.password : undefined;
}

/** Repository key and image of each repository; undefined where that cannot be told. */
function pathsOf({ settings, namespace }: ScopeContext, repositories: readonly string[]): string[] | undefined {
  const { dockerAccess, repositoryKey } = settings;
  if (dockerAccess !== 'path' && repositoryKey === undefined) return undefined;
  const below = repositories.length > 0 ? repositories : namespace ? [namespace] : [];
  const named = dockerAccess === 'path' ? below : below.map((name) => `${repositoryKey}/${name}`);
  const paths = named.length > 0 || repositoryKey === undefined ? named : [repositoryKey];
  if (paths.length === 0) return undefined;
  // In a scope, blanks, colons and stars have a meaning.
  return paths.every((path) => /^[\w./-]+$/.test(path)) ? paths.toSorted() : undefined;
}

async function createToken(ctx: ScopeContext, bearer: string, { scope, seconds }: { scope: string; seconds: number }) {
  const form = new URLSearchParams({
    scope,
    username: holder,
    expires_in: String(seconds),
    refreshable: 'false',
    description: 'Made by Tagboat to be handed out',
  });
  try {
    const { data } = await callApi(ctx.http, new URL('/access/api/v1/tokens', ctx.url), created, {
      service,
      now: ctx.clock.now(),
      method: 'POST',
      headers: { authorization: `Bearer ${bearer}`, 'content-type': 'application/x-www-form-urlencoded' },
      body: form.toString(),
      maxBytes: 64 * 1024,
      signal: ctx.signal,
    });
    return data;
  } catch (error) {
    // A host that stands for one repository has nothing but the registry.
    if (!(error instanceof RegistryError && (error.status === 404 || error.status === 405))) throw error;
    throw new RegistryError(error.message, { code: 'registry_denied', method: 'POST', url: error.url, status: error.status, cause: error });
  }
}
