import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect } from 'vitest';
import { type BuiltContent, contentOf, digestOf } from '../../src/testing/index.ts';

/** Content as HTTP or the disk gives it, read without a line of the code that is tested. */
export interface Reader {
  /** By tag or digest. A layout knows no media type but by its index. */
  manifest(reference: string): Promise<{ bytes: Buffer; mediaType: string | undefined }>;
  blob(digest: string): Promise<Buffer>;
}

const manifestTypes = [
  'application/vnd.oci.image.index.v1+json',
  'application/vnd.oci.image.manifest.v1+json',
  'application/vnd.docker.distribution.manifest.list.v2+json',
  'application/vnd.docker.distribution.manifest.v2+json',
];

export function httpReader(url: string, repository: string): Reader {
  const get = async (path: string, accept = '*/*') => {
    const answer = await fetch(`${url}/v2/${repository}/${path}`, { headers: { accept } });
    const bytes = Buffer.from(await answer.arrayBuffer());
    if (answer.status !== 200) throw new Error(`GET ${repository}/${path}: ${answer.status} ${bytes.toString().slice(0, 300)}`);
    return { bytes, mediaType: answer.headers.get('content-type') ?? undefined };
  };
  return {
    manifest: (reference) => get(`manifests/${reference}`, manifestTypes.join(', ')),
    blob: async (digest) => (await get(`blobs/${digest}`)).bytes,
  };
}

interface LayoutEntry {
  mediaType: string;
  digest: string;
  annotations?: Record<string, string>;
}

/** Of an OCI layout; an archive is unpacked by `tar` before. */
export async function layoutReader(directory: string): Promise<Reader> {
  const index = JSON.parse(await readFile(join(directory, 'index.json'), 'utf8')) as { manifests: LayoutEntry[] };
  const blob = (digest: string) => readFile(join(directory, 'blobs', ...digest.split(':')));
  return {
    manifest: async (reference) => {
      const named = index.manifests.find(
        ({ digest, annotations }) => digest === reference || annotations?.['org.opencontainers.image.ref.name'] === reference,
      );
      if (!named && !reference.includes(':')) throw new Error(`${directory} has no ${reference}`);
      return { bytes: await blob(named?.digest ?? reference), mediaType: named?.mediaType };
    },
    blob,
  };
}

/** What `skopeo copy … dir:` leaves: files named by the hexadecimal part of their digest, manifests of an index with a suffix. */
export async function expectSkopeoDir(directory: string, content: BuiltContent): Promise<void> {
  const names = new Set(await readdir(directory));
  const hex = (digest: string) => digest.slice(digest.indexOf(':') + 1);
  const check = async (part: BuiltContent, name: string): Promise<void> => {
    expect((await readFile(join(directory, name))).equals(part.bytes), `${name} of ${directory}`).toBe(true);
    for (const bytes of part.blobs) {
      const blob = hex(digestOf(bytes, part.algorithm));
      expect(names, `blob of ${directory}`).toContain(blob);
      expect((await readFile(join(directory, blob))).equals(bytes), `${blob} of ${directory}`).toBe(true);
    }
    for (const child of part.children) await check(child, `${hex(child.digest)}.manifest.json`);
  };
  await check(content, 'manifest.json');
}

/** Holds every piece below a tag against what was built: all there, byte for byte, of the right type. */
export async function expectAllOf(reader: Reader, reference: string, content: BuiltContent): Promise<void> {
  const { bytes, mediaType } = await reader.manifest(reference);
  expect(bytes.equals(content.bytes), `manifest ${reference}`).toBe(true);
  if (mediaType !== undefined) expect(mediaType).toBe(content.mediaType);
  for (const blob of content.blobs) {
    const digest = digestOf(blob, content.algorithm);
    expect((await reader.blob(digest)).equals(blob), `blob ${digest}`).toBe(true);
  }
  for (const child of content.children) await expectAllOf(reader, child.digest, child);
}

interface ManifestJson {
  mediaType?: string;
  config?: { digest: string };
  layers?: { digest: string }[];
  manifests?: { digest: string }[];
}

/** What another program made, as if it had been built here. */
export async function readContent(reader: Reader, reference: string): Promise<BuiltContent> {
  const { bytes, mediaType = '' } = await reader.manifest(reference);
  const json = JSON.parse(bytes.toString()) as ManifestJson;
  const digests = [...(json.config ? [json.config] : []), ...(json.layers ?? [])].map(({ digest }) => digest);
  const blobs = await Promise.all(digests.map((digest) => reader.blob(digest)));
  const children = await Promise.all((json.manifests ?? []).map(({ digest }) => readContent(reader, digest)));
  // The very bytes: programs leave out the media type, or order fields in their own way.
  const built = contentOf({ ...json, mediaType }, { blobs, children });
  const digest = digestOf(bytes);
  return { ...built, bytes, digest, descriptor: { ...built.descriptor, digest, size: bytes.byteLength } };
}

/** Pushes by the distribution specification's plainest requests. */
export async function putByHttp(url: string, repository: string, content: BuiltContent, reference = content.digest): Promise<void> {
  const put = async (address: string, body: Uint8Array, type: string): Promise<void> => {
    const answer = await fetch(address, { method: 'PUT', body: Buffer.from(body), headers: { 'content-type': type } });
    if (answer.status !== 201) throw new Error(`PUT ${address}: ${answer.status} ${await answer.text()}`);
  };
  for (const blob of content.blobs) {
    const begun = await fetch(`${url}/v2/${repository}/blobs/uploads/`, { method: 'POST' });
    const location = new URL(begun.headers.get('location') ?? '', url);
    location.searchParams.set('digest', digestOf(blob, content.algorithm));
    await put(location.href, blob, 'application/octet-stream');
  }
  for (const child of content.children) await putByHttp(url, repository, child);
  await put(`${url}/v2/${repository}/manifests/${reference}`, content.bytes, content.mediaType);
}
