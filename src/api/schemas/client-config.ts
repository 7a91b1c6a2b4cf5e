import { z } from 'zod';
import { clientIds } from '../../registries/index.ts';

export const clientConfigQuery = z.strictObject({
  for: z.enum(clientIds).describe('Program that is to reach the registry'),
  mirrorOf: z
    .string()
    .min(1)
    .max(512)
    .optional()
    .describe('Host whose images this registry serves as a pull-through cache, e.g. `docker.io`'),
  mirrors: z
    .string()
    .min(1)
    .max(2048)
    .optional()
    .describe('Hosts, separated by commas, that are asked for the images of this registry before itself'),
  containerd: z.enum(['1', '2']).optional().describe('Major version of containerd; default 2'),
  helper: z.stringbool().optional().describe('Whether the client is to sign in through `docker-credential-tagboat`; default true'),
});

export const clientFile = z
  .object({
    path: z.string().describe('Absolute, or below the home folder of the person: `~/…`'),
    mode: z.enum(['0644', '0600']),
    content: z.string().describe('All of the file; with `merge`, what has to be in it'),
    format: z.enum(['pem', 'json', 'toml']),
    action: z.enum(['create', 'merge']).describe('`merge`: the file may be there already, and what else is in it stays'),
    placeholder: z.literal(true).optional().describe('The content only says what belongs here: a private key, which is never handed out'),
    note: z.string().optional(),
  })
  .meta({ id: 'ClientFile' });

export const clientConfig = z
  .object({
    client: z.enum(clientIds),
    registry: z.object({ id: z.string(), name: z.string() }),
    files: z.array(clientFile).describe('Empty where the client needs none'),
    commands: z
      .array(z.object({ description: z.string(), command: z.string().describe('One line for a POSIX shell') }))
      .describe('To be run after the files are in place'),
    notes: z.array(z.string()),
  })
  .meta({ id: 'ClientConfig' });
