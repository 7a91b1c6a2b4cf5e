import { enableCompileCache } from 'node:module';
import { homedir } from 'node:os';
import { join } from 'node:path';

/**
 * Keeps compiled code in the user's own cache directory; Node's default, below /tmp, could be filled by anybody. Where that cannot be
 * written, every start compiles anew, and nothing else changes.
 */
export function keepCompiledCode(env: Readonly<Record<string, string | undefined>> = process.env): void {
  if (env['NODE_DISABLE_COMPILE_CACHE'] !== undefined) return;
  enableCompileCache(cacheFolder(env, 'compiled'));
}

/** Below the user's own cache directory (XDG base directory specification). */
export function cacheFolder(env: Readonly<Record<string, string | undefined>>, name: string): string {
  return join(env['XDG_CACHE_HOME'] || join(homedir(), '.cache'), 'tagboat', name);
}
