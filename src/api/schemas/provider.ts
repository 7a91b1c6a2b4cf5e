import { z } from 'zod';
import { list } from './common.ts';
import { certificateInfo } from './registry.ts';

export const fieldDescription = z
  .object({
    name: z.string(),
    label: z.string(),
    help: z.string().optional(),
    where: z.string().optional(),
    example: z.string().optional(),
    required: z.boolean(),
    secret: z.boolean(),
    multiline: z.boolean(),
    advanced: z.boolean(),
    type: z.enum(['text', 'number', 'boolean', 'choice']),
    default: z.union([z.string(), z.number(), z.boolean()]).optional(),
    options: z.array(z.object({ value: z.string(), label: z.string() })).optional(),
  })
  .meta({ id: 'FieldDescription' });

export const provider = z
  .object({
    id: z.string(),
    title: z.string(),
    icon: z.string().describe('SVG'),
    docs: z.string(),
    url: z.object({
      label: z.string(),
      example: z.string(),
      help: z.string().optional(),
      fixed: z.string().optional().describe('The only address of this provider; the field is not asked for'),
    }),
    namespace: z
      .object({ label: z.string(), help: z.string().optional(), example: z.string().optional() })
      .optional()
      .describe("The provider's word for a namespace (organisation, project); absent where it has none"),
    fields: z.array(fieldDescription),
    signIn: z.array(z.object({ method: z.string(), title: z.string(), help: z.string().optional(), fields: z.array(fieldDescription) })),
    traits: z.object({
      catalog: z.enum(['registry', 'provider', 'none']),
      createRepository: z.boolean(),
      referrers: z.string(),
      delete: z.string(),
      mount: z.boolean(),
      maxPageSize: z.int(),
    }),
  })
  .meta({ id: 'Provider' });

/** What could be read out of pasted text: a URL, an image reference, a `docker login` line, a JSON key, … */
export const detection = z
  .object({
    kind: z.enum(['url', 'reference', 'docker-login', 'json-key', 'docker-config', 'unknown']),
    provider: z.string().optional(),
    /** e.g. "Amazon ECR, eu-west-1, account 000000000000". */
    summary: z.string().optional(),
    url: z.string().optional(),
    namespace: z.string().optional(),
    name: z.string().optional().describe('A free name to suggest'),
    signIn: z.string().optional(),
    fields: z
      .record(z.string(), z.string())
      .describe('Values for the form; secrets from the pasted text are given back once, to the one who pasted them'),
    certainty: z.enum(['host', 'challenge', 'guess']).optional(),
  })
  .meta({ id: 'Detection' });

export const providerList = list(provider).meta({ id: 'ProviderList' });

export const detectInput = z
  .strictObject({
    text: z.string().min(1).max(200_000).describe('What was pasted'),
    probe: z.boolean().optional().describe('Ask the address that was found what it is, without credentials'),
  })
  .meta({ id: 'DetectInput' });

export const certificateInput = z.strictObject({ pem: z.string().min(1).max(200_000) }).meta({ id: 'CertificateInput' });
export const certificateList = list(certificateInfo).meta({ id: 'CertificateList' });
