import type { Cli } from '../cli.ts';
import { CanceledError } from '../errors.ts';
import type { Output } from './output.ts';

/** Who interrupts a transfer is told that nothing of it is lost. To be called at its end, whatever that was. */
export function tellInterrupted(cli: Cli, output: Output): void {
  if (cli.signal.reason instanceof CanceledError) output.note('Interrupted. The same command goes on where this one stopped.');
}
