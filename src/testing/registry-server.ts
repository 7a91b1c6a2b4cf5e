import { once } from 'node:events';
import { createServer as createHttpServer, type IncomingMessage, type RequestListener, type Server, type ServerResponse } from 'node:http';
import { createServer as createHttpsServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { systemClock } from '../core/clock.ts';
import { Authorisation } from './authorisation.ts';
import { blobReply } from './blob-handlers.ts';
import { ContentStore } from './content-store.ts';
import { type Exchange, type Reply, Refusal, refusalReply } from './exchange.ts';
import { type FaultEffect, Faults } from './faults.ts';
import { RateLimit } from './rate-limit.ts';
import type { RegistryOptions } from './registry-options.ts';
import { requestBody, send } from './reply.ts';
import { handle, routeOf, scopesOf } from './router.ts';
import { Uploads } from './upload-handlers.ts';

/** One request that came in, for tests that count them. Headers are as sent, credentials included. */
export interface RequestEntry {
  /** `registry`, `token` or `storage`: which of the servers was asked. */
  server: 'registry' | 'token' | 'storage';
  method: string;
  /** Path with query. */
  path: string;
  headers: IncomingMessage['headers'];
  /** Absent while nothing has been answered, or when the connection was cut. */
  status?: number;
}

/** A registry that is running in this process. */
export interface TestRegistry {
  /** Base of the registry, without `/v2/`. */
  readonly url: string;
  /** Host and port, as image references begin. */
  readonly host: string;
  /** What it holds: may be read and changed at any time. */
  readonly content: ContentStore;
  readonly faults: Faults;
  /** Users, refresh tokens, revocation. */
  readonly auth: Authorisation;
  /** The last 50 000 requests, oldest first. */
  readonly requests: RequestEntry[];
  /** Uploads that were started and neither finished nor cancelled. */
  readonly openUploads: number;
  /** Same as `content.put`. */
  put: ContentStore['put'];
  /** Ends all connections and frees the ports. */
  close: () => Promise<void>;
  [Symbol.asyncDispose](): Promise<void>;
}

/**
 * Starts an OCI registry on 127.0.0.1: the distribution specification v1.1 with the catalog, basic or token authentication,
 * TLS, and faults on demand. Content lives in memory.
 */
export async function startRegistry(options: RegistryOptions = {}): Promise<TestRegistry> {
  const clock = options.clock ?? systemClock;
  const content = new ContentStore();
  const uploads = new Uploads(content, options);
  const faults = new Faults();
  const auth = new Authorisation(options.auth ?? { kind: 'none' }, clock);
  const limit = options.rateLimit && new RateLimit(options.rateLimit, clock);
  const requests: RequestEntry[] = [];
  const servers: Server[] = [];
  const hostname = options.hostname ?? '127.0.0.1';
  const prefix = options.prefix ?? '';
  const scheme = options.tls ? 'https' : 'http';
  let storage = '';

  const answer = async (server: RequestEntry['server'], exchange: Exchange): Promise<Reply> => {
    if (server === 'storage') return storageReply(content, exchange);
    if (server === 'token' || exchange.path === '/token') return auth.token(exchange);
    const route = routeOf(exchange.path);
    auth.check(exchange, scopesOf(route, exchange));
    if (limit && route.kind === 'manifest' && exchange.method === 'GET') limit.take();
    const storageUrl = (digest: string) => (storage ? `${storage}/${route.name}/${digest}?signature=scripted` : undefined);
    const reply = await handle({ store: content, uploads, options, storageUrl }, route, exchange);
    return limit && route.kind === 'manifest' ? { ...reply, headers: { ...reply.headers, ...limit.headers() } } : reply;
  };

  const listen = async (server: RequestEntry['server'], port = 0): Promise<string> => {
    const listener: RequestListener = (request, response) => {
      const entry: RequestEntry = { server, method: request.method ?? '', path: request.url ?? '', headers: request.headers };
      requests.push(entry);
      if (requests.length > 50_000) requests.splice(0, 10_000);
      serve(request, response, entry).catch((error: unknown) => {
        // The peer may well be gone, by a scripted fault or by its own will; there is nobody to tell.
        response.destroy(error instanceof Error ? error : undefined);
      });
    };
    const serve = async (request: IncomingMessage, response: ServerResponse, entry: RequestEntry): Promise<void> => {
      const effect = faults.take(entry.method, entry.path) ?? {};
      const wait = (effect.delay ?? 0) + (options.latency ?? 0);
      if (wait > 0) await systemClock.sleep(wait);
      if (effect.hold) await effect.hold;
      const exchange = toExchange(request, origin, server === 'registry' ? prefix : '', effect);
      const reply = await replyTo(exchange, effect, () => answer(server, exchange));
      if (server === 'registry') addStandardHeaders(reply, options);
      entry.status = reply.status;
      await send(request, response, reply, effect);
    };
    const { tls } = options;
    const http: Server = tls
      ? createHttpsServer({ cert: tls.cert, key: tls.key, ...(tls.clientCa && { ca: tls.clientCa, requestCert: true }) }, listener)
      : createHttpServer(listener);
    servers.push(http);
    http.listen(port, '127.0.0.1');
    await once(http, 'listening');
    const origin = `${scheme}://${hostname}:${(http.address() as AddressInfo).port}`;
    return origin;
  };

  const origin = await listen('registry', options.port);
  const otherRealm = options.auth?.kind === 'token' && options.auth.realmOrigin === 'other';
  auth.realm = otherRealm ? `${await listen('token')}/token` : `${origin}${prefix}/token`;
  if (options.blobRedirect) storage = await listen('storage');

  const close = async (): Promise<void> => {
    await Promise.all(
      servers.map((server) => {
        const closed = new Promise<void>((resolve) => server.close(() => resolve()));
        server.closeAllConnections();
        return closed;
      }),
    );
  };
  return {
    url: `${origin}${prefix}`,
    host: new URL(origin).host,
    content,
    faults,
    auth,
    requests,
    get openUploads() {
      return uploads.open;
    },
    put: content.put.bind(content),
    close,
    [Symbol.asyncDispose]: close,
  };
}

function toExchange(request: IncomingMessage, origin: string, prefix: string, effect: FaultEffect): Exchange {
  const url = new URL(request.url ?? '/', origin);
  const path = decodeURIComponent(url.pathname);
  return {
    method: request.method ?? 'GET',
    url,
    path: path.startsWith(prefix) ? path.slice(prefix.length) : '',
    headers: request.headers,
    body: requestBody(request, effect.cutRequest?.at),
  };
}

async function replyTo(exchange: Exchange, effect: FaultEffect, answer: () => Promise<Reply>): Promise<Reply> {
  let reply: Reply;
  if (effect.answer) {
    const { status, headers = {}, body = '' } = effect.answer;
    const raw = typeof body === 'string' || body instanceof Uint8Array;
    reply = {
      status,
      headers: { ...(!raw && { 'content-type': 'application/json' }), ...headers },
      body: Buffer.from(raw ? body : JSON.stringify(body)),
    };
  } else {
    try {
      reply = await answer();
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      reply = refusalReply(error);
    }
  }
  if (effect.change) reply = effect.change(reply, exchange);
  const headers = { ...reply.headers };
  for (const [name, value] of Object.entries(effect.headers ?? {})) {
    if (value === null) delete headers[name.toLowerCase()];
    else headers[name.toLowerCase()] = value;
  }
  return { ...reply, headers };
}

function addStandardHeaders(reply: Reply, options: RegistryOptions): void {
  reply.headers['docker-distribution-api-version'] = 'registry/2.0';
  if (options.warnings?.length) reply.headers.warning = options.warnings.map((text) => `299 - "${text.replace(/["\\]/g, '\\$&')}"`);
}

/** Object storage behind signed addresses: an Authorization header is an error there. */
function storageReply(content: ContentStore, exchange: Exchange): Reply {
  if (exchange.headers.authorization !== undefined) {
    const body = Buffer.from('<Error><Code>InvalidArgument</Code><Message>Only one auth mechanism allowed</Message></Error>');
    return { status: 400, headers: { 'content-type': 'application/xml' }, body };
  }
  const [, repository = '', digest = ''] = /^\/(.+)\/([^/]+)$/.exec(exchange.path) ?? [];
  const bytes = content.blob(repository, digest);
  return bytes ? blobReply(bytes, digest, exchange.headers.range) : { status: 404, headers: {} };
}
