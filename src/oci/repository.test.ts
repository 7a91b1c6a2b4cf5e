import { describe, expect, it } from 'vitest';
import { digestOf } from './digest.ts';
import { manifestAccept, mediaTypes } from './media-types.ts';
import { RegistryClient } from './registry-client.ts';
import { failure, type Handler, json } from './testing/loopback.ts';
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
/** The same document, another content. */
const other = Buffer.concat([image, Buffer.from(' ')]);

function sendImage(response: Parameters<Handler>[1], headers: Record<string, string> = {}, body: Buffer = image): void {
  response.writeHead(200, { 'content-type': mediaTypes.ociManifest, 'content-length': String(body.length), ...headers }).end(body);
}

describe('resolve', () => {
  it('asks by HEAD and for every kind of manifest', () =>
    withServer(
      (request, response) => {
        expect(request.headers.accept).toBe(manifestAccept);
        sendImage(response, { 'docker-content-digest': digest });
      },
      async (client, seen) => {
        expect(await client.repository('app').resolve('1.0')).toEqual({ mediaType: mediaTypes.ociManifest, digest, size: image.length });
        expect(seen).toEqual(['HEAD /v2/app/manifests/1.0']);
      },
    ));

  it.each<[string, Handler]>([
    ['without a digest header', (_request, response) => sendImage(response)],
    [
      'with a digest header that is none',
      (request, response) => sendImage(response, request.method === 'HEAD' ? { 'docker-content-digest': 'latest' } : {}),
    ],
    [
      'without a type',
      (request, response) =>
        request.method === 'HEAD' ? void response.writeHead(200, { 'docker-content-digest': digest }).end() : sendImage(response),
    ],
    [
      'that do not know HEAD',
      (request, response) => (request.method === 'HEAD' ? void response.writeHead(405).end() : sendImage(response)),
    ],
  ])('falls back to GET for registries %s', (_name, handler) =>
    withServer(handler, async (client, seen) => {
      expect(await client.repository('app').resolve('1.0')).toEqual({ mediaType: mediaTypes.ociManifest, digest, size: image.length });
      expect(seen).toEqual(['HEAD /v2/app/manifests/1.0', 'GET /v2/app/manifests/1.0']);
    }),
  );

  it('does not fall back for what does not exist', () =>
    withServer(
      (_request, response) => void response.writeHead(404).end(),
      async (client, seen) => {
        const error = await failure(client.repository('app').resolve('1.0'));
        expect(error).toMatchObject({ code: 'registry_not_found', status: 404, method: 'HEAD' });
        expect(error.message).toMatch(/^127\.0\.0\.1:\d+ does not have app:1\.0 \(status 404\)\.$/);
        expect(seen).toHaveLength(1);
      },
    ));

  it('refuses another digest than the one asked for', () =>
    withServer(
      (_request, response) => sendImage(response, { 'docker-content-digest': digest }),
      async (client) => {
        expect(await failure(client.repository('app').resolve(`sha256:${'0'.repeat(64)}`))).toMatchObject({ code: 'integrity' });
      },
    ));

  it.each(['', 'a/b', '../x', '-x', 'x'.repeat(129), 'sha256:abc'])('refuses the reference %j', (reference) => {
    const client = new RegistryClient({ url: 'http://127.0.0.1' });
    return expect(client.repository('app').resolve(reference)).rejects.toMatchObject({ code: 'invalid_reference' });
  });
});

describe('manifest', () => {
  it('keeps the exact bytes', () =>
    withServer(
      (_request, response) => sendImage(response, { 'docker-content-digest': digest }),
      async (client) => {
        const manifest = await client.repository('app').manifest('1.0');
        expect(manifest).toMatchObject({ kind: 'image', digest, size: image.length, mediaType: mediaTypes.ociManifest });
        expect(Buffer.from(manifest.bytes).equals(image)).toBe(true);
        expect(manifest.image?.config.digest).toBe(digestOf(config));
      },
    ));

  it('works by sha512', () =>
    withServer(
      (_request, response) => sendImage(response, { 'docker-content-digest': digest }),
      async (client) => {
        const wanted = digestOf(image, 'sha512');
        expect((await client.repository('app').manifest(wanted)).digest).toBe(wanted);
      },
    ));

  it.each<[string, string, Handler, string]>([
    ['other bytes than the digest asked for', digest, (_request, response) => sendImage(response, {}, other), 'integrity'],
    [
      'other bytes than the digest announced',
      '1.0',
      (_request, response) => sendImage(response, { 'docker-content-digest': digest }, other),
      'integrity',
    ],
    [
      'another digest announced than asked for',
      digest,
      (_request, response) => sendImage(response, { 'docker-content-digest': digestOf('x') }),
      'integrity',
    ],
    [
      'a web page',
      '1.0',
      (_request, response) => void response.writeHead(200, { 'content-type': 'text/html' }).end('<html>'),
      'not_a_registry',
    ],
    [
      'schema 1',
      '1.0',
      (_request, response) => void response.writeHead(200, { 'content-type': mediaTypes.dockerSchema1Signed }).end('{"schemaVersion":1}'),
      'schema1_unsupported',
    ],
    [
      'another type than it says',
      '1.0',
      (_request, response) => void response.writeHead(200, { 'content-type': mediaTypes.ociIndex }).end(image),
      'invalid_answer',
    ],
    [
      'a compressed body',
      '1.0',
      (_request, response) => void response.writeHead(200, { 'content-type': mediaTypes.ociManifest, 'content-encoding': 'gzip' }).end('x'),
      'invalid_answer',
    ],
    ['more than 8 MiB', '1.0', (_request, response) => sendImage(response, {}, Buffer.alloc(8 * 1024 * 1024 + 1, 0x20)), 'invalid_answer'],
    [
      'nothing',
      '1.0',
      (_request, response) => void response.writeHead(200, { 'content-type': mediaTypes.ociManifest }).end(),
      'invalid_answer',
    ],
  ])('refuses %s', (_name, reference, handler, code) =>
    withServer(handler, async (client) => {
      const error = await failure(client.repository('app').manifest(reference));
      expect(error).toMatchObject({ code, fault: 'remote', retry: 'never' });
      expect(error.message.length).toBeLessThan(400);
    }),
  );

  it('tells what the registry says of a failure, without its control characters', () =>
    withServer(
      (_request, response) =>
        json(response, 404, {
          errors: [{ code: 'MANIFEST_UNKNOWN', message: 'manifest \u001b[31munknown\u0000', detail: { Tag: '1.0' } }],
        }),
      async (client) => {
        const error = await failure(client.repository('app').manifest('1.0'));
        expect(error.message).toContain('It says: manifest \\u001b[31munknown\\u0000 (MANIFEST_UNKNOWN).');
        expect(error).toMatchObject({ errors: [{ code: 'MANIFEST_UNKNOWN', detail: { Tag: '1.0' } }] });
      },
    ));

  it.each([
    [403, 'registry_denied', 'after-change'],
    [429, 'registry_rate_limited', 'backoff'],
    [500, 'registry_unavailable', 'backoff'],
    [418, 'registry_unexpected_status', 'never'],
    [204, 'invalid_answer', 'never'],
  ])('calls status %i %s', (status, code, retry) =>
    withServer(
      (_request, response) => void response.writeHead(status, { 'content-type': mediaTypes.ociManifest }).end(),
      async (client) => expect(await failure(client.repository('app').manifest('1.0'))).toMatchObject({ code, retry }),
      { retries: 0 },
    ),
  );
});

describe('blobs', () => {
  const blob = Buffer.from('some bytes of a layer');
  const blobDigest = digestOf(blob);
  const handler: Handler = (request, response) => {
    const start = Number(/^bytes=(\d+)-$/.exec(request.headers.range ?? '')?.[1] ?? 0);
    const part = blob.subarray(start);
    const range: Record<string, string> = start > 0 ? { 'content-range': `bytes ${start}-${blob.length - 1}/${blob.length}` } : {};
    response.writeHead(start > 0 ? 206 : 200, { 'content-length': String(part.length), ...range }).end(part);
  };

  it('are read and verified', () =>
    withServer(handler, async (client) => {
      const repository = client.repository('app');
      expect(Buffer.from(await repository.blobBytes({ digest: blobDigest, size: blob.length })).toString()).toBe(blob.toString());
      expect(await failure(repository.blobBytes({ digest: digestOf('other') }))).toMatchObject({ code: 'integrity' });
      expect(await failure(repository.blobBytes({ digest: blobDigest, size: 3 }))).toMatchObject({ code: 'integrity' });
      expect(await failure(repository.blobBytes({ digest: blobDigest }, { maxBytes: 5 }))).toMatchObject({ code: 'invalid_answer' });
      expect(await failure(repository.blobBytes({ digest: blobDigest, size: 10 ** 9 }))).toMatchObject({ code: 'invalid_answer' });
      expect(await failure(repository.blobBytes({ digest: 'md5:abc' }))).toMatchObject({ code: 'invalid_reference' });
    }));

  it('that are empty objects are known without asking', () =>
    withServer(handler, async (client, seen) => {
      const bytes = await client.repository('app').blobBytes({ digest: digestOf('{}'), size: 2 });
      expect(Buffer.from(bytes).toString()).toBe('{}');
      expect(seen).toEqual([]);
    }));

  it('are streamed, from the middle if wanted', () =>
    withServer(handler, async (client) => {
      const whole = await client.repository('app').openBlob(blobDigest);
      expect(whole.size).toBe(blob.length);
      expect(Buffer.concat(await Array.fromAsync(whole.stream)).equals(blob)).toBe(true);
      const part = await client.repository('app').openBlob(blobDigest, { start: 5 });
      expect(part.size).toBe(blob.length);
      expect(Buffer.concat(await Array.fromAsync(part.stream)).toString()).toBe('bytes of a layer');
    }));

  it('are streamed from the middle although the registry ignores the range', () =>
    withServer(
      (_request, response) => void response.writeHead(200).end(blob),
      async (client) => {
        const { stream } = await client.repository('app').openBlob(blobDigest, { start: 5 });
        expect(Buffer.concat(await Array.fromAsync(stream)).toString()).toBe('bytes of a layer');
      },
    ));

  it('streams end with an error when the connection breaks or the caller cancels', () =>
    withServer(
      (request, response) => {
        response.writeHead(200, { 'content-length': '1000' });
        response.write('x', () => request.url.endsWith(digestOf('broken')) && response.destroy());
      },
      async (client) => {
        const broken = await client.repository('app').openBlob(digestOf('broken'));
        expect(await failure(Array.fromAsync(broken.stream))).toMatchObject({ code: 'connection_reset' });
        const controller = new AbortController();
        const endless = await client.repository('app').openBlob(digestOf('endless'), { signal: controller.signal });
        setTimeout(() => controller.abort(), 20);
        expect(await failure(Array.fromAsync(endless.stream))).toMatchObject({ code: 'canceled' });
        // One that is never read does no harm.
        await client.repository('app').openBlob(digestOf('endless'));
      },
    ));

  it('streams do not count against the total time', () =>
    withServer(
      (_request, response) => {
        response.writeHead(200);
        response.write('a');
        setTimeout(() => response.end('b'), 150);
      },
      async (client) => {
        const { stream } = await client.repository('app').openBlob(blobDigest);
        expect(Buffer.concat(await Array.fromAsync(stream)).toString()).toBe('ab');
      },
      { timeouts: { total: 60 } },
    ));
});

describe('probeUpload', () => {
  it('starts an upload and cancels it', () =>
    withServer(
      (request, response) => {
        if (request.method === 'POST') response.writeHead(202, { location: '/v2/app/blobs/uploads/abc?_state=x' }).end();
        else response.writeHead(204).end();
      },
      async (client, seen) => {
        await client.repository('app').probeUpload();
        expect(seen).toEqual(['POST /v2/app/blobs/uploads/', 'DELETE /v2/app/blobs/uploads/abc?_state=x']);
      },
    ));

  it('passes where canceling is not known, and never goes to another host', () =>
    withServer(
      (request, response) =>
        void response
          .writeHead(request.method === 'POST' ? 202 : 405, {
            location: request.url.includes('far') ? 'http://elsewhere.test/x' : '/v2/app/blobs/uploads/abc',
          })
          .end(),
      async (client, seen) => {
        await client.repository('app').probeUpload();
        await client.repository('far').probeUpload();
        expect(seen).toHaveLength(3);
      },
    ));

  it('fails as a push would', () =>
    withServer(
      (_request, response) => json(response, 403, { errors: [{ code: 'DENIED', message: 'read only' }] }),
      async (client) => expect(await failure(client.repository('app').probeUpload())).toMatchObject({ code: 'registry_denied' }),
    ));
});
