import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  circularPages,
  crossOriginLink,
  endlessPages,
  startRegistry,
  buildImage,
  tooManyRequests,
  truncatedAt,
} from '../../src/testing/index.ts';
import { expectReadable, type FaultHub, password, problemOf, startFaultHub } from './fault-hub.ts';
import { type Answer, cut, flood, holds, json, startHostile, stall } from './hostile.ts';

let hub: FaultHub;

beforeAll(async () => {
  hub = await startFaultHub({ outbound: { timeouts: { connect: 1000, headers: 1000, body: 300, total: 4000 } } });
});
afterAll(() => hub.close());

const megabytes = 1024 * 1024;
const html = '<!doctype html><title>Sign in</title><script>alert(1)</script>';

/** Pages that are no list of tags, and the code of the error that says so. */
const pages: Record<string, { answer: () => Answer; code: string }> = {
  'tags that are an object': { answer: () => json({ name: 'app', tags: { '1.0': true } }), code: 'invalid_answer' },
  'tags that are numbers': { answer: () => json({ tags: [1, 2] }), code: 'invalid_answer' },
  'tags in a list of lists': { answer: () => json({ tags: [['1.0']] }), code: 'invalid_answer' },
  'tags that are one text': { answer: () => json({ tags: '1.0' }), code: 'invalid_answer' },
  'a list instead of an object': { answer: () => json(['1.0']), code: 'invalid_answer' },
  null: { answer: () => json('null'), code: 'invalid_answer' },
  'an empty body': { answer: () => json(''), code: 'invalid_answer' },
  'an error with status 200': { answer: () => json({ errors: [{ code: 'DENIED', message: 'no' }] }), code: 'invalid_answer' },
  'JSON that is not UTF-8': { answer: () => json(Buffer.from('{"tags":["\xff\xfe"]}', 'latin1')), code: 'invalid_answer' },
  'JSON a million levels deep': { answer: () => json(`{"tags":${'['.repeat(1_000_000)}`), code: 'invalid_answer' },
  'half a document with the right length': { answer: () => json('{"tags":["1.0"'), code: 'invalid_answer' },
  'a page of 20 MiB': { answer: () => json(`{"tags":["${'a'.repeat(20 * megabytes)}"]}`), code: 'invalid_answer' },
  'a page that is announced with 1 GB': { answer: () => json('{"tags":', 200, { 'content-length': '1000000000' }), code: 'invalid_answer' },
  'a body of 1 GB': { answer: () => flood(1024 * megabytes), code: 'invalid_answer' },
  'a compressed bomb': {
    answer: () => json(gzipSync(Buffer.alloc(64 * megabytes)), 200, { 'content-encoding': 'gzip' }),
    code: 'invalid_answer',
  },
  'a web page': { answer: () => json(html, 200, { 'content-type': 'text/html; charset=utf-8' }), code: 'not_a_registry' },
  'a body that stops and never goes on': { answer: () => stall(), code: 'body_timeout' },
  'a connection that is reset half-way': { answer: () => cut('reset'), code: 'connection_reset' },
  'a body that ends too early': { answer: () => cut('close'), code: 'connection_reset' },
  'an endless redirect': { answer: () => json('', 302, { location: '/v2/app/tags/list' }), code: 'redirect_loop' },
  'a redirect to a metadata service': {
    answer: () => json('', 302, { location: 'http://169.254.169.254/latest/meta-data/' }),
    code: 'address_denied',
  },
  'a redirect to a metadata service written as IPv6': {
    answer: () => json('', 302, { location: 'http://[::ffff:169.254.169.254]/latest' }),
    code: 'address_denied',
  },
  'a redirect to a metadata service written as a number': {
    answer: () => json('', 302, { location: 'http://2852039166/latest' }),
    code: 'address_denied',
  },
  'a redirect to a file': { answer: () => json('', 302, { location: 'file:///etc/passwd' }), code: 'redirect_denied' },
  'a redirect with userinfo': { answer: () => json('', 302, { location: 'http://a:b@127.0.0.1/' }), code: 'redirect_denied' },
  'a tag with terminal escapes': { answer: () => json({ tags: ['1.0', '\u001b[31mred\u001b[0m'] }), code: 'invalid_answer' },
  'a tag with NUL': { answer: () => json({ tags: ['1\u00000'] }), code: 'invalid_answer' },
  'a tag of 10,000 characters': { answer: () => json({ tags: ['a'.repeat(10_000)] }), code: 'invalid_answer' },
  'a tag that reads backwards': { answer: () => json({ tags: ['safe\u202egnp.exe'] }), code: 'invalid_answer' },
  'a tag that is a path': { answer: () => json({ tags: ['../../etc/passwd'] }), code: 'invalid_answer' },
  'status 429 for an hour': { answer: () => json({}, 429, { 'retry-after': '3600' }), code: 'registry_rate_limited' },
  'status 403 with words that lie': {
    answer: () => json({ errors: [{ code: 'DENIED', message: '\u001b]0;owned\u0007'.repeat(500) }] }, 403),
    code: 'registry_denied',
  },
  'status 418': { answer: () => json('short and stout', 418), code: 'registry_unexpected_status' },
};

describe('a list of tags', () => {
  it.each(Object.entries(pages))('%s is refused, and what was known stays', async (_name, { answer, code }) => {
    await using server = await startHostile();
    const { name } = await hub.connect(server.url);
    server.on(/^\/v2\/known\/app\/tags\/list/, json({ name: 'known/app', tags: ['1.0', '1.1'] }));
    await hub.api.listTags(name, 'known/app');
    server.on(/\/tags\/list/, answer());

    const [problem, known] = await Promise.all([
      problemOf(hub.api.listTags(name, 'new/app')),
      hub.api.listTags(name, 'known/app', { refresh: true }),
    ]);
    expect(problem).toMatchObject({ code, fault: 'remote' });
    expect(problem.detail).toContain('127.0.0.1');
    expect(known.items.map((tag) => tag.name).sort()).toEqual(['1.0', '1.1']);
    expect(known.partial?.code).toBe(code);
    expectReadable(known.partial?.reason ?? '');
    await hub.expectNoSecret(problem, known);
  });

  it('stops reading long before 1 GB', async () => {
    await using server = await startHostile();
    const endless = flood();
    server.on(/tags/, endless);
    const { name } = await hub.connect(server.url);
    await problemOf(hub.api.listTags(name, 'app'));
    const sent = endless.sent();
    expect(sent).toBeLessThan(64 * megabytes);
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect(endless.sent(), 'nothing more is taken').toBe(sent);
  });

  it('that breaks off after its first page shows that page, and says that it is not all', async () => {
    const breaks: [Answer, string][] = [
      [json({ tags: [7] }), 'invalid_answer'],
      [cut('reset'), 'connection_reset'],
      [json(html, 200, { 'content-type': 'text/html' }), 'not_a_registry'],
      [json({}, 404), 'registry_not_found'],
    ];
    for (const [answer, code] of breaks) {
      await using server = await startHostile();
      server.on(/tags/, json({ tags: ['1.0'] }, 200, { link: '</v2/app/tags/list?last=1.0>; rel="next"' }));
      server.on(/last=1\.0/, answer);
      const { name } = await hub.connect(server.url);
      const page = await hub.api.listTags(name, 'app');
      expect(page.items.map((tag) => tag.name)).toEqual(['1.0']);
      expect(page.partial?.code).toBe(code);
      expectReadable(page.partial?.reason ?? '');
    }
  });

  it('does not follow a Link to another origin, which gets no request at all', async () => {
    await using other = await startHostile();
    await using registry = await startRegistry({ auth: { kind: 'token', users: { ci: password } } });
    registry.put('app', buildImage(), '1.0', '1.1');
    for (const target of [`${other.url}/v2/app/tags/list`, `//${other.host}/v2/app/tags/list`, registry.url.replace('://', '://ci:x@')]) {
      registry.faults.clear();
      registry.faults.add({ path: 'tags/list', times: Number.POSITIVE_INFINITY }, crossOriginLink(target));
      const { name } = await hub.connect(registry.url);
      const page = await hub.api.listTags(name, 'app');
      expect(page.items).toHaveLength(2);
      expect(page.partial?.code).toBe('pagination_denied');
      await hub.expectNoSecret(page);
    }
    expect(other.received).toEqual([]);
  });

  it('whose pages never end, or repeat, ends all the same', async () => {
    await using registry = await startRegistry();
    registry.put('app', buildImage(), '1.0', '1.1');
    for (const effect of [endlessPages(), circularPages()]) {
      registry.faults.clear();
      registry.faults.add({ path: 'tags/list', times: Number.POSITIVE_INFINITY }, effect);
      const { name } = await hub.connect(registry.url, { signIn: 'anonymous' });
      const page = await hub.api.listTags(name, 'app');
      expect(page.items.map((tag) => tag.name).sort()).toEqual(['1.0', '1.1']);
      expect(page.partial?.code).toBe('pagination_endless');
    }
    expect(registry.requests.length).toBeLessThan(2500);
  });

  it('with a Link that is too long to be one is not taken for the whole list', async () => {
    await using server = await startHostile();
    server.on(/tags/, json({ tags: ['1.0'] }, 200, { link: `</v2/app/tags/list?last=${'a'.repeat(10_000)}>; rel="next"` }));
    const { name } = await hub.connect(server.url);
    const page = await hub.api.listTags(name, 'app');
    expect(page.items.map((tag) => tag.name)).toEqual(['1.0']);
    expect(page.partial?.code).toBe('invalid_answer');
  });

  it('waits as long as it is told to, and then goes on', async () => {
    await using registry = await startRegistry();
    registry.put('app', buildImage(), '1.0');
    registry.faults.add({ path: 'tags/list' }, tooManyRequests(1));
    const { name } = await hub.connect(registry.url, { signIn: 'anonymous' });
    const started = Date.now();
    const page = await hub.api.listTags(name, 'app');
    expect(Date.now() - started).toBeGreaterThan(900);
    expect(page.items).toHaveLength(1);
    expect(page.partial).toBeUndefined();
  });

  it('is whole after one answer was cut: the request is repeated', async () => {
    await using registry = await startRegistry();
    registry.put('app', buildImage(), '1.0');
    registry.faults.add({ path: 'tags/list' }, truncatedAt(5));
    const { name } = await hub.connect(registry.url, { signIn: 'anonymous' });
    expect((await hub.api.listTags(name, 'app')).items).toHaveLength(1);
  });
});

describe('a list of repositories', () => {
  it('leaves out names that nobody could use, and says so', async () => {
    await using server = await startHostile();
    server.on(/_catalog/, json({ repositories: ['team/app', 'Team/App', 'team//app', '../escape', 'team/app'] }));
    const { name } = await hub.connect(server.url);
    const page = await hub.api.listRepositories(name);
    expect(page.items.map((one) => one.name)).toEqual(['team/app']);
    expect(page.partial?.code).toBe('invalid_answer');
    expect(page.partial?.reason).toContain('3 repositories');
  });

  it('with control characters is refused, and what was known stays', async () => {
    await using server = await startHostile();
    server.on(/_catalog/, json({ repositories: ['team/app'] }));
    const { name } = await hub.connect(server.url);
    await hub.api.listRepositories(name);
    for (const bad of ['\u001b[2Jgone', 'a\u0000b', 'x\u202ey', 'r'.repeat(300)]) {
      server.on(/_catalog/, json({ repositories: [bad] }));
      const page = await hub.api.listRepositories(name, { refresh: true });
      expect(page.items.map((one) => one.name)).toEqual(['team/app']);
      expect(page.partial?.code).toBe('invalid_answer');
      expectReadable(page.partial?.reason ?? '');
    }
    server.on(/_catalog/, json({ repositories: [] }));
    const whole = await hub.api.listRepositories(name, { refresh: true });
    expect(whole).toMatchObject({ items: [] });
    expect(whole.partial).toBeUndefined();
  });

  it('keeps names that a later page did not get to', async () => {
    await using server = await startHostile();
    const first = json({ repositories: ['a'] }, 200, { link: '</v2/_catalog?last=a>; rel="next"' });
    server.on(/_catalog/, first);
    server.on(/last=a/, json({ repositories: ['b'] }));
    const { name } = await hub.connect(server.url);
    await hub.api.listRepositories(name);
    server.on(/last=a/, json({}, 500));
    server.on(/_catalog\?n=/, first);
    const page = await hub.api.listRepositories(name, { refresh: true });
    expect(page.items.map((one) => one.name)).toEqual(['a', 'b']);
    expect(page.partial?.code).toBe('registry_unavailable');
    expect(holds(server.received, password), 'nobody asked for the password').toBe(false);
  });
});
