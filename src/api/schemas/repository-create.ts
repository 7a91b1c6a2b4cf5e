import { z } from 'zod';

export const repositoryInput = z
  .strictObject({ name: z.string().min(1).max(255).describe('As used in references, without the host: `shop/api`') })
  .meta({ id: 'RepositoryInput' });

export const createdRepository = z
  .object({
    registryId: z.string(),
    registry: z.string().describe('Name of the registry'),
    name: z.string(),
    reference: z.string().describe('With its host, as clients write it'),
    outcome: z.enum(['created', 'exists']),
  })
  .meta({ id: 'CreatedRepository' });
