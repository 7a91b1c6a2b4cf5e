import { createHash, randomBytes } from 'node:crypto';
import { mkdir, readdir, readFile, rename, rm, rmdir, stat, writeFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { cacheFolder } from '../../compile-cache.ts';
import { systemClock } from '../../core/clock.ts';
import { type KeptUploads, UploadKeeper } from '../../distribution/copies/upload-keeper.ts';
import type { KeptUpload, UploadPlace } from '../../distribution/copies/upload-store.ts';
import { type CopyEvent, type CopyOptions, isDigest, type WriteTarget } from '../../oci/index.ts';

/** Registries give up uploads after a week, if not before. */
const keepFor = 7 * 24 * 3_600_000;
/** Milliseconds after which what another machine began is taken up: whether it is still at it cannot be seen from here. */
const foreignFor = 24 * 3_600_000;
/** Of one repository: more are not looked at. */
const mostFiles = 1000;
const mostCharacters = 16 * 1024;

/**
 * Where uploads of commands stand, in the user's cache directory, so that a command that was stopped is gone on with by the next one: a
 * folder for each place, with a file for each blob. The URL of an upload is as confidential as the content; nobody else can read it there.
 */
export class UploadFolder implements KeptUploads {
  readonly underWay = new Map<string, string>();
  /** Who writes here: this process. */
  readonly owner = `${hostname()}/${process.pid}/${Date.now()}`;
  readonly #folder: string;
  #isPruned = false;

  constructor(env: Readonly<Record<string, string | undefined>>) {
    this.#folder = cacheFolder(env, 'uploads');
  }

  async list(place: UploadPlace): Promise<KeptUpload[]> {
    const folder = this.#folderOf(place);
    const names = await readdir(folder).catch(() => []);
    const kept = await Promise.all(names.slice(0, mostFiles).map((name) => readUpload(join(folder, name), name.replace('-', ':'))));
    return kept.filter((upload) => upload !== undefined);
  }

  async save(place: UploadPlace, changes: ReadonlyMap<string, Omit<KeptUpload, 'digest'> | undefined>, now: number): Promise<void> {
    const folder = this.#folderOf(place);
    await mkdir(folder, { recursive: true, mode: 0o700 });
    await this.#prune(now - keepFor);
    for (const [digest, upload] of changes) {
      const path = join(folder, digest.replace(':', '-'));
      if (upload) await replaceFile(path, JSON.stringify(upload));
      else await rm(path, { force: true });
    }
    // Goes when it is empty, as it is once everything has arrived.
    await rmdir(folder).catch(() => {});
  }

  /** Of these processes, those that may still be at work. */
  async openOwners(owners: readonly string[]): Promise<Set<string>> {
    return new Set(owners.filter((owner) => mayBeAtWork(owner, Date.now())));
  }

  async #prune(before: number): Promise<void> {
    if (this.#isPruned) return;
    this.#isPruned = true;
    for (const name of await readdir(this.#folder)) {
      const folder = join(this.#folder, name);
      // Another process may have removed it.
      const { mtimeMs } = await stat(folder).catch(() => ({ mtimeMs: before }));
      if (mtimeMs < before) await rm(folder, { recursive: true, force: true });
    }
  }

  #folderOf({ registryId, repository }: UploadPlace): string {
    return join(this.#folder, createHash('sha256').update(`${registryId}\n${repository}`).digest('hex').slice(0, 32));
  }
}

/** What a copy is to be given, so that its uploads are kept. */
export interface UploadHooks extends Pick<CopyOptions, 'resume' | 'onUpload'> {
  /** To be told of every event. */
  note: (event: CopyEvent) => void;
}

/**
 * Has copies to a place go on with uploads that an earlier command began there, and keeps where theirs stand.
 *
 * @param isDone whether everything has arrived, so that nothing has to be kept
 */
export async function keepingUploads<T>(
  folder: UploadFolder | undefined,
  { isRemote, place }: WriteTarget,
  work: (hooks: UploadHooks) => Promise<T>,
  isDone: (result: T) => boolean = () => true,
): Promise<T> {
  if (!folder || !isRemote) return work({ note: () => {} });
  const at = { registryId: place.registry, repository: place.repository };
  const keeper = new UploadKeeper({ store: folder, clock: systemClock }, at, folder.owner);
  let done = false;
  try {
    const { onUpload } = keeper;
    const result = await work({ resume: await keeper.resumable(), onUpload, note: (event) => keeper.note(event) });
    done = isDone(result);
    return result;
  } finally {
    // A full disk, a home that may not be written: at worst bytes are sent again.
    await keeper.close({ done }).catch(() => {});
  }
}

/** Undefined for half a file, or somebody's own: as if it were not there. */
async function readUpload(path: string, digest: string): Promise<KeptUpload | undefined> {
  const text = isDigest(digest) ? await readFile(path, 'utf8').catch(() => '') : '';
  if (text === '' || text.length > mostCharacters) return undefined;
  let read: unknown;
  try {
    read = JSON.parse(text);
  } catch {
    return undefined;
  }
  const { location, offset, owner } = (read ?? {}) as Record<string, unknown>;
  if (typeof location !== 'string' || typeof owner !== 'string' || !Number.isSafeInteger(offset)) return undefined;
  return { digest, location, offset: Number(offset), owner };
}

async function replaceFile(path: string, text: string): Promise<void> {
  const part = `${path}.${randomBytes(6).toString('hex')}`;
  try {
    await writeFile(part, text, { mode: 0o600, flag: 'wx' });
    await rename(part, path);
  } catch (error) {
    await rm(part, { force: true });
    throw error;
  }
}

function mayBeAtWork(owner: string, now: number): boolean {
  const [host, number, since] = owner.split('/');
  if (host !== hostname()) return now - Number(since) < foreignFor;
  const pid = Number(number);
  // Ours was another process's before.
  if (!Number.isSafeInteger(pid) || pid <= 0 || pid === process.pid) return false;
  try {
    // Signal 0 asks only whether there is such a process.
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}
