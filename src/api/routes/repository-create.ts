import { z } from 'zod';
import { caller, type Routes } from '../api.ts';
import { requestSignal } from '../request-signal.ts';
import { key } from '../schemas/common.ts';
import { createdRepository, repositoryInput } from '../schemas/repository-create.ts';

export const repositoryCreateRoutes: Routes = (api, { repositories }) => {
  api.post(
    '/registries/:registry/repositories',
    {
      config: { permission: 'repository:write' },
      schema: {
        operationId: 'createRepository',
        tags: ['Catalog'],
        summary: 'Create a repository',
        description:
          'For registries where a repository, or the project or namespace it belongs to, has to be there before the first push. 200 when it was there already; `unsupported` where a push creates it by itself.',
        params: z.object({ registry: key.describe('Id or name') }),
        body: repositoryInput,
        response: { 200: createdRepository, 201: createdRepository },
      },
    },
    async (request, reply) => {
      const { registry } = request.params;
      const answer = await repositories.create(caller(request), registry, request.body.name, { signal: requestSignal(reply) });
      return reply.code(answer.outcome === 'created' ? 201 : 200).send(answer);
    },
  );
};
