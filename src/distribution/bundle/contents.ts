import { z } from 'zod';
import { isDigest } from '../../oci/index.ts';
import { BundleError } from './bundle-error.ts';

/** Name of the list of contents in the directory of a layout. */
export const contentsFile = 'tagboat-contents.json';
/** Its Ed25519 signature: 64 bytes as base64. */
export const signatureFile = `${contentsFile}.sig`;
export const largestContents = 64 * 1024 * 1024;

const digest = z.string().refine(isDigest);
const size = z.int().min(0);

const contents = z.object({
  version: z.literal(1),
  /** ISO 8601 in UTC. */
  created: z.string().max(40),
  images: z
    .array(
      z.object({
        repository: z.string().max(255),
        /** Where the repository is empty, a name that is none of ours. */
        tag: z.string().max(4096),
        digest,
        /** Bytes of the image with everything below it; shared layers count in each. */
        size,
        /** Where it was copied from. */
        source: z.object({ registry: z.string().max(300), repository: z.string().max(255), tag: z.string().max(128) }).optional(),
      }),
    )
    .max(1_000_000),
  /** Every file below `blobs/`: manifests, configurations and layers. */
  blobs: z.array(z.object({ digest, size })).max(5_000_000),
});

/** What a layout holds, as whoever filled it says. With a signature, nothing can be added to it or taken from it on its way. */
export type BundleContents = z.output<typeof contents>;
export type BundleImage = BundleContents['images'][number];

/** @throws BundleError `bundle_damaged` */
export function parseContents(bytes: Uint8Array): BundleContents {
  let json: unknown;
  try {
    json = JSON.parse(Buffer.from(bytes).toString('utf8'));
  } catch {
    throw new BundleError('bundle_damaged', `${contentsFile} is not JSON.`);
  }
  const read = contents.safeParse(json);
  if (read.success) return read.data;
  const [issue] = read.error.issues;
  throw new BundleError(
    'bundle_damaged',
    `${contentsFile} is not a list of contents of version 1 (${issue?.path.join('.') ?? ''}: ${issue?.message ?? ''}).`,
  );
}
