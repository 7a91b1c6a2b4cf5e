import { createHash } from 'node:crypto';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { buildImage, buildIndex, corrupted, resetAt, startRegistry, status, truncatedAt, wrongDigest } from '../../src/testing/index.ts';
import { expectReadable, type FaultHub, problemOf, startFaultHub } from './fault-hub.ts';
import { type Answer, cut, flood, json, startHostile, stall } from './hostile.ts';

let hub: FaultHub;

beforeAll(async () => {
  hub = await startFaultHub({ outbound: { timeouts: { connect: 1000, headers: 1000, body: 300, total: 4000 } } });
});
afterAll(() => hub.close());

const sha256 = (text: string | Uint8Array): string => `sha256:${createHash('sha256').update(text).digest('hex')}`;
const ociManifest = 'application/vnd.oci.image.manifest.v1+json';
const ociIndex = 'application/vnd.oci.image.index.v1+json';
const config = JSON.stringify({ os: 'linux', architecture: 'amd64', config: {}, rootfs: { type: 'layers', diff_ids: [] } });
const manifestOf = (over: object = {}): string =>
  JSON.stringify({
    schemaVersion: 2,
    mediaType: ociManifest,
    config: { mediaType: 'application/vnd.oci.image.config.v1+json', digest: sha256(config), size: config.length },
    layers: [],
    ...over,
  });
const serveManifest = (text: string, headers: Record<string, string> = {}): Answer =>
  json(text, 200, { 'content-type': ociManifest, 'docker-content-digest': sha256(text), ...headers });

const tooLarge = manifestOf({ annotations: { pad: 'x'.repeat(9 * 1024 * 1024) } });

/** Answers that are no manifest, and the code of the error that says so. */
const manifests: Record<string, { answer: () => Answer; code: string }> = {
  'other content than its digest': {
    answer: () => serveManifest(manifestOf(), { 'docker-content-digest': sha256('x') }),
    code: 'integrity',
  },
  'more than 9 MiB': { answer: () => serveManifest(tooLarge), code: 'invalid_answer' },
  'more and more': { answer: () => flood(), code: 'invalid_answer' },
  'nested annotations without end': {
    answer: () => serveManifest(`{"schemaVersion":2,"annotations":${'{"a":'.repeat(100_000)}1${'}'.repeat(100_000)}}`),
    code: 'invalid_answer',
  },
  'the format of 2015': {
    answer: () =>
      serveManifest(JSON.stringify({ schemaVersion: 1, name: 'app', tag: '1.0', fsLayers: [], history: [] }), {
        'content-type': 'application/vnd.docker.distribution.manifest.v1+prettyjws',
      }),
    code: 'schema1_unsupported',
  },
  'a web page': { answer: () => serveManifest('<html></html>', { 'content-type': 'text/html' }), code: 'not_a_registry' },
  'layers that are an object': { answer: () => serveManifest(manifestOf({ layers: {} })), code: 'invalid_answer' },
  'a layer without a digest': { answer: () => serveManifest(manifestOf({ layers: [{ size: 1 }] })), code: 'invalid_answer' },
  'a layer of negative size': {
    answer: () => serveManifest(manifestOf({ layers: [{ mediaType: 'a/b', digest: sha256('a'), size: -1 }] })),
    code: 'invalid_answer',
  },
  'a layer whose digest is a path': {
    answer: () => serveManifest(manifestOf({ layers: [{ mediaType: 'a/b', digest: '../../../etc/passwd', size: 1 }] })),
    code: 'invalid_answer',
  },
  'a list': { answer: () => serveManifest('[]'), code: 'invalid_answer' },
  'half of it': { answer: () => cut('close', manifestOf().slice(0, 50)), code: 'connection_reset' },
  'silence in the middle': { answer: () => stall(manifestOf().slice(0, 50)), code: 'body_timeout' },
};

describe('a manifest', () => {
  it.each(Object.entries(manifests))('that is %s is refused', async (_name, { answer, code }) => {
    await using server = await startHostile();
    server.on(/\/manifests\//, answer());
    const { name } = await hub.connect(server.url);
    const problem = await problemOf(hub.api.getImage(name, 'app', '1.0'));
    expect(problem).toMatchObject({ code, fault: 'remote' });
    await hub.expectNoSecret(problem);
  });

  it('is refused when it is asked for by digest and is another, whatever the header says', async () => {
    await using registry = await startRegistry();
    const image = buildImage();
    registry.put('app', image, '1.0');
    const { digest } = image;
    const other = manifestOf();
    registry.faults.add(
      { path: '/manifests/', times: Number.POSITIVE_INFINITY },
      { answer: { status: 200, headers: { 'content-type': ociManifest, 'docker-content-digest': digest }, body: other } },
    );
    const { name } = await hub.connect(registry.url, { signIn: 'anonymous' });
    expect(await problemOf(hub.api.getImage(name, 'app', digest))).toMatchObject({ code: 'integrity', fault: 'remote' });
    // Nothing of it was kept: without the fault the right one is read.
    registry.faults.clear();
    expect((await hub.api.getImage(name, 'app', digest)).digest).toBe(digest);
  });

  it('has the digest of its bytes where the header says nothing usable', async () => {
    await using server = await startHostile();
    server.on(/\/manifests\//, serveManifest(manifestOf(), { 'docker-content-digest': 'md5:1234' }));
    server.on(/\/blobs\//, json(config));
    const { name } = await hub.connect(server.url);
    expect((await hub.api.getImage(name, 'app', '1.0')).digest).toBe(sha256(manifestOf()));
  });

  it('survives corruption, truncation and resets once they are over', async () => {
    await using registry = await startRegistry();
    registry.put('app', buildImage(), '1.0');
    const { name } = await hub.connect(registry.url, { signIn: 'anonymous' });
    for (const [effect, code] of [
      [corrupted(), 'integrity'],
      [wrongDigest(), 'integrity'],
    ] as const) {
      const fault = registry.faults.add({ method: 'GET', path: '/manifests/', times: Number.POSITIVE_INFINITY }, effect);
      const problem = await problemOf(hub.api.getImage(name, 'app', '1.0'));
      expect([code, 'invalid_answer']).toContain(problem.code);
      fault.remove();
    }
    registry.faults.add({ method: 'GET', path: '/manifests/' }, resetAt(20));
    registry.faults.add({ method: 'GET', path: '/manifests/' }, truncatedAt(20));
    expect((await hub.api.getImage(name, 'app', '1.0')).kind).toBe('image');
  });
});

describe('a configuration', () => {
  const blobs: Record<string, { answer: () => Answer; code: string }> = {
    'other content than its digest': { answer: () => json(config.replace('linux', 'l1nux')), code: 'integrity' },
    'longer than announced': { answer: () => json(`${config}   `), code: 'integrity' },
    endless: { answer: () => flood(), code: 'integrity' },
    'a web page': { answer: () => json('<html>', 200, { 'content-type': 'text/html' }), code: 'integrity' },
    compressed: { answer: () => json(gzipSync(config), 200, { 'content-encoding': 'gzip' }), code: 'integrity' },
    missing: { answer: () => json({ errors: [{ code: 'BLOB_UNKNOWN' }] }, 404), code: 'registry_not_found' },
    'on another host that refuses': { answer: () => json({}, 403), code: 'registry_denied' },
  };

  it.each(Object.entries(blobs))('that is %s is refused', async (_name, { answer, code }) => {
    await using server = await startHostile();
    server.on(/\/manifests\//, serveManifest(manifestOf()));
    server.on(/\/blobs\//, answer());
    const { name } = await hub.connect(server.url);
    const problem = await problemOf(hub.api.getImage(name, 'app', '1.0'));
    expect(problem.fault).toBe('remote');
    expect([code, 'invalid_answer']).toContain(problem.code);
    // The same image is fine as soon as the registry is.
    server.on(/\/blobs\//, json(config));
    expect((await hub.api.getImage(name, 'app', '1.0')).manifest?.platform).toBe('linux/amd64');
  });

  it('with fields of the wrong type shows what can be shown, and no control characters are made up', async () => {
    const odd = JSON.stringify({
      os: 7,
      architecture: ['amd64'],
      created: 'yesterday',
      config: { Env: 'A=1', Labels: { a: 1 }, Cmd: {} },
      history: 'x',
    });
    await using server = await startHostile();
    const text = manifestOf({ config: { mediaType: 'application/vnd.oci.image.config.v1+json', digest: sha256(odd), size: odd.length } });
    server.on(/\/manifests\//, serveManifest(text));
    server.on(/\/blobs\//, json(odd));
    const { name } = await hub.connect(server.url);
    const outcome = await hub.api.getImage(name, 'app', '1.0').then(
      (image) => image.digest,
      (error: { problem?: { code: string; fault: string } }) => error.problem,
    );
    expect([sha256(text), undefined]).toContain(typeof outcome === 'string' ? outcome : undefined);
    if (typeof outcome !== 'string') expect(outcome).toMatchObject({ fault: 'remote', code: 'invalid_answer' });
  });
});

describe('an index', () => {
  it('that names itself, or a hundred thousand platforms, ends', async () => {
    await using server = await startHostile();
    const many = Array.from({ length: 20_000 }, (_, i) => ({ mediaType: ociManifest, digest: sha256(String(i)), size: 1 }));
    const index = JSON.stringify({ schemaVersion: 2, mediaType: ociIndex, manifests: many });
    server.on(/\/manifests\//, json({ errors: [{ code: 'MANIFEST_UNKNOWN' }] }, 404));
    server.on(/\/manifests\/1\.0/, json(index, 200, { 'content-type': ociIndex, 'docker-content-digest': sha256(index) }));
    const { name } = await hub.connect(server.url);
    const outcome = await hub.api.getImage(name, 'app', '1.0').then(
      (image) => image.digest,
      (error: { problem: { fault: string } }) => error.problem.fault,
    );
    expect([sha256(index), 'remote']).toContain(outcome);
    expect(server.received.length).toBeLessThan(50);
  });

  it('in a list of tags with one broken tag shows all tags', async () => {
    await using registry = await startRegistry();
    registry.put('app', buildIndex({ manifests: [buildImage(), buildImage({ platform: 'linux/arm64' })] }), '1.0', '1.1');
    registry.faults.add({ path: /manifests\/1\.0/, times: Number.POSITIVE_INFINITY }, status(500));
    const { name } = await hub.connect(registry.url, { signIn: 'anonymous' });
    const page = await hub.api.listTags(name, 'app', { details: true });
    expect(page.items.map((tag) => tag.name).sort()).toEqual(['1.0', '1.1']);
    expect(page.items.find((tag) => tag.name === '1.1')?.platforms).toHaveLength(2);
    expect(page.items.find((tag) => tag.name === '1.0')?.complete).toBe(false);
  });
});

describe('referrers', () => {
  it('of the wrong shape are refused, those cut short are called partial or refused', async () => {
    const digest = sha256('subject');
    const bad: [Answer, string][] = [
      [json('{"manifests":{}}', 200, { 'content-type': ociIndex }), 'invalid_answer'],
      [json('{"manifests":[{"digest":"x"}]}', 200, { 'content-type': ociIndex }), 'invalid_answer'],
      [
        json('{"schemaVersion":2,"manifests":[]}', 200, { 'content-type': ociIndex, link: `<http://127.0.0.1:1/x>; rel="next"` }),
        'pagination_denied',
      ],
      [json('{"schemaVersion":2,"manifests":[]}', 200, { 'content-type': ociIndex, link: '<?page=1>; rel="next"' }), 'pagination_endless'],
    ];
    for (const [answer, code] of bad) {
      await using server = await startHostile();
      server.on(/\/referrers\//, answer);
      const { name } = await hub.connect(server.url);
      const outcome = await hub.api
        .listReferrers(name, 'app', digest)
        .catch((error: { problem: { code: string; detail: string } }) => error.problem);
      const found =
        'code' in outcome
          ? { code: outcome.code, text: outcome.detail }
          : { code: outcome.partial?.code, text: outcome.partial?.reason ?? '' };
      expect(found.code).toBe(code);
      expectReadable(found.text);
    }
  });
});
