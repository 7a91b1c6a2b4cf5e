import { randomBytes } from 'node:crypto';
import { mkdir, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { cacheFolder } from '../../compile-cache.ts';
import { type Digest, type IndexMemory, largestIndex, type Manifest, parseDigest, parseManifest } from '../../oci/index.ts';

/** Files that are kept at most; beyond, all go, as a cache may. */
const mostFiles = 2000;

/**
 * Indexes that earlier commands read, in the user's cache directory: each a file of the media type, a line end and the bytes. What cannot
 * be read or written there is asked of the registry; what is read is held against its digest.
 */
export class IndexFolder implements IndexMemory {
  readonly #folder: string;

  constructor(env: Readonly<Record<string, string | undefined>>) {
    this.#folder = cacheFolder(env, 'indexes');
  }

  async get(digest: Digest): Promise<Manifest | undefined> {
    const content = await readFile(this.#path(digest)).catch(() => undefined);
    if (!content) return undefined;
    const end = content.indexOf('\n');
    try {
      return parseManifest(content.subarray(end + 1), content.subarray(0, end).toString(), digest);
    } catch {
      // Half a file, or somebody's own: as if it were not there.
      return undefined;
    }
  }

  async add({ digest, mediaType, bytes, size }: Manifest): Promise<void> {
    if (size > largestIndex) return;
    const path = this.#path(digest);
    const part = `${path}.${randomBytes(6).toString('hex')}`;
    try {
      await mkdir(this.#folder, { recursive: true, mode: 0o700 });
      const files = await readdir(this.#folder);
      if (files.length >= mostFiles) await Promise.all(files.map((name) => rm(join(this.#folder, name), { force: true })));
      await writeFile(part, Buffer.concat([Buffer.from(`${mediaType}\n`), bytes]), { mode: 0o600, flag: 'wx' });
      await rename(part, path);
    } catch {
      // A full disk, a home that may not be written: the next command asks again.
      await rm(part, { force: true }).catch(() => {});
    }
  }

  #path(digest: Digest): string {
    const { algorithm, encoded } = parseDigest(digest);
    return join(this.#folder, `${algorithm}-${encoded}`);
  }
}
