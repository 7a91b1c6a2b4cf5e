import { z } from 'zod';
import { page, pageQuery, role, time } from './common.ts';

export const user = z
  .object({
    id: z.string(),
    name: z.string(),
    displayName: z.string().optional(),
    role,
    disabled: z.boolean(),
    createdAt: time,
    lastSeenAt: time.optional(),
    version: z.int(),
  })
  .meta({ id: 'User' });

export const session = z
  .object({
    user,
    csrf: z.string().describe('Sent back as X-CSRF-Token on every change'),
    expiresAt: time.optional(),
    via: z.enum(['session', 'token']),
    permissions: z.array(z.string()),
  })
  .meta({ id: 'Session' });

export const apiToken = z
  .object({
    id: z.string(),
    name: z.string(),
    hint: z.string(),
    userId: z.string(),
    userName: z.string(),
    role,
    registries: z.array(z.string()).optional(),
    createdAt: time,
    expiresAt: time.optional(),
    lastUsedAt: time.optional(),
  })
  .meta({ id: 'ApiToken' });

export const project = z
  .object({
    id: z.string(),
    name: z.string(),
    description: z.string(),
    members: z.array(z.object({ userId: z.string(), userName: z.string(), role })),
    registryCount: z.int(),
    createdAt: time,
    version: z.int(),
  })
  .meta({ id: 'Project' });

export const auditEntry = z
  .object({
    id: z.string(),
    at: time,
    actor: z.object({ kind: z.enum(['user', 'token', 'system', 'anonymous']), id: z.string().optional(), name: z.string() }),
    address: z.string().optional(),
    action: z.string(),
    target: z.object({ kind: z.string(), id: z.string().optional(), name: z.string().optional() }).optional(),
    before: z.record(z.string(), z.unknown()).optional(),
    after: z.record(z.string(), z.unknown()).optional(),
    outcome: z.string(),
    detail: z.string().optional(),
  })
  .meta({ id: 'AuditEntry' });

export const userPage = page(user).meta({ id: 'UserPage' });
export const apiTokenPage = page(apiToken).meta({ id: 'ApiTokenPage' });
export const projectPage = page(project).meta({ id: 'ProjectPage' });
export const auditPage = page(auditEntry).meta({ id: 'AuditPage' });

const name = z.string().min(1).max(64);
const password = z.string().min(1).max(1024);

export const setupState = z.object({ needed: z.boolean().describe('No administrator exists yet') }).meta({ id: 'SetupState' });

export const setupInput = z
  .strictObject({
    token: z.string().min(1).max(200).describe('From the one-time link that `tagboat serve` prints'),
    name,
    displayName: z.string().max(200).optional(),
    password,
  })
  .meta({ id: 'SetupInput' });

export const signInInput = z.strictObject({ name, password }).meta({ id: 'SignInInput' });

export const passwordChange = z.strictObject({ current: password, password }).meta({ id: 'PasswordChange' });

export const userInput = z
  .strictObject({ name, displayName: z.string().max(200).optional(), password, role: role.optional().describe('Default viewer') })
  .meta({ id: 'UserInput' });

/** Absent members stay as they are. A new password ends the user's sessions. */
export const userPatch = z
  .strictObject({
    name: name.optional(),
    displayName: z.string().max(200).optional(),
    password: password.optional(),
    role: role.optional(),
    disabled: z.boolean().optional(),
  })
  .meta({ id: 'UserPatch' });

export const apiTokenInput = z
  .strictObject({
    name: z.string().min(1).max(200),
    role: role.optional().describe("Default the user's own; never more than that"),
    registries: z.array(z.string().max(64)).min(1).max(1000).optional().describe('Ids or names; default all that the user may see'),
    expiresAt: time.optional().describe('Default: in 90 days'),
    neverExpires: z.boolean().optional(),
  })
  .meta({ id: 'ApiTokenInput' });

export const createdApiToken = z
  .object({ token: apiToken, secret: z.string().describe('The token itself; it is shown this once and never again') })
  .meta({ id: 'CreatedApiToken' });

export const tokenQuery = pageQuery.extend({ all: z.stringbool().optional().describe("Everybody's tokens, for administrators") });

export const projectInput = z.strictObject({ name, description: z.string().max(1000).optional() }).meta({ id: 'ProjectInput' });
export const projectPatch = projectInput.partial().meta({ id: 'ProjectPatch' });
export const memberInput = z.strictObject({ role }).meta({ id: 'MemberInput' });

export const auditQuery = pageQuery.extend({
  actor: z.string().max(200).optional().describe('Id or name of the one who acted'),
  action: z.string().max(100).optional().describe('An action, e.g. `registry.create`, or its beginning: `registry`'),
  target: z.string().max(200).optional().describe('Id or name of what was acted on'),
  from: time.optional().describe('Not before'),
  to: time.optional().describe('Before'),
});
