import { RegistryError } from '../../core/errors.ts';

/**
 * A refusal to delete, with what it takes as its help. Everything else stays what it is.
 *
 * @param help what is lacking, most likely, in sentences
 * @param codes what a refusal is: some vendors say “not found” of what one may not delete
 */
export function deletionRefused(
  error: unknown,
  help: string,
  codes: readonly string[] = ['registry_denied', 'registry_unauthorized'],
): unknown {
  if (!(error instanceof RegistryError) || !codes.includes(error.code)) return error;
  const { message, code, method, url, status, errors, retry } = error;
  return new RegistryError(message, { code, method, url, status, errors, retry, cause: error, context: { ...error.context, help } });
}
