import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** A directory that goes with `await using`, or by `remove()`. */
export interface TemporaryDirectory extends AsyncDisposable {
  path: string;
  remove: () => Promise<void>;
}

export async function temporaryDirectory(name = 'tagboat-test'): Promise<TemporaryDirectory> {
  const path = await mkdtemp(join(tmpdir(), `${name}-`));
  const remove = () => rm(path, { recursive: true, force: true });
  return { path, remove, [Symbol.asyncDispose]: remove };
}
