import type { z } from 'zod';
import { CredentialError } from '../core/errors.ts';
import type { Keyring } from './keyring.ts';

/** Seals small records that are confidential and yet no credentials, such as where an upload stands. Each is bound to its context. */
export class SealedJson<S extends z.ZodType> {
  readonly #keyring: Pick<Keyring, 'seal' | 'unseal' | 'state'>;
  readonly #schema: S;

  constructor(keyring: Pick<Keyring, 'seal' | 'unseal' | 'state'>, schema: S) {
    this.#keyring = keyring;
    this.#schema = schema;
  }

  /** Undefined while the master key is lost: nothing is kept then. */
  seal(value: z.input<S>, context: string): string | undefined {
    return this.#keyring.state === 'ready' ? this.#keyring.seal(JSON.stringify(value), context) : undefined;
  }

  /** Undefined for what cannot be opened any more: its key is lost, it was moved, or another version wrote it. */
  open(sealed: string, context: string): z.output<S> | undefined {
    let text: string;
    try {
      text = this.#keyring.unseal(sealed, context).reveal();
    } catch (error) {
      if (error instanceof CredentialError && error.code === 'unseal_failed') return undefined;
      throw error;
    }
    const read = this.#schema.safeParse(JSON.parse(text));
    return read.success ? read.data : undefined;
  }
}
