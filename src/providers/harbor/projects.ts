import { z } from 'zod';
import { ensure, found } from '../shared/ensure.ts';
import { callHarbor, type HarborContext } from './harbor-api.ts';

/**
 * Sees that the project of a repository is there; a push makes the repository itself. A new project is private.
 * (Harbor's api/v2.0/swagger.yaml: headProject, createProject.)
 *
 * @throws RegistryError, `registry_denied` where the account may not make projects
 */
export async function ensureProject(ctx: HarborContext, repository: string): Promise<'created' | 'exists'> {
  const project = repository.split('/', 1)[0] ?? '';
  const exists = () => found(() => callHarbor(ctx, '/projects', z.unknown(), { method: 'HEAD', query: { project_name: project } }));
  const body = JSON.stringify({ project_name: project, metadata: { public: 'false' } });
  return ensure(exists, () => callHarbor(ctx, '/projects', z.unknown(), { method: 'POST', body }));
}
