import type { Command } from 'commander';
import { Cli } from './cli.ts';
import { CanceledError } from './errors.ts';
import { type Io, processIo } from './io.ts';
import { packageVersion } from '../version.ts';

/** Nobody reads standard output any more (`| head`): not an error, and nothing is left to do. */
class BrokenPipe extends Error {}

const exit = { done: 0, failed: 1, usage: 2, interrupted: 130 } as const;

/**
 * Runs the command line and resolves to its exit code: 0 done, 1 failed, 2 wrong usage, 130 interrupted. `given` are the
 * arguments after the program's name. Never throws and never ends the process, so that output can drain.
 */
export async function runCli(given: readonly string[], io: Io = processIo()): Promise<number> {
  // `help registry add` is another way of saying `registry add --help`.
  const argv = given[0] === 'help' && given.length > 1 ? [...given.slice(1), '--help'] : given.length === 0 ? ['--help'] : given;
  // The fast path: no parser, no command.
  if (argv.length === 1 && (argv[0] === '--version' || argv[0] === '-V')) {
    io.stdout.write(`${packageVersion()}\n`);
    return exit.done;
  }
  const abort = new AbortController();
  const cli = new Cli(io, argv, abort.signal);
  const onOutputError = (error: NodeJS.ErrnoException): void => abort.abort(error.code === 'EPIPE' ? new BrokenPipe() : error);
  const onStderrError = (): void => {};
  io.stdout.on('error', onOutputError);
  io.stderr.on('error', onStderrError);
  const release = interruptible(io, argv, abort);
  try {
    const program = await buildProgram(cli, argv);
    await program.parseAsync([...argv], { from: 'user' });
    if (abort.signal.aborted && !cli.runsUntilInterrupted) throw abort.signal.reason;
    return exit.done;
  } catch (error) {
    if (abort.signal.reason instanceof BrokenPipe) return exit.done;
    if (abort.signal.reason instanceof CanceledError) return exit.interrupted;
    const { report } = await import('./report.ts');
    return await report(cli, error);
  } finally {
    release();
    // The handlers stay on the real streams: an EPIPE may still arrive while output drains.
    if (io.stdout !== process.stdout) io.stdout.off('error', onOutputError);
    if (io.stderr !== process.stderr) io.stderr.off('error', onStderrError);
  }
}

/** Ctrl-C aborts what is under way; a second one ends the process at once. */
function interruptible(io: Io, argv: readonly string[], abort: AbortController): () => void {
  const owns = argv[0] === 'serve' || argv[0] === 'key' || argv[0] === 'exec';
  if (io.stdin !== process.stdin || owns) return () => {};
  const onSignal = (): void => {
    if (abort.signal.aborted) process.exit(exit.interrupted);
    abort.abort(new CanceledError('Interrupted.', { isInterrupt: true }));
  };
  process.on('SIGINT', onSignal);
  process.on('SIGTERM', onSignal);
  return () => {
    process.off('SIGINT', onSignal);
    process.off('SIGTERM', onSignal);
  };
}

/**
 * The parser with the definition of the command that `argv` names, the others by name and summary only; without `argv`
 * with all of them, for the reference and for tests.
 */
export async function buildProgram(
  cli: Cli = new Cli(processIo(), [], new AbortController().signal),
  argv?: readonly string[],
): Promise<Command> {
  const [{ Command }, { manifest }, { withExamples }, { adopt }] = await Promise.all([
    import('commander'),
    import('./manifest.ts'),
    import('./help.ts'),
    import('./manners.ts'),
  ]);
  const program = new Command('tagboat')
    .description('Connect every container registry once; see, test and use what is in them.')
    .usage('<command> [options]')
    .version(packageVersion(), '-V, --version', 'print the version')
    // So that options behind a command are its own, although the one above it has some of the same name (`repos create --json`).
    .enablePositionalOptions()
    .helpOption('-h, --help', 'show help; also for every command')
    .addHelpCommand(new Command('help').argument('[command]').summary('show help for a command').helpGroup('This program:'));
  const named = argv?.find((argument) => !argument.startsWith('-') && argument !== 'help');
  for (const entry of manifest) {
    const wanted = argv === undefined || entry.name === named;
    const command = wanted ? await entry.load(cli) : new Command(entry.name);
    command.summary(entry.summary).helpGroup(entry.group);
    program.addCommand(command, { hidden: entry.hidden ?? false });
  }
  withExamples(program, [
    { command: 'tagboat demo', does: 'a first look, without any account' },
    { command: 'tagboat serve', does: 'run the hub' },
    { command: 'tagboat login http://127.0.0.1:7330', does: 'sign in to it' },
    { command: 'tagboat registry add harbor harbor.acme.io --username ana', does: 'connect a registry; the password is asked for' },
    { command: 'tagboat tags harbor/shop/api', does: 'what is in it' },
    { command: 'tagboat tags ghcr.io/acme/api --no-hub', does: "straight to a registry, with Docker's sign-in" },
  ]);
  adopt(program, cli);
  return program;
}
