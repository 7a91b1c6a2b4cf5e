import { CredentialError } from '../../core/errors.ts';
import type { Workload } from '../../provider/define.ts';

/** Azure's own kubelet credential provider's first, then those of pods (AKS workload identity). */
const clientAnnotations = ['kubernetes.azure.com/acr-client-id', 'azure.workload.identity/client-id'];
const tenantAnnotations = ['kubernetes.azure.com/acr-tenant-id', 'azure.workload.identity/tenant-id'];

export const guid = /^[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}$/;
export const tenantForm = /^[a-zA-Z0-9][a-zA-Z0-9.-]*$/;

/**
 * Application and tenant that a service account's annotations name. Undefined when they name no application. The tenant has to be
 * among them: this hub's own is not taken for it.
 *
 * @throws CredentialError
 */
export function workloadApplication({ annotations }: Workload): { clientId: string; tenantId: string } | undefined {
  const name = clientAnnotations.find((annotation) => annotations[annotation]);
  const clientId = annotations[name ?? ''];
  if (name === undefined || clientId === undefined) return undefined;
  const tenantName = tenantAnnotations.find((annotation) => annotations[annotation]);
  const tenantId = annotations[tenantName ?? ''];
  if (tenantName === undefined || tenantId === undefined) {
    throw unusable(`The service account has the annotation ${name} and none of ${tenantAnnotations.join(', ')}.`);
  }
  if (!guid.test(clientId)) throw unusable(`The annotation ${name} of the service account is not a GUID.`);
  if (tenantId.length > 253 || !tenantForm.test(tenantId)) {
    throw unusable(`The annotation ${tenantName} of the service account is neither a GUID nor a domain.`);
  }
  return { clientId, tenantId };
}

function unusable(message: string): CredentialError {
  return new CredentialError(message, { code: 'credential_refused', context: { service: 'Microsoft Entra ID' } });
}
