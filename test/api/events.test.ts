import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ApiError, type Client, createClient, type TestRegistryEvent } from '../../src/sdk/index.ts';
import { buildImage, startRegistry, type TestRegistry } from '../../src/testing/index.ts';
import { startTestHub, type TestHub } from './harness.ts';

const secret = 'S3cret-of-the-stream';

let test: TestHub;
let upstream: TestRegistry;
let url: string;
let client: Client;

beforeAll(async () => {
  test = await startTestHub();
  url = await test.listen();
  const created = await test.request({ method: 'POST', url: '/api/v1/tokens', as: test.administrator, payload: { name: 'sdk' } });
  client = createClient({ baseUrl: url, token: created.json<{ secret: string }>().secret });
  upstream = await startRegistry({ auth: { kind: 'basic', users: { ci: secret } } });
  upstream.put('shop/api', buildImage(), '1.0.0');
});
afterAll(async () => {
  await test.close();
  await upstream.close();
});

const input = () => ({
  name: 'streamed',
  provider: 'generic',
  url: upstream.url,
  signIn: 'password',
  fields: { username: 'ci', password: secret },
  connection: { tls: 'plain' as const },
});

describe('the doctor over a real connection', () => {
  it('streams each step as it starts and ends, then the report', async () => {
    const events: TestRegistryEvent[] = [];
    for await (const event of client.testNewRegistry({ registry: input() })) events.push(event);
    const last = events.at(-1);
    expect(last).toMatchObject({ event: 'report', data: { state: 'ok' } });
    const steps = events.filter((event) => event.event === 'step');
    expect(steps.some(({ data }) => data.state === 'running')).toBe(true);
    expect(steps.filter(({ data }) => data.state === 'ok').map(({ data }) => data.id)).toEqual(
      expect.arrayContaining(['tcp', 'v2', 'read']),
    );
    expect(JSON.stringify(events)).not.toContain(secret);
  });

  it('streams the test of a saved one with changes, and says what failed', async () => {
    await client.createRegistry(input());
    const events: TestRegistryEvent[] = [];
    for await (const event of client.testRegistry('streamed', { changes: { fields: { password: 'wrong' } } })) events.push(event);
    expect(events.at(-1)).toMatchObject({ event: 'report', data: { state: 'failing' } });
    expect((await client.testRegistryReport('streamed')).state).toBe('ok');
  });

  it('stops when the caller goes away', async () => {
    upstream.faults.add({ path: '/v2/' }, { latency: 60_000 } as never);
    const abort = new AbortController();
    const seen: string[] = [];
    const run = async (): Promise<void> => {
      for await (const { event, data } of client.testRegistry('streamed', {}, { signal: abort.signal })) {
        if (event === 'step') seen.push(`${data.id} ${data.state}`);
        if (event === 'step' && data.state === 'running') abort.abort();
      }
    };
    await expect(run()).rejects.toThrow();
    expect(seen.length).toBeGreaterThan(0);
    upstream.faults.clear();
  });
});

describe('events', () => {
  it('tell of changes to those who may see them', async () => {
    const abort = new AbortController();
    const events = client.watchEvents({ signal: abort.signal });
    const first = events.next();
    // The stream is open once its headers came; what happens before is not told.
    await new Promise((resolve) => setTimeout(resolve, 200));
    await client.createRegistry({ ...input(), name: 'announced' });
    expect((await first).value).toMatchObject({ event: 'change', data: { type: 'registry.changed', name: 'announced' } });
    abort.abort();
    await expect(events.next()).rejects.toThrow();
  });

  it('end for a token that was revoked meanwhile', async () => {
    const created = await test.request({ method: 'POST', url: '/api/v1/tokens', as: test.administrator, payload: { name: 'short' } });
    const { secret: bearer, token } = created.json<{ secret: string; token: { id: string } }>();
    const response = await fetch(`${url}/api/v1/events`, { headers: { authorization: `Bearer ${bearer}` } });
    await client.deleteToken(token.id);
    await client.createRegistry({ ...input(), name: 'unheard' });
    const told = await response.text();
    expect(told).toContain('event: problem');
    expect(told).not.toContain('unheard');
  });

  it('do not keep the application from closing', async () => {
    const other = await startTestHub();
    const otherUrl = await other.listen();
    const response = await fetch(`${otherUrl}/api/v1/events`, { headers: { cookie: other.administrator.cookie } });
    expect(response.headers.get('content-type')).toContain('text/event-stream');
    expect(response.headers.get('x-accel-buffering')).toBe('no');
    await other.close();
    await response.text();
  });
});

describe('the SDK', () => {
  it('throws what the hub answered', async () => {
    const missing = client.getRegistry('no such/registry');
    await expect(missing).rejects.toBeInstanceOf(ApiError);
    await expect(missing).rejects.toMatchObject({ code: 'not_found', status: 404, problem: { fault: 'caller' } });
  });

  it('sends If-Match', async () => {
    const { version } = await client.getRegistry('streamed');
    const updated = await client.updateRegistry('streamed', { description: 'Changed' }, { ifMatch: version });
    expect(updated.version).toBeGreaterThan(version);
    await expect(client.updateRegistry('streamed', { description: 'Again' }, { ifMatch: version })).rejects.toMatchObject({
      code: 'precondition_failed',
    });
  });

  it('encodes names in paths', async () => {
    const tags = await client.listTags('streamed', 'shop/api', { details: true });
    expect(tags.items.map(({ name }) => name)).toEqual(['1.0.0']);
  });
});
