import { type CallOptions, calling } from './call-options.ts';
import { ContentError } from './content-error.ts';
import { RegistryError } from './errors.ts';
import { field, isObject, parseJson } from './json.ts';
import { nextLink } from './link.ts';
import { redactUrl } from './redact.ts';
import { readingAnswer, refuseForeignBody } from './registry-errors.ts';
import type { RegistrySession } from './registry-session.ts';
import { quote } from './text.ts';
import type { TransportResponse } from './transport.ts';

export interface Listing extends CallOptions {
  /** First page, without `n` and `last`. */
  url: URL;
  scopes: readonly string[];
  what: string;
  /** Where the names are: `tags` or `repositories`. */
  property: string;
  /** Why a name cannot be one; undefined when it can. */
  objection: (name: string) => string | undefined;
  pageSize?: number;
  last?: string;
}

export const maxPageBytes = 16 * 1024 * 1024;
/** 100 names a page, as some registries cap it, still make 100,000. */
const maxPages = 1000;
const maxNames = 1_000_000;
const defaultPageSize = 1000;

/**
 * Lists names page by page, each name once. Follows `Link` while there is one; only without it, and after a page of exactly the size
 * asked for, goes on with `last=`. Ends or throws: a listing that is not complete is never taken for one.
 *
 * @throws RegistryError `pagination_denied`, `pagination_endless`, `invalid_answer`, and what the registry answers
 */
export async function* listNames(session: RegistrySession, listing: Listing): AsyncGenerator<string[], void, undefined> {
  const limit = session.traits.maxPageSize ?? defaultPageSize;
  const pageSize = Math.max(1, Math.min(listing.pageSize ?? limit, limit));
  const seenUrls = new Set<string>();
  const seenNames = new Set<string>();
  let previous: readonly string[] = [];
  let url: URL | undefined = firstPage(listing, pageSize);
  while (url) {
    if (seenUrls.has(url.href)) throw endless(listing, url, 'its pages repeat');
    if (seenUrls.size >= maxPages) throw endless(listing, url, `it has more than ${maxPages} pages`);
    seenUrls.add(url.href);
    const page: URL = url;
    const answer = await session.call({
      url: page,
      scopes: listing.scopes,
      what: listing.what,
      headers: { accept: 'application/json' },
      maxBytes: maxPageBytes,
      ...calling(listing),
    });
    const names = readingAnswer(answer, { method: 'GET', url: page }, () => readNames(answer, listing));
    const isNew = (name: string) => !seenNames.has(name) && seenNames.add(name);
    const fresh = names.filter(isNew);
    if (seenNames.size > maxNames) throw endless(listing, page, `it has more than ${maxNames} names`);
    if (fresh.length > 0) yield fresh;
    const link = readingAnswer(answer, { method: 'GET', url: page }, () => nextLink(answer.headers.link));
    if (link !== undefined) url = followLink(session, listing, page, link);
    // A registry that ignores `last` answers the same page again: then that page was all there is.
    else url = names.length === pageSize && !sameNames(names, previous) ? continueAfter(page, names) : undefined;
    previous = names;
  }
}

/**
 * Resolves a `Link` against the page it stands on.
 *
 * @throws RegistryError `pagination_denied` when it leads to another origin: credentials would go there.
 */
export function followLink(session: RegistrySession, listing: Pick<Listing, 'what'>, page: URL, link: string): URL {
  const next = URL.parse(link, page.href);
  if (session.traits.rebuildNextLink && next) {
    const last = next.searchParams.get('last');
    if (last !== null) return withLast(page, last);
  }
  if (!next || next.origin !== session.url.origin || next.username !== '' || next.password !== '') {
    throw new RegistryError(
      `${session.url.host} continues its list of ${listing.what} at another address${next ? `, ${next.host}` : ''}; this is not followed, so the list is not complete.`,
      { code: 'pagination_denied', method: 'GET', url: redactUrl(page), context: next ? { link: redactUrl(next) } : {} },
    );
  }
  // Behind a path prefix some registries leave it out of the link: the query says where to go on.
  if (next.pathname !== page.pathname && page.pathname.endsWith(next.pathname)) {
    next.pathname = page.pathname;
  }
  next.hash = '';
  return next;
}

function firstPage({ url, last }: Listing, pageSize: number): URL {
  const first = new URL(url);
  first.searchParams.set('n', String(pageSize));
  if (last !== undefined) first.searchParams.set('last', last);
  return first;
}

function continueAfter(page: URL, names: readonly string[]): URL | undefined {
  const last = names.at(-1);
  return last === undefined ? undefined : withLast(page, last);
}

function withLast(page: URL, last: string): URL {
  const next = new URL(page);
  next.searchParams.set('last', last);
  return next;
}

function sameNames(a: readonly string[], b: readonly string[]): boolean {
  return a.length === b.length && a.every((name, i) => name === b[i]);
}

function readNames(answer: TransportResponse, { property, objection }: Listing): string[] {
  refuseForeignBody(answer);
  const json = parseJson(answer.bytes, 'The page');
  if (!isObject(json)) throw new ContentError('The page is not a JSON object.');
  const names = field(json, property);
  if (names === undefined || names === null) {
    if (field(json, 'errors') !== undefined) throw new ContentError('The page holds an error in place of names.');
    return [];
  }
  if (!Array.isArray(names)) throw new ContentError(`"${property}" is not a list.`);
  for (const name of names as unknown[]) {
    if (typeof name !== 'string') throw new ContentError(`"${property}" holds something that is not a name.`);
    const reason = objection(name);
    if (reason !== undefined) throw new ContentError(`"${property}" holds ${quote(name, 60)}, which ${reason}.`);
  }
  return names as string[];
}

function endless(listing: Listing, url: URL, why: string): RegistryError {
  return new RegistryError(`The list of ${listing.what} at ${url.host} does not end: ${why}.`, {
    code: 'pagination_endless',
    method: 'GET',
    url: redactUrl(url),
    retry: 'never',
  });
}
