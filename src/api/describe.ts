import fastify from 'fastify';
import type { Api } from './api.ts';
import { type OpenApiDocument, openApiDocument, type RegisteredRoute } from './openapi.ts';
import { registerResources } from './routes/index.ts';
import type { Services } from './services.ts';
import { zodSchemas } from './zod-schemas.ts';

/** The routes of the API without a hub: they are registered and never called, so the services may be missing. */
export async function collectRoutes(): Promise<RegisteredRoute[]> {
  const routes: RegisteredRoute[] = [];
  const app = fastify({ schemaController: zodSchemas });
  app.addHook('onRoute', (route) => void routes.push(route));
  app.register(async (scope) => registerResources(scope as unknown as Api, {} as Services), { prefix: '/api/v1' });
  await app.ready();
  await app.close();
  return routes;
}

/** The OpenAPI document without a hub. */
export async function describeApi(version: string): Promise<OpenApiDocument> {
  return openApiDocument(await collectRoutes(), version);
}
