import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import {
  type AuthOptions,
  buildArtifact,
  buildHelmChart,
  buildImage,
  buildIndex,
  digestOf,
  type RegistryOptions,
  startRegistry,
  type TestRegistry,
  writeOciLayout,
} from '../../src/testing/index.ts';
import { createAuthority } from '../support/certificates.ts';
import { Skopeo } from '../support/skopeo.ts';
import { temporaryDirectory, type TemporaryDirectory } from '../support/temporary.ts';

const users = { ci: 's3cret' };
const setUps: Record<string, () => Promise<{ options: RegistryOptions; ca?: string }>> = {
  open: async () => ({ options: {} }),
  'basic authentication': async () => ({ options: { auth: { kind: 'basic', users } } }),
  'token authentication': async () => ({ options: { auth: { kind: 'token', users, realmOrigin: 'other' } } }),
  'TLS of an own authority, token authentication': async () => {
    const authority = await createAuthority();
    const auth: AuthOptions = { kind: 'token', users, forms: ['GET'] };
    return { options: { tls: await authority.issue(), auth }, ca: authority.cert };
  },
  'redirected blobs': async () => ({ options: { blobRedirect: true } }),
};

const image = buildImage({ layers: [{ files: { a: 'a'.repeat(5000) } }, { command: 'CMD', empty: true }, { files: { b: 'b' } }] });
const index = buildIndex({ manifests: ['linux/amd64', 'linux/arm64', 'linux/arm/v7'].map((platform) => buildImage({ platform })) });
const dockerList = buildIndex({
  format: 'docker',
  manifests: ['linux/amd64', 'linux/arm64'].map((platform) => buildImage({ platform, format: 'docker' })),
});

describe.each(Object.keys(setUps))('skopeo and the in-process registry: %s', (name) => {
  let directory: TemporaryDirectory;
  let registry: TestRegistry;
  let skopeo: Skopeo;

  beforeEach(async () => {
    directory = await temporaryDirectory('tagboat-skopeo');
    const setUp = await setUps[name]?.();
    registry = await startRegistry(setUp?.options);
    const credential = setUp?.options.auth ? { username: 'ci', password: users.ci } : {};
    skopeo = new Skopeo(directory.path, { ...credential, ca: setUp?.ca });
    const chart = buildHelmChart({ name: 'shop', version: '1.0.0' });
    await writeOciLayout(join(directory.path, 'layout'), [
      { content: image, tag: 'image' },
      { content: index, tag: 'index' },
      { content: chart, tag: 'chart' },
    ]);
  });
  afterEach(async () => {
    await registry.close();
    await directory.remove();
  });

  const layout = (tag: string) => `oci:${join(directory.path, 'layout')}:${tag}`;
  const remote = (reference: string) => `docker://${registry.host}/${reference}`;

  it('pushes an image, and pulls it back the same', async () => {
    await skopeo.copy(layout('image'), remote('shop/api:1.0'));
    expect(registry.content.resolve('shop/api', '1.0')).toBe(image.digest);
    expect(registry.openUploads).toBe(0);
    await skopeo.copy(remote('shop/api:1.0'), `dir:${join(directory.path, 'pulled')}`);
    expect(await readFile(join(directory.path, 'pulled', 'manifest.json'))).toEqual(Buffer.from(image.bytes));
  });

  it('pushes an index with all its images, and pulls it back the same', async () => {
    await skopeo.copy(layout('index'), remote('shop/web:2'), '--all');
    expect(registry.content.resolve('shop/web', '2')).toBe(index.digest);
    expect(await skopeo.inspectRaw(`${registry.host}/shop/web:2`)).toBe(Buffer.from(index.bytes).toString('utf8'));
    await skopeo.copy(remote('shop/web:2'), `oci:${join(directory.path, 'pulled')}:2`, '--all');
    const blob = (digest: string) => readFile(join(directory.path, 'pulled', 'blobs', 'sha256', digest.slice('sha256:'.length)));
    expect(await blob(index.digest)).toEqual(Buffer.from(index.bytes));
    for (const child of index.children) for (const bytes of child.blobs) expect(await blob(digestOf(bytes))).toEqual(Buffer.from(bytes));
  });

  it('pulls Docker manifest lists and pushes them elsewhere', async () => {
    registry.put('old/app', dockerList, 'v1');
    await skopeo.copy(remote('old/app:v1'), remote('new/app:v1'), '--all');
    expect(registry.content.resolve('new/app', 'v1')).toBe(dockerList.digest);
  });

  it('converts between Docker and OCI manifests', async () => {
    await skopeo.copy(layout('image'), remote('shop/api:docker'), '--format', 'v2s2');
    expect(registry.content.manifest('shop/api', 'docker')?.mediaType).toBe('application/vnd.docker.distribution.manifest.v2+json');
  });

  it('reads tags, configuration and charts', async () => {
    const names = Array.from({ length: 120 }, (_, at) => `v${at}`);
    registry.put('many', image, ...names);
    expect((await skopeo.listTags(`${registry.host}/many`)).sort()).toEqual([...names].sort());
    const config = (await skopeo.inspectConfig(`${registry.host}/many:v7`)) as { architecture: string };
    expect(config.architecture).toBe('amd64');
    await skopeo.copy(layout('chart'), remote('charts/shop:1.0.0'));
    expect(registry.content.manifest('charts/shop', '1.0.0')?.descriptor.artifactType).toBe('application/vnd.cncf.helm.config.v1+json');
  });

  it('deletes', async () => {
    registry.put('gone', image, 'a', 'b');
    await skopeo.delete(`${registry.host}/gone:a`);
    expect(registry.content.manifest('gone', image.digest)).toBeUndefined();
  });
});

it('keeps its word about artifacts that skopeo has no word for', async () => {
  await using registry = await startRegistry();
  await using directory = await temporaryDirectory('tagboat-skopeo');
  const artifact = buildArtifact({ artifactType: 'application/x-thing', layers: [{ mediaType: 'text/plain', data: 'hello' }] });
  registry.put('things', artifact, 'x');
  expect(await new Skopeo(directory.path).inspectRaw(`${registry.host}/things:x`)).toBe(Buffer.from(artifact.bytes).toString('utf8'));
});
