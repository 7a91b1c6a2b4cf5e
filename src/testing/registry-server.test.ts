import { afterEach, describe, expect, it } from 'vitest';
import {
  buildArtifact,
  buildImage,
  buildIndex,
  FakeClock,
  mediaTypes,
  type RegistryOptions,
  startRegistry,
  type TestRegistry,
} from './index.ts';

const running: TestRegistry[] = [];
const start = async (options?: RegistryOptions): Promise<TestRegistry> => {
  const registry = await startRegistry(options);
  running.push(registry);
  return registry;
};
afterEach(() => Promise.all(running.splice(0).map((registry) => registry.close())));

const basic = (user: string, password: string) => `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}`;
const codeOf = async (response: Response) => ((await response.json()) as { errors: { code: string }[] }).errors[0]?.code;

describe('pulling', () => {
  it('answers manifests by tag and digest with their exact bytes', async () => {
    const registry = await start();
    const image = buildImage();
    registry.put('shop/api', image, '1.0');
    for (const reference of ['1.0', image.digest]) {
      const response = await fetch(`${registry.url}/v2/shop/api/manifests/${reference}`);
      expect(response.headers.get('docker-content-digest')).toBe(image.digest);
      expect(response.headers.get('content-type')).toBe(mediaTypes.ociManifest);
      expect(Buffer.from(await response.arrayBuffer())).toEqual(Buffer.from(image.bytes));
    }
    const head = await fetch(`${registry.url}/v2/shop/api/manifests/1.0`, { method: 'HEAD' });
    expect(head.headers.get('content-length')).toBe(String(image.bytes.byteLength));
    expect(await head.text()).toBe('');
  });

  it('refuses a manifest whose type the client does not accept', async () => {
    const registry = await start();
    registry.put('a', buildIndex({ manifests: [buildImage()] }), 'x');
    const response = await fetch(`${registry.url}/v2/a/manifests/x`, { headers: { accept: mediaTypes.ociManifest } });
    expect([response.status, await codeOf(response)]).toEqual([404, 'MANIFEST_UNKNOWN']);
  });

  it('serves ranges of blobs', async () => {
    const registry = await start();
    const digest = registry.content.putBlob('a', Buffer.from('0123456789'));
    const get = (range: string) => fetch(`${registry.url}/v2/a/blobs/${digest}`, { headers: { range } });
    expect(await (await get('bytes=2-4')).text()).toBe('234');
    expect(await (await get('bytes=7-')).text()).toBe('789');
    expect(await (await get('bytes=-2')).text()).toBe('89');
    expect((await get('bytes=2-4')).headers.get('content-range')).toBe('bytes 2-4/10');
    expect((await get('bytes=10-')).status).toBe(416);
  });

  it('redirects blobs to a storage that refuses Authorization', async () => {
    const registry = await start({ blobRedirect: true });
    const digest = registry.content.putBlob('a/b', Buffer.from('layer'));
    const response = await fetch(`${registry.url}/v2/a/b/blobs/${digest}`, { redirect: 'manual' });
    const location = response.headers.get('location') ?? '';
    expect(new URL(location).host).not.toBe(registry.host);
    expect(await (await fetch(location)).text()).toBe('layer');
    expect((await fetch(location, { headers: { authorization: 'Bearer x' } })).status).toBe(400);
  });
});

describe('listing', () => {
  it('pages through 10 000 tags', async () => {
    const registry = await start();
    const names = Array.from({ length: 10_000 }, (_, at) => `v${String(at).padStart(5, '0')}`);
    registry.put('big', buildImage(), ...names);
    const seen: string[] = [];
    for (let next: string | undefined = '/v2/big/tags/list?n=900'; next; ) {
      const response: Response = await fetch(registry.url + next);
      seen.push(...((await response.json()) as { tags: string[] }).tags);
      next = /^<(.*)>; rel="next"$/.exec(response.headers.get('link') ?? '')?.[1];
    }
    expect(seen).toEqual(names);
  });

  it('lists nothing for n=0, refuses n=-1, and cuts down a page that is too large', async () => {
    const registry = await start({ maxPageSize: 2 });
    registry.put('a', buildImage(), 'x', 'y', 'z');
    const get = (query: string) => fetch(`${registry.url}/v2/a/tags/list?${query}`);
    expect(await (await get('n=0')).json()).toEqual({ name: 'a', tags: [] });
    expect(await codeOf(await get('n=-1'))).toBe('PAGINATION_NUMBER_INVALID');
    expect(await (await get('n=50')).json()).toEqual({ name: 'a', tags: ['x', 'y'] });
    expect(await (await get('last=xx')).json()).toEqual({ name: 'a', tags: ['y', 'z'] });
  });

  it('answers the catalog, 100 repositories at a time', async () => {
    const registry = await start();
    for (let at = 0; at < 250; at++) registry.content.createRepository(`repo-${at}`);
    const response = await fetch(`${registry.url}/v2/_catalog`);
    expect(((await response.json()) as { repositories: string[] }).repositories).toHaveLength(100);
    expect(response.headers.get('link')).toContain('n=100');
  });

  it('answers referrers, filtered on request', async () => {
    const registry = await start();
    const image = buildImage();
    const signature = buildArtifact({ artifactType: 'application/x-signature', subject: image });
    const sbom = buildArtifact({ artifactType: 'application/spdx+json', subject: image, annotations: { by: 'me' } });
    registry.put('a', image, 'x');
    registry.put('a', signature);
    registry.put('a', sbom);
    const response = await fetch(
      `${registry.url}/v2/a/referrers/${image.digest}?artifactType=${encodeURIComponent('application/spdx+json')}`,
    );
    expect(response.headers.get('oci-filters-applied')).toBe('artifactType');
    expect(((await response.json()) as { manifests: object[] }).manifests).toEqual([sbom.descriptor]);
    const all = await fetch(`${registry.url}/v2/a/referrers/${image.digest}`);
    expect(((await all.json()) as { manifests: object[] }).manifests).toHaveLength(2);
  });
});

describe('pushing', () => {
  const upload = async (registry: TestRegistry, name: string) =>
    registry.url + ((await fetch(`${registry.url}/v2/${name}/blobs/uploads/`, { method: 'POST' })).headers.get('location') ?? '');

  it('takes a blob in chunks, tells how far it came, and checks the digest', async () => {
    const registry = await start();
    let location = await upload(registry, 'a');
    const patch = async (body: string, range: string) => {
      const response = await fetch(location, { method: 'PATCH', body, headers: { 'content-range': range } });
      if (response.ok) location = registry.url + (response.headers.get('location') ?? '');
      return response;
    };
    expect((await patch('hello ', '0-5')).headers.get('range')).toBe('0-5');
    expect((await patch('?', '9-9')).status).toBe(416);
    expect((await fetch(location)).headers.get('range')).toBe('0-5');
    await patch('world', '6-10');
    const digest = 'sha256:b94d27b9934d3e08a52e52d7da7dabfac484efe37a5380ee9088f7ace2efcde9';
    const created = await fetch(`${location}&digest=${digest}`, { method: 'PUT' });
    expect([created.status, created.headers.get('docker-content-digest')]).toEqual([201, digest]);
    expect(await (await fetch(`${registry.url}/v2/a/blobs/${digest}`)).text()).toBe('hello world');
    expect(registry.openUploads).toBe(0);

    const other = await upload(registry, 'a');
    expect(await codeOf(await fetch(`${other}&digest=${digest}`, { method: 'PUT', body: 'something else' }))).toBe('DIGEST_INVALID');
  });

  it('mounts, or starts an upload where it cannot', async () => {
    const registry = await start();
    const digest = registry.content.putBlob('from', Buffer.from('x'));
    const mount = (name: string, query: string) => fetch(`${registry.url}/v2/${name}/blobs/uploads/?${query}`, { method: 'POST' });
    expect((await mount('to', `mount=${digest}&from=from`)).status).toBe(201);
    expect((await mount('to', `mount=${digest}&from=elsewhere`)).status).toBe(202);
    expect(registry.openUploads).toBe(1);
  });

  it('cancels an upload', async () => {
    const registry = await start();
    const location = await upload(registry, 'a');
    expect((await fetch(location, { method: 'DELETE' })).status).toBe(204);
    expect(await codeOf(await fetch(location))).toBe('BLOB_UPLOAD_UNKNOWN');
  });

  it('refuses a manifest whose blobs are missing, whose type is another, or that is no JSON', async () => {
    const registry = await start();
    const image = buildImage();
    const put = (body: Uint8Array | string, type: string = mediaTypes.ociManifest) =>
      fetch(`${registry.url}/v2/a/manifests/x`, { method: 'PUT', body: Buffer.from(body), headers: { 'content-type': type } });
    expect(await codeOf(await put(image.bytes))).toBe('MANIFEST_BLOB_UNKNOWN');
    expect(await codeOf(await put(image.bytes, mediaTypes.dockerManifest))).toBe('MANIFEST_INVALID');
    expect(await codeOf(await put('{'))).toBe('MANIFEST_INVALID');
    for (const blob of image.blobs) registry.content.putBlob('a', blob);
    expect((await put(image.bytes)).status).toBe(201);
    expect(registry.content.resolve('a', 'x')).toBe(image.digest);
  });

  it('tells that it keeps referrers by OCI-Subject', async () => {
    const registry = await start();
    const image = buildImage();
    const signature = buildArtifact({ artifactType: 'application/x-signature', subject: image });
    for (const blob of signature.blobs) registry.content.putBlob('a', blob);
    const response = await fetch(`${registry.url}/v2/a/manifests/${signature.digest}`, {
      method: 'PUT',
      body: Buffer.from(signature.bytes),
      headers: { 'content-type': mediaTypes.ociManifest },
    });
    expect(response.headers.get('oci-subject')).toBe(image.digest);
  });

  it('deletes a tag alone, and a manifest with its tags', async () => {
    const registry = await start();
    const image = buildImage();
    registry.put('a', image, 'x', 'y', 'z');
    const remove = (reference: string) => fetch(`${registry.url}/v2/a/manifests/${reference}`, { method: 'DELETE' });
    expect((await remove('x')).status).toBe(202);
    expect(registry.content.tags('a')).toEqual(['y', 'z']);
    expect((await remove(image.digest)).status).toBe(202);
    expect(registry.content.tags('a')).toEqual([]);
    expect((await remove('y')).status).toBe(404);
  });
});

describe('authentication', () => {
  it('challenges for Basic and knows its users', async () => {
    const registry = await start({ auth: { kind: 'basic', users: { ci: 'secret' } } });
    const get = (authorization?: string) => fetch(`${registry.url}/v2/`, { headers: authorization ? { authorization } : {} });
    expect((await get()).headers.get('www-authenticate')).toBe('Basic realm="registry"');
    expect((await get(basic('ci', 'wrong'))).status).toBe(401);
    expect((await get(basic('ci', 'secret'))).status).toBe(200);
    registry.auth.setPassword('ci', 'new');
    expect((await get(basic('ci', 'secret'))).status).toBe(401);
  });

  it('issues tokens for what is asked, and refuses beyond', async () => {
    const clock = new FakeClock();
    const registry = await start({ auth: { kind: 'token', users: { ci: 'secret' }, expiresIn: 60 }, clock });
    registry.put('a', buildImage(), 'x');
    const ask = (path: string, token?: string) =>
      fetch(registry.url + path, { headers: token ? { authorization: `Bearer ${token}` } : {} });
    const challenge = (await ask('/v2/a/tags/list')).headers.get('www-authenticate') ?? '';
    expect(challenge).toBe(`Bearer realm="${registry.url}/token",service="tagboat-testing",scope="repository:a:pull"`);
    const issue = async (scope: string, authorization = basic('ci', 'secret')) =>
      fetch(`${registry.url}/token?service=tagboat-testing&scope=${scope}`, { headers: { authorization } });
    expect((await issue('repository:a:pull', basic('ci', 'no'))).status).toBe(401);
    const { token, expires_in } = (await (await issue('repository:a:pull')).json()) as { token: string; expires_in: number };
    expect(expires_in).toBe(60);
    expect((await ask('/v2/a/tags/list', token)).status).toBe(200);
    const wider = await ask('/v2/_catalog', token);
    expect(wider.status).toBe(401);
    expect(wider.headers.get('www-authenticate')).toContain('scope="registry:catalog:*",error="insufficient_scope"');
    await clock.advance(60_000);
    expect((await ask('/v2/a/tags/list', token)).headers.get('www-authenticate')).toContain('error="invalid_token"');
  });

  it('takes refresh tokens by POST, until they are revoked', async () => {
    const registry = await start({ auth: { kind: 'token', users: { ci: 'secret' } } });
    const post = (form: Record<string, string>) => fetch(`${registry.url}/token`, { method: 'POST', body: new URLSearchParams(form) });
    const password = { grant_type: 'password', username: 'ci', password: 'secret', access_type: 'offline', service: 'tagboat-testing' };
    const { refresh_token } = (await (await post(password)).json()) as { refresh_token: string };
    const refresh = { grant_type: 'refresh_token', refresh_token, service: 'tagboat-testing', scope: 'registry:catalog:*' };
    const { token } = (await (await post(refresh)).json()) as { token: string };
    expect((await fetch(`${registry.url}/v2/_catalog`, { headers: { authorization: `Bearer ${token}` } })).status).toBe(200);
    registry.auth.revoke(refresh_token);
    expect((await post(refresh)).status).toBe(401);
  });

  it('grants only what the rule allows', async () => {
    const access = (user: string | undefined) => (user === 'ci' ? ['pull', 'push'] : ['pull']);
    const registry = await start({
      auth: { kind: 'token', users: { ci: 'secret' }, access, realmOrigin: 'other', tokenField: 'access_token' },
    });
    registry.put('a', buildImage(), 'x');
    const realm = /realm="([^"]+)"/.exec((await fetch(`${registry.url}/v2/`)).headers.get('www-authenticate') ?? '')?.[1] ?? '';
    expect(new URL(realm).host).not.toBe(registry.host);
    const anonymous = await fetch(`${realm}?service=tagboat-testing&scope=repository:a:pull,push`);
    const { access_token } = (await anonymous.json()) as { access_token: string };
    const headers = { authorization: `Bearer ${access_token}` };
    expect((await fetch(`${registry.url}/v2/a/tags/list`, { headers })).status).toBe(200);
    expect((await fetch(`${registry.url}/v2/a/blobs/uploads/`, { method: 'POST', headers })).status).toBe(401);
  });

  it('announces its quota, and refuses beyond it until the window ends', async () => {
    const clock = new FakeClock();
    const registry = await start({ rateLimit: { limit: 2, window: 60 }, clock });
    registry.put('a', buildImage(), 'x');
    const get = () => fetch(`${registry.url}/v2/a/manifests/x`);
    expect((await get()).headers.get('ratelimit-remaining')).toBe('1;w=60');
    await get();
    const refused = await get();
    expect([refused.status, refused.headers.get('retry-after')]).toEqual([429, '60']);
    expect((await fetch(`${registry.url}/v2/a/manifests/x`, { method: 'HEAD' })).status).toBe(200);
    await clock.advance(60_000);
    expect((await get()).status).toBe(200);
  });
});
