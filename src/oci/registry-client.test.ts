import { describe, expect, it } from 'vitest';
import { digestOf } from './digest.ts';
import { mediaTypes } from './media-types.ts';
import { RegistryClient } from './registry-client.ts';
import { collect, failure, type Handler, json, serve } from './testing/loopback.ts';
import { withServer } from './testing/with-server.ts';

const config = Buffer.from('{"os":"linux"}');
const image = Buffer.from(
  JSON.stringify({
    schemaVersion: 2,
    mediaType: mediaTypes.ociManifest,
    config: { mediaType: mediaTypes.ociConfig, digest: digestOf(config), size: config.length },
    layers: [],
  }),
);
const digest = digestOf(image);

function sendImage(response: Parameters<Handler>[1], headers: Record<string, string> = {}, body: Buffer = image): void {
  response.writeHead(200, { 'content-type': mediaTypes.ociManifest, 'content-length': String(body.length), ...headers }).end(body);
}

describe('what a registry says beside its answers', () => {
  it('quota', () => {
    const quotas: unknown[] = [];
    return withServer(
      (_request, response) =>
        sendImage(response, { 'docker-content-digest': digest, 'ratelimit-limit': '100;w=21600', 'ratelimit-remaining': '76;w=21600' }),
      async (client) => {
        expect(client.quota).toBeUndefined();
        await client.repository('app').resolve('1.0');
        expect(client.quota).toEqual({ limit: 100, remaining: 76, window: 21_600, at: Date.UTC(2026, 0, 1) });
        expect(quotas).toEqual([client.quota]);
      },
      { onQuota: (quota) => quotas.push(quota) },
    );
  });

  it('warnings, each once', () => {
    const warnings: string[] = [];
    return withServer(
      (_request, response) =>
        sendImage(response, {
          'docker-content-digest': digest,
          warning: '299 - "say \\"goodbye\\", v1\u0085", 199 - "old", 299 - "second"',
        }),
      async (client) => {
        await client.repository('app').resolve('1.0');
        await client.repository('app').resolve('1.0');
        expect(warnings).toEqual(['say "goodbye", v1\\u0085', 'second']);
      },
      { onWarning: (text) => warnings.push(text) },
    );
  });
});

describe('ping', () => {
  it('shows any answer', () =>
    withServer(
      (_request, response) =>
        void response.writeHead(503, { 'content-type': 'text/html; charset=utf-8', 'x-a': 'b' }).end('<html>\u0000 maintenance'),
      async (client, seen) => {
        expect(await client.ping()).toMatchObject({
          status: 503,
          challenges: [],
          contentType: 'text/html; charset=utf-8',
          bodyStart: '<html>\\u0000 maintenance',
          headers: { 'x-a': 'b' },
        });
        expect(seen).toEqual(['GET /v2/']);
      },
    ));

  it('reads challenges of several lines', () =>
    withServer(
      (_request, response) => json(response, 401, {}, { 'www-authenticate': ['Bearer realm="https://gitea.example/v2/token"', 'Basic'] }),
      async (client) => {
        expect((await client.ping()).challenges).toEqual([
          { scheme: 'bearer', parameters: { realm: 'https://gitea.example/v2/token' } },
          { scheme: 'basic', parameters: {} },
        ]);
      },
    ));

  it('goes below a path prefix', async () => {
    await using server = await serve((_request, response) => json(response, 200, {}));
    const client = new RegistryClient({ url: `${server.url}/artifactory/docker/` });
    await client.ping();
    await collect(client.listRepositories());
    expect(server.requests.map(({ url }) => url)).toEqual(['/artifactory/docker/v2/', '/artifactory/docker/v2/_catalog?n=1000']);
    await client.close();
  });
});

describe('request and send', () => {
  it('stay on the origin', async () => {
    const client = new RegistryClient({ url: 'http://127.0.0.1' });
    for (const path of ['//evil.test/', 'v2/', 'https://evil.test/', '/\\evil.test/', '']) {
      expect(await failure(client.request(path))).toMatchObject({ code: 'invalid_reference' });
    }
    expect(await failure(client.send('https://u:p@evil.test'))).toMatchObject({ code: 'invalid_reference' });
    expect(await failure(client.send('file:///etc/passwd'))).toMatchObject({ code: 'invalid_reference' });
    await client.close();
  });

  it('send gives every status to the caller, without registry authentication', async () => {
    await using server = await serve((request, response) =>
      json(response, 418, { got: request.body, key: request.headers['x-key'] }, { 'x-total': '7' }),
    );
    const client = new RegistryClient({
      url: server.url,
      credential: { kind: 'basic', username: 'u', password: 'p' },
      traits: { preemptiveBasic: true },
    });
    const answer = await client.send(`${server.url}/api`, { method: 'POST', body: '{"a":1}', headers: { 'x-key': 'k' } });
    expect(answer).toMatchObject({ status: 418, headers: { 'x-total': '7' }, text: '{"got":"{\\"a\\":1}","key":"k"}' });
    expect(server.requests[0]?.headers.authorization).toBeUndefined();
    expect(await failure(client.send(server.url, { maxBytes: 3 }))).toMatchObject({ name: 'TransportError', code: 'invalid_answer' });
    await client.close();
  });

  it('request asks for the head of something large', () =>
    withServer(
      (_request, response) => void response.writeHead(200, { 'content-length': '5000000000' }).end(),
      async (client) => expect((await client.request('/v2/app/blobs/x', { method: 'HEAD' })).headers['content-length']).toBe('5000000000'),
    ));

  it('request gives allowed statuses and throws others', () =>
    withServer(
      (_request, response) => json(response, 404, { a: 1 }),
      async (client) => {
        const answer = await client.request('/acr/v1/x', { allow: [404] });
        expect([answer.status, answer.json(), answer.text()]).toEqual([404, { a: 1 }, '{"a":1}']);
        expect(await failure(client.request('/acr/v1/x'))).toMatchObject({ code: 'registry_not_found' });
      },
    ));
});
