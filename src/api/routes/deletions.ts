import { z } from 'zod';
import { caller, type Routes } from '../api.ts';
import { presentDeletion } from '../present/deletion.ts';
import { requestSignal } from '../request-signal.ts';
import { key } from '../schemas/common.ts';
import { deletionReport, deletionRequest } from '../schemas/deletion.ts';

export const deletionRoutes: Routes = (api, { deletions }) => {
  api.post(
    '/registries/:registry/repositories/:repository/deletions',
    {
      config: { permission: 'image:delete' },
      schema: {
        operationId: 'deleteImages',
        tags: ['Catalog'],
        summary: 'Delete tags and images',
        description:
          'Refused with `in_use`, and nothing deleted, when a sync rule, another tag or an index needs any of it, unless `force` is set. With `dryRun` the answer names what stands against it.',
        params: z.object({
          registry: key.describe('Id or name'),
          repository: z.string().min(1).max(255).describe('Slashes as %2F'),
        }),
        body: deletionRequest,
        response: { 200: deletionReport },
      },
    },
    async (request, reply) => {
      const { registry, repository } = request.params;
      const { references, force, dryRun, digests } = request.body;
      const options = {
        ...(force && { force }),
        ...(dryRun && { dryRun }),
        ...(digests && { seen: digests }),
        signal: requestSignal(reply),
      };
      return presentDeletion(await deletions.delete(caller(request), registry, repository, references, options));
    },
  );
};
