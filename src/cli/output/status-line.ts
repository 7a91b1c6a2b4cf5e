import type { Cli } from '../cli.ts';
import { printable } from './text.ts';

const redrawEvery = 100;

/** One line of standard error that is written over and over, on a terminal. */
export class StatusLine {
  readonly #cli: Cli;
  readonly #live: boolean;
  #shown = false;
  #drawn = 0;

  constructor(cli: Cli, live: boolean) {
    this.#cli = cli;
    this.#live = live && cli.io.stderr.isTTY === true && cli.io.env['TERM'] !== 'dumb';
  }

  show(text: string): void {
    if (!this.#live || performance.now() - this.#drawn < redrawEvery) return;
    this.#drawn = performance.now();
    this.clear();
    this.#cli.io.stderr.write(printable(text));
    this.#shown = true;
  }

  clear(): void {
    if (this.#shown) this.#cli.io.stderr.write('\r\u001b[2K');
    this.#shown = false;
  }
}
