import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Clock } from '../../core/clock.ts';
import { type OciLayout, RegistryError } from '../../oci/index.ts';
import { blobFiles } from './blob-files.ts';

/** Younger files may be about to be named by a copy that runs at the same time. */
const settled = 3600_000;

/**
 * Removes files of a layout that no name of its index leads to, and entries without a name whose subject is gone. Nothing is removed
 * when anything that is named cannot be read: what it needs is not known then.
 *
 * @returns what was removed
 */
export async function pruneLayout(directory: string, layout: OciLayout, clock: Clock): Promise<{ files: number; bytes: number }> {
  const kept = new Set<string>();
  const entries = await layout.entries();
  const named = new Set((await layout.names()).map(({ descriptor }) => descriptor.digest));
  for (const digest of named) await keep(layout, digest, kept);
  // What refers to what is kept is kept, and what refers to that in turn.
  let waiting = entries.map(({ digest }) => digest).filter((digest) => !kept.has(digest));
  for (let found = true; found; ) {
    found = false;
    for (const digest of waiting) {
      const { image, index } = await layout.manifest(digest);
      const subject = (image ?? index)?.subject?.digest;
      // Without a subject it stands there by digest only, which somebody may have meant.
      if (subject !== undefined && !kept.has(subject)) continue;
      await keep(layout, digest, kept);
      found = true;
    }
    waiting = waiting.filter((digest) => !kept.has(digest));
  }
  const removed = { files: 0, bytes: 0 };
  const files = await blobFiles(directory);
  const gone = files.filter(({ digest, changedAt }) => digest !== undefined && !kept.has(digest) && changedAt < clock.now() - settled);
  const digests = new Set(gone.map(({ digest = '' }) => digest));
  if (waiting.some((digest) => digests.has(digest))) await layout.removeUnnamed(digests);
  for (const { path, size } of gone) {
    await rm(join(directory, path), { force: true });
    removed.files++;
    removed.bytes += size;
  }
  return removed;
}

async function keep(layout: OciLayout, digest: string, kept: Set<string>): Promise<void> {
  if (kept.has(digest)) return;
  kept.add(digest);
  const { image, index } = await layout.manifest(digest);
  for (const blob of image ? [image.config, ...image.layers] : []) kept.add(blob.digest);
  for (const child of index?.manifests ?? []) {
    try {
      await keep(layout, child.digest, kept);
    } catch (error) {
      // An index may name platforms that were never brought.
      if (!(error instanceof RegistryError) || error.code !== 'registry_not_found') throw error;
    }
  }
}
