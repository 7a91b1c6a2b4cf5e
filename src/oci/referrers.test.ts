import { describe, expect, it } from 'vitest';
import { digestOf } from './digest.ts';
import { mediaTypes } from './media-types.ts';
import { isReferrersTag, referrersTag } from './referrers.ts';
import { RegistryClient } from './registry-client.ts';
import { failure, type Handler, json, serve } from './testing/loopback.ts';

const subject = digestOf('subject');
const signature = { mediaType: mediaTypes.ociManifest, digest: digestOf('signature'), size: 10, artifactType: 'application/vnd.sig' };
const sbom = { mediaType: mediaTypes.ociManifest, digest: digestOf('sbom'), size: 20, artifactType: 'application/spdx+json' };
const index = (manifests: unknown) => ({ schemaVersion: 2, mediaType: mediaTypes.ociIndex, manifests });
const indexType = { 'content-type': mediaTypes.ociIndex };

async function referrers(handler: Handler, artifactType?: string) {
  await using server = await serve(handler);
  const client = new RegistryClient({ url: server.url });
  try {
    const found = await client.repository('app').referrers(subject, artifactType === undefined ? {} : { artifactType });
    return { ...found, urls: server.requests.map(({ url }) => url) };
  } finally {
    await client.close();
  }
}

describe('referrers', () => {
  it('are listed by the API, over several pages', async () => {
    const found = await referrers((request, response) => {
      if (request.url.includes('page=2')) json(response, 200, index([sbom]), indexType);
      else json(response, 200, index([signature]), { ...indexType, link: `<${request.url}?page=2>; rel="next"` });
    });
    expect(found).toMatchObject({ via: 'api', manifests: [signature, sbom] });
  });

  it('are none when the API says so', async () => {
    expect(await referrers((_request, response) => json(response, 200, index([]), indexType))).toMatchObject({ via: 'api', manifests: [] });
  });

  it.each([true, false])('are filtered by artifact type, by the registry: %s', async (filtered) => {
    const found = await referrers(
      (_request, response) =>
        json(
          response,
          200,
          index(filtered ? [sbom] : [signature, sbom]),
          filtered ? { ...indexType, 'oci-filters-applied': 'artifactType' } : indexType,
        ),
      'application/spdx+json',
    );
    expect(found.manifests).toEqual([sbom]);
    expect(found.urls[0]).toBe(`/v2/app/referrers/${subject}?artifactType=application%2Fspdx%2Bjson`);
  });

  it.each<[string, Handler]>([
    ['404', (_request, response) => json(response, 404, {})],
    ['400', (_request, response) => json(response, 400, {})],
    ['405', (_request, response) => json(response, 405, {})],
    ['a start page', (_request, response) => void response.writeHead(200, { 'content-type': 'text/html' }).end('<html>')],
  ])('are looked for under the fallback tag after %s', async (_name, refuse) => {
    const found = await referrers(
      (request, response) =>
        request.url.includes('/referrers/') ? refuse(request, response) : json(response, 200, index([signature, sbom]), indexType),
      'application/vnd.sig',
    );
    expect(found).toMatchObject({ via: 'tag-schema', manifests: [signature] });
    expect(found.urls[1]).toBe(`/v2/app/manifests/${subject.replace(':', '-')}`);
  });

  it('are none without API and tag, or when the tag is an image of somebody', async () => {
    expect(await referrers((_request, response) => json(response, 404, {}))).toMatchObject({ via: 'none', manifests: [] });
    const config = { mediaType: mediaTypes.ociConfig, digest: digestOf('c'), size: 1 };
    const image = await referrers((request, response) =>
      request.url.includes('/referrers/')
        ? json(response, 404, {})
        : json(response, 200, { schemaVersion: 2, config, layers: [] }, { 'content-type': mediaTypes.ociManifest }),
    );
    expect(image).toMatchObject({ via: 'none', manifests: [] });
  });

  it.each<[string, Handler, string]>([
    ['a refusal', (_request, response) => json(response, 403, {}), 'registry_denied'],
    ['a list without manifests', (_request, response) => json(response, 200, {}, indexType), 'invalid_answer'],
    [
      'a descriptor without digest',
      (_request, response) => json(response, 200, index([{ mediaType: 'x', size: 1 }]), indexType),
      'invalid_answer',
    ],
    [
      'another origin',
      (_request, response) => json(response, 200, index([]), { ...indexType, link: '<https://evil.test/>; rel="next"' }),
      'pagination_denied',
    ],
    [
      'a circle',
      (request, response) => json(response, 200, index([]), { ...indexType, link: `<${request.url}>; rel="next"` }),
      'pagination_endless',
    ],
  ])('fail with %s', async (_name, handler, code) => {
    expect(await failure(referrers(handler))).toMatchObject({ code });
  });

  it('have a fallback tag that is cut', () => {
    expect(referrersTag(subject)).toBe(subject.replace(':', '-'));
    expect(referrersTag(digestOf('x', 'sha512'))).toHaveLength(7 + 64);
  });

  it('are recognised by their tags', () => {
    const tag = referrersTag(subject);
    expect([tag, `${tag}.sig`, `${tag}.att`, `${tag}.sbom`].map(isReferrersTag)).toEqual([true, true, true, true]);
    expect(['latest', 'sha256-abc', `${tag}.exe`, `x${tag}`].map(isReferrersTag)).toEqual([false, false, false, false]);
  });
});
