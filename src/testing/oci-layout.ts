import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type BuiltContent, digestOf, type JsonDescriptor } from './built-content.ts';
import { mediaTypes } from './media-types.ts';

export interface LayoutEntry {
  content: BuiltContent;
  /** `org.opencontainers.image.ref.name`, which skopeo addresses as `oci:<directory>:<tag>`. Without one it is found by its digest only. */
  tag?: string;
}

/** Writes an OCI image layout (image specification, "OCI Image Layout") to a directory, which is made. */
export async function writeOciLayout(directory: string, entries: readonly LayoutEntry[]): Promise<void> {
  await mkdir(join(directory, 'blobs', 'sha256'), { recursive: true });
  const write = async (bytes: Uint8Array, algorithm?: string): Promise<void> => {
    const [kind = '', encoded = ''] = digestOf(bytes, algorithm).split(':');
    await mkdir(join(directory, 'blobs', kind), { recursive: true });
    await writeFile(join(directory, 'blobs', kind, encoded), bytes);
  };
  const writeAll = async (content: BuiltContent): Promise<void> => {
    for (const bytes of content.blobs) await write(bytes, content.algorithm);
    for (const child of content.children) await writeAll(child);
    await write(content.bytes, content.algorithm);
  };
  const manifests: JsonDescriptor[] = [];
  for (const { content, tag } of entries) {
    await writeAll(content);
    const { mediaType, digest, size } = content.descriptor;
    manifests.push({ mediaType, digest, size, ...(tag !== undefined && { annotations: { 'org.opencontainers.image.ref.name': tag } }) });
  }
  await writeFile(join(directory, 'oci-layout'), JSON.stringify({ imageLayoutVersion: '1.0.0' }));
  await writeFile(join(directory, 'index.json'), JSON.stringify({ schemaVersion: 2, mediaType: mediaTypes.ociIndex, manifests }));
}
