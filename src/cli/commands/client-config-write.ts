import { randomUUID } from 'node:crypto';
import { chmod, mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import type { ClientFile } from '../../sdk/index.ts';
import { MachineError } from '../errors.ts';
import { MergeConflict, mergeJson, mergeToml } from './client-config-merge.ts';

export interface WrittenFile {
  /** On this machine. */
  path: string;
  outcome: 'created' | 'merged' | 'replaced' | 'unchanged' | 'kept';
}

interface Plan extends WrittenFile {
  content: string;
  mode: string;
}

/**
 * Writes files below a folder, each at its path there; `~` becomes `home`, or what it means where the folder is `/`. Everything is
 * looked at before the first is written: a file that is there is completed where it can be, and never replaced without `force`. A
 * key that is there is always kept.
 *
 * @throws MachineError, with nothing written when a file stands in the way
 */
export async function writeClientFiles(
  folder: string,
  files: readonly ClientFile[],
  { force = false, home }: { force?: boolean; home: string },
): Promise<WrittenFile[]> {
  const plans: Plan[] = [];
  for (const file of files) plans.push(await plan(placeOf(folder, file.path, home), file, force));
  for (const { path, outcome, content, mode } of plans) {
    if (outcome !== 'unchanged' && outcome !== 'kept') await put(path, content, Number.parseInt(mode, 8));
  }
  return plans.map(({ path, outcome }) => ({ path, outcome }));
}

/** @throws MachineError for a path that leads elsewhere: files may come from a hub */
function placeOf(folder: string, path: string, home: string): string {
  const isHome = path.startsWith('~/');
  const parts = path.slice(isHome ? 2 : 1).split('/');
  const isPlain = (isHome || path.startsWith('/')) && parts.every((part) => !['', '.', '..'].includes(part) && !/[\0\\]/.test(part));
  if (!isPlain)
    throw new MachineError('The hub named a file that is outside the folder.', 'Check that it is the right hub, and report this.');
  const root = resolve(folder);
  if (!isHome) return join(root, ...parts);
  return root === resolve('/') ? join(home, ...parts) : join(root, 'home', ...parts);
}

async function plan(path: string, file: ClientFile, force: boolean): Promise<Plan> {
  const { content, mode } = file;
  const there = await read(path);
  if (there === undefined) return { path, outcome: 'created', content, mode };
  if (there === content) return { path, outcome: 'unchanged', content, mode };
  if (file.placeholder) return { path, outcome: 'kept', content, mode };
  if (file.action === 'create') {
    if (force) return { path, outcome: 'replaced', content, mode };
    throw new MachineError(`${path} is there already, and is another one. Nothing was written.`, 'Look at it; --force replaces it.');
  }
  try {
    const merged = file.format === 'json' ? mergeJson(there, content, force) : mergeToml(there, content);
    return { path, outcome: merged === there ? 'unchanged' : 'merged', content: merged, mode };
  } catch (error) {
    if (!(error instanceof MergeConflict)) throw error;
    throw new MachineError(
      `${path} cannot be completed: ${error.message}. Nothing was written.`,
      `Put this in yourself (run it again without --output to see it)${file.format === 'json' ? ', or add --force' : ''}.`,
    );
  }
}

const maxFile = 1024 * 1024;

async function read(path: string): Promise<string | undefined> {
  let bytes: Buffer;
  try {
    bytes = await readFile(path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw machineError(path, 'read', error);
  }
  if (bytes.length > maxFile) throw new MachineError(`${path} is larger than 1 MiB.`, 'Check that it is the right file.');
  return bytes.toString('utf8');
}

/** Whole or not at all, so that a client never reads half a file. */
async function put(path: string, content: string, mode: number): Promise<void> {
  const beside = `${path}.${randomUUID().slice(0, 8)}.new`;
  try {
    await mkdir(dirname(path), { recursive: true });
    await writeFile(beside, content, { mode, flag: 'wx' });
    await chmod(beside, mode);
    await rename(beside, path);
  } catch (error) {
    await rm(beside, { force: true });
    throw machineError(path, 'written', error);
  }
}

function machineError(path: string, what: string, error: unknown): MachineError {
  const { code, message } = error as NodeJS.ErrnoException;
  return new MachineError(`${path} cannot be ${what}: ${code ?? message}.`, 'Check the path and its permissions.', error);
}
