import { closeSync, existsSync, openSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { HubError } from '../core/errors.ts';

export interface Ownership {
  release(): void;
}

/**
 * Makes this process the only hub on a data directory. The lock is an exclusive SQLite transaction on a side file
 * (`tagboat.lock`): the operating system drops it with the process, however that ends, so there is nothing stale to clean up
 * and no process id to mistake. The database itself stays free for command-line tools. `tagboat.pid` only names the owner in
 * the message and is never relied on.
 *
 * Never open `tagboat.lock` by other means in the owning process: closing a second descriptor would drop the POSIX lock.
 */
export function takeOwnership(dataDir: string): Ownership {
  const lockFile = join(dataDir, 'tagboat.lock');
  const pidFile = join(dataDir, 'tagboat.pid');
  if (!existsSync(lockFile)) closeSync(openSync(lockFile, 'a', 0o600));
  const lock = new DatabaseSync(lockFile, { timeout: 0 });
  try {
    lock.exec('PRAGMA journal_mode = MEMORY; BEGIN EXCLUSIVE');
  } catch (error) {
    lock.close();
    if (!isBusy(error)) throw error;
    throw new HubError(
      `Another hub${owner(pidFile)} uses the data directory ${dataDir}: it holds ${lockFile}.`,
      'store_in_use',
      undefined,
      { dataDir, lockFile, owner: readOwner(pidFile) },
    );
  }
  writeFileSync(pidFile, `${JSON.stringify({ pid: process.pid, host: hostname(), since: new Date().toISOString() })}\n`, { mode: 0o600 });
  return {
    release() {
      if (!lock.isOpen) return;
      rmSync(pidFile, { force: true });
      lock.close();
    },
  };
}

/** Which hub uses a data directory at the moment, in words for a message (` (process 7 on host)` or empty); undefined for none. */
export function presentOwner(dataDir: string): string | undefined {
  const lockFile = join(dataDir, 'tagboat.lock');
  if (!existsSync(lockFile)) return undefined;
  const lock = new DatabaseSync(lockFile, { readOnly: true, timeout: 0 });
  try {
    // A shared lock for a moment: several tools may look at once.
    lock.prepare('SELECT count(*) FROM sqlite_master').get();
    return undefined;
  } catch (error) {
    if (!isBusy(error)) throw error;
    return owner(join(dataDir, 'tagboat.pid'));
  } finally {
    lock.close();
  }
}

function isBusy(error: unknown): boolean {
  return error instanceof Error && 'errcode' in error && (Number(error.errcode) & 0xff) === 5;
}

interface Owner {
  pid: number;
  host: string;
}

function readOwner(pidFile: string): Owner | undefined {
  let text: string;
  try {
    text = readFileSync(pidFile, 'utf8');
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined;
    throw error;
  }
  // A crash may have left half a line: the name of the owner is a courtesy, not worth a second error.
  const match = /"pid":(\d+),"host":"([^"]*)"/.exec(text);
  return match ? { pid: Number(match[1]), host: match[2] ?? '' } : undefined;
}

function owner(pidFile: string): string {
  const found = readOwner(pidFile);
  return found ? ` (process ${found.pid} on ${found.host})` : '';
}
