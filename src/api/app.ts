import { randomBytes } from 'node:crypto';
import cookie from '@fastify/cookie';
import fastify, { type FastifyServerOptions, LogController } from 'fastify';
import type { Api } from './api.ts';
import { Metrics } from './metrics.ts';
import { authentication } from './plugins/authentication.ts';
import { documentation } from './plugins/documentation.ts';
import { errorAnswers, methodFinder, pathOf, sendNotFound, sendProblem } from './plugins/errors.ts';
import { operationRoutes } from './plugins/operations.ts';
import { securityHeaders } from './plugins/security-headers.ts';
import { webPage } from './plugins/web-page.ts';
import { problemOf } from './problem.ts';
import { registerResources } from './routes/index.ts';
import { zodSchemas } from './zod-schemas.ts';
import type { Services } from './services.ts';

export interface AppOptions {
  /** Fastify's logger options; default: no log. */
  logger?: FastifyServerOptions['logger'];
  /** Proxies whose `X-Forwarded-*` headers are believed: addresses or networks, comma-separated, or `true` for any. */
  trustProxy?: boolean | string;
  /** Where people reach the hub, when that is not what their requests say. */
  publicUrl?: URL;
  /** Folder of the built web page. */
  webRoot?: string;
}

/** Most bytes of a request's body: the largest, a registry with three PEM chains, stays far below. */
const bodyLimit = 1024 * 1024;

/**
 * The HTTP application of a hub: API, web page, documentation and what operations ask. It does not listen; tests inject
 * requests, `serve` calls `listen`. Closing it ends open event streams.
 */
export async function createApp(services: Services, options: AppOptions = {}): Promise<Api> {
  const app = fastify({
    logger: options.logger ?? false,
    bodyLimit,
    // One line a request, at debug level, without query and headers: see operationRoutes.
    logController: new LogController({ disableRequestLogging: true }),
    // Requests under way are answered; event streams end by `closing`.
    forceCloseConnections: 'idle',
    trustProxy: options.trustProxy ?? false,
    requestTimeout: 60_000,
    genReqId: () => randomBytes(9).toString('base64url'),
    schemaController: zodSchemas,
    routerOptions: { maxParamLength: 1024 },
    frameworkErrors: (error, request, reply) => void sendProblem(reply, problemOf(error, request.id)),
  }) as unknown as Api;
  app.removeContentTypeParser('text/plain');

  const closing = new AbortController();
  app.decorate('closing', closing.signal);
  app.addHook('preClose', async () => closing.abort(new DOMException('The hub is stopping.', 'AbortError')));
  // Otherwise a connection that is kept alive after its last answer keeps the hub from stopping.
  app.addHook('onSend', async (_request, reply) => {
    if (closing.signal.aborted) reply.header('connection', 'close');
  });

  const metrics = new Metrics({ version: services.version, startedAt: services.startedAt });
  const counting = [
    services.events.on('registry.checked', ({ state }) => metrics.countCheck(state)),
    services.events.on('copy.changed', ({ state }) => {
      if (state !== 'queued' && state !== 'running') metrics.countCopy(state);
    }),
  ];
  app.addHook('onClose', async () => counting.forEach((stop) => stop()));

  app.addHook('onRequest', async (request, reply) => void reply.header('x-request-id', request.id));
  errorAnswers(app);
  await securityHeaders(app, { https: options.publicUrl?.protocol === 'https:' });
  await app.register(cookie);
  authentication(app, services, { publicOrigin: options.publicUrl?.origin });
  const allowedMethods = methodFinder(app);
  documentation(app, services.version);
  operationRoutes(app, services, metrics);

  await app.register(
    async (scope) => {
      scope.addHook('onSend', async (_request, reply) => {
        if (!reply.hasHeader('cache-control')) reply.header('cache-control', 'no-store');
      });
      registerResources(scope, services);
    },
    { prefix: '/api/v1' },
  );

  const servePage = options.webRoot === undefined ? () => false : await webPage(app, options.webRoot);
  app.setNotFoundHandler((request, reply) => {
    if (!servePage(request, reply)) sendNotFound(request, reply, allowedMethods(pathOf(request)));
  });
  await app.ready();
  return app;
}
