import { once } from 'node:events';
import { mkdir, readdir, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { ArchiveWriter, copy } from '../../src/oci/index.ts';
import { buildIndex, digestOf, type FaultMatch, startRegistry, type TestRegistry } from '../../src/testing/index.ts';
import { type Tagboat, tagboat } from '../cli/tagboat.ts';
import { copyWorld, imageOf, isWhole } from './copy-world.ts';
import { expectAllOf, layoutReader } from './independent.ts';
import { archiveEnd, layoutEnd } from './matrix-ends.ts';

const image = imageOf([400_000, 60_000]);
const index = buildIndex({ manifests: [image, imageOf([30_000], 'linux/arm64')] });
const before = imageOf([1000]);
const layerPath = `/blobs/${digestOf(image.blobs[1] as Uint8Array)}`;
const blobs = new Set([...image.blobs, ...(index.children[1]?.blobs ?? [])].map((blob) => digestOf(blob)));

let from: TestRegistry;
let to: TestRegistry;
let program: Tagboat;

beforeAll(async () => {
  [from, to, program] = await Promise.all([startRegistry(), startRegistry(), tagboat()]);
  from.put('shop/api', index, '1');
});
beforeEach(() => {
  for (const registry of [from, to]) registry.requests.length = 0;
});
afterAll(async () => {
  await Promise.all([from.close(), to.close(), program[Symbol.asyncDispose]()]);
});

/** Starts a copy, and kills it when a request that matches has come in and waits for its answer. */
async function killedAt(registry: TestRegistry, match: FaultMatch, destination: string): Promise<void> {
  const hold = registry.faults.add({ ...match, times: Number.POSITIVE_INFINITY }, { delay: 60_000 });
  const child = program.start(['copy', `${from.host}/shop/api:1`, destination, '--parallel', '1']);
  const ended = once(child, 'exit');
  while (hold.struck === 0 && child.exitCode === null) await new Promise((resolve) => setTimeout(resolve, 10));
  child.kill('SIGKILL');
  expect((await ended)[1]).toBe('SIGKILL');
  hold.remove();
}

async function runsThrough(destination: string): Promise<void> {
  const { code, stderr } = await program.run(['copy', `${from.host}/shop/api:1`, destination]);
  expect(code, stderr).toBe(0);
}

const finishedUploads = () =>
  to.requests.filter(({ method, path, status }) => method === 'PUT' && path.includes('/blobs/uploads/') && status === 201).length;

describe('a process that is killed while it copies to a registry', () => {
  it.each<[string, 'from' | 'to', FaultMatch]>([
    ['before the bytes of a layer come', 'from', { method: 'GET', path: layerPath }],
    ['before an upload ends', 'to', { method: 'PUT', path: /\/blobs\/uploads\//, skip: 1 }],
    ['between the manifests of an index', 'to', { method: 'PUT', path: /\/manifests\/sha256/, skip: 1 }],
    ['before the tag is set', 'to', { method: 'PUT', path: '/manifests/1' }],
  ])('%s leaves the old image, and what it sent is not sent again', async (when, side, match) => {
    const repository = `prod/${when.replaceAll(' ', '-')}`;
    to.put(repository, before, '1');
    await killedAt(side === 'from' ? from : to, match, `${to.host}/${repository}:1`);
    expect(to.content.resolve(repository, '1')).toBe(before.digest);
    expect(isWhole(to, repository, before)).toBe(true);
    const sent = finishedUploads();
    await runsThrough(`${to.host}/${repository}:1`);
    expect(to.content.resolve(repository, '1')).toBe(index.digest);
    expect(isWhole(to, repository, index)).toBe(true);
    // Each blob came to its end once, in both runs together.
    expect(finishedUploads()).toBe(blobs.size);
    expect(sent).toBeLessThanOrEqual(blobs.size);
  });
});

it('a process that is killed while it copies to a layout leaves the old image, and finished blobs are not fetched again', async () => {
  const directory = join(program.home, 'layout');
  await layoutEnd(program.home).seed('layout', '1', before);
  await killedAt(from, { method: 'GET', path: layerPath }, `oci:${directory}:1`);
  await expectAllOf(await layoutReader(directory), '1', before);
  await runsThrough(`oci:${directory}:1`);
  await expectAllOf(await layoutReader(directory), '1', index);
  const fetched = from.requests.filter(({ method, path, status }) => method === 'GET' && path.includes('/blobs/') && status === 200);
  expect(fetched).toHaveLength(blobs.size);
});

it('a process that is killed while it writes an archive leaves no archive, and the next one is whole', async () => {
  const path = join(program.home, 'out.tar');
  await killedAt(from, { method: 'GET', path: layerPath }, `oci-archive:${path}:1`);
  expect(await readdir(program.home)).not.toContain('out.tar');
  await runsThrough(`oci-archive:${path}:1`);
  await expectAllOf(await archiveEnd(program.home).reader('out', '1'), '1', index);
});

describe('what killed processes left', () => {
  const longAgo = new Date(Date.now() - 2 * 24 * 60 * 60 * 1000);

  it('in a layout is removed when it is a day old, and left while somebody may be writing it', async () => {
    await using world = await copyWorld();
    world.from.put('shop/api', index, '1');
    const places = layoutEnd(program.home);
    await places.seed('tidy', '1', before);
    const at = (name: string) => join(program.home, 'tidy', 'blobs', 'sha256', name);
    for (const name of ['old.1234.part', 'new.1234.part']) await writeFile(at(name), 'half');
    await utimes(at('old.1234.part'), longAgo, longAgo);
    await places.to('tidy', '1', (writing) => copy(world.source(), '1', writing, ['1']));
    const names = await readdir(join(program.home, 'tidy', 'blobs', 'sha256'));
    expect(names).not.toContain('old.1234.part');
    expect(names).toContain('new.1234.part');
  });

  it('beside an archive, too', async () => {
    const old = join(program.home, '.left.tar-abc123');
    const other = join(program.home, '.left.tar-notes.txt');
    for (const path of [old, other]) await mkdir(path);
    await writeFile(join(old, 'index.json'), '{}');
    for (const path of [join(old, 'index.json'), old, other]) await utimes(path, longAgo, longAgo);
    const writer = await ArchiveWriter.create(join(program.home, 'left.tar'));
    await writer.close();
    const names = await readdir(program.home);
    expect(names).not.toContain('.left.tar-abc123');
    expect(names).toContain('.left.tar-notes.txt');
  });
});
