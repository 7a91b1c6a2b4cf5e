import { TagboatError } from './errors.ts';

/**
 * Content that is not what it claims to be: a manifest, index or JSON page of the wrong shape. Thrown by the parsers, which
 * know no request; `Repository` and `RegistryClient` turn it into a `RegistryError` of the same code.
 */
export class ContentError extends TagboatError {
  constructor(
    message: string,
    details: { code?: 'invalid_answer' | 'invalid_content' | 'schema1_unsupported' | 'not_a_registry'; cause?: unknown } = {},
  ) {
    super(message, { code: details.code ?? 'invalid_answer', fault: 'remote', retry: 'never', cause: details.cause });
  }
}

/** A layout or archive on disk that is not what it should be. */
export class FileContentError extends ContentError {
  constructor(message: string, { cause }: { cause?: unknown } = {}) {
    super(message, { code: 'invalid_content', cause });
  }
}
