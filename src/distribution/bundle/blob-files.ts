import type { Dirent } from 'node:fs';
import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { type Digest, isDigest } from '../../oci/index.ts';

/** A file below `blobs/` of a layout. */
export interface BlobFile {
  /** What its name says, e.g. `sha256:…`; undefined for a name that is no digest. */
  digest: Digest | undefined;
  /** Below the directory of the layout, for messages. */
  path: string;
  size: number;
  /** Epoch milliseconds. */
  changedAt: number;
}

/** Every file below `blobs/`, by name. Drafts of a copy that was broken off are passed over: they become nothing. */
export async function blobFiles(directory: string): Promise<BlobFile[]> {
  const files: BlobFile[] = [];
  for (const folder of await entries(join(directory, 'blobs'))) {
    if (!folder.isDirectory()) {
      files.push({ digest: undefined, path: `blobs/${folder.name}`, size: 0, changedAt: 0 });
      continue;
    }
    for (const file of await entries(join(directory, 'blobs', folder.name))) {
      if (file.name.endsWith('.part')) continue;
      const path = `blobs/${folder.name}/${file.name}`;
      const digest = `${folder.name}:${file.name}`;
      const info = await stat(join(directory, path));
      files.push({ digest: isDigest(digest) && info.isFile() ? digest : undefined, path, size: info.size, changedAt: info.mtimeMs });
    }
  }
  return files.sort((a, b) => (a.path < b.path ? -1 : 1));
}

async function entries(path: string): Promise<Dirent[]> {
  try {
    return await readdir(path, { withFileTypes: true });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw error;
  }
}
