import { describe, expect, it } from 'vitest';
import { ApiError, type ClientOptions, createClient, everyItem } from './index.ts';

interface Sent {
  url: string;
  init: RequestInit & { headers: Record<string, string> };
}

/** A client whose answers are given, and what it sent. */
function client(answer: () => Response, options: ClientOptions = {}) {
  const sent: Sent[] = [];
  const fetch = (async (url: string, init: Sent['init']) => {
    sent.push({ url, init });
    return answer();
  }) as typeof globalThis.fetch;
  return { hub: createClient({ baseUrl: 'http://hub.example/', ...options, fetch }), sent };
}

const json = (body: unknown, status = 200) =>
  Response.json(body, { status, headers: { 'content-type': 'application/json; charset=utf-8' } });

describe('the client', () => {
  it('sends token, query and body', async () => {
    const { hub, sent } = client(() => json({ items: [] }), { token: 'tgb_x' });
    await hub.listRegistries({ q: 'a b', state: undefined, limit: 5 });
    expect(sent[0]?.url).toBe('http://hub.example/api/v1/registries?q=a+b&limit=5');
    expect(sent[0]?.init.headers).toMatchObject({ authorization: 'Bearer tgb_x', accept: 'application/json' });
    await hub.createProject({ name: 'shop' });
    expect(sent[1]?.init).toMatchObject({ method: 'POST', body: '{"name":"shop"}', redirect: 'error' });
  });

  it('sends the CSRF token with changes only, as it is at the time', async () => {
    const browser: { csrf?: string } = {};
    const { hub, sent } = client(() => json({}), { csrf: () => browser.csrf });
    await hub.getSession();
    browser.csrf = 'proof';
    await hub.getSession();
    await hub.setDefaultRegistry('prod');
    expect(sent.map(({ init }) => init.headers['x-csrf-token'])).toEqual([undefined, undefined, 'proof']);
  });

  it('encodes what goes into a path, and sends If-Match as an ETag', async () => {
    const { hub, sent } = client(() => json({}));
    await hub.updateRegistry('a/b?', { description: '' }, { ifMatch: 3 });
    expect(sent[0]?.url).toBe('http://hub.example/api/v1/registries/a%2Fb%3F');
    expect(sent[0]?.init.headers['if-match']).toBe('"3"');
  });

  it('answers nothing where there is nothing', async () => {
    const { hub } = client(() => new Response(null, { status: 204 }));
    expect(await hub.deleteRegistry('prod')).toBeUndefined();
  });

  it('throws problems', async () => {
    const { hub } = client(() =>
      json(
        { status: 422, detail: 'No.', code: 'invalid_settings', fault: 'caller', fields: [{ field: 'url', message: 'is missing' }] },
        422,
      ),
    );
    const error = await hub.getRegistry('x').catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(ApiError);
    expect(error).toMatchObject({ message: 'No.', code: 'invalid_settings', status: 422 });
    expect((error as ApiError).fieldMessage('url')).toBe('is missing');
  });

  it.each([200, 502])('says so when no hub answered (%i)', async (status) => {
    const { hub } = client(() => new Response('<html>', { status, headers: { 'content-type': 'text/html' } }));
    await expect(hub.getAbout()).rejects.toMatchObject({ code: 'not_a_hub', status });
  });

  it('throws the problem that ends a stream', async () => {
    const body = 'event: step\ndata: {"id":"dns"}\n\nevent: problem\ndata: {"code":"internal","detail":"Broken.","status":500}\n\n';
    const { hub } = client(() => new Response(body, { headers: { 'content-type': 'text/event-stream' } }));
    const seen: string[] = [];
    const run = async () => {
      for await (const { event } of hub.testRegistry('x')) seen.push(event);
    };
    await expect(run()).rejects.toMatchObject({ code: 'internal', message: 'Broken.' });
    expect(seen).toEqual(['step']);
  });

  it('reads lists to their end', async () => {
    const pages: Record<string, { items: number[]; next?: string }> = { '': { items: [1, 2], next: 'n' }, n: { items: [3] } };
    expect(await Array.fromAsync(everyItem(async (cursor) => pages[cursor ?? ''] ?? { items: [] }))).toEqual([1, 2, 3]);
  });
});
