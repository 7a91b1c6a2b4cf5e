import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type BuiltContent, type JsonDescriptor, sha256 } from './built-content.ts';
import { mediaTypes } from './media-types.ts';

export interface LayoutEntry {
  content: BuiltContent;
  /** `org.opencontainers.image.ref.name`, which skopeo addresses as `oci:<directory>:<tag>`. */
  tag: string;
}

/** Writes an OCI image layout (image specification, "OCI Image Layout") to a directory, which is made. */
export async function writeOciLayout(directory: string, entries: readonly LayoutEntry[]): Promise<void> {
  const blobs = join(directory, 'blobs', 'sha256');
  await mkdir(blobs, { recursive: true });
  const write = (bytes: Uint8Array) => writeFile(join(blobs, sha256(bytes).slice('sha256:'.length)), bytes);
  const writeAll = async (content: BuiltContent): Promise<void> => {
    for (const bytes of content.blobs) await write(bytes);
    for (const child of content.children) await writeAll(child);
    await write(content.bytes);
  };
  const manifests: JsonDescriptor[] = [];
  for (const { content, tag } of entries) {
    await writeAll(content);
    const { mediaType, digest, size } = content.descriptor;
    manifests.push({ mediaType, digest, size, annotations: { 'org.opencontainers.image.ref.name': tag } });
  }
  await writeFile(join(directory, 'oci-layout'), JSON.stringify({ imageLayoutVersion: '1.0.0' }));
  await writeFile(join(directory, 'index.json'), JSON.stringify({ schemaVersion: 2, mediaType: mediaTypes.ociIndex, manifests }));
}
