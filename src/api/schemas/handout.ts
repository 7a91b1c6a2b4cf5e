import { z } from 'zod';
import { time } from './common.ts';

/** What a client asks for. It names the registry by id or name, or as clients name one. */
export const credentialRequest = z
  .strictObject({
    registry: z.string().min(1).max(200).optional().describe('Id or name of the registry; this, `reference`, or both'),
    reference: z
      .string()
      .min(1)
      .max(2048)
      .optional()
      .describe(
        'What a client says: an image reference, or a server such as `https://index.docker.io/v1/`, `ghcr.io`, `registry.acme.io:5000`. The longest prefix wins',
      ),
    repositories: z
      .array(z.string().min(1).max(255))
      .max(50)
      .optional()
      .describe('Names as in `/v2/<name>/`; empty for the whole registry. Default: the repository of `reference`, if it names one'),
    push: z
      .union([z.boolean(), z.literal('if-allowed')])
      .optional()
      .describe('Whether it has to be good for pushing too. `if-allowed`: where the caller may have that. Default false'),
    purpose: z.string().trim().min(1).max(200).describe('What it is for, in a few words: recorded and shown to those who look after it'),
    workload: z
      .strictObject({
        token: z.string().min(1).max(16_384).describe('Projected service-account token'),
        annotations: z.record(z.string().max(317), z.string().max(4096)).optional().describe('Annotations of the service account'),
      })
      .optional()
      .describe('A Kubernetes service account that asks in its own name, by the federation of the cloud of the registry'),
  })
  .meta({ id: 'CredentialRequest' });

export const issuedCredential = z
  .object({
    registry: z.object({ id: z.string(), name: z.string() }),
    server: z.string().describe("Docker's key for the registry: `https://index.docker.io/v1/` for Docker Hub, else host and port"),
    hosts: z.array(z.string()).describe('Every host that stands for the registry in references'),
    prefixes: z
      .array(z.string())
      .describe('What references that it is for begin with: those hosts, with a path where only a part belongs to it'),
    shared: z.boolean().describe('Other registries are on the same host and are told apart by path'),
    kind: z.enum(['basic', 'identity', 'anonymous']).describe('`identity`: the secret is an identity token (OAuth2 refresh token)'),
    username: z.string().optional(),
    secret: z.string().optional(),
    issuedAt: time.optional(),
    expiresAt: time.optional().describe('Absent where it does not end, or nobody knows when'),
    origin: z
      .enum(['narrowed', 'workload', 'issued', 'stored', 'none'])
      .describe(
        '`narrowed`: made by the registry for this; `workload`: of the service account; `issued`: short-lived, as Tagboat uses it itself; `stored`: what was entered; `none`: nothing is needed',
      ),
    scope: z.object({
      pull: z.literal(true),
      push: z.boolean(),
      repositories: z.array(z.string()).describe('Empty for the whole registry'),
      narrowed: z.boolean().describe('It can do no more than this, as finely as the registry can tell'),
      reason: z
        .string()
        .optional()
        .describe(
          'Why it can do more, or why there is nothing to hand out; of a narrowed one, what it opens beside the named repositories',
        ),
    }),
  })
  .meta({ id: 'IssuedCredential' });
