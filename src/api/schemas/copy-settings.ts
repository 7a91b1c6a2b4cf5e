import { z } from 'zod';

/** How copies are made: of single copies and of sync rules alike. */
export const copySettings = z
  .strictObject({
    platforms: z
      .array(z.string().min(1).max(100))
      .max(50)
      .optional()
      .describe('Of an index, only these: `linux/arm64`. Default: everything, byte for byte'),
    referrers: z.boolean().optional().describe('Also signatures, SBOMs and attestations that refer to it'),
    digestTags: z.boolean().optional().describe("Also Cosign's tags"),
    foreignLayers: z.boolean().optional().describe('Also layers that their publishers keep elsewhere'),
    verify: z
      .enum(['destination', 'always'])
      .optional()
      .describe('`always`: bytes are hashed on their way too. Default: where the destination does not'),
    bandwidth: z.int().min(1024).max(1e12).optional().describe('Bytes a second'),
    quotaReserve: z.int().min(0).max(1e9).optional().describe("Of the source's quota, as far as it announces one, this much is left alone"),
  })
  .meta({ id: 'CopySettings' });

export const copyFailure = z
  .object({
    code: z.string().describe('See docs/reference/errors.md'),
    side: z.enum(['source', 'destination']).optional(),
    message: z.string(),
    help: z.string().optional(),
  })
  .meta({ id: 'CopyFailure' });
