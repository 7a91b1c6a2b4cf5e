import { z } from 'zod';

const reference = z.string().min(1).max(300).describe('Tag or digest');

export const deletionRequest = z
  .strictObject({
    references: z
      .array(reference)
      .min(1)
      .max(100)
      .describe('A tag goes alone; its manifest goes along when nothing else needs it. By digest the manifest goes with all of its tags'),
    force: z.boolean().optional().describe('Also what is in use. Default false: then nothing at all is deleted'),
    digests: z
      .record(reference, z.string().max(200))
      .optional()
      .describe('By reference: the digest that a dry run told. What points elsewhere meanwhile is left alone (`moved`)'),
    dryRun: z.boolean().optional().describe('Only tell what would be deleted'),
  })
  .meta({ id: 'DeletionRequest' });

const names = z.array(z.string());

export const deletionOutcome = z
  .object({
    references: names.describe('What was asked for: tags, or the digest'),
    digest: z.string(),
    mediaType: z.string(),
    tags: names.describe('Tags that go. By digest that is all of them'),
    manifest: z.boolean().describe('Whether the manifest goes, too'),
    sharedWith: names.describe('Tags of the same manifest that stay; at most 100'),
    orphans: z
      .object({
        images: names.describe("Digests of an index's images that nothing else names"),
        referrers: z.array(z.object({ digest: z.string(), artifactType: z.string().optional() })),
        tags: names.describe("Cosign's tags of the manifest, and those that hold its referrers"),
      })
      .describe('What is left behind; at most 100 of each'),
    usedBy: z
      .array(z.object({ kind: z.string(), id: z.string(), name: z.string() }))
      .describe('What needs it: `tag`, `index`, `partial-listing`, `sync-rule`, …'),
    outcome: z.enum(['planned', 'deleted', 'moved', 'failed']).describe('`moved`: a tag points elsewhere meanwhile, and was left alone'),
    failure: z.object({ code: z.string(), message: z.string(), help: z.string().optional() }).optional(),
  })
  .meta({ id: 'DeletionOutcome' });

export const deletionReport = z
  .object({
    items: z.array(deletionOutcome).describe('One a manifest'),
    absent: names.describe('What was asked for and is not there'),
    partial: z.string().optional().describe('Why not every tag of the repository could be looked at'),
  })
  .meta({ id: 'DeletionReport' });
