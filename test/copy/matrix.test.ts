import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { copy } from '../../src/oci/index.ts';
import { type BuiltContent, digestOf } from '../../src/testing/index.ts';
import type { DockerRegistry } from '../support/docker-registry.ts';
import { Skopeo } from '../support/skopeo.ts';
import { temporaryDirectory, type TemporaryDirectory } from '../support/temporary.ts';
import { expectAllOf, expectSkopeoDir } from './independent.ts';
import { built, makeByTools, type Sample, toolNames } from './matrix-content.ts';
import { type End, type EndName, endNames, openEnds } from './matrix-ends.ts';

/** Everything from everywhere to everywhere: held against what was built by our own reading of HTTP and disk, and by skopeo. */
const samples: Record<string, Sample> = { ...built };
const names = [...Object.keys(built), ...toolNames];
const placeOf = (name: string) => `from/${name.toLowerCase().replaceAll(' ', '-')}`;

let directory: TemporaryDirectory;
let docker: DockerRegistry;
let skopeo: Skopeo;
let opened: Awaited<ReturnType<typeof openEnds>>;
let ends: Record<EndName, End>;

beforeAll(async () => {
  directory = await temporaryDirectory('tagboat-copy-matrix');
  opened = await openEnds(directory.path);
  ({ docker, ends } = opened);
  skopeo = new Skopeo(directory.path);
  Object.assign(samples, await makeByTools(docker, skopeo, directory.path));
  for (const name of names) {
    const { content } = sampleOf(name);
    const able = endNames.filter((end) => !cannotHold(end, name));
    await Promise.all(able.map((end) => ends[end].seed(placeOf(name), 'v1', content)));
  }
});

afterAll(async () => {
  await opened.close();
  await directory.remove();
});

function sampleOf(name: string): Sample {
  const sample = samples[name];
  if (!sample) throw new Error(`There is no sample “${name}”.`);
  return sample;
}

/** Why an end cannot hold something. */
function cannotHold(end: EndName, name: string): string | undefined {
  return end === 'docker-registry' ? built[name]?.nowhere?.docker : undefined;
}

/** skopeo 1.9 finds manifests of Docker's own types at registries only, and sees of an index in a layout only children of OCI's. */
function isHiddenOnDisk(end: EndName, name: string): boolean {
  return (end === 'OCI layout' || end === 'OCI archive') && /Docker/.test(name);
}

/** Registries name what comes under a tag by its sha256, unless it was put there by another digest. */
function namedBy(end: EndName, { digest, bytes }: BuiltContent): string {
  return end === 'docker-registry' ? digestOf(bytes) : digest;
}

/** The manifest as `skopeo inspect --raw` prints it. */
async function inspectRaw(end: EndName, place: string, tag: string): Promise<string> {
  const options = end.includes('registry') ? ['--tls-verify=false', '--no-creds'] : [];
  return (await skopeo.run('inspect', '--raw', ...options, ends[end].named(place, tag))).stdout;
}

describe.each(endNames)('skopeo reads in %s what we did not write', (end) => {
  it.concurrent.each(names.filter((name) => !cannotHold(end, name) && !isHiddenOnDisk(end, name)))('%s', async (name) => {
    expect(await inspectRaw(end, placeOf(name), 'v1')).toBe(Buffer.from(sampleOf(name).content.bytes).toString());
  });
});

const pairs = endNames.flatMap((from) => endNames.map((to) => [from, to] as const));

describe.each(pairs)('from %s to %s', (from, to) => {
  const possible = names.filter((name) => !cannotHold(from, name) && !cannotHold(to, name));

  it.concurrent.each(possible)('%s', async (name) => {
    const { content, unread } = sampleOf(name);
    const digest = namedBy(from, content);
    const place = `${from}-${to}/${name}`.toLowerCase().replaceAll(' ', '-');
    const source = placeOf(name);
    const { planned, done, again } = await ends[from].from(source, 'v1', (reading) =>
      ends[to].to(place, 'copied', async (writing) => ({
        planned: await copy(reading, 'v1', writing, ['copied'], { plan: true }),
        done: await copy(reading, 'v1', writing, ['copied']),
        again: await copy(reading, 'v1', writing, ['copied']),
      })),
    );
    expect(done).toMatchObject({ digest, mediaType: content.mediaType, outcome: 'copied', rebuilt: false });
    // docker-registry 2.8 says of blobs of sha512 that it mounted them, and does not know them then: they are sent after all.
    const isMisled = from === 'docker-registry' && to === from && content.algorithm === 'sha512';
    if (!isMisled) expect(planned).toMatchObject({ digest, outcome: 'copied', bytes: done.bytes, blobs: done.blobs });
    expect(again).toMatchObject({ digest, bytes: { moved: 0 }, outcome: 'unchanged' });
    await expectAllOf(await ends[to].reader(place, 'copied'), 'copied', content);

    if (isHiddenOnDisk(to, name)) return;
    const raw = Buffer.from(content.bytes).toString();
    expect(await inspectRaw(to, place, 'copied')).toBe(raw);
    // The bytes are the same from wherever they came, as was seen: one of the sources is enough for skopeo's own copy of each.
    const isTurn = endNames.indexOf(from) === names.indexOf(name) % endNames.length;
    if (unread || !isTurn) return;
    const taken = join(directory.path, `taken-${place.replaceAll('/', '_')}`);
    await skopeo.copy(ends[to].named(place, 'copied'), `dir:${taken}`, '--all', '--preserve-digests');
    await expectSkopeoDir(taken, content);
  });
});

it('what an end cannot hold is refused, and nothing is tagged', async () => {
  const name = 'index of sha512 images';
  const place = 'refused/sha512';
  await expect(
    ends['in-process registry'].from(placeOf(name), 'v1', (reading) =>
      ends['docker-registry'].to(place, 'v1', (writing) => copy(reading, 'v1', writing, ['v1'])),
    ),
  ).rejects.toMatchObject({ side: 'destination', message: expect.stringMatching(/digest/i) });
  const tags = await fetch(`${docker.url}/v2/${place}/tags/list`);
  expect(await tags.json()).not.toHaveProperty('tags', expect.arrayContaining(['v1']));
});
