import type { KeyObject } from 'node:crypto';
import { randomBytes } from 'node:crypto';
import { readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Clock } from '../../core/clock.ts';
import type { Manifest, OciLayout } from '../../oci/index.ts';
import { blobFiles } from './blob-files.ts';
import { BundleError } from './bundle-error.ts';
import { type BundleContents, type BundleImage, contentsFile, parseContents, signatureFile } from './contents.ts';
import { signBytes } from './keys.ts';
import { splitName } from './layout-repository.ts';

export interface WriteContentsOptions {
  /** Ed25519. Without it the list is not signed. */
  key?: KeyObject;
  /** Where images came from, by `repository:tag` in the layout. What is not named keeps what the list said before. */
  sources?: ReadonlyMap<string, NonNullable<BundleImage['source']>>;
  clock: Clock;
}

/**
 * Writes the list of everything that a layout holds, and its signature. An older signature goes before: the layout is signed as it is now,
 * or not at all.
 *
 * @param directory of the layout
 */
export async function writeContents(directory: string, layout: OciLayout, options: WriteContentsOptions): Promise<BundleContents> {
  const before = await readBefore(directory);
  const sizes = new Map<string, number>();
  const images: BundleImage[] = [];
  for (const { name, descriptor } of await layout.names()) {
    const place = splitName(name) ?? { repository: '', tag: name };
    const known = before.get(name);
    const source = options.sources?.get(name) ?? (known?.digest === descriptor.digest ? known.source : undefined);
    const size = await sizeOf(layout, descriptor.digest, sizes);
    images.push({ ...place, digest: descriptor.digest, size, ...(source && { source }) });
  }
  images.sort((a, b) => (`${a.repository}:${a.tag}` < `${b.repository}:${b.tag}` ? -1 : 1));
  const files = await blobFiles(directory);
  const stray = files.find(({ digest }) => digest === undefined);
  if (stray)
    throw new BundleError(
      'bundle_damaged',
      `${stray.path} of the layout is no content: its name is no digest. Take it away, or use an empty directory.`,
    );
  const contents: BundleContents = {
    version: 1,
    created: new Date(options.clock.now()).toISOString(),
    images,
    blobs: files.flatMap(({ digest, size }) => (digest === undefined ? [] : [{ digest, size }])),
  };
  const bytes = Buffer.from(`${JSON.stringify(contents, undefined, 1)}\n`);
  await rm(join(directory, signatureFile), { force: true });
  await replace(join(directory, contentsFile), bytes);
  if (options.key) await replace(join(directory, signatureFile), signBytes(bytes, options.key));
  return contents;
}

/** Bytes of an image with everything below it. What is foreign, and so not there, is not counted. */
async function sizeOf(layout: OciLayout, digest: string, known: Map<string, number>): Promise<number> {
  const found = known.get(digest);
  if (found !== undefined) return found;
  // A loop cannot be: a digest is not known before its content is.
  const manifest = await layout.manifest(digest);
  let size = manifest.size + sizeOfBlobs(manifest);
  for (const child of manifest.index?.manifests ?? [])
    if (await layout.hasBlob(child.digest)) size += await sizeOf(layout, child.digest, known);
  known.set(digest, size);
  return size;
}

function sizeOfBlobs({ image }: Manifest): number {
  if (!image) return 0;
  return [image.config, ...image.layers].reduce((sum, blob) => sum + (blob.urls?.length ? 0 : blob.size), 0);
}

/** What the list said before; nothing when there is none that can be read. */
async function readBefore(directory: string): Promise<ReadonlyMap<string, BundleImage>> {
  let bytes: Uint8Array;
  try {
    bytes = await readFile(join(directory, contentsFile));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return new Map();
    throw error;
  }
  try {
    return new Map(parseContents(bytes).images.map((image) => [`${image.repository}:${image.tag}`, image]));
  } catch (error) {
    if (error instanceof BundleError) return new Map();
    throw error;
  }
}

async function replace(path: string, content: Uint8Array | string): Promise<void> {
  const draft = `${path}.${randomBytes(6).toString('hex')}.part`;
  try {
    await writeFile(draft, content, { flush: true });
    await rename(draft, path);
  } catch (error) {
    await rm(draft, { force: true });
    throw error;
  }
}
