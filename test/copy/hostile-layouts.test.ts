import { execFileSync } from 'node:child_process';
import { cp, mkdir, readdir, readFile, rm, symlink, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { copy, copyTags, type CopyError, isTag, OciLayout } from '../../src/oci/index.ts';
import { buildArtifact, buildImage, buildIndex, type BuiltContent, digestOf, writeOciLayout } from '../../src/testing/index.ts';
import { temporaryDirectory, type TemporaryDirectory } from '../support/temporary.ts';
import { type CopyWorld, copyWorld, isWhole } from './copy-world.ts';
import { expectAllOf, layoutReader } from './independent.ts';

const image = buildImage();
const index = buildIndex({ manifests: [image, buildImage({ platform: 'linux/arm64' })] });
const refName = 'org.opencontainers.image.ref.name';
const fileOf = (digest: string) => join('blobs', ...digest.split(':'));

let directory: TemporaryDirectory;
let world: CopyWorld;
let copies = 0;

beforeAll(async () => {
  directory = await temporaryDirectory('tagboat-layouts');
  world = await copyWorld();
  await writeOciLayout(join(directory.path, 'good'), [{ content: index, tag: '1' }]);
});
afterAll(async () => {
  await world[Symbol.asyncDispose]();
  await directory.remove();
});

/** A copy of the good layout that `change` has made into something else. */
async function layout(change: (path: string) => Promise<unknown>): Promise<OciLayout & AsyncDisposable> {
  const path = join(directory.path, `layout-${++copies}`);
  await cp(join(directory.path, 'good'), path, { recursive: true });
  await change(path);
  const opened = new OciLayout(path);
  return Object.assign(opened, { [Symbol.asyncDispose]: () => opened.close() });
}

const indexJson = (path: string, manifests: unknown) =>
  writeFile(join(path, 'index.json'), JSON.stringify({ schemaVersion: 2, manifests }));
const entry = ({ mediaType, digest, bytes }: BuiltContent, tag?: string) => ({
  mediaType,
  digest,
  size: bytes.byteLength,
  ...(tag !== undefined && { annotations: { [refName]: tag } }),
});

describe('a layout that somebody made to do harm, or that broke', () => {
  it.each<[string, (path: string) => Promise<unknown>, RegExp]>([
    [
      'has an index that is larger than any real one',
      (path) => truncate(join(path, 'index.json'), 40 * 1024 * 1024),
      /index\.json has \d+ bytes; at most/,
    ],
    [
      'has an index that is nested like nothing real',
      (path) => writeFile(join(path, 'index.json'), '['.repeat(100_000)),
      /nested more than 64 levels deep/,
    ],
    ['has an index that is none', (path) => writeFile(join(path, 'index.json'), 'null'), /has no "manifests"/],
    [
      'has a pipe for an index, that nobody writes to',
      async (path) => (await rm(join(path, 'index.json')), execFileSync('mkfifo', [join(path, 'index.json')])),
      /index\.json is no file/,
    ],
    [
      'names a digest that is a path',
      (path) => indexJson(path, [{ ...entry(index, '1'), digest: 'sha256:../../../etc/passwd' }]),
      /has no valid digest/,
    ],
    ['names a size that is none', (path) => indexJson(path, [{ ...entry(index, '1'), size: -1 }]), /has no valid size/],
    [
      'is of a version to come',
      (path) => writeFile(join(path, 'oci-layout'), '{"imageLayoutVersion":"2.0.0"}'),
      /not an OCI image layout of version 1/,
    ],
    ['lacks the manifest that it names', (path) => rm(join(path, fileOf(index.digest))), /sha256:.* is not there/],
    ['lacks a manifest of its index', (path) => rm(join(path, fileOf(image.digest))), /sha256:.* is not there/],
    [
      'has a folder for a manifest',
      async (path) => (await rm(join(path, fileOf(image.digest))), mkdir(join(path, fileOf(image.digest)))),
      /is no file/,
    ],
    [
      'has a manifest of more than 8 MiB',
      (path) => truncate(join(path, fileOf(image.digest)), 9 * 1024 * 1024),
      /more than a manifest may/,
    ],
    [
      'has another manifest than its digest says',
      (path) => writeFile(join(path, fileOf(image.digest)), index.bytes),
      /not what its digest says/,
    ],
    [
      'has a blob that was cut',
      (path) => truncate(join(path, fileOf(digestOf(image.blobs[1] as Uint8Array))), 10),
      /of 10 bytes; its descriptor says/,
    ],
    [
      'has a link to something else for a blob',
      async (path) => {
        const blob = join(path, fileOf(digestOf(image.blobs[1] as Uint8Array)));
        await rm(blob);
        await symlink('/etc/hostname', blob);
      },
      /its descriptor says|is not what its digest says/,
    ],
    [
      'has a pipe for a blob, that nobody writes to',
      async (path) => {
        const blob = join(path, fileOf(digestOf(image.blobs[1] as Uint8Array)));
        await rm(blob);
        execFileSync('mkfifo', [blob]);
      },
      /is no file/,
    ],
  ])('%s', async (_what, change, words) => {
    await using from = await layout(change);
    const to = `prod/${copies}`;
    const thrown: unknown = await copy(from, '1', world.destination(to), ['1']).catch((error: unknown) => error);
    expect((thrown as CopyError).message).toMatch(words);
    expect(thrown).toMatchObject({ side: 'source' });
    expect((thrown as CopyError).message).toMatch(/^Reading .*from oci:layout-\d+ failed/);
    expect(world.to.content.resolve(to, '1')).toBeUndefined();
  });

  it('has more entries than anybody looks through for referrers: that is said, and not a part taken for the whole', async () => {
    const manifests = Array.from({ length: 20_001 }, (_none, i) => entry(index, `v${i}`));
    await using from = await layout((path) => indexJson(path, manifests));
    const to = world.destination('prod/many');
    await expect(copy(from, 'v7', to, ['1'], { referrers: true })).rejects.toMatchObject({
      message: expect.stringMatching(/more than 20000 entries/),
    });
    await copy(from, 'v7', to, ['1']);
    expect(isWhole(world.to, 'prod/many', index)).toBe(true);
  });

  it('names more than there is, which is no harm to what is there', async () => {
    const gone = buildArtifact({ artifactType: 'application/vnd.acme.gone', subject: index });
    await using from = await layout((path) => indexJson(path, [entry(index, '1'), entry(gone)]));
    expect((await copy(from, '1', world.destination('prod/more'), ['1'], { referrers: true })).referrers).toBe(0);
  });
});

describe('tags with odd names', () => {
  const odd = [
    '1',
    '',
    '../../x',
    'with blank',
    'docker.io/library/alpine:3.22',
    'ghcr.io/acme/api:5000/x',
    'a'.repeat(200),
    'ümläut',
    '-x',
    'line\nbreak',
    '__proto__',
    'v1.0-β',
  ];

  it('are listed when they can be tags, by the end of a full reference where one stands', async () => {
    await using from = await layout((path) =>
      indexJson(
        path,
        odd.map((tag) => entry(index, tag)),
      ),
    );
    const listed: string[] = [];
    for await (const page of from.listTags()) listed.push(...page);
    expect(listed).toEqual(['1', '3.22', '__proto__']);
    expect(listed.every(isTag)).toBe(true);
    const done = await copyTags(from, world.destination('prod/odd'), listed);
    expect(done).toMatchObject({ copied: 3, failed: 0 });
    expect(world.to.content.tags('prod/odd')).toEqual(['1', '3.22', '__proto__']);
  });

  it.each(['../../x', 'with blank', 'nothing', 'x'.repeat(500), '\u001b[31mred'])('what is no tag of it is not found: %j', async (tag) => {
    await using from = await layout(async () => {});
    await expect(copy(from, tag, world.destination('prod/none'), ['1'])).rejects.toMatchObject({
      code: 'registry_not_found',
      side: 'source',
    });
  });
});

describe('writing to a layout', () => {
  it('keeps what others have in it, annotations and all', async () => {
    const own = {
      ...entry(image, 'own'),
      annotations: { [refName]: 'own', 'com.acme.note': 'kept' },
      platform: { os: 'linux', architecture: 'amd64' },
    };
    await using to = await layout((path) => indexJson(path, [own]));
    world.from.put('shop/api', index, '1');
    await copy(world.source(), '1', to, ['new']);
    const path = join(directory.path, `layout-${copies}`);
    const reader = await layoutReader(path);
    await expectAllOf(reader, 'new', index);
    await expectAllOf(reader, 'own', image);
    const { manifests } = JSON.parse(await readFile(join(path, 'index.json'), 'utf8')) as { manifests: unknown[] };
    expect(manifests).toContainEqual(own);
  });

  it('where it may not says which file, and leaves everything as it was', async () => {
    await using to = await layout(async (path) => {
      await rm(join(path, 'blobs'), { recursive: true });
      await writeFile(join(path, 'blobs'), 'a file in the way');
      await indexJson(path, []);
    });
    world.from.put('shop/api', index, '1');
    await expect(copy(world.source(), '1', to, ['1'])).rejects.toMatchObject({
      side: 'destination',
      code: 'file_refused',
      message: expect.stringMatching(/^Writing (\w+ sha256:\w+ )?to oci:layout-\d+ failed\. The file system refuses \w+ at .*\(E/),
    });
    expect(await readdir(join(directory.path, `layout-${copies}`))).toEqual(['blobs', 'index.json', 'oci-layout']);
  });

  it('by many copies at once ends with all of their tags', async () => {
    await using to = await layout(async () => {});
    const tags = Array.from({ length: 12 }, (_none, i) => `t${i}`);
    const contents = tags.map((tag) => buildImage({ layers: [{ files: { tag } }] }));
    for (const [i, tag] of tags.entries()) world.from.put('shop/many', contents[i] as BuiltContent, tag);
    const done = await copyTags(world.source('shop/many'), to, tags, { parallelTags: 12 });
    expect(done).toMatchObject({ copied: 12, failed: 0 });
    const reader = await layoutReader(join(directory.path, `layout-${copies}`));
    for (const [i, tag] of tags.entries()) await expectAllOf(reader, tag, contents[i] as BuiltContent);
  });
});
