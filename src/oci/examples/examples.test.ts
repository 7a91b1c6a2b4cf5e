import { describe, expect, it } from 'vitest';
import { digestOf, mediaTypes, parseReference, RegistryClient } from '../index.ts';
import { json, serve } from '../testing/loopback.ts';
import { diagnose } from './diagnose.ts';
import { readImageConfig } from './inspect-image.ts';
import { listTags } from './list-tags.ts';

const config = JSON.stringify({ os: 'linux', architecture: 'arm64', config: { Cmd: ['true'] } });
const image = JSON.stringify({
  schemaVersion: 2,
  mediaType: mediaTypes.ociManifest,
  config: { mediaType: mediaTypes.ociConfig, digest: digestOf(config), size: config.length },
  layers: [],
});
const index = JSON.stringify({
  schemaVersion: 2,
  mediaType: mediaTypes.ociIndex,
  manifests: [
    { mediaType: mediaTypes.ociManifest, digest: digestOf(image), size: image.length, platform: { os: 'linux', architecture: 'arm64' } },
  ],
});

const registry = () =>
  serve((request, response) => {
    const content: Record<string, [string, string]> = {
      '/v2/team/app/manifests/1.0': [mediaTypes.ociIndex, index],
      [`/v2/team/app/manifests/${digestOf(image)}`]: [mediaTypes.ociManifest, image],
      [`/v2/team/app/blobs/${digestOf(config)}`]: ['application/octet-stream', config],
    };
    const found = content[request.url];
    if (found) response.writeHead(200, { 'content-type': found[0] }).end(found[1]);
    else if (request.url === '/v2/') json(response, 200, {});
    else if (request.url.startsWith('/v2/team/app/tags/list')) json(response, 200, { name: 'team/app', tags: ['1.0', '1.1'] });
    else json(response, 404, { errors: [{ code: 'NAME_UNKNOWN' }] });
  });

describe('examples', () => {
  it('list-tags', async () => {
    await using server = await registry();
    expect(await listTags(`${server.host}/team/app`, true)).toEqual(['1.0', '1.1']);
  });

  it('inspect-image', async () => {
    await using server = await registry();
    const client = new RegistryClient({ url: server.url });
    expect(await readImageConfig(client, parseReference(`${server.host}/team/app:1.0`), 'linux/arm64')).toMatchObject({
      config: { Cmd: ['true'] },
    });
    await client.close();
  });

  it('diagnose', async () => {
    await using server = await registry();
    expect(await diagnose({ url: server.url })).toBe('ok: none');
    expect(await diagnose({ url: `https://${server.host}` })).toBe(
      `plain_http_on_https_port: ${server.host} speaks plain HTTP on this port, but was spoken to in TLS.`,
    );
  });
});
