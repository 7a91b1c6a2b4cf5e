import { RegistryError } from '../core/errors.ts';

export interface Page<T, C> {
  page: T;
  /** Cursor of the following page; absent on the last. */
  next?: C;
}

export interface PagingOptions {
  /** The service in the users' words. */
  service: string;
  url: URL;
  signal?: AbortSignal;
  /** Default 10 000: beyond any real listing, short of for ever. */
  maxPages?: number;
}

/**
 * Walks a paged listing to its end: `fetchPage` gets the cursor of the page before (undefined at first).
 *
 * A listing that hands out a cursor twice, or never ends, is an error and not an end: whoever acts on the result must
 * know that it is not whole.
 *
 * @throws RegistryError `pagination_endless`; whatever `fetchPage` throws; the signal's reason.
 */
export async function* pages<T, C extends string | number>(
  fetchPage: (cursor: C | undefined) => Promise<Page<T, C>>,
  options: PagingOptions,
): AsyncGenerator<T> {
  const { service, url, signal, maxPages = 10_000 } = options;
  const seen = new Set<C>();
  let cursor: C | undefined;
  for (let count = 0; count < maxPages; count++) {
    signal?.throwIfAborted();
    const { page, next } = await fetchPage(cursor);
    yield page;
    if (next === undefined) return;
    if (seen.has(next)) throw endless(service, url, 'came back to a page it had given before');
    seen.add(next);
    cursor = next;
  }
  throw endless(service, url, `had not ended after ${maxPages} pages`);
}

function endless(service: string, url: URL, what: string): RegistryError {
  return new RegistryError(`A listing of ${service} (${url.host}) ${what}.`, {
    code: 'pagination_endless',
    method: 'GET',
    url: `${url.origin}${url.pathname}`,
    retry: 'never',
  });
}
