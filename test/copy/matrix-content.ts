import { randomBytes } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import {
  buildArtifact,
  buildBuildKitAttestation,
  buildHelmChart,
  buildImage,
  buildIndex,
  type BuiltContent,
  contentOf,
  type ImageInput,
} from '../../src/testing/index.ts';
import type { DockerRegistry } from '../support/docker-registry.ts';
import { run } from '../support/run.ts';
import type { Skopeo } from '../support/skopeo.ts';
import { httpReader, readContent } from './independent.ts';

const layers = (seed: string, compression?: 'zstd' | 'none') => [
  { files: { [seed]: randomBytes(20_000) }, ...(compression && { compression }) },
  { files: { 'etc/motd': seed }, ...(compression && { compression }) },
];
const image = (seed: string, more: ImageInput = {}) => buildImage({ layers: layers(seed), ...more });
const amd64 = image('a');
const inner = buildIndex({ manifests: [amd64, image('b', { platform: 'linux/arm64' })] });
const shared = { files: { shared: 'the same' } };

/**
 * Everything that registries hold, in one line each. `unread` says what skopeo 1.9 cannot do with it, so that the bytes are held
 * against HTTP and disk alone; `nowhere` names ends that cannot hold it.
 */
export interface Sample {
  content: BuiltContent;
  unread?: { copy: string };
  nowhere?: { docker: string };
}

export const built: Record<string, Sample> = {
  'Docker image': { content: image('c', { format: 'docker' }) },
  'Docker manifest list': { content: buildIndex({ format: 'docker', manifests: [image('d', { format: 'docker' })] }) },
  'OCI image': { content: amd64 },
  index: { content: inner },
  'index of Docker images': { content: buildIndex({ manifests: [image('m', { format: 'docker' }), amd64] }) },
  'nested index': {
    content: buildIndex({ manifests: [inner, image('e', { platform: 'linux/s390x' })] }),
    unread: { copy: 'skopeo does not copy an index within an index' },
  },
  'index with attestation': { content: buildIndex({ manifests: [amd64, buildBuildKitAttestation(amd64)] }) },
  'Helm chart': { content: buildHelmChart({ name: 'shop', version: '1.0.0' }) },
  artifact: {
    content: buildArtifact({ artifactType: 'application/vnd.acme.notes', layers: [{ mediaType: 'text/plain', data: 'nothing to see' }] }),
  },
  'artifact of empty blobs': { content: buildArtifact({ artifactType: 'application/vnd.acme.flag' }) },
  'artifact with a layer of no bytes': {
    content: buildArtifact({ artifactType: 'application/vnd.acme.void', layers: [{ mediaType: 'text/plain', data: '' }] }),
  },
  'zstd layers': { content: buildImage({ layers: layers('z', 'zstd') }) },
  'layers that are not compressed': { content: buildImage({ layers: layers('n', 'none') }) },
  'a layer twice': { content: buildImage({ layers: [shared, { files: { other: 'b' } }, shared] }) },
  'sha512 image': {
    content: image('s', { algorithm: 'sha512' }),
    unread: { copy: 'skopeo takes a manifest for what its sha256 says' },
  },
  'index of sha512 images': {
    content: buildIndex({ manifests: [image('t', { algorithm: 'sha512' }), image('u', { platform: 'linux/arm64' })] }),
    unread: { copy: 'skopeo takes a manifest for what its sha256 says' },
    nowhere: { docker: 'docker-registry 2.8 takes sha512 for blobs only' },
  },
  'no media type inside': { content: withoutMediaType(image('w')) },
};

/** Names of what other programs make; the content is there once `makeByTools` has run. */
export const toolNames = [
  'image of buildah',
  'Docker image of buildah',
  'index of buildah',
  'zstd image of buildah',
  'image converted by skopeo',
] as const;

/** The images are made where `directory` is, and pushed to the registry by the programs themselves. */
export async function makeByTools(registry: DockerRegistry, skopeo: Skopeo, directory: string): Promise<Record<string, Sample>> {
  const environment = { HOME: directory, XDG_RUNTIME_DIR: directory, TMPDIR: directory, BUILDAH_ISOLATION: 'chroot' };
  const storage = ['--storage-driver', 'vfs', '--root', join(directory, 'storage'), '--runroot', join(directory, 'run')];
  const buildah = async (...args: string[]) => (await run('buildah', [...storage, ...args], { env: environment })).stdout.trim();
  const place = `docker://${registry.host}/tools/made`;
  const open = '--tls-verify=false';
  await writeFile(join(directory, 'file'), randomBytes(50_000));
  const container = await buildah('from', 'scratch');
  await buildah('add', container, join(directory, 'file'), '/opt/file');
  await buildah('config', '--cmd', '/opt/file', '--label', 'made=here', container);
  await buildah('commit', '--format', 'oci', container, 'made-oci');
  await buildah('commit', '--format', 'docker', container, 'made-docker');
  await buildah('push', open, 'made-oci', `${place}:0`);
  await buildah('push', open, 'made-docker', `${place}:1`);
  await buildah('manifest', 'create', 'made-index');
  await buildah('manifest', 'add', '--arch', 'amd64', 'made-index', 'localhost/made-oci');
  await buildah('manifest', 'add', '--arch', 'arm64', 'made-index', 'localhost/made-oci');
  await buildah('manifest', 'push', '--all', open, '--format', 'oci', 'made-index', `${place}:2`);
  await buildah('push', open, '--compression-format', 'zstd:chunked', 'made-oci', `${place}:3`);
  await skopeo.copy(`${place}:1`, `${place}:4`, '--format', 'oci');
  const reader = httpReader(registry.url, 'tools/made');
  const made: Record<string, Sample> = {};
  for (const [tag, name] of toolNames.entries()) made[name] = { content: await readContent(reader, String(tag)) };
  return made;
}

/** OCI made `mediaType` optional; some builders leave it out. */
function withoutMediaType({ bytes, mediaType, blobs }: BuiltContent): BuiltContent {
  const { mediaType: _left, ...json } = JSON.parse(Buffer.from(bytes).toString()) as { mediaType: string };
  const plain = contentOf({ ...json, mediaType: undefined as unknown as string });
  return { ...plain, mediaType, descriptor: { ...plain.descriptor, mediaType }, blobs };
}
