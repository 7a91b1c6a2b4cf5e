import { CredentialError } from '../../core/errors.ts';
import type { Workload } from '../../provider/define.ts';
import { type AccessToken, type GoogleContext, tokenByFederation } from '../../provider/identity/google.ts';

/**
 * Google's own kubelet credential provider takes no service account tokens (cloud-provider-gcp, auth-provider-gcp), so that there is no
 * annotation of Google's for the provider: these are the ones that Argo CD and Flux read.
 */
const providerAnnotations = ['iam.gke.io/workload-identity-provider', 'gcp.auth.fluxcd.io/workload-identity-provider'];
/** GKE's, for the service account to act as. */
const accountAnnotation = 'iam.gke.io/gcp-service-account';

export const workloadProviderForm =
  /^(?:(?:https:)?\/\/iam\.googleapis\.com\/)?projects\/\d{1,20}\/locations\/global\/workloadIdentityPools\/[a-z0-9-]{4,32}\/providers\/[a-z0-9-]{4,32}$/;
export const serviceAccountForm = /^[a-z0-9-]{1,100}@[a-z0-9.-]{1,150}$/;

/**
 * An access token for a service account of a cluster that a workload identity provider trusts, by its token alone. Undefined when the
 * annotations name no provider.
 *
 * @throws CredentialError
 */
export async function workloadToken(ctx: GoogleContext, { token, annotations }: Workload): Promise<AccessToken | undefined> {
  const name = providerAnnotations.find((annotation) => annotations[annotation]);
  const workloadProvider = annotations[name ?? ''];
  if (name === undefined || workloadProvider === undefined) return undefined;
  if (!workloadProviderForm.test(workloadProvider)) {
    throw unusable(name, 'projects/<number>/locations/global/workloadIdentityPools/<pool>/providers/<provider>');
  }
  const serviceAccount = annotations[accountAnnotation] || undefined;
  if (serviceAccount !== undefined && !serviceAccountForm.test(serviceAccount)) {
    throw unusable(accountAnnotation, 'name@project.iam.gserviceaccount.com');
  }
  return tokenByFederation(ctx, { workloadProvider, serviceAccount, subjectToken: token });
}

function unusable(name: string, form: string): CredentialError {
  return new CredentialError(`The annotation ${name} of the service account is not spelled ${form}.`, {
    code: 'credential_refused',
    context: { service: 'Google Cloud' },
  });
}
