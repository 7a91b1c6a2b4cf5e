import { constants } from 'node:fs';
import { open, stat } from 'node:fs/promises';
import { isAbsolute } from 'node:path';
import { insideFolders, requireInside, unreachable } from './folders.ts';
import { failed, refused, type Source } from './source.ts';

const largest = 1024 * 1024;
const setting = '--credential-files';

/**
 * `file:/path`: a file below one of the folders that were allowed, read anew each time. Its stamp changes when it is written or, as
 * Kubernetes rotates mounted secrets, when a link on the way to it is changed.
 */
export function fileSource(folders: readonly string[]): Source {
  const ready = (): void => {
    if (folders.length > 0) return;
    throw refused(`This hub may not read files. Start it with ${setting} <folder>, and keep the file below that folder.`);
  };
  const check = (path: string): void => {
    if (!isAbsolute(path)) throw refused('What stands behind file: has to be a whole path, as in file:/run/secrets/registry.');
    ready();
  };
  return {
    title: 'File',
    example: 'file:/run/secrets/registry',
    ready,
    check,
    describe: (path) => `file ${path}`,
    async read(path) {
      check(path);
      return { kind: 'text', text: await readSecretFile(await insideFolders(path, folders, 'file', setting), path, folders) };
    },
    async stamp(path) {
      try {
        check(path);
        const real = await insideFolders(path, folders, 'file', setting);
        const { ino, size, mtimeMs } = await stat(real);
        return `${real}:${ino}:${size}:${mtimeMs}`;
      } catch {
        // What is wrong is said when it is read; that something is, is a state of its own.
        return 'unreadable';
      }
    },
  };
}

/**
 * The text of a file of at most 1 MiB, without line ends at its end.
 *
 * @param shown the path as people know it
 * @param folders which it has to be below, whatever happens while it is opened; absent for a path of whoever runs the hub
 */
export async function readSecretFile(path: string, shown = path, folders?: readonly string[]): Promise<string> {
  const bytes = await readBounded(path, shown, folders);
  const text = textOf(bytes);
  if (text === undefined) throw failed(`The file ${shown} is binary, not text. Check that it is the right one.`);
  if (text.trim() === '') throw failed(`The file ${shown} is empty. Write the credential into it.`);
  return text.replace(/[\r\n]+$/, '');
}

async function readBounded(path: string, shown: string, folders?: readonly string[]): Promise<Buffer> {
  try {
    // Opening a pipe must not wait for somebody to write.
    await using file = await open(path, constants.O_RDONLY | constants.O_NONBLOCK);
    if (folders) await requireInside(file, shown, folders);
    const found = await file.stat();
    if (!found.isFile()) throw failed(`${shown} is not a file. Name the file that holds the credential.`);
    // It may grow while it is read, and files of the system have no size.
    const buffer = Buffer.alloc(largest + 1);
    let filled = 0;
    for (;;) {
      const { bytesRead } = await file.read(buffer, filled, buffer.length - filled, filled);
      filled += bytesRead;
      if (filled > largest) throw failed(`The file ${shown} is larger than 1 MiB: no credential is. Check that it is the right one.`);
      if (bytesRead === 0) return buffer.subarray(0, filled);
    }
  } catch (error) {
    if (error instanceof Error && 'syscall' in error) throw unreachable(error, `file ${shown}`);
    throw error;
  }
}

const decoder = new TextDecoder('utf-8', { fatal: true });

/** Bytes as text; undefined when they are none. */
export function textOf(bytes: Uint8Array): string | undefined {
  try {
    const text = decoder.decode(bytes);
    // oxlint-disable-next-line no-control-regex -- to refuse them is the point
    return /[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f]/.test(text) ? undefined : text;
  } catch {
    return undefined;
  }
}
