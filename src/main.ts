// Entry of the process: the hub (`serve`) and every other command. Loads nothing before it knows which.
import { enableCompileCache } from 'node:module';
import { homedir } from 'node:os';
import { join } from 'node:path';

// Compiled code is kept in the user's own cache directory; Node's default, below /tmp, could be filled by anybody.
// Where that cannot be written, every start compiles anew, and nothing else changes.
const cacheHome = process.env.XDG_CACHE_HOME || join(homedir(), '.cache');
if (process.env.NODE_DISABLE_COMPILE_CACHE === undefined) enableCompileCache(join(cacheHome, 'tagboat', 'compiled'));

// A reader that goes away (`| head`) is no error. What writes to the streams finds out for itself.
const ignoreBrokenPipe = (error: NodeJS.ErrnoException): void => {
  if (error.code !== 'EPIPE') throw error;
};
process.stdout.on('error', ignoreBrokenPipe);
process.stderr.on('error', ignoreBrokenPipe);

const { runCli } = await import('./cli/program.ts');
process.exitCode = await runCli(process.argv.slice(2));
