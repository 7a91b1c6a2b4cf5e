import { InvalidSettings } from '../../core/errors.ts';
import {
  type AccessToken,
  type GoogleContext,
  googleEndpoints,
  machineSubjectToken,
  tokenByFederation,
  tokenByKey,
  tokenByMetadata,
} from '../../provider/identity/google.ts';
import { KeyFault, readKey, type ServiceAccountKey } from '../../provider/identity/google-key.ts';

export const endpoints = {
  ...googleEndpoints,
  api: 'https://artifactregistry.googleapis.com',
  /** Where keys of service accounts are managed. */
  keys: 'https://iam.googleapis.com',
};

export type GoogleSignIn =
  | { method: 'json-key'; jsonKey: string; presentAs: 'oauth2accesstoken' | '_json_key' | '_json_key_base64' }
  | { method: 'workload-identity' }
  | { method: 'federation'; workloadProvider: string; serviceAccount?: string; oidcToken?: string }
  | { method: 'anonymous' };

/**
 * An access token of Google Cloud, good for up to an hour.
 *
 * @param scope OAuth scope; default: all that the identity may do. The metadata server knows no other.
 * @throws CredentialError `credential_refused` with what Google said as `googleReason` in its context, `credential_unavailable`
 */
export async function accessToken(
  ctx: GoogleContext,
  signIn: Exclude<GoogleSignIn, { method: 'anonymous' }>,
  scope?: string,
): Promise<AccessToken> {
  switch (signIn.method) {
    case 'json-key':
      return tokenByKey(ctx, keyOf(signIn.jsonKey), scope);
    case 'workload-identity':
      return tokenByMetadata(ctx);
    case 'federation': {
      const { workloadProvider, serviceAccount, oidcToken } = signIn;
      const subjectToken = oidcToken ?? (await machineSubjectToken(workloadProvider));
      return tokenByFederation(ctx, { workloadProvider, serviceAccount, subjectToken }, scope);
    }
  }
}

/** The key as its field holds it; what is wrong with it is shown there. */
export function keyOf(jsonKey: string): ServiceAccountKey {
  try {
    return readKey(jsonKey);
  } catch (error) {
    if (!(error instanceof KeyFault)) throw error;
    throw new InvalidSettings(error.message, [{ field: 'fields.jsonKey', message: error.message }]);
  }
}
