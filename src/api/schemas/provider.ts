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
    fromUrl: z.literal(true).optional().describe("The provider's own addresses tell it: needed only where the URL is another"),
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
    presets: z
      .array(
        z.object({
          title: z.string(),
          url: z.string().optional().describe('Its one address; absent for what people run themselves'),
          signIn: z.string().optional(),
          fields: z.record(z.string(), z.string()).optional().describe('What everybody enters there'),
          help: z.string(),
        }),
      )
      .optional()
      .describe('Products and public registries that this provider serves as it is'),
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

/** A kind of place that secrets can be read from. */
export const credentialSource = z
  .object({
    scheme: z.string().describe('What references begin with, without the colon: `exec`, `vault`, …'),
    title: z.string(),
    example: z.string().describe('A whole reference'),
    available: z.boolean().describe('This hub was set up for it'),
    reason: z.string().optional().describe('What to do to have it set up'),
  })
  .meta({ id: 'CredentialSource' });

export const credentialSourceList = list(credentialSource).meta({ id: 'CredentialSourceList' });

export const providerList = list(provider).meta({ id: 'ProviderList' });

export const detectInput = z
  .strictObject({
    text: z.string().min(1).max(200_000).describe('What was pasted'),
    probe: z.boolean().optional().describe('Ask the address that was found what it is, without credentials'),
  })
  .meta({ id: 'DetectInput' });

export const certificateInput = z.strictObject({ pem: z.string().min(1).max(200_000) }).meta({ id: 'CertificateInput' });
export const certificateList = list(certificateInfo).meta({ id: 'CertificateList' });
