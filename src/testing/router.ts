import { deleteBlob, getBlob } from './blob-handlers.ts';
import type { ContentStore } from './content-store.ts';
import { type Exchange, json, type Reply, Refusal } from './exchange.ts';
import { listCatalog, listTags } from './listing-handlers.ts';
import { deleteManifest, getManifest, getReferrers, putManifest } from './manifest-handlers.ts';
import { isRepositoryName, type RegistryOptions } from './registry-options.ts';
import type { Scope } from './token-authority.ts';
import type { Uploads } from './upload-handlers.ts';

/** What a path names. */
export interface Route {
  kind: 'ping' | 'catalog' | 'tags' | 'manifest' | 'blob' | 'uploads' | 'upload' | 'referrers';
  name: string;
  /** Tag, digest or upload id. */
  target: string;
}

const shapes: readonly [Route['kind'], RegExp][] = [
  ['uploads', /^\/v2\/(.+)\/blobs\/uploads\/?$/],
  ['upload', /^\/v2\/(.+)\/blobs\/uploads\/([^/]+)$/],
  ['blob', /^\/v2\/(.+)\/blobs\/([^/]+)$/],
  ['manifest', /^\/v2\/(.+)\/manifests\/([^/]+)$/],
  ['tags', /^\/v2\/(.+)\/tags\/list$/],
  ['referrers', /^\/v2\/(.+)\/referrers\/([^/]+)$/],
];

/** @throws Refusal 404 when the path is none of the specification's, NAME_INVALID when its name is none */
export function routeOf(path: string): Route {
  if (path === '/v2/' || path === '/v2') return { kind: 'ping', name: '', target: '' };
  if (path === '/v2/_catalog') return { kind: 'catalog', name: '', target: '' };
  for (const [kind, shape] of shapes) {
    const match = shape.exec(path);
    if (!match) continue;
    const [, name = '', target = ''] = match;
    if (!isRepositoryName(name)) throw new Refusal(400, 'NAME_INVALID', `invalid repository name: ${name.slice(0, 300)}`);
    return { kind, name, target };
  }
  throw new Refusal(404, 'UNSUPPORTED', 'page not found');
}

/** Permissions that a request needs, in the words of token scopes. */
export function scopesOf(route: Route, exchange: Exchange): Scope[] {
  if (route.kind === 'ping') return [];
  if (route.kind === 'catalog') return [{ type: 'registry', name: 'catalog', actions: ['*'] }];
  const repository = (name: string, ...actions: string[]): Scope => ({ type: 'repository', name, actions });
  if (route.kind === 'uploads' || route.kind === 'upload') {
    const from = exchange.url.searchParams.get('mount') && exchange.url.searchParams.get('from');
    return [repository(route.name, 'pull', 'push'), ...(from ? [repository(from, 'pull')] : [])];
  }
  if (exchange.method === 'DELETE') return [repository(route.name, 'delete')];
  if (exchange.method === 'PUT') return [repository(route.name, 'pull', 'push')];
  return [repository(route.name, 'pull')];
}

export interface Parts {
  store: ContentStore;
  uploads: Uploads;
  options: RegistryOptions;
  /** Where a blob is redirected to; undefined: answered here. */
  storageUrl: (digest: string) => string | undefined;
}

/** Does what is asked, once it is known to be allowed. */
export async function handle(parts: Parts, route: Route, exchange: Exchange): Promise<Reply> {
  const { store, uploads, options } = parts;
  const { kind, name, target } = route;
  const { method } = exchange;
  const read = method === 'GET' || method === 'HEAD';
  if (kind === 'ping' && read) return json(200, {});
  if (kind === 'catalog' && read) return listCatalog(store, options, exchange);
  if (kind === 'tags' && read) return listTags(store, options, exchange, name);
  if (kind === 'referrers' && read) return getReferrers(store, options, exchange, name, target);
  if (kind === 'manifest' && read) return getManifest(store, options, exchange, name, target);
  if (kind === 'manifest' && method === 'PUT') return putManifest(store, options, exchange, name, target);
  if (kind === 'manifest' && method === 'DELETE') return deleteManifest(store, options, name, target);
  if (kind === 'blob' && read) return getBlob(store, exchange, name, target, parts.storageUrl(target));
  if (kind === 'blob' && method === 'DELETE') return deleteBlob(store, options, name, target);
  if (kind === 'uploads' && method === 'POST') return uploads.start(exchange, name);
  if (kind === 'upload' && method === 'PATCH') return uploads.patch(exchange, name, target);
  if (kind === 'upload' && method === 'PUT') return uploads.finish(exchange, name, target);
  if (kind === 'upload' && method === 'GET') return uploads.status(name, target);
  if (kind === 'upload' && method === 'DELETE') return uploads.cancel(name, target);
  throw new Refusal(405, 'UNSUPPORTED', 'The operation is unsupported.');
}
