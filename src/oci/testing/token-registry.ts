import type { RegistryClientOptions } from '../client-options.ts';
import type { Credential } from '../credential.ts';
import { RegistryClient } from '../registry-client.ts';
import { json, type LoopbackServer, loopbackLookup, type SeenRequest, serve } from './loopback.ts';

export const basic: Credential & { kind: 'basic' } = { kind: 'basic', username: 'user', password: 'hunter2' };
/** How it stands in a header. */
export const basicHeader = 'Basic dXNlcjpodW50ZXIy';

export interface TokenRegistry extends AsyncDisposable {
  server: LoopbackServer;
  /** Requests to the token server. */
  tokens: SeenRequest[];
  /** Requests to the registry. */
  calls: SeenRequest[];
}

export interface TokenRegistryOptions {
  /** Answer of the token server. Default: a token that lists its scopes, valid for 300 s. */
  token?: (request: SeenRequest, query: URLSearchParams) => { status: number; body: unknown; headers?: Record<string, string> };
  /** Scope that a path demands. Default pull of the repository. */
  scope?: (path: string) => string;
  realm?: string;
  challenge?: (scope: string | undefined) => string | string[];
}

/** A registry with token authentication on the same port as its token server. A token is good for the scopes in its name. */
export async function tokenRegistry(options: TokenRegistryOptions = {}): Promise<TokenRegistry> {
  const tokens: SeenRequest[] = [];
  const calls: SeenRequest[] = [];
  const demand = options.scope ?? ((path: string) => `repository:${/^\/v2\/(.+)\/(?:manifests|blobs|tags)\//.exec(path)?.[1]}:pull`);
  const server = await serve((request, response) => {
    const url = new URL(request.url, 'http://x');
    if (url.pathname === '/token') {
      tokens.push(request);
      const parameters = request.method === 'POST' ? new URLSearchParams(request.body) : url.searchParams;
      const answer = options.token?.(request, parameters) ?? { status: 200, body: { token: grant(parameters), expires_in: 300 } };
      json(response, answer.status, answer.body, answer.headers);
      return;
    }
    calls.push(request);
    const isPing = url.pathname === '/v2/';
    const scope = isPing ? undefined : demand(url.pathname);
    const granted = Buffer.from(request.headers.authorization?.replace('Bearer ', '') ?? '', 'base64url')
      .toString()
      .split(' ');
    if (request.headers.authorization !== undefined && (scope === undefined || granted.includes(scope))) {
      json(response, 200, { tags: ['1'] });
      return;
    }
    const realm = options.realm ?? `${server.url}/token`;
    const challenge = options.challenge?.(scope) ?? `Bearer realm="${realm}",service="reg"${scope ? `,scope="${scope}"` : ''}`;
    json(response, 401, { errors: [{ code: 'UNAUTHORIZED', message: 'authentication required' }] }, { 'www-authenticate': challenge });
  });
  return { server, tokens, calls, [Symbol.asyncDispose]: () => server[Symbol.asyncDispose]() };
}

/** The token is its scopes. */
export function grant(parameters: URLSearchParams): string {
  return Buffer.from(parameters.getAll('scope').join(' ')).toString('base64url') || 'none';
}

export function clientOf(registry: TokenRegistry, options: Partial<RegistryClientOptions> = {}): RegistryClient {
  return new RegistryClient({ url: registry.server.url, lookup: loopbackLookup(), ...options });
}

export async function listTags(client: RegistryClient, repository = 'app'): Promise<string[]> {
  return (await Array.fromAsync(client.repository(repository).listTags())).flat();
}
