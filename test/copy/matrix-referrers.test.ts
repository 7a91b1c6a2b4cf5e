import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { copy, RegistryClient } from '../../src/oci/index.ts';
import {
  buildArtifact,
  buildAttestation,
  buildImage,
  buildIndex,
  buildSbom,
  buildSignature,
  type BuiltContent,
  contentOf,
  mediaTypes,
  startRegistry,
  type TestRegistry,
  writeOciLayout,
} from '../../src/testing/index.ts';
import { type DockerRegistry, startDockerRegistry } from '../support/docker-registry.ts';
import { run } from '../support/run.ts';
import { Skopeo } from '../support/skopeo.ts';
import { temporaryDirectory, type TemporaryDirectory } from '../support/temporary.ts';
import { expectAllOf, putByHttp } from './independent.ts';
import { archiveEnd, type End, layoutEnd, memoryEnd, registryEnd } from './matrix-ends.ts';

const amd64 = buildImage();
const index = buildIndex({ manifests: [amd64, buildImage({ platform: 'linux/arm64' })] });
const signature = buildSignature(index);
const sbom = buildSbom(amd64, 'spdx', [{ name: 'libc', version: '2' }]);
const onSbom = buildSignature(sbom);
const sbomOfIndex = buildSbom(index, 'cyclonedx');
const provenance = buildAttestation(amd64);
const flag = buildArtifact({ artifactType: 'application/vnd.acme.flag', subject: index });
/** An index may refer to something, too: one attestation a platform. */
const group = contentOf(
  {
    schemaVersion: 2,
    mediaType: mediaTypes.ociIndex,
    artifactType: 'application/vnd.acme.group',
    manifests: [provenance.descriptor],
    subject: { mediaType: index.mediaType, digest: index.digest, size: index.bytes.byteLength },
  },
  { children: [provenance] },
);
/** Subject → what refers to it. */
const about: [BuiltContent, BuiltContent[]][] = [
  [index, [signature, sbomOfIndex, flag, group]],
  [amd64, [sbom, provenance]],
  [sbom, [onSbom]],
];
const referring = about.flatMap(([, all]) => all);

const kinds = ['referrers API', 'fallback tags', 'docker-registry', 'OCI layout', 'OCI archive'] as const;
type Kind = (typeof kinds)[number];

let directory: TemporaryDirectory;
let docker: DockerRegistry;
let withApi: TestRegistry;
let withoutApi: TestRegistry;
let skopeo: Skopeo;
let clients: RegistryClient[];
let ends: Record<Kind, End>;

beforeAll(async () => {
  directory = await temporaryDirectory('tagboat-referrers');
  [docker, withApi, withoutApi] = await Promise.all([
    startDockerRegistry({ kind: 'open' }),
    startRegistry(),
    startRegistry({ referrers: false }),
  ]);
  skopeo = new Skopeo(directory.path);
  clients = [withApi, withoutApi, docker].map(({ url }) => new RegistryClient({ url }));
  const [api, fallback, real] = clients as [RegistryClient, RegistryClient, RegistryClient];
  ends = {
    'referrers API': memoryEnd(withApi, api),
    'fallback tags': memoryEnd(withoutApi, fallback),
    'docker-registry': registryEnd(docker, real),
    'OCI layout': layoutEnd(directory.path),
    'OCI archive': archiveEnd(directory.path),
  };
  for (const each of [index, ...referring]) withApi.put('from/app', each);
  withApi.put('from/app', index, '1');
  for (const { url } of [withoutApi, docker]) {
    await putByHttp(url, 'from/app', index, '1');
    for (const each of referring) await putByHttp(url, 'from/app', each);
    for (const [subject, all] of about) await putByHttp(url, 'from/app', buildIndex({ manifests: all }), fallbackTag(subject));
  }
  const entries = [{ content: index, tag: '1' }, ...referring.map((content) => ({ content }))];
  await writeOciLayout(join(directory.path, 'from_app'), entries);
  await run('tar', ['-cf', join(directory.path, 'from_app.tar'), '-C', join(directory.path, 'from_app'), '.']);
});

afterAll(async () => {
  await Promise.all(clients.map((client) => client.close()));
  await Promise.all([docker.stop(), withApi.close(), withoutApi.close()]);
  await directory.remove();
});

const fallbackTag = ({ digest }: BuiltContent) => digest.replace(':', '-');

/** Digests and artifact types that a place lists for a subject, looked up the way clients do. */
async function listed(kind: Kind, place: string, subject: BuiltContent): Promise<{ digest: string; artifactType: unknown }[]> {
  type Entry = { digest: string; artifactType?: string; subject?: { digest: string }; config?: { mediaType: string } };
  const of = (manifests: Entry[]) => manifests.map(({ digest, artifactType }) => ({ digest, artifactType })).toSorted(byDigest);
  if (kind === 'OCI layout' || kind === 'OCI archive') {
    const name = place.replaceAll('/', '_');
    const file = join(directory.path, kind === 'OCI layout' ? name : `${name}.tar.unpacked`, 'index.json');
    const reader = await ends[kind].reader(place, 'copied');
    const { manifests } = JSON.parse(await readFile(file, 'utf8')) as { manifests: { digest: string }[] };
    const found: Entry[] = [];
    for (const { digest } of manifests) {
      const json = JSON.parse((await reader.blob(digest)).toString()) as Entry;
      if (json.subject?.digest === subject.digest)
        found.push({ ...json, digest, artifactType: json.artifactType ?? json.config?.mediaType });
    }
    return of(found);
  }
  const { url } = { 'referrers API': withApi, 'fallback tags': withoutApi, 'docker-registry': docker }[kind];
  const path = kind === 'referrers API' ? `referrers/${subject.digest}` : `manifests/${fallbackTag(subject)}`;
  const answer = await fetch(`${url}/v2/${place}/${path}`, { headers: { accept: mediaTypes.ociIndex } });
  expect(answer.status, `${kind} ${path}`).toBe(200);
  return of(((await answer.json()) as { manifests: Entry[] }).manifests);
}

function byDigest(one: { digest: string }, other: { digest: string }): number {
  return one.digest < other.digest ? -1 : 1;
}

const pairs = kinds.flatMap((from) => kinds.map((to) => [from, to] as const));

describe('an artifact with what refers to it, and what refers to that', () => {
  it.concurrent.each(pairs)('from %s to %s', async (from, to) => {
    const place = `${from}-${to}`.toLowerCase().replaceAll(' ', '-');
    const [done, again] = await ends[from].from('from/app', '1', (reading) =>
      ends[to].to(place, 'copied', async (writing) => [
        await copy(reading, '1', writing, ['copied'], { referrers: true }),
        await copy(reading, '1', writing, ['copied'], { referrers: true }),
      ]),
    );
    expect(done).toMatchObject({ digest: index.digest, outcome: 'copied', referrers: referring.length });
    expect(again).toMatchObject({ outcome: 'unchanged', bytes: { moved: 0 } });
    const reader = await ends[to].reader(place, 'copied');
    await expectAllOf(reader, 'copied', index);
    for (const each of referring) await expectAllOf(reader, each.digest, each);
    for (const [subject, all] of about) {
      const expected = all.map(({ digest, descriptor }) => ({ digest, artifactType: descriptor.artifactType })).toSorted(byDigest);
      expect(await listed(to, place, subject)).toEqual(expected);
    }
    // skopeo reads what refers by its digest, where there is a registry to ask.
    if (to === 'OCI layout' || to === 'OCI archive') return;
    const { host } = { 'referrers API': withApi, 'fallback tags': withoutApi, 'docker-registry': docker }[to];
    expect(await skopeo.inspectRaw(`${host}/${place}@${signature.digest}`)).toBe(Buffer.from(signature.bytes).toString());
  });
});

it('what does not refer to it stays, and so does what refers when it is not asked for', async () => {
  await ends['referrers API'].from('from/app', '1', (reading) =>
    ends['referrers API'].to('plain/app', 'copied', (writing) => copy(reading, '1', writing, ['copied'])),
  );
  expect(await listed('referrers API', 'plain/app', index)).toEqual([]);
});

it('what the destination lists by its fallback tag already stays listed', async () => {
  const own = buildArtifact({ artifactType: 'application/vnd.acme.own', subject: index });
  await putByHttp(docker.url, 'kept/app', index, 'copied');
  await putByHttp(docker.url, 'kept/app', own);
  await putByHttp(docker.url, 'kept/app', buildIndex({ manifests: [own] }), fallbackTag(index));
  await ends['referrers API'].from('from/app', '1', (reading) =>
    ends['docker-registry'].to('kept/app', 'copied', (writing) => copy(reading, '1', writing, ['copied'], { referrers: true })),
  );
  const digests = (await listed('docker-registry', 'kept/app', index)).map(({ digest }) => digest);
  expect(digests).toEqual([own, signature, sbomOfIndex, flag, group].map(({ digest }) => digest).toSorted());
});

it.each(['fallback tags', 'docker-registry', 'OCI layout'] as const)(
  'in %s, what an earlier copy brought and did not come to list is listed',
  async (to) => {
    const place = 'broken-off/app';
    const { url } = { 'fallback tags': withoutApi, 'docker-registry': docker, 'OCI layout': withApi }[to];
    if (to === 'OCI layout') {
      // Its file is there, and the index does not name it.
      await writeOciLayout(join(directory.path, 'broken-off_app'), [{ content: index, tag: 'copied' }]);
      await writeFile(join(directory.path, 'broken-off_app', 'blobs', ...signature.digest.split(':')), signature.bytes);
    } else {
      await putByHttp(url, place, index, 'copied');
      await putByHttp(url, place, signature);
    }
    await ends['referrers API'].from('from/app', '1', (reading) =>
      ends[to].to(place, 'copied', (writing) => copy(reading, '1', writing, ['copied'], { referrers: true })),
    );
    expect((await listed(to, place, index)).map(({ digest }) => digest)).toContain(signature.digest);
  },
);
