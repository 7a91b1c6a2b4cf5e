import { z } from 'zod';
import { copyFailure, copySettings } from './copy-settings.ts';
import { list, page, pageQuery, time } from './common.ts';

const repository = z.string().min(1).max(255).describe('As in `/v2/<name>/`');
const registry = z.string().min(1).max(200).describe('Id or name');

export const copyState = z.enum(['queued', 'running', 'done', 'failed', 'canceled']).meta({ id: 'CopyState' });

const end = z.object({
  registryId: z.string().optional().describe('Absent when the registry was removed since'),
  registry: z.string().describe('Name of the registry'),
  repository: z.string(),
});
const sourceEnd = end.extend({ reference: z.string().describe('Tag or digest') });
const destinationEnd = end.extend({ tags: z.array(z.string()).describe('Empty: it is copied by digest only') });

export const copyProgress = z
  .object({
    blobs: z.object({ total: z.int(), done: z.int() }),
    bytes: z
      .object({ total: z.int(), done: z.int(), sent: z.int() })
      .describe('`done`: of `total`, sent or found there; `sent`: went over the wire. The totals grow while the image is read'),
    speed: z.number().describe('Bytes a second over the last seconds'),
    active: z
      .array(z.object({ digest: z.string(), size: z.int(), sent: z.int() }))
      .max(12)
      .describe('Blobs on their way now'),
    notes: z.array(z.string()).describe('What a person should know, such as a rebuilt index'),
  })
  .meta({ id: 'CopyProgress' });

export const copyOutcome = z
  .object({
    digest: z.string(),
    mediaType: z.string(),
    outcome: z.enum(['copied', 'unchanged']),
    rebuilt: z.boolean().describe("Only some platforms were copied, so the digest is not the source's"),
    blobs: z.object({ uploaded: z.int(), mounted: z.int(), present: z.int(), skipped: z.int() }),
    manifests: z.object({ pushed: z.int(), present: z.int() }),
    referrers: z.int(),
    bytes: z.object({ moved: z.int(), saved: z.int() }).describe('`saved`: were at the destination already'),
    requests: z.object({ source: z.int(), destination: z.int() }),
  })
  .meta({ id: 'CopyOutcome' });

export const copy = z
  .object({
    id: z.string(),
    group: z.string().describe('Copies that were asked for together share it'),
    source: sourceEnd,
    destination: destinationEnd,
    settings: copySettings,
    cause: z.enum(['person', 'promotion', 'retry']),
    retryOf: z.string().optional().describe('The copy that this one tries again'),
    by: z.object({ kind: z.enum(['user', 'token', 'system']), id: z.string().optional(), name: z.string() }),
    state: copyState,
    canceling: z.boolean().describe('It was told to stop, and is about to'),
    attempts: z.int(),
    nextAttemptAt: time.optional().describe('When it is tried again, while it is queued after a failure'),
    createdAt: time,
    startedAt: time.optional(),
    finishedAt: time.optional(),
    progress: copyProgress.optional(),
    result: copyOutcome.optional(),
    failure: copyFailure.optional().describe('Why it failed, or why the last attempt did'),
  })
  .meta({ id: 'Copy' });

export const copyPage = page(copy).meta({ id: 'CopyPage' });
export const copyList = list(copy).meta({ id: 'CopyList' });

export const copyQuery = pageQuery.extend({
  state: z
    .enum([...copyState.options, 'open', 'ended'])
    .optional()
    .describe('`open`: queued or running; `ended`: all others'),
  registry: registry.optional().describe('Id or name of the registry at either end'),
  repository: repository.optional().describe('Of either end'),
  group: z.string().max(64).optional(),
  q: z.string().max(200).optional().describe('Text in a repository, tag or name of a registry of either end'),
});

export const copyPlanQuery = z.strictObject({
  names: z
    .enum(['true', 'false'])
    .optional()
    .describe('`true`: only the names and tags, as rules make them. Asks no registry, unless a rule needs the digest of the source'),
});

export const copyInput = z
  .strictObject({
    source: z.strictObject({ registry, repository, reference: z.string().min(1).max(300).describe('Tag or digest') }),
    destinations: z
      .array(
        z.strictObject({
          registry,
          repository: z
            .string()
            .min(1)
            .max(300)
            .optional()
            .describe("Name, or a rule for it such as `prod/{name}`. Default: the source's name"),
          tags: z
            .array(z.string().min(1).max(300))
            .max(20)
            .optional()
            .describe("Tags, or rules for them such as `{tag}-{date:yyyyMMdd}`. Default: the source's tag; none for a digest"),
        }),
      )
      .min(1)
      .max(50),
    settings: copySettings.optional(),
    cause: z.enum(['person', 'promotion']).optional().describe('`promotion`: from one stage to the next. Default `person`'),
    variables: z
      .record(z.string().min(1).max(40), z.string().max(200))
      .optional()
      .describe('Values for `{service}`, `{project}` and variables of your own in rules'),
  })
  .meta({ id: 'CopyInput' });

const copyPlanItem = z
  .object({
    source: sourceEnd,
    destination: destinationEnd,
    result: copyOutcome.optional().describe('What would be done; `bytes.moved` are those to move'),
    quota: z
      .object({ cost: z.int(), limit: z.int(), remaining: z.int() })
      .optional()
      .describe("Requests that count against the source's quota, where its registry announces one"),
    failure: copyFailure.optional().describe('Why it could not be found out'),
  })
  .meta({ id: 'CopyPlan' });

export const copyPlanList = list(copyPlanItem).meta({ id: 'CopyPlanList' });
