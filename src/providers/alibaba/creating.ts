import { z } from 'zod';
import type { CatalogContext } from '../../provider/define.ts';
import { ensure, found, shownByRegistry } from '../shared/ensure.ts';
import { type AcrContext, callRoa, callRpc } from './api.ts';
import { acrInstance } from './instance.ts';

const summary = 'Made by Tagboat';
const nothing = z.object({});

const advice = 'An AccessKey or a role makes namespaces and repositories.';

type CreatingContext = AcrContext & Pick<CatalogContext, 'client'>;

/**
 * Sees that namespace and repository are there in an Enterprise instance. A new namespace makes private repositories by itself when
 * they are pushed; in one that does not, the repository is made. (API `cr` 2018-12-01: GetNamespace, CreateNamespace, GetRepository,
 * CreateRepository.)
 */
export async function ensureEnterprise(ctx: CreatingContext, repository: string): Promise<'created' | 'exists'> {
  if (ctx.signIn.method === 'password') return shownByRegistry(ctx, repository, 'Container Registry', advice);
  const InstanceId = await acrInstance(ctx);
  const slash = repository.indexOf('/');
  const [NamespaceName, RepoName] = [repository.slice(0, slash), repository.slice(slash + 1)];

  const namespace = z.object({ AutoCreateRepo: z.boolean().nullish() });
  let automatic = true;
  const hasNamespace = () =>
    found(async () => {
      const { AutoCreateRepo } = await callRpc(ctx, 'GetNamespace', { InstanceId, NamespaceName }, namespace);
      automatic = AutoCreateRepo === true;
    });
  const wanted = { InstanceId, NamespaceName, AutoCreateRepo: 'true', DefaultRepoType: 'PRIVATE' };
  const outcome = await ensure(hasNamespace, () => callRpc(ctx, 'CreateNamespace', wanted, nothing));
  if (automatic) return outcome;

  const place = { InstanceId, RepoNamespaceName: NamespaceName, RepoName };
  return ensure(
    () => found(() => callRpc(ctx, 'GetRepository', place, nothing)),
    () => callRpc(ctx, 'CreateRepository', { ...place, RepoType: 'PRIVATE', Summary: summary }, nothing),
  );
}

/**
 * The same in the Personal edition, whose namespaces are unique among all accounts of a region and where repositories that a push is
 * to make are a switch of the namespace. (API `cr` 2016-06-07: GetNamespace, CreateNamespace, GetRepo, CreateRepo.)
 */
export async function ensurePersonal(ctx: CreatingContext, repository: string): Promise<'created' | 'exists'> {
  if (ctx.signIn.method === 'password') return shownByRegistry(ctx, repository, 'Container Registry', advice);
  const slash = repository.indexOf('/');
  const [Namespace, RepoName] = [repository.slice(0, slash), repository.slice(slash + 1)];
  const [namespacePath, repoPath] = [encodeURIComponent(Namespace), encodeURIComponent(RepoName)];

  const namespace = z.object({ data: z.object({ namespace: z.object({ autoCreate: z.boolean().nullish() }) }) });
  let automatic = false;
  const hasNamespace = () =>
    found(async () => {
      const { data } = await callRoa(ctx, 'GetNamespace', `/namespace/${namespacePath}`, {}, namespace);
      automatic = data.namespace.autoCreate === true;
    });
  const outcome = await ensure(hasNamespace, () =>
    callRoa(ctx, 'CreateNamespace', '/namespace', {}, nothing, JSON.stringify({ Namespace: { Namespace } })),
  );
  if (automatic) return outcome;

  const Repo = { RepoNamespace: Namespace, RepoName, Summary: summary, RepoType: 'PRIVATE' };
  return ensure(
    () => found(() => callRoa(ctx, 'GetRepo', `/repos/${namespacePath}/${repoPath}`, {}, nothing)),
    () => callRoa(ctx, 'CreateRepo', '/repos', {}, nothing, JSON.stringify({ Repo })),
  );
}
