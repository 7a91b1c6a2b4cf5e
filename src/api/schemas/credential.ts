import { z } from 'zod';
import { list, time } from './common.ts';
import { credentialEnd, credentialFailure, credentialStatus, doctorOptions, doctorReport, registryInput } from './registry.ts';

const actor = z.object({
  kind: z.enum(['user', 'token', 'system']),
  id: z.string(),
  name: z.string(),
});

export const credentialUse = z
  .object({
    by: actor,
    purpose: z.string().describe('What for, in a few words: `list repositories`, `docker credential helper`'),
    firstAt: time,
    lastAt: time,
    uses: z.int().describe('How often since `firstAt`; counted about once a minute'),
  })
  .meta({ id: 'CredentialUse' });

export const credentialSlot = z
  .object({
    signIn: z.string(),
    settings: z.record(z.string(), z.unknown()).describe('Fields of the way of signing in that are not secret'),
    sources: z.record(z.string(), z.string()),
    secretsSet: z.array(z.string()),
    secretsLost: z.boolean().describe('The master key that sealed them is gone: they have to be entered again'),
    secretEndsAt: time.optional(),
    createdAt: time,
    createdBy: z.string().describe('Name of who entered it; of the previous one: who replaced it'),
    test: z
      .object({ testedAt: time, report: doctorReport, outdated: z.boolean().describe('The registry was changed since') })
      .optional()
      .describe('Its last test'),
  })
  .meta({ id: 'CredentialSlot' });

export const blastRadius = z
  .object({
    total: z.int(),
    counts: z.record(z.string(), z.int()).describe('How many of each kind: `watch`, `environment`, `token`, `user`, `project`, …'),
    items: z
      .array(
        z.object({
          kind: z.string(),
          id: z.string(),
          name: z.string(),
          lastUsedAt: time.optional(),
          purpose: z.string().optional().describe('What it last used the credential for'),
        }),
      )
      .describe('At most 200, those used last first'),
  })
  .meta({ id: 'BlastRadius' });

export const alert = z
  .object({
    id: z.string(),
    registry: z.object({ id: z.string(), name: z.string() }),
    kind: z.enum(['credential-ends', 'certificate-ends', 'refresh-failed']),
    subject: z.string().describe('What of the registry: a field, `connection.clientCertificate`, `server`, …'),
    level: z.enum(['notice', 'warning', 'critical']),
    code: z.string().describe('See docs/reference/errors.md'),
    message: z.string().describe('What it is about, when, and what depends on it'),
    help: z.string().describe('What to do'),
    dueAt: time.optional().describe('When it ends, or ended'),
    raisedAt: time,
    updatedAt: time,
    acknowledgedAt: time.optional(),
    acknowledgedBy: z.string().optional(),
  })
  .meta({ id: 'Alert' });

export const alertList = list(alert)
  .extend({
    counts: z
      .object({ open: z.int().describe('Not acknowledged'), notice: z.int(), warning: z.int(), critical: z.int() })
      .describe('Of all alerts that you may see, whatever was asked for; the levels count those that are open'),
  })
  .meta({ id: 'AlertList' });

export const alertQuery = z.strictObject({
  registry: z.string().max(64).optional().describe('Id or name'),
  level: z.enum(['notice', 'warning', 'critical']).optional().describe('This level and those above'),
  acknowledged: z
    .enum(['true', 'false'])
    .optional()
    .describe('Only those that were acknowledged, or only those that were not; default both'),
});

export const credentialDetail = z
  .object({
    registry: z.object({ id: z.string(), name: z.string() }),
    version: z.int().describe('Of the registry, for `If-Match`'),
    signIn: z.string(),
    credential: credentialStatus.optional().describe('Absent while none was issued'),
    failure: credentialFailure.optional().describe('Why none could be issued, or why the one in use could not be renewed'),
    ends: z.array(credentialEnd).describe('When what does not renew itself ends, soonest first'),
    uses: z.array(credentialUse).describe('Of the last 30 days, last first; at most 200'),
    next: credentialSlot.optional().describe('Prepared, not in use yet'),
    previous: credentialSlot.optional().describe('In use before; can be gone back to for 30 days'),
    blastRadius,
    alerts: z.array(alert),
  })
  .meta({ id: 'CredentialDetail' });

/** As in an edit of the registry. */
export const nextCredentialInput = registryInput
  .pick({ signIn: true, fields: true, sources: true, secretEndsAt: true })
  .meta({ id: 'NextCredentialInput' })
  .describe('As in an edit of the registry; what is left out stays as in the credential in use');

export const testNextInput = z.strictObject({ options: doctorOptions.optional() }).meta({ id: 'TestNextInput' });

export const promoteInput = z
  .strictObject({ force: z.boolean().optional().describe('Although its test is missing or failed') })
  .meta({ id: 'PromoteInput' });
