import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Credential, deleteManifest, deleteTag, type DeletionTrait, digestOf, RegistryClient } from '../../src/oci/index.ts';
import { buildImage, buildIndex, type RegistryOptions, startRegistry, type TestRegistry } from '../../src/testing/index.ts';
import { clientOptions, registrySetUps, type RunningRegistry } from '../support/registry-setups.ts';

const image = buildImage({ config: { Env: ['WHICH=first'] } });
const other = buildImage({ config: { Env: ['WHICH=other'] } });
const docker = buildImage({ format: 'docker' });
const anonymous: Credential = { kind: 'anonymous' };

async function withRegistry(
  options: RegistryOptions,
  use: (world: { registry: TestRegistry; client: RegistryClient; tags: () => readonly string[] }) => Promise<void>,
  trait?: DeletionTrait,
): Promise<void> {
  await using registry = await startRegistry(options);
  registry.put('shop/api', image, '1', 'latest');
  registry.put('shop/api', other, 'other');
  registry.put('shop/api', docker, 'docker', 'docker-2');
  const client = new RegistryClient({ url: registry.url, credential: anonymous, ...(trait && { traits: { delete: trait } }) });
  try {
    await use({ registry, client, tags: () => registry.content.tags('shop/api') });
  } finally {
    await client.close();
  }
}

const everyTag = ['1', 'docker', 'docker-2', 'latest', 'other'];

describe('deleting one tag', () => {
  it.each<[string, RegistryOptions, DeletionTrait | undefined]>([
    ['deletes tags', {}, 'tag'],
    ['deletes tags, which nobody knows', {}, undefined],
    ['deletes the manifest with its tags', { deleteByTag: 'manifest' }, undefined],
    ['deletes the manifest with its tags, and is known for it', { deleteByTag: 'manifest' }, 'manifest'],
    ['deletes by digest only', { deleteByTag: 'refused' }, undefined],
    ['keeps what is tagged', { keepTagged: true }, undefined],
  ])('leaves the others that share its manifest, where the registry %s', (_name, options, trait) =>
    withRegistry(
      options,
      async ({ registry, client, tags }) => {
        expect(await deleteTag(client.repository('shop/api'), '1')).toBe('deleted');
        expect(await deleteTag(client.repository('shop/api'), 'docker-2')).toBe('deleted');
        expect(tags()).toEqual(['docker', 'latest', 'other']);
        expect(registry.content.manifest('shop/api', 'latest')?.digest).toBe(image.digest);
        expect(registry.content.manifest('shop/api', 'docker')?.digest).toBe(docker.digest);
        expect(await deleteTag(client.repository('shop/api'), '1')).toBe('absent');
      },
      trait,
    ),
  );

  it('deletes the manifest of a tag that is said to stand alone', () =>
    withRegistry({ deleteByTag: 'refused' }, async ({ registry, client, tags }) => {
      expect(await deleteTag(client.repository('shop/api'), 'other', { alone: true })).toBe('deleted');
      expect(tags()).not.toContain('other');
      expect(registry.content.manifest('shop/api', other.digest)).toBeUndefined();
      expect(registry.requests.some(({ method }) => method === 'PUT' || method === 'POST')).toBe(false);
    }));

  it('leaves a tag alone that moved', () =>
    withRegistry({}, async ({ client, tags }) => {
      expect(await deleteTag(client.repository('shop/api'), 'other', { digest: image.digest })).toBe('moved');
      expect(tags()).toEqual(everyTag);
    }));

  it('leaves a tag alone that moves while it is being deleted', () =>
    withRegistry({}, async ({ registry, client, tags }) => {
      registry.faults.add(
        { method: 'POST', path: '/uploads/' },
        {
          change(reply) {
            registry.put('shop/api', other, '1');
            return reply;
          },
        },
      );
      expect(await deleteTag(client.repository('shop/api'), '1')).toBe('moved');
      expect(tags()).toEqual(everyTag);
      expect(registry.content.manifest('shop/api', '1')?.digest).toBe(other.digest);
    }));

  it('says that deletion is off, before anything was touched', () =>
    withRegistry({ deletion: false }, async ({ registry, client, tags }) => {
      const attempt = deleteTag(client.repository('shop/api'), '1');
      await expect(attempt).rejects.toMatchObject({ code: 'deletion_disabled', retry: 'after-change' });
      await expect(attempt).rejects.toThrow('does not delete from shop/api (status 405)');
      await expect(deleteTag(client.repository('shop/api'), 'other', { alone: true })).rejects.toMatchObject({ code: 'deletion_disabled' });
      await expect(deleteManifest(client.repository('shop/api'), image.digest, ['1'])).rejects.toMatchObject({ code: 'deletion_disabled' });
      expect(tags()).toEqual(everyTag);
      expect(registry.requests.some(({ method }) => method === 'PUT' || method === 'POST')).toBe(false);
    }));

  it('puts the tag back when the registry refuses half-way', () =>
    withRegistry({}, async ({ registry, client, tags }) => {
      registry.faults.add({ method: 'DELETE', path: '/manifests/', skip: 1, times: Number.POSITIVE_INFINITY }, { answer: { status: 403 } });
      await expect(deleteTag(client.repository('shop/api'), '1')).rejects.toMatchObject({ code: 'registry_denied' });
      expect(tags()).toEqual(everyTag);
      expect(registry.content.manifest('shop/api', '1')?.digest).toBe(image.digest);
    }));

  it('says so when the tag could not be put back', () =>
    withRegistry({}, async ({ registry, client }) => {
      registry.faults.add({ method: 'DELETE', path: '/manifests/', skip: 1, times: Number.POSITIVE_INFINITY }, { answer: { status: 403 } });
      registry.faults.add({ method: 'PUT', path: '/manifests/', skip: 1, times: Number.POSITIVE_INFINITY }, { answer: { status: 403 } });
      await expect(deleteTag(client.repository('shop/api'), '1')).rejects.toThrow(
        new RegExp(`could neither be deleted nor put back.*It pointed to ${image.digest}`),
      );
    }));

  it('comes to its end once the tag was touched, whoever cancels', () =>
    withRegistry({}, async ({ registry, client, tags }) => {
      const abort = new AbortController();
      registry.faults.add(
        { method: 'PUT', path: '/manifests/' },
        {
          change(reply) {
            abort.abort();
            return reply;
          },
        },
      );
      expect(await deleteTag(client.repository('shop/api'), '1', { signal: abort.signal })).toBe('deleted');
      expect(tags()).not.toContain('1');
    }));

  it.each<[DeletionTrait, string]>([
    ['provider', 'in the vendor'],
    ['unsupported', 'nothing can be deleted'],
  ])('does not try where the trait says %s', (trait, words) =>
    withRegistry(
      {},
      async ({ registry, client }) => {
        await expect(deleteTag(client.repository('shop/api'), '1')).rejects.toThrow(words);
        await expect(deleteManifest(client.repository('shop/api'), image.digest, ['1'])).rejects.toMatchObject({ code: 'unsupported' });
        expect(registry.requests).toEqual([]);
      },
      trait,
    ),
  );
});

it('deletes the tags first where the registry wants it so', () =>
  withRegistry(
    { keepTagged: true },
    async ({ registry, client, tags }) => {
      expect(await deleteManifest(client.repository('shop/api'), image.digest, ['1', 'latest'])).toBe(true);
      expect(tags()).toEqual(['docker', 'docker-2', 'other']);
      expect(registry.content.manifest('shop/api', image.digest)).toBeUndefined();
    },
    'tag',
  ));

describe.each(registrySetUps)('deleting at: $name', ({ start }) => {
  let registry: RunningRegistry;
  let client: RegistryClient;
  beforeAll(async () => {
    registry = await start();
    client = new RegistryClient(clientOptions(registry));
  });
  afterAll(async () => {
    await client?.close();
    await registry?.stop();
  });

  it('takes one tag of two, and then the manifest', async () => {
    const repository = client.repository('shop/api');
    const index = buildIndex({ manifests: [image, other] });
    for (const content of [image, other, docker]) {
      for (const bytes of content.blobs) {
        const source = { digest: digestOf(bytes), size: bytes.length, open: async () => chunk(bytes) };
        await repository.pushBlob(source);
      }
      await repository.pushManifest(manifestOf(content), content.digest);
    }
    await repository.pushManifest(manifestOf(index), 'one');
    await repository.pushManifest(manifestOf(index), 'two');
    await repository.pushManifest(manifestOf(docker), 'three');
    await repository.pushManifest(manifestOf(docker), 'four');
    expect(await deleteTag(repository, 'one')).toBe('deleted');
    expect(await deleteTag(repository, 'four')).toBe('deleted');
    expect(await list(repository)).toEqual(['three', 'two']);
    expect((await repository.resolve('two')).digest).toBe(index.digest);
    expect(await deleteManifest(repository, index.digest, ['two'])).toBe(true);
    expect(await deleteTag(repository, 'two')).toBe('absent');
    expect((await repository.resolve(image.digest)).digest).toBe(image.digest);
  });
});

async function list(repository: ReturnType<RegistryClient['repository']>): Promise<string[]> {
  const names: string[] = [];
  for await (const page of repository.listTags()) names.push(...page);
  return names.sort();
}

function manifestOf({ bytes, digest, mediaType }: { bytes: Uint8Array; digest: string; mediaType: string }) {
  return { bytes, digest: digest as `sha256:${string}`, mediaType };
}

async function* chunk(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  yield bytes;
}
