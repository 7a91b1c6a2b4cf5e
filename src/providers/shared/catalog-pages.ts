import { z } from 'zod';
import { callApi, invalidAnswer } from '../../provider/api.ts';
import type { ProviderContext } from '../../provider/define.ts';
import type { ProviderResponse } from '../../provider/http.ts';
import { pages } from '../../provider/paging.ts';

const pageSize = 1000;
const catalog = z.object({ repositories: z.array(z.string()).nullish() });

export interface CatalogCall {
  service: string;
  /** `…/v2/_catalog` of one repository of a product that holds many. */
  url: URL;
  headers: Readonly<Record<string, string>>;
}

/**
 * Names of a catalog that is not at the registry's own `/v2/_catalog`, page by page. Of a link only `last` counts, because its path
 * lacks what a proxy before the product takes away; without one, a full page is followed by what comes after its last name.
 *
 * @throws RegistryError, also when a link cannot be followed: a listing that goes on is not whole without what follows
 */
export async function* catalogPages(
  { http, clock, signal }: Pick<ProviderContext, 'http' | 'clock' | 'signal'>,
  { service, url, headers }: CatalogCall,
): AsyncGenerator<string[]> {
  let before: string | undefined;
  yield* pages<string[], string>(
    async (last) => {
      const page = new URL(url);
      page.search = new URLSearchParams({ n: String(pageSize), ...(last !== undefined && { last }) }).toString();
      const answer = await callApi(http, page, catalog, { service, now: clock.now(), headers, signal });
      const names = answer.data.repositories ?? [];
      // One that knows no paging answers everything, again.
      if (names.length > 0 && names[0] === before) return { page: [] };
      before = names[0];
      const unreadable = () => invalidAnswer({ service, method: 'GET', url }, 'a link to a next page that cannot be followed');
      return { page: names, next: nextOf(answer.headers, names, unreadable) };
    },
    { service, url, signal },
  );
}

function nextOf(headers: ProviderResponse['headers'], names: readonly string[], unreadable: () => Error): string | undefined {
  const link = headers['link'];
  if (!link) return names.length >= pageSize ? names.at(-1) : undefined;
  const target = /^<([^<>]{1,8000})>; ?rel="?next"?$/.exec(link)?.[1];
  const last = target === undefined ? undefined : URL.parse(target, 'https://registry.invalid')?.searchParams.get('last');
  if (!last) throw unreadable();
  return last;
}
