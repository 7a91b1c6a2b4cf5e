import { homedir } from 'node:os';
import type { Readable, Writable } from 'node:stream';

export type InputStream = Readable & { isTTY?: boolean; setRawMode?: (on: boolean) => unknown };
export type OutputStream = Writable & { isTTY?: boolean; columns?: number };

/** Everything of the process that the command line touches, so that a test can stand in for a terminal. */
export interface Io {
  stdin: InputStream;
  stdout: OutputStream;
  stderr: OutputStream;
  env: Readonly<Record<string, string | undefined>>;
  home: string;
  /** Epoch milliseconds, for relative times. */
  now: () => number;
}

/** The real process. */
export function processIo(): Io {
  return {
    stdin: process.stdin,
    stdout: process.stdout,
    stderr: process.stderr,
    env: process.env,
    home: homedir(),
    now: () => Date.now(),
  };
}
