import type { Io } from './io.ts';
import { Output, type OutputOptions } from './output/output.ts';

/** Options that every command for data has. */
export interface CommonOptions extends OutputOptions {
  /** URL of the hub; `false` for `--no-hub`, where a command works without one. */
  hub?: string | false;
  debug?: boolean;
}

/** What a command gets to work with: the process, the end of its time, and its output. */
export class Cli {
  readonly io: Io;
  /** Aborted by Ctrl-C, and when nobody reads the output any more. */
  readonly signal: AbortSignal;
  /** The command runs until Ctrl-C: that is its success, not an interruption. */
  runsUntilInterrupted = false;
  /** Arguments after the program's name. */
  readonly argv: readonly string[];

  constructor(io: Io, argv: readonly string[], signal: AbortSignal) {
    this.io = io;
    this.argv = argv;
    this.signal = signal;
  }

  output(options: OutputOptions): Output {
    return new Output(this.io, options);
  }

  /** Request logs and stack traces on standard error: `--debug`, or `TAGBOAT_DEBUG`. */
  isDebug(options: { debug?: boolean } = {}): boolean {
    return options.debug === true || (this.io.env['TAGBOAT_DEBUG'] ?? '') !== '';
  }
}
