import { PassThrough, Writable } from 'node:stream';
import type { Io } from '../io.ts';

class Screen extends Writable {
  text = '';
  isTTY: boolean;
  columns = 100;

  constructor(isTTY: boolean) {
    super();
    this.isTTY = isTTY;
  }

  override _write(chunk: Buffer, _encoding: string, done: () => void): void {
    this.text += chunk.toString('utf8');
    done();
  }
}

export interface FakeTerminal extends Io {
  stdin: PassThrough & { isTTY: boolean; setRawMode: (on: boolean) => void };
  stdout: Screen;
  stderr: Screen;
  /** Whether a question is being read without echo of the terminal. */
  readonly raw: boolean;
}

/** A terminal, or a pipe, for tests: what is typed goes in by `stdin.write`, what is shown collects in `stdout.text`. */
export function fakeTerminal({
  isTTY = false,
  env = {},
  home = '/nonexistent',
  now = 0,
}: {
  isTTY?: boolean;
  env?: Io['env'];
  home?: string;
  now?: number;
} = {}): FakeTerminal {
  let raw = false;
  const stdin = Object.assign(new PassThrough(), {
    isTTY,
    setRawMode: (on: boolean) => {
      raw = on;
    },
  });
  return {
    stdin,
    stdout: new Screen(isTTY),
    stderr: new Screen(isTTY),
    env,
    home,
    now: () => now,
    get raw() {
      return raw;
    },
  };
}
