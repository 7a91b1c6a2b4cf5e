import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { gunzipSync, zstdDecompressSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { copy, copyTags, ImageArchive, RepositoryTarget } from '../../src/oci/index.ts';
import { buildImage, type BuiltContent, digestOf, tar, type TestRegistry } from '../../src/testing/index.ts';
import type { DockerRegistry } from '../support/docker-registry.ts';
import { Skopeo } from '../support/skopeo.ts';
import { temporaryDirectory, type TemporaryDirectory } from '../support/temporary.ts';
import { expectAllOf, expectSkopeoDir, httpReader, readContent } from './independent.ts';
import { built, makeByTools, toolNames } from './matrix-content.ts';
import { type End, type EndName, endNames, openEnds } from './matrix-ends.ts';

/**
 * What `docker save` writes keeps neither manifests nor compression: of an image, its configuration and its layers as plain tar files
 * come out. So it holds no index, no chart and no artifact: skopeo refuses to write those, and layers of zstd.
 */
const names = ['Docker image', 'OCI image', 'layers that are not compressed', 'a layer twice', toolNames[0], toolNames[1]];

let directory: TemporaryDirectory;
let docker: DockerRegistry;
let memory: TestRegistry;
let skopeo: Skopeo;
let opened: Awaited<ReturnType<typeof openEnds>>;
let ends: Record<EndName, End>;
const originals: Record<string, BuiltContent> = {};
const at = (name: string) => join(directory.path, `${name.toLowerCase().replaceAll(' ', '-')}.tar`);

beforeAll(async () => {
  directory = await temporaryDirectory('tagboat-docker-archives');
  opened = await openEnds(directory.path);
  ({ docker, memory, ends } = opened);
  skopeo = new Skopeo(directory.path);
  const samples = { ...built, ...(await makeByTools(docker, skopeo, directory.path)) };
  for (const [tag, name] of names.entries()) {
    const content = samples[name]?.content ?? buildImage();
    originals[name] = content;
    memory.put('from/images', content, String(tag));
    await skopeo.copy(`docker://${memory.host}/from/images:${tag}`, `docker-archive:${at(name)}:acme/app:${tag}`);
  }
});

afterAll(async () => {
  await opened.close();
  await directory.remove();
});

function plain(blob: Uint8Array): Buffer {
  if (blob[0] === 0x1f && blob[1] === 0x8b) return gunzipSync(blob);
  return blob[0] === 0x28 && blob[1] === 0xb5 ? zstdDecompressSync(blob) : Buffer.from(blob);
}

async function load(path: string, reference: string, end: End, place: string, tag: string): Promise<string> {
  const archive = await ImageArchive.open(path);
  try {
    return (await end.to(place, tag, (writing) => copy(archive, reference, writing, [tag]))).digest;
  } finally {
    await archive.close();
  }
}

describe.each(endNames)('from what docker save writes to %s', (to) => {
  it.concurrent.each(names)('%s', async (name) => {
    const [config = Buffer.alloc(0), ...layers] = originals[name]?.blobs ?? [];
    const place = `saved/${name.toLowerCase().replaceAll(' ', '-')}`;
    const digest = await load(at(name), String(names.indexOf(name)), ends[to], place, 'loaded');
    const reader = await ends[to].reader(place, 'loaded');
    const { bytes } = await reader.manifest('loaded');
    expect(digestOf(bytes)).toBe(digest);
    const manifest = JSON.parse(bytes.toString()) as { config: { digest: string }; layers: { digest: string; size: number }[] };
    expect(manifest.config.digest).toBe(digestOf(config));
    expect(manifest.layers.map((layer) => layer.digest)).toEqual(layers.map((layer) => digestOf(plain(layer))));
    expect((await reader.blob(digestOf(config))).equals(config)).toBe(true);
    for (const layer of layers) expect((await reader.blob(digestOf(plain(layer)))).equals(plain(layer))).toBe(true);
    // It is one and the same image wherever it is loaded, and skopeo takes it for one.
    const loaded = await readContent(reader, 'loaded');
    await load(at(name), String(names.indexOf(name)), ends['in-process registry'], `${place}-again-${endNames.indexOf(to)}`, 'loaded');
    await expectAllOf(httpReader(memory.url, `${place}-again-${endNames.indexOf(to)}`), 'loaded', loaded);
    const taken = join(directory.path, `taken-${endNames.indexOf(to)}-${names.indexOf(name)}`);
    await skopeo.copy(ends[to].named(place, 'loaded'), `dir:${taken}`, '--preserve-digests');
    await expectSkopeoDir(taken, loaded);
  });
});

it('of several images in one archive, each goes by its tag, and a layer that they share moves once', async () => {
  const base = tar({ base: 'b'.repeat(5000) });
  const files: Record<string, Uint8Array | string> = { 'base.tar': base };
  const list = ['one', 'two'].map((name) => {
    files[`${name}.tar`] = tar({ own: name });
    const ids = [base, files[`${name}.tar`] ?? ''].map((layer) => digestOf(layer));
    files[`${name}.json`] = JSON.stringify({ os: 'linux', architecture: 'amd64', rootfs: { type: 'layers', diff_ids: ids } });
    return { Config: `${name}.json`, RepoTags: [`acme/app:${name}`], Layers: ['base.tar', `${name}.tar`] };
  });
  await writeFile(at('several'), tar({ ...files, 'manifest.json': JSON.stringify(list) }));
  const archive = await ImageArchive.open(at('several'));
  const to = new RepositoryTarget(opened.toMemory.repository('saved/several'));
  const { copied, bytes } = await copyTags(archive, to, ['one', 'two']);
  await archive.close();
  expect(copied).toBe(2);
  expect(bytes.moved).toBe(Object.values(files).reduce((sum, file) => sum + Buffer.from(file).length, 0));
  for (const tag of ['one', 'two']) {
    const manifest = JSON.parse(Buffer.from(memory.content.manifest('saved/several', tag)?.bytes ?? '').toString()) as object;
    expect(manifest).toHaveProperty('layers.1.digest', digestOf(files[`${tag}.tar`] ?? ''));
  }
});

it('what docker save cannot hold, skopeo does not write either', async () => {
  memory.put('from/artifacts', built['Helm chart']?.content ?? buildImage(), 'chart');
  const source = `docker://${memory.host}/from/artifacts:chart`;
  const { code } = await skopeo.tryRun('copy', '--src-tls-verify=false', source, `docker-archive:${at('chart')}:a/b:1`);
  expect(code).not.toBe(0);
});
