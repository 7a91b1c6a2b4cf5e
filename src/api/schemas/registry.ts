import { z } from 'zod';
import { list, page, pageQuery, time } from './common.ts';

export const certificateInfo = z
  .object({
    subject: z.string(),
    issuer: z.string(),
    notBefore: time,
    notAfter: time,
    fingerprint: z.string().describe('SHA-256, colon-separated'),
    names: z.array(z.string()),
    isAuthority: z.boolean(),
  })
  .meta({ id: 'CertificateInfo' });

export const tlsMode = z.enum(['verify', 'ca', 'insecure', 'plain']).meta({ id: 'TlsMode' });

const connectionOut = z.object({
  tls: tlsMode,
  ca: z.string().optional().describe('PEM'),
  caCertificates: z.array(certificateInfo).describe('What the PEM holds'),
  clientCertificate: z.object({ cert: z.string(), info: z.array(certificateInfo), hasKey: z.boolean() }).optional(),
  proxy: z.string().optional().describe('Without userinfo'),
  proxyHasPassword: z.boolean(),
  requestsPerSecond: z.number().optional(),
});

export const tagOrder = z
  .enum(['lexical', 'oldest-first', 'newest-first'])
  .meta({ id: 'TagOrder' })
  .describe('Order in which the registry lists tags, where it tells no times');

export const registryState = z
  .object({
    state: z.enum(['unknown', 'ok', 'degraded', 'failing']),
    since: time.optional(),
    checkedAt: time.optional(),
    nextAt: time.optional(),
    summary: z.string().optional(),
    code: z.string().optional(),
  })
  .meta({ id: 'RegistryState' });

export const credentialFailure = z
  .object({
    code: z.string(),
    message: z.string(),
    since: time.describe('First of the failures in a row'),
    at: time.describe('Last of them'),
  })
  .meta({ id: 'CredentialFailure' });

export const credentialEnd = z
  .object({
    field: z
      .string()
      .describe('`secret` for the stored secret as a whole, a field, `connection.clientCertificate`, `connection.ca`, `server`'),
    label: z.string().describe('Of the field, in words'),
    at: time,
    from: z.enum(['stated', 'provider', 'token', 'certificate']).describe('Who says so'),
  })
  .meta({ id: 'CredentialEnd' });

export const credentialStatus = z
  .object({
    kind: z.enum(['anonymous', 'basic', 'identity', 'bearer']),
    username: z.string().optional(),
    issuedAt: time.optional(),
    expiresAt: time.optional(),
    refreshAt: time.optional().describe('When it is renewed ahead'),
    refreshedAt: time.optional().describe('When it was last issued or renewed'),
    renewable: z.boolean().optional().describe('Tagboat renews it by itself before it ends'),
    failure: credentialFailure.optional().describe('Why the last attempt to renew it failed, while it is still used'),
    lastUse: z.object({ by: z.string(), purpose: z.string(), at: time }).optional(),
    ends: z.array(credentialEnd).optional().describe('When what does not renew itself ends, soonest first'),
  })
  .meta({ id: 'CredentialStatus' });

export const quota = z.object({ limit: z.int(), remaining: z.int(), windowSeconds: z.int().optional(), at: time }).meta({ id: 'Quota' });

export const registry = z
  .object({
    id: z.string(),
    name: z.string(),
    provider: z.string(),
    url: z.string(),
    host: z.string(),
    prefix: z.string().describe('What image references of this registry begin with'),
    namespace: z.string(),
    description: z.string(),
    default: z.boolean(),
    allProjects: z.boolean(),
    projects: z.array(z.string()).describe('Project ids, when not all'),
    signIn: z.string(),
    settings: z.record(z.string(), z.unknown()),
    secretsSet: z.array(z.string()).describe('Names of the secret fields that hold a value; the values are never returned'),
    secretsLost: z.boolean().describe('The master key that sealed them is gone: they have to be entered again'),
    connection: connectionOut,
    pinnedRepositories: z.array(z.string()),
    trustedRealms: z.array(z.string()),
    credentialExpirySeconds: z.int().optional(),
    sources: z
      .record(z.string(), z.string())
      .describe('Secret field → where its value is read instead of being stored: `env:NAME`, `vault:…`'),
    tagOrder: tagOrder.optional(),
    secretEndsAt: time.optional().describe('When the stored secret ends, where a person said so'),
    state: registryState,
    credential: credentialStatus.optional(),
    quota: quota.optional(),
    repositoryCount: z.int().optional(),
    createdAt: time,
    updatedAt: time,
    updatedBy: z.string().optional().describe('User id'),
    updatedByName: z.string().optional().describe('Absent for users that are gone'),
    version: z.int(),
  })
  .meta({ id: 'Registry' });

const connectionIn = z.strictObject({
  tls: tlsMode.optional(),
  ca: z.string().max(200_000).optional(),
  clientCertificate: z
    .strictObject({
      cert: z.string().max(200_000),
      key: z.string().max(200_000).optional().describe('Empty keeps the stored one'),
      passphrase: z.string().max(1000).optional(),
    })
    .nullable()
    .optional(),
  proxy: z.string().max(2048).optional().describe('Empty for none; without a password, the stored one for the same user and host is kept'),
  requestsPerSecond: z.number().positive().max(10_000).nullable().optional(),
});

/** A registry to create, or to test before it is saved. */
export const registryInput = z
  .strictObject({
    name: z.string().max(64),
    provider: z.string().max(64).optional().describe('Default: recognised by the URL'),
    url: z.string().max(2048).optional().describe('Scheme optional (https), path allowed; not needed where the provider has one address'),
    prefix: z.string().max(512).optional().describe('Default: host, and path if any'),
    namespace: z.string().max(256).optional(),
    description: z.string().max(1000).optional(),
    default: z.boolean().optional(),
    allProjects: z.boolean().optional().describe('Default true'),
    projects: z.array(z.string().max(64)).max(1000).optional().describe('Ids or names'),
    signIn: z.string().max(64).optional().describe("Default: the provider's first method"),
    fields: z
      .record(z.string().max(64), z.union([z.string().max(100_000), z.number(), z.boolean(), z.null()]))
      .optional()
      .describe('Provider and sign-in fields by name'),
    connection: connectionIn.optional(),
    pinnedRepositories: z.array(z.string().max(255)).max(5000).optional(),
    trustedRealms: z.array(z.string().max(512)).max(16).optional(),
    credentialExpirySeconds: z.int().min(60).max(31_536_000).nullable().optional(),
    sources: z
      .record(z.string().max(64), z.string().max(2048).nullable())
      .optional()
      .describe('Secret field → where its value is read instead of being stored; `null` ends that. Administrators only'),
    tagOrder: tagOrder.nullable().optional(),
    secretEndsAt: z
      .string()
      .max(40)
      .nullable()
      .optional()
      .describe('When the secret ends, as ISO 8601 date or time; you are warned before'),
  })
  .meta({ id: 'RegistryInput' });

/** Absent members stay as they are; an empty secret keeps the stored one. */
export const registryPatch = registryInput.partial().meta({ id: 'RegistryPatch' });

export const doctorStep = z
  .object({
    id: z.enum(['url', 'dns', 'tcp', 'tls', 'v2', 'challenge', 'credential', 'token', 'read', 'capabilities', 'quota']),
    title: z.string(),
    state: z.enum(['running', 'ok', 'warning', 'failed', 'skipped']),
    durationMs: z.number().optional(),
    summary: z.string().optional().describe('One line of evidence, or what went wrong'),
    evidence: z.array(z.object({ label: z.string(), value: z.string() })).optional(),
    code: z.string().optional().describe('Diagnosis, e.g. tls_unknown_authority; see docs/reference/errors.md'),
    help: z.string().optional().describe('What to do'),
    field: z.string().optional().describe('Field of the form at fault'),
    certificates: z
      .array(certificateInfo.extend({ pem: z.string() }))
      .optional()
      .describe('The chain that the server showed, leaf first'),
    offer: z
      .discriminatedUnion('kind', [
        z.object({ kind: z.literal('trust-ca'), pem: z.string(), subject: z.string() }),
        z.object({ kind: z.literal('trust-realm'), origin: z.string() }),
        z.object({ kind: z.literal('use-plain-http') }),
        z.object({ kind: z.literal('use-https') }),
        z.object({ kind: z.literal('set-namespace') }),
      ])
      .optional()
      .describe('A change that the person can accept'),
  })
  .meta({ id: 'DoctorStep' });

export const doctorReport = z
  .object({
    state: z.enum(['ok', 'degraded', 'failing']),
    startedAt: time,
    durationMs: z.number(),
    summary: z.string(),
    code: z.string().optional(),
    steps: z.array(doctorStep),
    credential: credentialStatus.optional(),
    quota: quota.optional(),
    capabilities: z.record(z.string(), z.enum(['yes', 'no', 'unknown'])).optional(),
  })
  .meta({ id: 'DoctorReport' });

/** Body of `POST /registries/test` (registry given) and `POST /registries/{id}/test` (changes to a saved one, optional). */
export const doctorOptions = z
  .strictObject({
    repository: z.string().max(255).optional().describe('Read the tags of this repository instead of listing repositories'),
    push: z.boolean().optional().describe('Start and cancel an upload to see whether pushing is allowed'),
  })
  .meta({ id: 'DoctorOptions' });

export const registryPage = page(registry).meta({ id: 'RegistryPage' });

export const registryQuery = pageQuery.extend({
  provider: z.string().max(64).optional(),
  state: registryState.shape.state.optional(),
  project: z.string().max(64).optional().describe('Id or name'),
  q: z.string().max(200).optional().describe('Text in name, host or description'),
});

export const deleteRegistryQuery = z.strictObject({
  nextDefault: z
    .string()
    .max(64)
    .optional()
    .describe('Which registry becomes the default when the default one goes: id or name; empty for none'),
});

export const testInput = z.strictObject({ registry: registryInput, options: doctorOptions.optional() }).meta({ id: 'TestInput' });
export const testSavedInput = z
  .strictObject({ changes: registryPatch.optional(), options: doctorOptions.optional() })
  .meta({ id: 'TestSavedInput' });

export const matchQuery = z.strictObject({ reference: z.string().min(1).max(1024).describe('An image reference') });
export const registryMatch = z
  .object({
    registry: registry.optional().describe('Absent when no registry has a prefix of it'),
    reference: z.string().describe('In full, as the registry knows it'),
    via: z.enum(['name', 'prefix']).optional().describe('What of the registry the reference begins with'),
    others: z.array(z.object({ id: z.string(), name: z.string(), prefix: z.string() })).describe('Registries that match less well'),
  })
  .meta({ id: 'RegistryMatch' });

export const referenceTo = z.object({ kind: z.string(), id: z.string(), name: z.string() }).meta({ id: 'ReferenceTo' });
export const referenceList = list(referenceTo).meta({ id: 'ReferenceList' });
