import { z } from 'zod';
import { syncFormats } from '../../distribution/sync/documents/types.ts';
import { list, page, pageQuery, time } from './common.ts';
import { copyFailure, copySettings } from './copy-settings.ts';

const pattern = z.string().max(2000);
const patterns = z.array(pattern).max(500);
const registryKey = z.string().min(1).max(64).describe('Id or name of a registry; ids in answers');

const tagSelection = z
  .strictObject({
    include: patterns
      .optional()
      .describe(
        'Any of: a name or glob over the whole tag (`1.4.*`), a range of semantic versions (`>=1.4 <2`), `/re2/`. Default: all tags',
      ),
    exclude: patterns.optional().describe('None of'),
    newest: z
      .strictObject({ count: z.int().min(1).max(100_000), by: z.enum(['version', 'pushed']) })
      .optional()
      .describe('Of those, the newest so many'),
    pushedWithin: z.string().max(100).optional().describe('`30d`, `12h`; only where the registry tells push times'),
  })
  .meta({ id: 'TagSelection' });

const syncSchedule = z
  .strictObject({
    every: z.string().max(100).optional().describe('`15m`, `6h`, `1d`; at least one minute. Either this or `cron`'),
    cron: z.string().max(200).optional().describe('Five fields'),
    timeZone: z.string().max(100).optional().describe('Of `cron`, e.g. Europe/Berlin. Default UTC'),
    onChange: z
      .boolean()
      .optional()
      .describe(
        'Runs only when the source changed: looked at as often as `every` says (default 5m), and at once when this hub wrote to it',
      ),
  })
  .meta({ id: 'SyncSchedule' });

export const syncSpec = z
  .strictObject({
    source: z.strictObject({
      registry: registryKey,
      repositories: patterns.min(1).describe('Names or globs: `shop/*`; `**` crosses slashes'),
      exclude: patterns.optional(),
      tags: tagSelection.optional(),
    }),
    destination: z.strictObject({
      registry: registryKey,
      repository: z.string().min(1).max(500).optional().describe('Rule for the name: `mirror/{repository}`. Default `{repository}`'),
      tag: z.string().min(1).max(500).optional().describe('Rule for the tag. Default `{tag}`'),
    }),
    mode: z
      .enum(['one-way', 'mirror'])
      .optional()
      .describe("`mirror` deletes tags of the destination's repositories that the rule would not put there. Default `one-way`"),
    deletionLimit: z
      .number()
      .min(0)
      .max(100)
      .optional()
      .describe(
        "Of mirrors: a run that would delete more than this share of a repository's tags deletes nothing there. Per cent, default 10",
      ),
    schedule: syncSchedule.optional(),
    settings: copySettings.optional(),
  })
  .meta({ id: 'SyncSpec' });

const syncItem = z
  .object({
    action: z.enum(['copy', 'delete', 'keep', 'skip']),
    source: z.object({ repository: z.string(), tag: z.string(), digest: z.string().optional() }).optional(),
    destination: z.object({ repository: z.string(), tag: z.string(), digest: z.string().optional() }),
    outcome: z.enum(['planned', 'done', 'failed', 'kept']),
    bytes: z.number().optional().describe('Bytes to move, or that were moved'),
    reason: z.string().optional().describe('Why it was skipped or kept, or failed'),
    code: z.string().optional().describe('See docs/reference/errors.md'),
  })
  .meta({ id: 'SyncItem' });

export const syncCounts = z
  .object({
    repositories: z.int(),
    tags: z.int().describe('Tags that the rule chose'),
    unchanged: z.int(),
    copied: z.int(),
    deleted: z.int(),
    failed: z.int(),
    skipped: z.int().describe('Not done on purpose'),
    bytes: z.object({ moved: z.number(), saved: z.number() }),
    requests: z.object({ source: z.int(), destination: z.int() }).describe('Made; in plans those that a run would make'),
    quota: z
      .object({ cost: z.number(), remaining: z.number().optional(), limit: z.number().optional(), resetsAt: time.optional() })
      .optional()
      .describe("What it takes of the source's quota, and what is left of it"),
  })
  .meta({ id: 'SyncCounts' });

const partialListing = z.object({ repository: z.string(), reason: z.string() });

export const syncReport = z
  .object({
    counts: syncCounts,
    items: z.array(syncItem).describe('The first thousand that something would be done about'),
    partial: z.array(partialListing).describe('Listings that did not come to their end: nothing is deleted there'),
  })
  .meta({ id: 'SyncReport' });

const doneOf = z.object({ total: z.int(), done: z.int() });

export const syncRun = z
  .object({
    id: z.string(),
    rule: z.object({ id: z.string(), name: z.string() }),
    ruleVersion: z.int().describe('What the rule was when it began'),
    kind: z.enum(['plan', 'run']),
    state: z.enum(['queued', 'running', 'done', 'failed', 'canceled']),
    canceling: z.boolean().describe('It was told to stop, and is about to'),
    cause: z.enum(['person', 'schedule', 'change']),
    by: z.object({ kind: z.enum(['user', 'token', 'system']), id: z.string().optional(), name: z.string() }),
    createdAt: time,
    startedAt: time.optional(),
    finishedAt: time.optional(),
    progress: z
      .object({
        phase: z.enum(['listing', 'tags', 'deleting']).describe('`listing`: the totals still grow'),
        repositories: doneOf,
        tags: doneOf,
      })
      .optional()
      .describe('How far it is, while it runs'),
    counts: syncCounts.optional().describe('So far, while it runs'),
    items: z.array(syncItem).optional().describe('The first thousand; only where one run is read'),
    partial: z.array(partialListing).optional().describe('Listings that did not come to their end; only where one run is read'),
    failure: copyFailure.optional(),
  })
  .meta({ id: 'SyncRun' });

const registryRef = z.object({ id: z.string(), name: z.string() });

export const syncRule = z
  .object({
    id: z.string(),
    name: z.string(),
    version: z.int(),
    enabled: z.boolean().describe('Whether it runs by itself'),
    spec: syncSpec.describe('Its registries are ids'),
    source: registryRef,
    destination: registryRef,
    planned: z.boolean().describe('A plan of what the rule is now has been made, so that it may be enabled'),
    nextRunAt: time.optional().describe('When it runs next by itself; of a rule that runs on changes: when its source is looked at next'),
    lastRun: syncRun.optional().describe('The one under way, else the last one'),
    lastOutcome: syncRun.optional().describe('The last run that ended, where lastRun is another one: a plan, or what is under way'),
    failing: z
      .object({ runs: z.int().describe('In a row, of those that are kept'), since: time })
      .optional()
      .describe('While its last run failed: how often, and since when'),
    createdAt: time,
    createdBy: z.string(),
    updatedAt: time,
    updatedBy: z.string(),
  })
  .meta({ id: 'SyncRule' });

export const syncRuleInput = z
  .strictObject({
    name: z.string().min(1).max(200),
    spec: syncSpec,
    enabled: z.boolean().optional().describe('Default false'),
    unseen: z.boolean().optional().describe('Enable it although no plan of it was made'),
  })
  .meta({ id: 'SyncRuleInput' });

export const syncRulePatch = syncRuleInput.partial().meta({ id: 'SyncRulePatch' });

export const syncRulePage = page(syncRule).meta({ id: 'SyncRulePage' });
export const syncRuleQuery = pageQuery.extend({
  registry: z.string().max(64).optional().describe('Id or name, as source or destination'),
  enabled: z.enum(['true', 'false']).optional(),
  q: z.string().max(200).optional().describe('Part of the name'),
});

export const syncPlanInput = z.strictObject({ spec: syncSpec }).meta({ id: 'SyncPlanInput' });
export const syncRunInput = z
  .strictObject({
    kind: z.enum(['plan', 'run']).describe('`plan` changes nothing, and says what a run would do'),
    unseen: z.boolean().optional().describe('Run it although no plan of it was made'),
  })
  .meta({ id: 'SyncRunInput' });
export const syncRunPage = page(syncRun).meta({ id: 'SyncRunPage' });
export const syncRunQuery = pageQuery.extend({ kind: z.enum(['plan', 'run']).optional() });

export const syncImportInput = z
  .strictObject({
    format: z
      .enum(syncFormats)
      .optional()
      .describe('`tagboat`: rules as Tagboat writes them; `regsync`: regsync.yml; `skopeo`: the YAML of `skopeo sync`. Default: found out'),
    documents: z
      .array(
        z.strictObject({
          name: z.string().max(500).optional().describe('Name of the file, for messages'),
          content: z
            .string()
            .max(1024 * 1024)
            .describe('YAML, at most 1 MiB'),
        }),
      )
      .min(1)
      .max(20),
    dryRun: z.boolean().optional().describe('Only say what would become of each'),
    destination: z
      .string()
      .max(500)
      .optional()
      .describe("Of skopeo's documents: registry, or registry and what its repositories begin with, e.g. registry.acme.io/mirror"),
    scoped: z.boolean().optional().describe("Of skopeo's documents: keep the whole name of the source below the destination"),
  })
  .meta({ id: 'SyncImportInput' });

export const syncImportResult = list(
  z.object({
    name: z.string().describe('Name of the rule'),
    from: z.string().describe('Where it stands in the documents'),
    outcome: z.enum(['planned', 'created', 'failed']),
    spec: syncSpec.describe('As it was read; registries that were not found are what the document says'),
    notes: z.array(z.string()).describe('What has no counterpart, or deserves a look'),
    rule: z.object({ id: z.string(), name: z.string() }).optional(),
    problem: z
      .object({
        code: z.string(),
        detail: z.string(),
        help: z.string().optional(),
        fields: z.array(z.object({ field: z.string(), message: z.string() })).optional(),
      })
      .optional()
      .describe('Of failed: why it cannot be made'),
  }),
)
  .extend({ notes: z.array(z.string()).describe('Of the documents as a whole') })
  .meta({ id: 'SyncImportResult' });
