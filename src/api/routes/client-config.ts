import { z } from 'zod';
import { readClientConfig } from '../../registries/index.ts';
import { caller, type Routes } from '../api.ts';
import { clientConfig, clientConfigQuery } from '../schemas/client-config.ts';
import { key } from '../schemas/common.ts';

export const clientConfigRoutes: Routes = (api, { registries, providers }) => {
  api.get(
    '/registries/:registry/client-config',
    {
      config: { permission: 'registry:read' },
      schema: {
        operationId: 'getClientConfig',
        tags: ['Registries'],
        summary: 'Configure a client for a registry',
        description:
          'The files that Docker, containerd, BuildKit, Podman, CRI-O, skopeo or Buildah need to reach the registry as it is set up here: certificate authorities, insecure flags, mirrors. Holds no secret.',
        params: z.object({ registry: key.describe('Id or name') }),
        querystring: clientConfigQuery,
        response: { 200: clientConfig },
      },
    },
    async (request) => {
      const { for: client, mirrorOf, mirrors, containerd, helper } = request.query;
      return readClientConfig({ registries, providers }, caller(request), request.params.registry, {
        client,
        ...(mirrorOf !== undefined && { mirrorOf }),
        ...(mirrors !== undefined && { mirrors: mirrors.split(',') }),
        ...(helper !== undefined && { helper }),
        ...(containerd !== undefined && { containerd: containerd === '1' ? 1 : 2 }),
      });
    },
  );
};
