import { z } from 'zod';
import { ensure, found } from '../shared/ensure.ts';
import { callSwr, type SwrContext } from './api.ts';

/**
 * Sees that the organisation of a repository is there; a push makes the repository itself. Names of organisations are unique in a
 * region, among all accounts. (SWR API reference: ShowNamespace, CreateNamespace.)
 *
 * @throws RegistryError, with status 409 where the name is another account's
 */
export async function ensureOrganization(ctx: SwrContext, repository: string): Promise<'created' | 'exists'> {
  const namespace = repository.split('/', 1)[0] ?? '';
  const path = `/v2/manage/namespaces/${encodeURIComponent(namespace)}`;
  const exists = () => found(() => callSwr(ctx, 'GET', path, {}, z.unknown()));
  return ensure(exists, () => callSwr(ctx, 'POST', '/v2/manage/namespaces', {}, z.unknown(), JSON.stringify({ namespace })));
}
