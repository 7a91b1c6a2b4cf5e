import { type FileHandle, readlink, realpath } from 'node:fs/promises';
import { isAbsolute, relative, sep } from 'node:path';
import { failed, refused } from './source.ts';

/**
 * The real path of a file, if it is below one of the folders: neither `..` nor a link leads out of them.
 *
 * @param what "file" or "command", for the message
 * @param setting what the folders are set by
 */
export async function insideFolders(path: string, folders: readonly string[], what: string, setting: string): Promise<string> {
  const real = await realpath(path).catch((error: unknown) => {
    throw unreachable(error, `${what} ${path}`);
  });
  if (await isInside(real, folders)) return real;
  throw refused(`The ${what} ${path} is not below ${folders.join(', ')}, where this hub may look. Move it there, or change ${setting}.`);
}

/**
 * Refuses an open file that lies elsewhere after all: whoever may write in a folder could put a link into the way between looking and
 * opening. Known on Linux only.
 */
export async function requireInside(file: FileHandle, shown: string, folders: readonly string[]): Promise<void> {
  const opened = await readlink(`/proc/self/fd/${file.fd}`).catch(() => undefined);
  if (opened === undefined || (await isInside(opened, folders))) return;
  throw refused(`The file ${shown} was changed for a link that leads out of ${folders.join(', ')} while it was opened. Look who did that.`);
}

async function isInside(real: string, folders: readonly string[]): Promise<boolean> {
  for (const folder of folders) {
    // A folder that is not there holds nothing.
    const base = await realpath(folder).catch(() => undefined);
    if (base !== undefined && isBelow(base, real)) return true;
  }
  return false;
}

function isBelow(folder: string, path: string): boolean {
  const way = relative(folder, path);
  return way !== '' && way !== '..' && !way.startsWith(`..${sep}`) && !isAbsolute(way);
}

/** What a failing call of the file system says, in a sentence. */
export function unreachable(error: unknown, what: string): Error {
  const code = error instanceof Error && 'code' in error ? String(error.code) : 'unknown error';
  switch (code) {
    case 'ENOENT':
    case 'ENOTDIR':
      return failed(`There is no ${what} on the machine of this hub. Check the name.`, error);
    case 'EACCES':
    case 'EPERM':
      return failed(`This hub may not read the ${what}. Change its owner or mode.`, error);
    case 'ELOOP':
      return failed(`The ${what} is a link that leads nowhere.`, error);
    default:
      return failed(`The ${what} cannot be read (${code}).`, error);
  }
}
