import { z } from 'zod';
import { time } from './common.ts';

export const about = z
  .object({
    name: z.literal('Tagboat'),
    version: z.string(),
    setupNeeded: z.boolean().describe('No administrator exists yet: open the set-up link that the hub printed'),
    store: z.enum(['sqlite', 'postgres']).optional().describe('Only for people who are signed in'),
    keys: z.enum(['ready', 'lost']).optional().describe('`lost`: the master key is gone, and secrets have to be entered again'),
    startedAt: time.optional(),
  })
  .meta({ id: 'About' });

/** Something changed. Events are hints: read the thing itself for its state. */
export const hubEvent = z
  .object({
    type: z
      .string()
      .describe(
        '`registry.changed`, `registry.checked`, `credential.changed`, `alert.changed`, `copy.changed`, `sync.changed`, `repository.written`, …; `id` is that of the registry',
      ),
    at: time,
    id: z.string().optional().describe('Of what changed'),
    name: z.string().optional(),
    state: z.string().optional().describe('Of a registry that was checked, or of a copy'),
    copy: z.string().optional().describe('Id of the copy'),
    rule: z.string().optional().describe('Id of the sync rule'),
    run: z.string().optional().describe('Id of its run'),
    repository: z.string().optional().describe('Of the registry: it was written to'),
  })
  .meta({ id: 'HubEvent' });
