import { TagboatError } from '../../core/errors.ts';

/** A layout cannot be trusted, or is not what it should be: nothing is taken from it. */
export class BundleError extends TagboatError {
  constructor(code: 'bundle_unsigned' | 'bundle_damaged', message: string, cause?: unknown) {
    super(message, { code, fault: 'caller', retry: 'never', cause });
  }
}
