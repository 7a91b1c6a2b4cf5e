import { describe, expect, it } from 'vitest';
import type { ClientTraits } from './client-options.ts';
import { RegistryClient } from './registry-client.ts';
import { collect, failure, type Handler, json, serve } from './testing/loopback.ts';

type Pages = Readonly<Record<string, { tags?: unknown; link?: string; body?: string | Buffer; type?: string }>>;

async function tags(
  pages: Pages | Handler,
  options: { traits?: ClientTraits; pageSize?: number; last?: string; prefix?: string } = {},
): Promise<{ tags: string[]; urls: string[] }> {
  const urls: string[] = [];
  await using server = await serve((request, response) => {
    urls.push(request.url);
    if (typeof pages === 'function') return pages(request, response);
    const page = pages[request.url];
    if (!page) return json(response, 404, {});
    const headers = {
      'content-type': page.type ?? 'application/json',
      ...(page.link === undefined ? {} : { link: page.link.replace('ORIGIN', server.url) }),
    };
    response.writeHead(200, headers).end(page.body ?? JSON.stringify({ name: 'app', tags: page.tags }));
    return undefined;
  });
  const { traits, prefix = '', ...list } = options;
  const client = new RegistryClient({ url: server.url + prefix, ...(traits ? { traits } : {}) });
  try {
    return { tags: await collect(client.repository('app').listTags(list)), urls };
  } finally {
    await client.close();
  }
}

const first = '/v2/app/tags/list?n=2';

describe('listing', () => {
  it.each<[string, Pages, string[]]>([
    ['ends without Link after a page that is not full', { [first]: { tags: ['a'] } }, ['a']],
    ['takes tags null for none', { [first]: { tags: null } }, []],
    ['takes missing tags for none', { [first]: {} }, []],
    [
      'follows a relative Link',
      {
        [first]: { tags: ['a', 'b'], link: '</v2/app/tags/list?n=2&last=b>; rel="next"' },
        '/v2/app/tags/list?n=2&last=b': { tags: ['c'] },
      },
      ['a', 'b', 'c'],
    ],
    [
      'follows an absolute Link',
      { [first]: { tags: ['a', 'b'], link: '<ORIGIN/v2/app/tags/list?next=x>; rel="next"' }, '/v2/app/tags/list?next=x': { tags: ['c'] } },
      ['a', 'b', 'c'],
    ],
    [
      'follows a Link relative to the page',
      { [first]: { tags: ['a', 'b'], link: '<list?opaque=%2F>; rel=next' }, '/v2/app/tags/list?opaque=%2F': { tags: ['c'] } },
      ['a', 'b', 'c'],
    ],
    [
      'follows a Link after a short or empty page',
      { [first]: { tags: [], link: '<list?p=2>; rel="next"' }, '/v2/app/tags/list?p=2': { tags: ['c'] } },
      ['c'],
    ],
    [
      'finds next among other links',
      {
        [first]: { tags: ['a'], link: '<list?p=0>; rel="prev"; title="x, <y>; rel=next", <list?p=2>; rel="last NEXT"' },
        '/v2/app/tags/list?p=2': { tags: ['c'] },
      },
      ['a', 'c'],
    ],
    [
      'goes on with last after a full page without Link',
      { [first]: { tags: ['a', 'b'] }, '/v2/app/tags/list?n=2&last=b': { tags: ['c'] } },
      ['a', 'b', 'c'],
    ],
    ['ends when last is ignored', { [first]: { tags: ['a', 'b'] }, '/v2/app/tags/list?n=2&last=b': { tags: ['a', 'b'] } }, ['a', 'b']],
    ['takes more than asked for as all', { [first]: { tags: ['a', 'b', 'c'] } }, ['a', 'b', 'c']],
    [
      'gives each name once',
      { [first]: { tags: ['a', 'b'], link: '<list?p=2>; rel="next"' }, '/v2/app/tags/list?p=2': { tags: ['b', 'c', 'c'] } },
      ['a', 'b', 'c'],
    ],
    [
      'keeps the order of the registry',
      { [first]: { tags: ['z', 'a'], link: '<list?p=2>; rel="next"' }, '/v2/app/tags/list?p=2': { tags: ['m'] } },
      ['z', 'a', 'm'],
    ],
    ['reads a full last page', { [first]: { tags: ['a', 'b'] }, '/v2/app/tags/list?n=2&last=b': { tags: null } }, ['a', 'b']],
  ])('%s', async (_name, pages, expected) => {
    expect((await tags(pages, { pageSize: 2 })).tags).toEqual(expected);
  });

  it('starts after last, and asks for no more than the trait allows', async () => {
    const handler: Handler = (_request, response) => json(response, 200, { tags: [] });
    expect((await tags(handler, { last: 'm', pageSize: 5000, traits: { maxPageSize: 100 } })).urls).toEqual([
      '/v2/app/tags/list?n=100&last=m',
    ]);
    expect((await tags(handler, { pageSize: 0 })).urls).toEqual(['/v2/app/tags/list?n=1']);
  });

  it('adds a path prefix that the Link lacks', async () => {
    const pages = {
      '/base/v2/app/tags/list?n=2': { tags: ['a', 'b'], link: '</v2/app/tags/list?n=2&last=b>; rel="next"' },
      '/base/v2/app/tags/list?n=2&last=b': { tags: ['c'] },
    };
    expect((await tags(pages, { pageSize: 2, prefix: '/base' })).tags).toEqual(['a', 'b', 'c']);
  });

  it('takes only last from the Link where the registry is known to build it wrongly', async () => {
    const pages = {
      [first]: { tags: ['a', 'b'], link: '<http://internal.test/wrong/path?last=b&n=2>; rel="next"' },
      '/v2/app/tags/list?n=2&last=b': { tags: ['c'] },
    };
    expect((await tags(pages, { pageSize: 2, traits: { rebuildNextLink: true } })).tags).toEqual(['a', 'b', 'c']);
  });

  it.each([
    '<https://evil.test/v2/app/tags/list>; rel="next"',
    '<//evil.test/>; rel="next"',
    '<http://127.0.0.1:1/v2/app/tags/list>; rel="next"',
    '<http://user@127.0.0.1/>; rel="next"',
    '<file:///etc/passwd>; rel="next"',
    '<http://[bad>; rel="next"',
  ])('does not follow %s, and says so', async (link) => {
    expect(await failure(tags({ [first]: { tags: ['a'], link } }, { pageSize: 2 }))).toMatchObject({
      code: 'pagination_denied',
      fault: 'remote',
    });
  });

  it('ends a circle', async () => {
    const pages = {
      [first]: { tags: ['a'], link: '<list?p=2>; rel="next"' },
      '/v2/app/tags/list?p=2': { tags: ['b'], link: `<${first}>; rel="next"` },
    };
    expect(await failure(tags(pages, { pageSize: 2 }))).toMatchObject({ code: 'pagination_endless' });
  });

  it('ends a list that goes on for ever', async () => {
    let page = 0;
    const error = await failure(
      tags((_request, response) => json(response, 200, { tags: ['a'] }, { link: `<list?p=${++page}>; rel="next"` })),
    );
    expect(error).toMatchObject({ code: 'pagination_endless', retry: 'never' });
    expect(page).toBe(1000);
  });

  it.each<[string, Pages[string], string]>([
    ['a web page', { body: '<html>', type: 'text/html' }, 'not_a_registry'],
    ['something else than JSON', { body: 'tags: a, b' }, 'invalid_answer'],
    ['a list', { body: '[]' }, 'invalid_answer'],
    ['tags that are no list', { tags: 'a' }, 'invalid_answer'],
    ['tags that are no names', { tags: [1] }, 'invalid_answer'],
    ['an error with status 200', { body: '{"errors":[{"code":"DENIED"}]}' }, 'invalid_answer'],
    ['control characters in a tag', { tags: ['a\u001b[2Jb'] }, 'invalid_answer'],
    ['a line break in a tag', { tags: ['a\n'] }, 'invalid_answer'],
    ['a tag of 10,000 characters', { tags: ['x'.repeat(10_000)] }, 'invalid_answer'],
    ['bytes that are not UTF-8', { body: Buffer.from('{"tags":["\u00ff"]}', 'latin1') }, 'invalid_answer'],
    ['nesting without end', { body: '['.repeat(100_000) }, 'invalid_answer'],
    ['a page of more than 16 MiB', { body: `{"tags":["${'x'.repeat(16 * 1024 * 1024)}"]}` }, 'invalid_answer'],
  ])('refuses %s', async (_name, page, code) => {
    const error = await failure(tags({ [first]: page }, { pageSize: 2 }));
    expect(error).toMatchObject({ code, fault: 'remote', retry: 'never' });
    expect(error.message).toMatch(/127\.0\.0\.1/);
    expect(error.message.length).toBeLessThan(400);
    expect(error.message).not.toMatch(/[\u0000-\u001f]/);
  });

  it('does not give up a name of a catalog for being lax, but one that could harm', async () => {
    let names = ['library/alpine', 'Mixed/Case', 'proto__/x'];
    await using server = await serve((_request, response) => json(response, 200, { repositories: names }));
    const client = new RegistryClient({ url: server.url });
    expect(await collect(client.listRepositories())).toEqual(names);
    for (names of [['a\u0000'], ['x'.repeat(256)], [''], ['a\u202eb']]) {
      expect(await failure(collect(client.listRepositories()))).toMatchObject({ code: 'invalid_answer' });
    }
    expect(() => client.repository('Mixed/Case')).toThrow('must be lower case');
    await client.close();
  });

  it('stops when its reader stops', async () => {
    let page = 0;
    await using server = await serve((_request, response) =>
      json(response, 200, { tags: [`t${++page}`] }, { link: `<list?p=${page}>; rel="next"` }),
    );
    const client = new RegistryClient({ url: server.url });
    for await (const names of client.repository('app').listTags()) {
      expect(names).toEqual(['t1']);
      break;
    }
    expect(server.requests).toHaveLength(1);
    await client.close();
  });
});
