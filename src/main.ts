// Entry of the process: the hub (`serve`) and every other command. Loads nothing before it knows which.
import { keepCompiledCode } from './compile-cache.ts';

keepCompiledCode();

// A reader that goes away (`| head`) is no error. What writes to the streams finds out for itself.
const ignoreBrokenPipe = (error: NodeJS.ErrnoException): void => {
  if (error.code !== 'EPIPE') throw error;
};
process.stdout.on('error', ignoreBrokenPipe);
process.stderr.on('error', ignoreBrokenPipe);

const { runCli } = await import('./cli/program.ts');
process.exitCode = await runCli(process.argv.slice(2));
