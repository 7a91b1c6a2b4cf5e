import { z } from 'zod';
import { type CredentialError, RegistryError } from '../../core/errors.ts';
import type { Secret } from '../../core/secret.ts';
import { callApi } from '../../provider/api.ts';
import { machineToken } from '../../provider/identity/google-adc.ts';
import { remember } from '../../provider/memory.ts';
import { patiently } from '../../provider/patience.ts';
import type { CloudSecretDeps } from './cloud-deps.ts';
import { crc32c } from './crc32c.ts';
import { splitField } from './reference.ts';
import { maxSecretAnswer, secretValue, textOf, unreadable } from './secret-value.ts';
import { failed } from './source.ts';

export interface GoogleSecretReference {
  project: string;
  secret: string;
  /** Number, alias, or `latest`. */
  version: string;
  field?: string;
}

const service = 'Google Secret Manager';
/** Ahead of a token's end, milliseconds. */
const reserve = 5 * 60_000;
const form = /^projects\/((?:[a-z0-9.-]{1,63}:)?[a-z0-9-]{1,63})\/secrets\/([\w-]{1,255})(?:\/versions\/([\w-]{1,63}))?$/;
const accessed = z.object({
  payload: z.object({
    data: z.base64().nullish(),
    dataCrc32c: z
      .string()
      .regex(/^\d{1,10}$/)
      .nullish(),
  }),
});

/**
 * `projects/<project>/secrets/<secret>[/versions/<version>][#field]`, the latest version by default.
 *
 * @throws InvalidSettings; CredentialError for a field without a name
 */
export function parseGoogleSecretReference(rest: string): GoogleSecretReference {
  const { path, field } = splitField(rest);
  const [, project, secret, version = 'latest'] = form.exec(path) ?? [];
  if (project === undefined || secret === undefined) {
    throw unreadable(
      'What stands behind gcp-sm: has to be the resource name of a secret, as in gcp-sm:projects/acme-prod/secrets/registry#password, with /versions/<version> behind it for another than the latest.',
    );
  }
  return { project, secret, version, ...(field !== undefined && { field }) };
}

/**
 * The value of a secret's version, by this machine's own identity; its checksum is compared. (Secret Manager REST v1:
 * projects.secrets.versions.access.)
 *
 * @throws CredentialError `credential_source_failed`, `credential_unavailable` when the machine has no identity; TransportError;
 * IntegrityError when the value is not what was stored
 */
export async function readGoogleSecret(reference: GoogleSecretReference, deps: CloudSecretDeps): Promise<Secret<string>> {
  const { project, secret, version, field } = reference;
  const what = `the secret ${secret} of project ${project} in ${service}`;
  const { http, clock, signal } = deps;
  const token = await remember(deps, 'google-machine', [], async () => {
    const { token: value, expiresAt } = await machineToken(deps);
    return { value, until: expiresAt - reserve };
  });
  const base = (deps.endpoints?.['secretmanager'] ?? 'https://secretmanager.googleapis.com').replace(/\/$/, '');
  const url = new URL(`${base}/v1/projects/${project}/secrets/${secret}/versions/${version}:access`);
  const headers = { authorization: `Bearer ${token}` };
  const call = { service, headers, maxBytes: maxSecretAnswer, ...(signal && { signal }) };
  const { payload } = await patiently(deps, async () => (await callApi(http, url, accessed, { ...call, now: clock.now() })).data).catch(
    (error: unknown) => {
      throw error instanceof RegistryError ? refusal(error, what, version) : error;
    },
  );
  const bytes = Buffer.from(payload.data ?? '', 'base64');
  if (typeof payload.dataCrc32c === 'string' && Number(payload.dataCrc32c) !== crc32c(bytes)) {
    throw failed(`What was read is not what Google stored: the checksum of ${what} is another. Try again.`);
  }
  return secretValue(textOf(bytes, what), field, what);
}

function refusal(error: RegistryError, what: string, version: string): CredentialError {
  switch (error.code) {
    case 'registry_unauthorized':
      return failed(`Google does not take this hub’s identity, and did not give ${what}. Check the service account of its machine.`);
    case 'registry_denied':
      return failed(
        `Google does not let this hub read ${what}, or there is none. Grant its service account roles/secretmanager.secretAccessor, and the access scope cloud-platform where it has scopes.`,
      );
    case 'registry_not_found':
      return failed(`There is no version ${version} of ${what}. Check project, name and version.`);
    case 'registry_rate_limited':
      return failed(`Google wants fewer calls: ${what} was not read. It is tried again later.`);
    case 'registry_unexpected_status':
      return failed(`Google does not give out version ${version} of ${what}: it is disabled or destroyed. Enable it, or add a version.`);
    default:
      return failed(`Google did not give ${what}: ${error.message}`);
  }
}
