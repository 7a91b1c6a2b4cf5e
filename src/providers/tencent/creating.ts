import { z } from 'zod';
import type { CatalogContext } from '../../provider/define.ts';
import { pages } from '../../provider/paging.ts';
import { ensure } from '../shared/ensure.ts';
import { callTencent, pageSize, service, type TencentContext, type TencentKey } from './api.ts';
import { type InstanceContext, type InstanceLogin, tcrInstance } from './instance.ts';

const nothing = z.object({});

/**
 * Sees that namespace and repository are there in an Enterprise instance, both private. (TCR API 2019-09-24: DescribeNamespaces,
 * CreateNamespace, DescribeRepositories, CreateRepository.)
 */
export async function ensureEnterprise(ctx: InstanceContext, login: InstanceLogin, repository: string): Promise<'created' | 'exists'> {
  const { registryId: RegistryId, region } = await tcrInstance(ctx, login);
  const call = <T>(action: string, parameters: Readonly<Record<string, unknown>>, schema: z.ZodType<T>) =>
    callTencent(ctx, { key: login, region }, action, { RegistryId, ...parameters }, schema);
  const slash = repository.indexOf('/');
  const NamespaceName = repository.slice(0, slash);
  const RepositoryName = repository.slice(slash + 1);

  // The name may be taken for a part of names, so that what is told is looked through.
  const namespaces = z.object({ NamespaceList: z.array(z.object({ Name: z.string() })).nullish() });
  const hasNamespace = async () => {
    const { NamespaceList } = await call('DescribeNamespaces', { NamespaceName, All: true }, namespaces);
    return (NamespaceList ?? []).some(({ Name }) => Name === NamespaceName);
  };
  await ensure(hasNamespace, () => call('CreateNamespace', { NamespaceName, IsPublic: false }, nothing));

  const repositories = z.object({ RepositoryList: z.array(z.object({ Name: z.string() })).nullish(), TotalCount: z.int() });
  const hasRepository = async () => {
    const walk = pages<z.output<typeof repositories>, number>(
      async (number = 1) => {
        const page = await call('DescribeRepositories', { NamespaceName, RepositoryName, Offset: number, Limit: pageSize }, repositories);
        return { page, next: page.RepositoryList?.length && number * pageSize < page.TotalCount ? number + 1 : undefined };
      },
      { service, url: ctx.url, signal: ctx.signal },
    );
    for await (const { RepositoryList } of walk)
      if (RepositoryList?.some(({ Name }) => Name === repository || Name === RepositoryName)) return true;
    return false;
  };
  return ensure(hasRepository, () => call('CreateRepository', { NamespaceName, RepositoryName }, nothing));
}

type PersonalContext = TencentContext & Pick<CatalogContext, 'signal'> & { settings: { region: string } };

/**
 * Sees that namespace and repository are there in the Personal edition, the repository private. A namespace's name is unique among
 * all accounts. (TCR API 2019-09-24: DescribeNamespacePersonal, CreateNamespacePersonal, ValidateRepositoryExistPersonal,
 * CreateRepositoryPersonal.)
 */
export async function ensurePersonal(ctx: PersonalContext, key: TencentKey, repository: string): Promise<'created' | 'exists'> {
  const call = <T>(action: string, parameters: Readonly<Record<string, unknown>>, schema: z.ZodType<T>) =>
    callTencent(ctx, { key, region: ctx.settings.region }, action, parameters, schema);
  const Namespace = repository.split('/', 1)[0] ?? '';

  const own = z.object({ Data: z.object({ NamespaceInfo: z.array(z.object({ Namespace: z.string() })).nullish() }) });
  const hasNamespace = async () => {
    const { Data } = await call('DescribeNamespacePersonal', { Namespace, Offset: 0, Limit: 100 }, own);
    return (Data.NamespaceInfo ?? []).some((item) => item.Namespace === Namespace);
  };
  await ensure(hasNamespace, () => call('CreateNamespacePersonal', { Namespace }, nothing));

  const existence = z.object({ Data: z.object({ IsExist: z.boolean() }) });
  const hasRepository = async () => (await call('ValidateRepositoryExistPersonal', { RepoName: repository }, existence)).Data.IsExist;
  return ensure(hasRepository, () => call('CreateRepositoryPersonal', { RepoName: repository, Public: 0 }, nothing));
}
