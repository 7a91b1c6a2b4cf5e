import { RegistryError, UnsupportedError } from '../core/errors.ts';
import type { CatalogContext, ListPage, RepositoryInfo, TagInfo } from './define.ts';

/** Answers by which a registry says that its catalog is not for this caller, or not there. */
const closed = new Set([
  'registry_unauthorized',
  'registry_denied',
  'registry_not_found',
  'registry_unexpected_status',
  'not_a_registry',
  'invalid_answer',
]);

type RegistryContext = Pick<CatalogContext, 'client' | 'signal' | 'namespace'>;

/**
 * Repositories by `/v2/_catalog`, for callers who cannot use the provider's API. Where the registry keeps it closed, the error
 * says what would open the list.
 *
 * @param advice a sentence: what to enter to have repositories listed
 * @throws UnsupportedError
 */
export async function* catalogRepositories(
  { client, signal, namespace }: RegistryContext,
  service: string,
  advice: string,
): AsyncGenerator<ListPage<RepositoryInfo>> {
  const prefix = namespace ? `${namespace}/` : '';
  try {
    for await (const names of client.listRepositories({ signal })) {
      yield { items: names.filter((name) => name.startsWith(prefix)).map((name) => ({ name })) };
    }
  } catch (error) {
    if (!(error instanceof RegistryError && closed.has(error.code))) throw error;
    throw new UnsupportedError(`${service} lists repositories by its API only, which this way of signing in cannot use. ${advice}`, {
      service,
    });
  }
}

/** Tags by `/v2/<name>/tags/list`: names alone. */
export async function* registryTags({ client, signal }: RegistryContext, repository: string): AsyncGenerator<ListPage<TagInfo>> {
  for await (const names of client.repository(repository).listTags({ signal })) yield { items: names.map((name) => ({ name })) };
}
