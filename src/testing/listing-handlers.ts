import type { ContentStore } from './content-store.ts';
import { type Exchange, json, type Reply, Refusal } from './exchange.ts';
import type { RegistryOptions } from './registry-options.ts';

export function listTags(store: ContentStore, options: RegistryOptions, exchange: Exchange, name: string): Reply {
  if (!store.has(name)) throw new Refusal(404, 'NAME_UNKNOWN', 'repository name not known to registry', { detail: { name } });
  const order = options.tagOrder ?? 'lexical';
  const { items, headers } = paginate(store.tags(name, order), order === 'lexical', options, exchange, options.pageSize ?? Infinity);
  return json(200, { name, tags: items }, headers);
}

export function listCatalog(store: ContentStore, options: RegistryOptions, exchange: Exchange): Reply {
  if (options.catalog === false) throw new Refusal(404, 'UNSUPPORTED', 'the catalog is not offered');
  const { items, headers } = paginate(store.repositories(), true, options, exchange, options.pageSize ?? 100);
  return json(200, { repositories: items }, headers);
}

function paginate(all: readonly string[], sorted: boolean, options: RegistryOptions, exchange: Exchange, usual: number) {
  const query = exchange.url.searchParams;
  const asked = query.get('n');
  if (asked !== null && !/^\d{1,9}$/.test(asked)) {
    throw new Refusal(400, 'PAGINATION_NUMBER_INVALID', 'invalid number of results requested', { detail: { n: asked } });
  }
  const size = Math.min(asked === null ? usual : Number(asked), asked === null ? Infinity : (options.maxPageSize ?? 1000));
  const start = startAfter(all, query.get('last'), sorted);
  const items = all.slice(start, start + size);
  const headers: Record<string, string> = {};
  const last = items.at(-1);
  if (last !== undefined && start + size < all.length) {
    const next = new URL(exchange.url);
    next.search = new URLSearchParams({ n: String(size), last }).toString();
    headers.link = `<${options.linkForm === 'absolute' ? next.href : next.pathname + next.search}>; rel="next"`;
  }
  return { items, headers };
}

/** Index of the first item after `last`, which itself need not exist (any more) in a sorted list. */
function startAfter(all: readonly string[], last: string | null, sorted: boolean): number {
  if (!last) return 0;
  if (!sorted) return all.indexOf(last) + 1;
  let low = 0;
  let high = all.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((all[middle] ?? '') <= last) low = middle + 1;
    else high = middle;
  }
  return low;
}
