import { RegistryError, UnsupportedError } from '../../core/errors.ts';
import type { CatalogContext } from '../../provider/define.ts';

/**
 * Sees that something is there: looks, makes it, and when making it was refused looks once more. Of two callers at once the slower
 * one is refused because the other was faster, and that is no failure, whatever the vendor's word for it.
 *
 * @throws what making it was refused with, when it is not there afterwards; whatever `exists` throws
 */
export async function ensure(exists: () => Promise<boolean>, make: () => Promise<unknown>): Promise<'created' | 'exists'> {
  if (await exists()) return 'exists';
  try {
    await make();
    return 'created';
  } catch (error) {
    if (error instanceof RegistryError && (await exists())) return 'exists';
    throw error;
  }
}

/** Whether asking for it finds it: an answer is a yes, `registry_not_found` a no. */
export async function found(ask: () => Promise<unknown>): Promise<boolean> {
  try {
    await ask();
    return true;
  } catch (error) {
    if (error instanceof RegistryError && error.code === 'registry_not_found') return false;
    throw error;
  }
}

/**
 * For ways of signing in that open no API: a repository that the registry shows is there. Of others nobody knows but the push, which
 * may make them where namespaces allow it.
 *
 * @param advice a sentence: what can make them
 * @throws UnsupportedError when it is not shown; TransportError
 */
export async function shownByRegistry(
  { client, signal }: Pick<CatalogContext, 'client' | 'signal'>,
  repository: string,
  service: string,
  advice: string,
): Promise<'exists'> {
  try {
    await client.repository(repository).listTags({ signal }).next();
    return 'exists';
  } catch (error) {
    if (!(error instanceof RegistryError) || (error.status ?? 500) >= 500) throw error;
    throw new UnsupportedError(`${service} shows no repository ${repository}, and this way of signing in cannot make one. ${advice}`, {
      service,
    });
  }
}
