import type { Api } from '../api.ts';
import type { Gauges, Metrics } from '../metrics.ts';
import type { Services } from '../services.ts';
import { newProblem } from '../problem.ts';
import { pathOf, sendProblem } from './errors.ts';

/** What the machinery around a hub asks: is it alive, is it ready, how does it do. */
export function operationRoutes(app: Api, services: Services, metrics: Metrics): void {
  const schema = { hide: true };
  const config = { permission: 'public' } as const;

  app.get('/healthz', { config, schema }, async (_request, reply) => reply.header('cache-control', 'no-store').send({ status: 'ok' }));

  app.get('/readyz', { config, schema }, async (request, reply) => {
    try {
      await services.checkReady();
    } catch (error) {
      request.log.warn({ err: error }, 'not ready');
      return sendProblem(reply, newProblem('store_unavailable', 'The hub cannot reach its database.', request.id));
    }
    return reply.header('cache-control', 'no-store').send({ status: 'ready' });
  });

  app.get('/metrics', { config, schema }, async (request, reply) => {
    let gauges: Gauges | undefined;
    try {
      gauges = {
        alerts: await services.alerts.counts(),
        credentials: await services.credentials.counts(),
        copies: await services.copies.counts(),
      };
    } catch (error) {
      // What the process itself counts is worth most while its database is away.
      request.log.warn({ err: error }, 'metrics of the store are left out');
    }
    return reply.header('cache-control', 'no-store').type('text/plain; version=0.0.4; charset=utf-8').send(metrics.expose(gauges));
  });

  app.addHook('onResponse', async (request, reply) => {
    const route = request.routeOptions.url ?? 'none';
    metrics.countRequest(request.method, route, reply.statusCode, reply.elapsedTime);
    request.log.debug(
      { method: request.method, path: pathOf(request), status: reply.statusCode, ms: Math.round(reply.elapsedTime) },
      'answered',
    );
  });
}
