import { z } from 'zod';
import { type CredentialError, RegistryError } from '../../core/errors.ts';
import type { Secret } from '../../core/secret.ts';
import { callApi } from '../../provider/api.ts';
import { type AzureCloud, type EntraSignIn, entraToken } from '../../provider/identity/azure.ts';
import { remember } from '../../provider/memory.ts';
import { patiently } from '../../provider/patience.ts';
import { jwtEnd } from '../../provider/signing/jwt.ts';
import type { CloudSecretDeps } from './cloud-deps.ts';
import { splitField } from './reference.ts';
import { maxSecretAnswer, secretValue, unreadable } from './secret-value.ts';
import { failed } from './source.ts';

export interface AzureSecretReference {
  cloud: AzureCloud;
  /** Hostname of the vault. */
  host: string;
  name: string;
  /** Absent: the newest. */
  version?: string;
  field?: string;
}

const service = 'Azure Key Vault';
/** Ahead of a token's end, and how long one is kept that does not say its end; milliseconds. */
const reserve = 5 * 60_000;
const briefly = 10 * 60_000;

/** Hosts of vaults by cloud, which also are the audiences of tokens for them. ("Azure Key Vault: DNS suffixes for object identifiers".) */
const clouds: Readonly<Record<string, AzureCloud>> = {
  'vault.azure.net': 'global',
  'vault.azure.cn': 'china',
  'vault.usgovcloudapi.net': 'us-government',
};

const form =
  /^https:\/\/([a-z][a-z0-9-]{1,22}[a-z0-9]\.(vault\.azure\.net|vault\.azure\.cn|vault\.usgovcloudapi\.net))(?::443)?\/secrets\/([a-z0-9-]{1,127})(?:\/([0-9a-f]{32}))?\/?$/i;
const bundle = z.object({ value: z.string() });

/**
 * `https://<vault>.vault.azure.net/secrets/<name>[/<version>][#field]`; in China and for the US government with the hosts of those
 * clouds. No other host is ever sent a token.
 *
 * @throws InvalidSettings; CredentialError for a field without a name
 */
export function parseAzureSecretReference(rest: string): AzureSecretReference {
  const { path, field } = splitField(rest);
  const [, host = '', suffix = '', name, version] = form.exec(path) ?? [];
  const cloud = clouds[suffix.toLowerCase()];
  if (name === undefined || cloud === undefined) {
    throw unreadable(
      'What stands behind azure-kv: has to be the identifier of a secret, as in azure-kv:https://acme.vault.azure.net/secrets/registry#password (in China vault.azure.cn, for the US government vault.usgovcloudapi.net).',
    );
  }
  return { cloud, host: host.toLowerCase(), name, ...(version !== undefined && { version }), ...(field !== undefined && { field }) };
}

/**
 * The value of a secret, by this machine's own identity: the pod's workload identity where its token is mounted, else the managed
 * identity of the machine. (Azure Key Vault REST, Get Secret, 7.4.)
 *
 * @throws CredentialError `credential_source_failed`, `credential_unavailable` when the machine has no identity; TransportError
 */
export async function readAzureSecret(reference: AzureSecretReference, deps: CloudSecretDeps): Promise<Secret<string>> {
  const { cloud, host, name, version, field } = reference;
  const what = `the secret ${name} of ${host}`;
  const { http, clock, signal } = deps;
  const audience = `https://${host.slice(host.indexOf('.') + 1)}`;
  const token = await remember(deps, 'azure-machine', [audience, process.env['AZURE_CLIENT_ID']], async () => {
    const value = await entraToken(deps, { cloud, audience }, machine());
    return { value, until: (jwtEnd(value) ?? clock.now() + briefly + reserve) - reserve };
  });
  const base = (deps.endpoints?.['vault'] ?? `https://${host}`).replace(/\/$/, '');
  const url = new URL(`${base}/secrets/${name}${version === undefined ? '' : `/${version}`}`);
  url.searchParams.set('api-version', '7.4');
  const headers = { authorization: `Bearer ${token}` };
  const call = { service, headers, maxBytes: maxSecretAnswer, ...(signal && { signal }) };
  const { value } = await patiently(deps, async () => (await callApi(http, url, bundle, { ...call, now: clock.now() })).data).catch(
    (error: unknown) => {
      throw error instanceof RegistryError ? refusal(error, what) : error;
    },
  );
  return secretValue(value, field, what);
}

/** As Azure's own libraries choose between the two. */
function machine(): EntraSignIn {
  if (process.env['AZURE_FEDERATED_TOKEN_FILE']) return { method: 'workload-identity' };
  const clientId = process.env['AZURE_CLIENT_ID'];
  return { method: 'managed-identity', ...(clientId && { clientId }) };
}

function refusal(error: RegistryError, what: string): CredentialError {
  switch (error.code) {
    case 'registry_unauthorized':
      return failed(`The vault does not take this hub’s identity, and did not give ${what}. It may be of another tenant than the vault.`);
    case 'registry_denied':
      return failed(
        `The vault does not let this hub read ${what}: give its identity the role Key Vault Secrets User (or the access policy Get), enable the secret, and let the vault’s firewall admit this hub.`,
      );
    case 'registry_not_found':
      return failed(`There is no such secret or version: ${what}. Check the identifier; a deleted secret has to be recovered first.`);
    case 'registry_rate_limited':
      return failed(`The vault wants fewer calls: ${what} was not read. It is tried again later.`);
    default:
      return failed(`The vault did not give ${what}: ${error.message}`);
  }
}
