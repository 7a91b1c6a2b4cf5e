import { CredentialError, RegistryError } from '../core/errors.ts';

/**
 * What went wrong while a credential was issued through a provider's API. Its refusal becomes `credential_refused`, its being
 * down or throttling `credential_unavailable`; facts of the answer are kept. Everything else stays what it is.
 */
export function issueFailure(error: unknown): unknown {
  if (!(error instanceof RegistryError)) return error;
  const refused = ['registry_unauthorized', 'registry_denied', 'registry_not_found', 'registry_unexpected_status'].includes(error.code);
  return new CredentialError(`No credential was issued. ${error.message}`, {
    code: refused ? 'credential_refused' : 'credential_unavailable',
    cause: error,
    context: error.context,
  });
}
