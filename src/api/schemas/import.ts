import { z } from 'zod';
import { exportFormats, importKinds } from '../../imports/types.ts';
import { registryInput } from './registry.ts';

const importKind = z.enum(importKinds).meta({ id: 'ImportKind' });
export const exportFormat = z.enum(exportFormats).meta({ id: 'ExportFormat' });

const importRequest = z.strictObject({
  kind: importKind.describe('What the documents are from'),
  documents: z
    .array(
      z.strictObject({
        name: z.string().max(500).optional().describe('Name of the file, for messages and where one document refers to another'),
        content: z
          .string()
          .max(1024 * 1024)
          .describe('YAML or JSON, at most 1 MiB'),
      }),
    )
    .min(1)
    .max(100),
  options: z
    .strictObject({
      existing: z.enum(['skip', 'update']).optional().describe('What becomes of a registry that is there already. Default skip'),
      credentials: z
        .enum(['copy', 'refer'])
        .optional()
        .describe('Kubernetes secrets: copy the credentials, or refer to where they are. Default copy'),
    })
    .optional(),
});

export const importPlanInput = importRequest.meta({ id: 'ImportPlanInput' });

const importNote = z
  .object({
    level: z.enum(['info', 'warning', 'unmapped']).describe('unmapped: a setting that has no counterpart and is left out'),
    key: z.string().describe('Where in the document, e.g. registries[2].ping'),
    message: z.string(),
  })
  .meta({ id: 'ImportNote' });

const importEntry = z
  .object({
    name: z.string().describe('The name that the registry gets; unique in the plan'),
    from: z.string().describe('Where it stands in the documents'),
    action: z.enum(['create', 'update', 'skip', 'invalid']),
    reason: z.string().optional().describe('Of skip and invalid'),
    fields: z
      .array(z.object({ field: z.string(), message: z.string() }))
      .optional()
      .describe('What is wrong where, of invalid'),
    existing: z.object({ id: z.string(), name: z.string() }).optional(),
    changes: z.array(z.string()).describe('Settings that an update changes'),
    input: registryInput.describe('The registry, without secrets'),
    secrets: z.array(
      z.object({
        field: z.string().describe('Name in `overrides.….fields`'),
        label: z.string(),
        state: z
          .enum(['found', 'missing', 'source', 'stored'])
          .describe('In the document; has to be entered; read from elsewhere; at the registry that is there already'),
      }),
    ),
    notes: z.array(importNote),
  })
  .meta({ id: 'ImportEntry' });

export const importPlan = z
  .object({ kind: importKind, entries: z.array(importEntry), notes: z.array(importNote) })
  .meta({ id: 'ImportPlan' });

export const importInput = importRequest
  .extend({
    entries: z.array(z.string().max(64)).max(1000).optional().describe('Names of the entries to take. Default: all'),
    overrides: z
      .record(
        z.string().max(64),
        z.strictObject({
          name: z.string().max(64).optional(),
          signIn: z.string().max(64).optional().describe('Way of signing in'),
          fields: z
            .record(z.string().max(64), z.union([z.string().max(100_000), z.number(), z.boolean(), z.null()]))
            .optional()
            .describe('Secrets that are missing, and any other field'),
        }),
      )
      .optional()
      .describe('Changes to entries, by their name in the plan'),
  })
  .meta({ id: 'ImportInput' });

export const importResult = z
  .object({
    outcomes: z.array(
      z
        .object({
          name: z.string().describe('Name of the entry in the plan'),
          outcome: z.enum(['created', 'updated', 'skipped', 'failed']),
          registry: z.object({ id: z.string(), name: z.string() }).optional(),
          reason: z.string().optional().describe('Of skipped'),
          problem: z
            .object({
              code: z.string(),
              detail: z.string(),
              help: z.string().optional(),
              fields: z.array(z.object({ field: z.string(), message: z.string() })).optional(),
            })
            .optional()
            .describe('Of failed'),
        })
        .meta({ id: 'ImportOutcome' }),
    ),
  })
  .meta({ id: 'ImportResult' });

export const exportQuery = z.strictObject({ format: exportFormat.default('tagboat') });

export const exported = z
  .object({
    format: exportFormat,
    fileName: z.string().describe('Suggested name of the file'),
    mediaType: z.string(),
    content: z.string(),
  })
  .meta({ id: 'Exported' });
