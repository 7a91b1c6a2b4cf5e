import { nextLink } from '../../oci/link.ts';
import { RegistryError } from '../../core/errors.ts';

/**
 * The next page of an API's listing by its Link header (RFC 8288), on the origin of the page before; undefined on the last page.
 *
 * @throws RegistryError `pagination_denied` for a link that leaves the origin or cannot be read: the listing is not whole without it
 */
export function nextPage(link: string | undefined, page: URL): URL | undefined {
  const target = nextLink(link);
  if (target === undefined) return undefined;
  const next = URL.parse(target, page);
  if (next?.origin === page.origin && next.username === '' && next.password === '') return next;
  throw new RegistryError(`${page.host} links to a next page elsewhere, which is not followed.`, {
    code: 'pagination_denied',
    method: 'GET',
    url: `${page.origin}${page.pathname}`,
    retry: 'never',
  });
}
