import { readdir, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';

/** Whoever is at work writes oftener: a transfer that stalls ends after minutes. */
const staleAfter = 24 * 60 * 60 * 1000;

/**
 * Removes what a process left that was killed while it wrote: drafts that nobody has touched for a day. What cannot be removed stays,
 * since nothing depends on it.
 *
 * @param isDraft Told the name of each entry of the directory.
 */
export async function removeStale(directory: string, isDraft: (name: string) => boolean): Promise<void> {
  const names = await readdir(directory).catch(() => []);
  for (const name of names.filter(isDraft)) {
    const path = join(directory, name);
    if (Date.now() - (await lastChange(path)) > staleAfter) await rm(path, { recursive: true, force: true }).catch(() => {});
  }
}

/** Epoch milliseconds of the latest change of a file, or of anything in a directory; now when it cannot be told. */
async function lastChange(path: string): Promise<number> {
  try {
    const found = await stat(path);
    if (!found.isDirectory()) return found.mtimeMs;
    const inside = await readdir(path, { recursive: true });
    const times = await Promise.all(inside.map(async (name) => (await stat(join(path, name))).mtimeMs));
    return Math.max(found.mtimeMs, ...times);
  } catch {
    return Date.now(); // Gone meanwhile, or not ours to look at.
  }
}
