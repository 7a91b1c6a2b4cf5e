import { chmod, open, readFile, rename, rm, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { HubError } from '../core/errors.ts';
import type { Secret } from '../core/secret.ts';

/**
 * `master.key` in the data directory, and `master.key.next` while it is being replaced. A replacement is written and flushed
 * first, then the database is changed, then the file is renamed: whenever the process is killed, one of the two fits the database.
 */
export class KeyFile {
  readonly path: string;
  readonly nextPath: string;

  constructor(dataDir: string) {
    this.path = join(dataDir, 'master.key');
    this.nextPath = join(dataDir, 'master.key.next');
  }

  /** Content of `master.key`, undefined when there is none. Warns of rights that let others read it, and takes them away. */
  async read(warn: (message: string) => void): Promise<string | undefined> {
    const text = await readIfThere(this.path);
    if (text !== undefined) await this.#protect(warn);
    return text;
  }

  readNext(): Promise<string | undefined> {
    return readIfThere(this.nextPath);
  }

  /** Writes `master.key.next` and flushes it to the disk. */
  async prepare(key: Secret<string>): Promise<void> {
    await rm(this.nextPath, { force: true });
    try {
      const file = await open(this.nextPath, 'wx', 0o600);
      try {
        await file.writeFile(`${key.reveal()}\n`);
        await file.sync();
      } finally {
        await file.close();
      }
      await flushDirectory(this.path);
    } catch (error) {
      throw new HubError(`The master key cannot be written to ${this.nextPath}: ${reason(error)}.`, 'data_dir_unusable', error);
    }
  }

  /** Puts `master.key.next` in the place of `master.key`. */
  async promote(): Promise<void> {
    await rename(this.nextPath, this.path);
    await flushDirectory(this.path);
  }

  async discardNext(): Promise<void> {
    await rm(this.nextPath, { force: true });
  }

  async #protect(warn: (message: string) => void): Promise<void> {
    if (process.platform === 'win32') return;
    const { mode } = await stat(this.path);
    if ((mode & 0o077) === 0) return;
    const was = (mode & 0o777).toString(8).padStart(4, '0');
    try {
      await chmod(this.path, 0o600);
      warn(`The master key ${this.path} could be read by others (mode ${was}); its mode is 0600 now.`);
    } catch (error) {
      // A key mounted read-only, as Kubernetes does, cannot be changed from here.
      warn(`The master key ${this.path} can be read by others (mode ${was}), and that cannot be changed from here: ${reason(error)}.`);
    }
  }
}

async function readIfThere(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined;
    throw new HubError(`The master key ${path} cannot be read: ${reason(error)}.`, 'master_key_missing', error);
  }
}

/** Without it, a rename may not survive a power failure. */
async function flushDirectory(file: string): Promise<void> {
  if (process.platform === 'win32') return;
  const directory = await open(dirname(file), 'r');
  try {
    await directory.sync();
  } finally {
    await directory.close();
  }
}

function reason(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
