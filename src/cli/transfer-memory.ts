import type { CopyEvent } from '../oci/index.ts';

/**
 * Keeps memory small from the first blob on: bytes on their way are garbage at once, and the sooner it is collected, the less it holds.
 *
 * Not before, and not until the process ends: compiled code is kept for the flags of V8 that it was made with. What is loaded in between,
 * Node.js' own modules too, is compiled anew.
 */
export class TransferMemory implements AsyncDisposable {
  #release: Promise<() => void> | undefined;

  take({ kind }: CopyEvent): void {
    if (kind === 'started') this.#release ??= import('./young-generation.ts').then((module) => module.keepYoungGenerationSmall());
  }

  async [Symbol.asyncDispose](): Promise<void> {
    (await this.#release)?.();
  }
}
