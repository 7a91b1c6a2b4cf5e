import type { Routes } from '../api.ts';
import { session, setupInput, setupState } from '../schemas/access.ts';
import { startSession } from '../session-cookie.ts';

const tags = ['Access'];

/** The first administrator, by the one-time link that the hub printed. */
export const setupRoutes: Routes = (api, services) => {
  api.get(
    '/setup',
    {
      config: { permission: 'public' },
      schema: { operationId: 'getSetup', tags, summary: 'Whether the hub still has to be set up', response: { 200: setupState } },
    },
    async () => ({ needed: await services.setup.needed() }),
  );

  api.post(
    '/setup',
    {
      config: { permission: 'public' },
      schema: {
        operationId: 'completeSetup',
        tags,
        summary: 'Create the first administrator and sign in',
        body: setupInput,
        response: { 201: session },
      },
    },
    async (request, reply) => {
      const user = await services.setup.complete(request.body, { address: request.ip });
      return reply.code(201).send(await startSession(request, reply, services, user));
    },
  );
};
