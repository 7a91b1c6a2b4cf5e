import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ArchiveWriter, ContentError, copy, ImageArchive, RegistryClient, RepositoryTarget } from '../../src/oci/index.ts';
import { buildImage, buildIndex, startRegistry, tar, type TestRegistry } from '../../src/testing/index.ts';
import { type DockerRegistry, startDockerRegistry } from '../support/docker-registry.ts';
import { Skopeo } from '../support/skopeo.ts';
import { temporaryDirectory, type TemporaryDirectory } from '../support/temporary.ts';
import { isWhole } from './copy-world.ts';

const image = buildImage({ layers: [{ files: { a: 'a'.repeat(50_000) } }, { files: { 'b/c': 'c' } }] });
const index = buildIndex({ manifests: [image, buildImage({ platform: 'linux/arm64' })] });

let directory: TemporaryDirectory;
let docker: DockerRegistry;
let memory: TestRegistry;
let skopeo: Skopeo;
let client: RegistryClient;
const at = (name: string) => join(directory.path, name);

beforeAll(async () => {
  directory = await temporaryDirectory('tagboat-archives');
  [docker, memory] = await Promise.all([startDockerRegistry({ kind: 'open' }), startRegistry()]);
  skopeo = new Skopeo(directory.path);
  client = new RegistryClient({ url: memory.url });
  memory.put('from/app', index, '1');
  memory.put('from/app', image, 'single');
  await skopeo.copy(`docker://${memory.host}/from/app:1`, `oci-archive:${at('index.tar')}:1`, '--all');
  await skopeo.copy(`docker://${memory.host}/from/app:single`, `docker-archive:${at('saved.tar')}:acme/app:single`);
});
afterAll(async () => {
  await client.close();
  await Promise.all([docker.stop(), memory.close()]);
  await directory.remove();
});

async function load(path: string, reference: string, repository: string) {
  const archive = await ImageArchive.open(path);
  try {
    return await copy(archive, reference, new RepositoryTarget(client.repository(repository)), ['loaded']);
  } finally {
    await archive.close();
  }
}

describe('archives of images', () => {
  it.each([
    ['as it is', async () => at('index.tar')],
    [
      'compressed',
      async () => {
        await writeFile(at('index.tar.gz'), gzipSync(await readFile(at('index.tar'))));
        return at('index.tar.gz');
      },
    ],
  ])('an OCI archive that skopeo wrote, %s', async (name, path) => {
    const result = await load(await path(), '1', `loaded/oci-${name.length}`);
    expect(result.digest).toBe(index.descriptor.digest);
    expect(isWhole(memory, `loaded/oci-${name.length}`, index)).toBe(true);
  });

  it('what docker save writes has the same configuration and files, in layers that are not compressed', async () => {
    const result = await load(at('saved.tar'), 'single', 'loaded/docker');
    const manifest = JSON.parse(await skopeo.inspectRaw(`${memory.host}/loaded/docker:loaded`)) as {
      config: { digest: string };
      layers: { digest: string }[];
    };
    const original = JSON.parse(Buffer.from(image.bytes).toString()) as { config: { digest: string } };
    expect(manifest.config.digest).toBe(original.config.digest);
    const config = (await skopeo.inspectConfig(`${memory.host}/loaded/docker:loaded`)) as { rootfs: { diff_ids: string[] } };
    expect(manifest.layers.map(({ digest }) => digest)).toEqual(config.rootfs.diff_ids);
    expect(result.blobs.uploaded).toBe(3);
    // skopeo accepts it as an image in turn.
    await skopeo.copy(`docker://${memory.host}/loaded/docker:loaded`, `docker://${docker.host}/again/app:1`);
  });
});

it('writes archives that skopeo and we read, the same bytes for the same content, and replaces nothing', async () => {
  const write = async (name: string) => {
    const writer = await ArchiveWriter.create(at(name));
    await copy(new RepositoryTarget(client.repository('from/app')), '1', writer, ['1.0']);
    await writer.finish();
    await writer.close();
  };
  await write('written.tar');
  await write('again.tar');
  expect(await readFile(at('again.tar'))).toEqual(await readFile(at('written.tar')));
  const { stdout } = await skopeo.run('inspect', '--raw', `oci-archive:${at('written.tar')}:1.0`);
  expect(stdout).toBe(Buffer.from(index.bytes).toString());
  expect((await load(at('written.tar'), '1.0', 'loaded/own')).digest).toBe(index.descriptor.digest);
  await expect(write('written.tar')).rejects.toMatchObject({ code: 'EEXIST' });
  expect((await readdir(directory.path)).filter((name) => name.startsWith('.'))).toEqual([]);
});

describe('archives that are not what they should be', () => {
  const config = Buffer.from(JSON.stringify({ rootfs: { type: 'layers', diff_ids: [`sha256:${'a'.repeat(64)}`] } }));
  const manifest = (layers: unknown) => JSON.stringify([{ Config: 'config.json', RepoTags: ['x:1'], Layers: layers }]);

  it.each<[string, () => Uint8Array | Promise<Uint8Array>, RegExp]>([
    ['nothing', () => new Uint8Array(), /not a tar archive/],
    ['noise', () => Buffer.alloc(4096, 'x'), /not a tar archive, or it is broken/],
    ['a tar of something else', () => tar({ 'readme.txt': 'hello' }), /neither an OCI layout nor what docker save writes/],
    ['a name that leads out', () => tar({ '../../etc/passwd': 'x', 'manifest.json': '[]' }), /a name that cannot be/],
    ['a layer that leads out', () => tar({ 'manifest.json': manifest(['../../etc/passwd']), 'config.json': config }), /lacks the layer/],
    [
      'a layer that is not there',
      () => tar({ 'manifest.json': manifest(['nope.tar']), 'config.json': config }),
      /lacks the layer nope.tar/,
    ],
    [
      'more layers than the configuration has',
      () => tar({ 'manifest.json': manifest(['a', 'b']), 'config.json': config, a: 'a', b: 'b' }),
      /2 layers, and its configuration names 1/,
    ],
    ['a manifest of the wrong shape', () => tar({ 'manifest.json': '{"Config":1}' }), /lists no images/],
  ])('%s', async (name, bytes, words) => {
    const path = at(`hostile-${name.replaceAll(' ', '-')}.tar`);
    await writeFile(path, await bytes());
    const thrown = await load(path, '1', 'loaded/hostile').catch((error: unknown) => error);
    expect(thrown).toMatchObject({ message: expect.stringMatching(words) });
    expect(memory.content.has('loaded/hostile')).toBe(false);
  });

  it('a layer that is not what the configuration says is refused by the registry', async () => {
    await writeFile(at('lying.tar'), tar({ 'manifest.json': manifest(['layer.tar']), 'config.json': config, 'layer.tar': 'not that' }));
    await expect(load(at('lying.tar'), '1', 'loaded/lying')).rejects.toMatchObject({ message: expect.stringMatching(/digest/i) });
    expect(memory.content.resolve('loaded/lying', 'loaded')).toBeUndefined();
  });

  it('what is no archive is said by its own class', async () => {
    await writeFile(at('text.tar'), 'hello');
    await expect(ImageArchive.open(at('text.tar'))).rejects.toBeInstanceOf(ContentError);
  });
});
