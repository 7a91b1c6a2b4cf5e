import { createHash, type KeyObject } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { forEachLimited } from '../../catalog/for-each-limited.ts';
import { type OciLayout, parseDigest } from '../../oci/index.ts';
import { blobFiles } from './blob-files.ts';
import { BundleError } from './bundle-error.ts';
import { type BundleContents, contentsFile, largestContents, parseContents, signatureFile } from './contents.ts';
import { isSignedBy } from './keys.ts';

export interface VerifyOptions {
  /** The Ed25519 key that its signature has to fit. */
  key: KeyObject;
  signal?: AbortSignal;
  /** Bytes that were hashed so far, of how many. */
  onProgress?: (done: number, total: number) => void;
}

/** What is told of a layout that does not hold; the rest is counted. */
const mostProblems = 10;
const parallelHashes = 2;

/**
 * Whether a layout is exactly what its signed list says: first the signature, then every name of its index and every file, hashed, against
 * the list. Nothing of it should be used before.
 *
 * @throws BundleError `bundle_unsigned` when the signature is missing or another key's; `bundle_damaged` with what is missing, changed
 *   or there in addition
 */
export async function verifyBundle(
  directory: string,
  layout: OciLayout,
  { key, signal, onProgress }: VerifyOptions,
): Promise<BundleContents> {
  const [bytes, signature] = [
    await readBounded(directory, contentsFile, largestContents),
    await readBounded(directory, signatureFile, 4096),
  ];
  if (!bytes) throw new BundleError('bundle_unsigned', `The layout has no ${contentsFile}: it is not signed.`);
  if (!signature) throw new BundleError('bundle_unsigned', `The layout has no ${signatureFile}: it is not signed.`);
  if (!isSignedBy(bytes, Buffer.from(signature).toString('latin1'), key))
    throw new BundleError(
      'bundle_unsigned',
      `The signature of the layout does not fit: it is another key’s, or ${contentsFile} was changed.`,
    );
  const contents = parseContents(bytes);
  // Whoever can change the directory may do so between this check and the use of what was checked.
  await layout.pin(new Set(contents.blobs.map(({ digest }) => digest)));
  const problems = [...(await compareNames(contents, layout)), ...(await compareFiles(contents, directory, { signal, onProgress }))];
  if (problems.length === 0) return contents;
  const more = problems.length > mostProblems ? ` And ${problems.length - mostProblems} more.` : '';
  throw new BundleError(
    'bundle_damaged',
    `The layout is not what its signed list says. ${problems.slice(0, mostProblems).join(' ')}${more}`,
  );
}

/** Whether a layout says that it is signed; nothing is checked. */
export async function isSigned(directory: string): Promise<boolean> {
  return (await readBounded(directory, signatureFile, 4096)) !== undefined;
}

async function compareNames({ images, blobs }: BundleContents, layout: OciLayout): Promise<string[]> {
  const problems: string[] = [];
  const listed = new Map(images.map(({ repository, tag, digest }) => [repository === '' ? tag : `${repository}:${tag}`, digest]));
  const known = new Set<string>(blobs.map(({ digest }) => digest));
  const seen = new Set<string>();
  for (const { name, descriptor } of await layout.names()) {
    const digest = listed.get(name);
    if (digest === undefined) problems.push(`${name} is there in addition.`);
    else if (seen.has(name)) problems.push(`${name} is there twice.`);
    else if (digest !== descriptor.digest) problems.push(`${name} points elsewhere: to ${descriptor.digest}, and not to ${digest}.`);
    seen.add(name);
  }
  for (const name of listed.keys()) if (!seen.has(name)) problems.push(`${name} is missing.`);
  for (const [name, digest] of listed) if (!known.has(digest)) problems.push(`${name} is in the list, and ${digest} is not.`);
  return problems;
}

async function compareFiles(
  { blobs }: BundleContents,
  directory: string,
  { signal, onProgress }: { signal: AbortSignal | undefined; onProgress: VerifyOptions['onProgress'] },
): Promise<string[]> {
  const problems: string[] = [];
  const files = await blobFiles(directory);
  const found = new Map(files.flatMap((file) => (file.digest === undefined ? [] : [[file.digest, file] as const])));
  const listed = new Set<string>(blobs.map(({ digest }) => digest));
  for (const { digest, path } of files) if (digest === undefined || !listed.has(digest)) problems.push(`${path} is there in addition.`);
  const whole = blobs.filter(({ digest, size }) => {
    const file = found.get(digest);
    if (!file) problems.push(`${digest} is missing.`);
    else if (file.size !== size) problems.push(`${digest} has ${file.size} bytes instead of ${size}.`);
    return file?.size === size;
  });
  const total = whole.reduce((sum, { size }) => sum + size, 0);
  let done = 0;
  await forEachLimited(whole, parallelHashes, async ({ digest }) => {
    const { algorithm, encoded } = parseDigest(digest);
    const hash = createHash(algorithm);
    const stream = createReadStream(join(directory, 'blobs', algorithm, encoded), { highWaterMark: 1024 * 1024 });
    await pipeline(
      stream,
      async (chunks: AsyncIterable<Buffer>) => {
        for await (const chunk of chunks) {
          hash.update(chunk);
          done += chunk.length;
          onProgress?.(done, total);
        }
      },
      signal ? { signal } : {},
    );
    if (hash.digest('hex') !== encoded) problems.push(`${digest} was changed.`);
  });
  return problems;
}

async function readBounded(directory: string, name: string, most: number): Promise<Uint8Array | undefined> {
  const path = join(directory, name);
  try {
    const { size } = await stat(path);
    if (size > most) throw new BundleError('bundle_damaged', `${name} has ${size} bytes; at most ${most} are read.`);
    return await readFile(path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}
