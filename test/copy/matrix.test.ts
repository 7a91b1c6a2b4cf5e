import { randomBytes } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { copy, OciLayout, type ReadTarget, RegistryClient, RepositoryTarget, type WriteTarget } from '../../src/oci/index.ts';
import {
  buildArtifact,
  buildHelmChart,
  buildImage,
  buildIndex,
  buildSbom,
  buildSignature,
  type BuiltContent,
  startRegistry,
  type TestRegistry,
} from '../../src/testing/index.ts';
import { type DockerRegistry, startDockerRegistry } from '../support/docker-registry.ts';
import { Skopeo } from '../support/skopeo.ts';
import { temporaryDirectory, type TemporaryDirectory } from '../support/temporary.ts';

const layers = (seed: string) => [{ files: { [seed]: randomBytes(20_000) } }, { files: { 'etc/motd': seed } }];
const amd64 = buildImage({ layers: layers('a') });
const arm64 = buildImage({ platform: 'linux/arm64', layers: layers('b') });
const inner = buildIndex({ manifests: [amd64, arm64] });
const contents: Record<string, BuiltContent> = {
  'docker-v2s2': buildImage({ format: 'docker', layers: layers('c') }),
  oci: amd64,
  'docker-list': buildIndex({ format: 'docker', manifests: [buildImage({ format: 'docker', layers: layers('d') })] }),
  index: inner,
  nested: buildIndex({ manifests: [inner, buildImage({ platform: 'linux/s390x', layers: layers('e') })] }),
  chart: buildHelmChart({ name: 'shop', version: '1.0.0' }),
  artifact: buildArtifact({ artifactType: 'application/vnd.acme.notes', layers: [{ mediaType: 'text/plain', data: 'nothing to see' }] }),
};
const names = Object.keys(contents);
const repository = 'lab/things';

let directory: TemporaryDirectory;
let docker: DockerRegistry;
let memory: TestRegistry;
const clients: RegistryClient[] = [];
const layouts: OciLayout[] = [];

beforeAll(async () => {
  directory = await temporaryDirectory('tagboat-copy-matrix');
  [docker, memory] = await Promise.all([startDockerRegistry({ kind: 'open' }), startRegistry()]);
  const source = await startRegistry();
  for (const [tag, content] of Object.entries(contents)) source.put(repository, content, tag);
  // Everything starts in the in-process registry, and gets to the others by what is tried here.
  for (const [tag, content] of Object.entries(contents)) memory.put(repository, content, tag);
  for (const tag of names) await copy(target('memory'), tag, target('docker'), [tag]);
  for (const tag of names) await copy(target('docker'), tag, target('layout'), [tag]);
  await source.close();
});

afterAll(async () => {
  await Promise.all(clients.map((client) => client.close()));
  await Promise.all(layouts.map((layout) => layout.close()));
  await Promise.all([docker.stop(), memory.close()]);
  await directory.remove();
});

type End = 'memory' | 'docker' | 'layout';

function target(end: End, name = repository): ReadTarget & WriteTarget {
  if (end === 'layout') {
    const layout = new OciLayout(join(directory.path, name.replaceAll('/', '_')));
    layouts.push(layout);
    return layout;
  }
  const client = new RegistryClient({ url: end === 'docker' ? docker.url : memory.url });
  clients.push(client);
  return new RepositoryTarget(client.repository(name));
}

describe.each<[End, End]>([
  ['memory', 'memory'],
  ['memory', 'docker'],
  ['memory', 'layout'],
  ['docker', 'memory'],
  ['docker', 'docker'],
  ['docker', 'layout'],
  ['layout', 'memory'],
  ['layout', 'docker'],
  ['layout', 'layout'],
])('from %s to %s', (from, to) => {
  it.each(names)('%s arrives byte for byte', async (tag) => {
    const content = contents[tag] as BuiltContent;
    const there = target(to, `copied/${from}-${to}-${tag}`);
    const planned = await copy(target(from), tag, there, ['v1'], { plan: true });
    const done = await copy(target(from), tag, there, ['v1']);
    expect(done.digest).toBe(content.descriptor.digest);
    expect(planned.bytes.moved).toBe(done.bytes.moved);
    expect(await everything(there, 'v1')).toEqual(await everything(target(from), tag));
    const again = await copy(target(from), tag, there, ['v1']);
    expect(again).toMatchObject({ outcome: 'unchanged', bytes: { moved: 0 } });
  });
});

it('skopeo reads the same bytes from a registry and from a layout', async () => {
  const skopeo = new Skopeo(directory.path);
  for (const tag of ['docker-v2s2', 'oci', 'index', 'docker-list']) {
    const bytes = Buffer.from((contents[tag] as BuiltContent).bytes).toString();
    expect(await skopeo.inspectRaw(`${docker.host}/${repository}:${tag}`)).toBe(bytes);
    // skopeo finds manifests of OCI's own types only in a layout.
    if (tag.startsWith('docker')) continue;
    const { stdout } = await skopeo.run('inspect', '--raw', `oci:${join(directory.path, 'lab_things')}:${tag}`);
    expect(stdout).toBe(bytes);
  }
  await skopeo.copy(`oci:${join(directory.path, 'lab_things')}:index`, `docker://${docker.host}/by/skopeo:index`, '--all');
  expect(await skopeo.inspectRaw(`${docker.host}/by/skopeo:index`)).toBe(Buffer.from(inner.bytes).toString());
});

describe('what refers to an image', () => {
  it.each<[End]>([['memory'], ['docker'], ['layout']])('comes along to %s', async (to) => {
    const signature = buildSignature(amd64);
    const sbom = buildSbom(amd64, 'spdx');
    const onSbom = buildSignature(sbom);
    for (const content of [signature, sbom, onSbom]) memory.put(repository, content);
    const there = target(to, `referred/${to}`);
    const result = await copy(target('memory'), 'oci', there, ['v1'], { referrers: true });
    expect(result.referrers).toBe(3);
    const listed = async (digest: string) => (await there.referrers(digest)).manifests.map((one) => one.digest).toSorted();
    expect(await listed(amd64.descriptor.digest)).toEqual([signature.descriptor.digest, sbom.descriptor.digest].toSorted());
    expect(await listed(sbom.descriptor.digest)).toEqual([onSbom.descriptor.digest]);
    expect((await copy(target('memory'), 'oci', there, ['v1'], { referrers: true })).bytes.moved).toBe(0);
  });
});

it('of an index, one platform is copied as it is, and several make a new index', async () => {
  const one = await copy(target('memory'), 'index', target('docker', 'subset/one'), ['v1'], {
    platforms: [{ os: 'linux', architecture: 'arm64' }],
  });
  expect(one).toMatchObject({ digest: arm64.descriptor.digest, rebuilt: false });
  const notes: string[] = [];
  const two = await copy(target('memory'), 'nested', target('docker', 'subset/two'), ['v1'], {
    platforms: [{ os: 'linux', architecture: 's390x' }],
    onEvent: (event) => event.kind === 'note' && notes.push(event.message),
  });
  expect(two.rebuilt).toBe(false);
  expect(notes).toEqual([]);
});

it('a layer that is there under another repository is mounted, not sent', async () => {
  await copy(target('docker'), 'oci', target('docker', 'mounted/here'), ['v1']).then((result) => {
    expect(result.blobs).toMatchObject({ uploaded: 0, mounted: 3 });
    expect(result.bytes.moved).toBe(0);
  });
});

it('an unchanged tag costs one HEAD on each side', async () => {
  memory.put('quiet/from', amd64, '1');
  const there = target('memory', 'quiet/to');
  await copy(target('memory', 'quiet/from'), '1', there, ['1']);
  memory.requests.length = 0;
  await copy(target('memory', 'quiet/from'), '1', there, ['1']);
  expect(memory.requests.map(({ method, path }) => `${method} ${path}`).toSorted()).toEqual([
    'HEAD /v2/quiet/from/manifests/1',
    'HEAD /v2/quiet/to/manifests/1',
  ]);
});

/** Every manifest and blob below a tag: digest → bytes. */
async function everything(end: ReadTarget, reference: string, found: Record<string, string> = {}): Promise<Record<string, string>> {
  const manifest = await end.manifest(reference);
  found[manifest.digest] = `${manifest.mediaType} ${Buffer.from(manifest.bytes).toString('base64')}`;
  for (const child of manifest.index?.manifests ?? []) await everything(end, child.digest, found);
  for (const blob of manifest.image ? [manifest.image.config, ...manifest.image.layers] : []) {
    const { stream } = await end.openBlob(blob.digest);
    const chunks: Uint8Array[] = [];
    for await (const chunk of stream) chunks.push(chunk);
    found[blob.digest] = Buffer.concat(chunks).toString('base64');
  }
  return found;
}

it('a layout holds nothing but finished files', async () => {
  const index = JSON.parse(await readFile(join(directory.path, 'lab_things', 'index.json'), 'utf8')) as { manifests: unknown[] };
  expect(index.manifests).toHaveLength(names.length);
});
