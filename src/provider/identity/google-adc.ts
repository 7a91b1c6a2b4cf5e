import { z } from 'zod';
import { CredentialError } from '../../core/errors.ts';
import { type AccessToken, type GoogleContext, tokenByFederation, tokenByKey, tokenByMetadata } from './google.ts';
import { KeyFault, readKey } from './google-key.ts';
import { readFileBounded, readTokenFile } from './token-file.ts';

const variable = 'GOOGLE_APPLICATION_CREDENTIALS';

/** What is used of a configuration of workload identity federation, as `gcloud iam workload-identity-pools create-cred-config` makes it. */
const federation = z.object({
  type: z.literal('external_account'),
  audience: z
    .string()
    .regex(
      /^\/\/iam\.googleapis\.com\/projects\/\d{1,20}\/locations\/global\/workloadIdentityPools\/[a-z0-9-]{4,32}\/providers\/[a-z0-9-]{4,32}$/,
    ),
  service_account_impersonation_url: z
    .string()
    .regex(
      /^https:\/\/iamcredentials\.googleapis\.com\/v1\/projects\/-\/serviceAccounts\/[a-z0-9-]{1,100}@[a-z0-9.-]{1,150}:generateAccessToken$/,
    )
    .optional(),
  credential_source: z.object({
    file: z.string().min(1),
    format: z.object({ type: z.enum(['text', 'json']).optional(), subject_token_field_name: z.string().optional() }).optional(),
  }),
});

/**
 * An access token of this machine's own identity, as Google's libraries find it ("Application Default Credentials"): the file that
 * GOOGLE_APPLICATION_CREDENTIALS names, which holds a service account's key or a configuration of federation by a token file; else the
 * metadata server. Of the file only what is needed is used: it may not send anything to other hosts than Google's.
 *
 * @throws CredentialError
 */
export async function machineToken(ctx: GoogleContext): Promise<AccessToken> {
  if (!process.env[variable]) return tokenByMetadata(ctx);
  const text = await readTokenFile(variable);
  const json = parsed(text);
  if (json?.['type'] !== 'external_account') return tokenByKey(ctx, keyOf(text));
  const config = federation.safeParse(json);
  if (!config.success) {
    throw unusable('is a configuration of federation that cannot be used here: one by a token file, for a workload identity provider, can');
  }
  const { audience, service_account_impersonation_url: impersonation, credential_source: source } = config.data;
  const subjectToken = tokenOf(await readFileBounded(source.file, `The token file that ${variable} leads to`), source.format);
  const serviceAccount = impersonation === undefined ? undefined : /serviceAccounts\/([^/:]+):/.exec(impersonation)?.[1];
  return tokenByFederation(ctx, { workloadProvider: audience, subjectToken, ...(serviceAccount !== undefined && { serviceAccount }) });
}

function keyOf(text: string) {
  try {
    return readKey(text);
  } catch (error) {
    if (!(error instanceof KeyFault)) throw error;
    throw unusable(`cannot be used. ${error.message.replace(/\.$/, '')}`);
  }
}

function tokenOf(text: string, format: { type?: string | undefined; subject_token_field_name?: string | undefined } | undefined): string {
  if (format?.type !== 'json') return text;
  const token = parsed(text)?.[format.subject_token_field_name ?? ''];
  if (typeof token === 'string' && token !== '') return token;
  throw unusable('leads to a token file without the field that it names');
}

function parsed(text: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Record<string, unknown>) : undefined;
  } catch {
    return undefined;
  }
}

function unusable(what: string): CredentialError {
  return new CredentialError(`The file that ${variable} names ${what}.`, { code: 'credential_unavailable', fault: 'hub' });
}
