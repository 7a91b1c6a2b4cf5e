import { z } from 'zod';
import { caller, type Routes } from '../api.ts';
import { expectedVersion, tagVersion } from '../etag.ts';
import { presentSyncImport, presentSyncReport, presentSyncRule, presentSyncRun } from '../present/sync.ts';
import { requestSignal } from '../request-signal.ts';
import { key } from '../schemas/common.ts';
import {
  syncImportInput,
  syncImportResult,
  syncPlanInput,
  syncReport,
  syncRule,
  syncRuleInput,
  syncRulePage,
  syncRulePatch,
  syncRuleQuery,
  syncRun,
  syncRunInput,
  syncRunPage,
  syncRunQuery,
} from '../schemas/sync.ts';

const tags = ['Sync rules'];
const params = z.object({ rule: key.describe('Id or name') });
const runParams = z.object({ run: key.describe('Id') });

/** Several documents in one body, with the escapes of JSON. */
const importLimit = 4 * 1024 * 1024;

/** Rules that keep repositories in step, and their plans and runs. */
export const syncRoutes: Routes = (api, { syncRules }) => {
  api.get(
    '/sync-rules',
    {
      config: { permission: 'sync:read' },
      schema: {
        operationId: 'listSyncRules',
        tags,
        summary: 'List sync rules, by name',
        description: 'Those of which you may see both registries.',
        querystring: syncRuleQuery,
        response: { 200: syncRulePage },
      },
    },
    async (request) => {
      const { enabled, ...query } = request.query;
      const page = await syncRules.page(caller(request), { ...query, ...(enabled !== undefined && { enabled: enabled === 'true' }) });
      return { ...page, items: page.items.map(presentSyncRule) };
    },
  );

  api.post(
    '/sync-rules',
    {
      config: { permission: 'sync:write' },
      schema: {
        operationId: 'createSyncRule',
        tags,
        summary: 'Make a sync rule',
        description:
          'It runs by itself once it is enabled, and for that a plan has to have been made (`sync_plan_needed`): of the rule, or of the same settings by `POST /sync-rules/plan` shortly before.',
        body: syncRuleInput,
        response: { 201: syncRule },
      },
    },
    async (request, reply) => {
      const created = await syncRules.create(caller(request), request.body);
      tagVersion(reply, created.version);
      return reply.code(201).header('location', `/api/v1/sync-rules/${created.id}`).send(presentSyncRule(created));
    },
  );

  api.post(
    '/sync-rules/plan',
    {
      config: { permission: 'sync:write' },
      schema: {
        operationId: 'planSync',
        tags,
        summary: 'See what settings that are not saved would do',
        description: 'Changes nothing. Lists the source and compares each tag, so it takes as long as that takes.',
        body: syncPlanInput,
        response: { 200: syncReport },
      },
    },
    async (request, reply) => presentSyncReport(await syncRules.plan(caller(request), request.body.spec, requestSignal(reply))),
  );

  api.post(
    '/sync-rules/import',
    {
      bodyLimit: importLimit,
      config: { permission: 'sync:write' },
      schema: {
        operationId: 'importSyncRules',
        tags,
        summary: 'Make sync rules from documents',
        description:
          'Each entry becomes a rule that is not enabled; one that fails does not stop the others. Registries are found by the hosts that the documents name.',
        body: syncImportInput,
        response: { 200: syncImportResult },
      },
    },
    async (request) => {
      const { entries, notes } = await syncRules.import(caller(request), request.body);
      return { items: entries.map((entry) => presentSyncImport(entry, request.id)), notes: [...notes] };
    },
  );

  api.get(
    '/sync-rules/:rule',
    {
      config: { permission: 'sync:read', editable: true },
      schema: { operationId: 'getSyncRule', tags, summary: 'Read one sync rule', params, response: { 200: syncRule } },
    },
    async (request, reply) => {
      const found = await syncRules.get(caller(request), request.params.rule);
      tagVersion(reply, found.version);
      return presentSyncRule(found);
    },
  );

  api.patch(
    '/sync-rules/:rule',
    {
      config: { permission: 'sync:write', editable: true },
      schema: {
        operationId: 'updateSyncRule',
        tags,
        summary: 'Change a sync rule, enable or disable it',
        description:
          'Absent members stay as they are; a spec is given whole. Enabling, and changing what an enabled rule does, needs a plan of it (`sync_plan_needed`), unless `unseen` says otherwise.',
        params,
        body: syncRulePatch,
        response: { 200: syncRule },
      },
    },
    async (request, reply) => {
      const updated = await syncRules.update(caller(request), request.params.rule, request.body, expectedVersion(request));
      tagVersion(reply, updated.version);
      return presentSyncRule(updated);
    },
  );

  api.delete(
    '/sync-rules/:rule',
    {
      config: { permission: 'sync:write', editable: true },
      schema: {
        operationId: 'deleteSyncRule',
        tags,
        summary: 'Remove a sync rule and its history',
        description: 'Refused while a run is under way. Nothing changes at the registries.',
        params,
        response: { 204: z.undefined() },
      },
    },
    async (request, reply) => {
      await syncRules.remove(caller(request), request.params.rule, expectedVersion(request));
      return reply.code(204).send();
    },
  );

  api.get(
    '/sync-rules/:rule/runs',
    {
      config: { permission: 'sync:read' },
      schema: {
        operationId: 'listSyncRuns',
        tags,
        summary: 'List plans and runs of a sync rule',
        description: 'Newest first. Kept for 90 days, the last 200 of a rule at most.',
        params,
        querystring: syncRunQuery,
        response: { 200: syncRunPage },
      },
    },
    async (request) => {
      const page = await syncRules.runs(caller(request), request.params.rule, request.query);
      return { ...page, items: page.items.map(presentSyncRun) };
    },
  );

  api.post(
    '/sync-rules/:rule/runs',
    {
      config: { permission: 'sync:write' },
      schema: {
        operationId: 'startSyncRun',
        tags,
        summary: 'Plan or run a sync rule now',
        description:
          'One at a time: refused (`sync_running`) while another is under way. Also possible for a rule that is not enabled; to run, a plan of it has to have been made (`sync_plan_needed`), unless `unseen` says otherwise.',
        params,
        body: syncRunInput,
        response: { 202: syncRun },
      },
    },
    async (request, reply) => {
      const { kind, ...options } = request.body;
      const run = await syncRules.run(caller(request), request.params.rule, kind, options);
      return reply.code(202).header('location', `/api/v1/sync-runs/${run.id}`).send(presentSyncRun(run));
    },
  );

  api.get(
    '/sync-runs/:run',
    {
      config: { permission: 'sync:read' },
      schema: { operationId: 'getSyncRun', tags, summary: 'Read one plan or run', params: runParams, response: { 200: syncRun } },
    },
    async (request) => presentSyncRun(await syncRules.getRun(caller(request), request.params.run)),
  );

  api.post(
    '/sync-runs/:run/cancel',
    {
      config: { permission: 'sync:write' },
      schema: {
        operationId: 'cancelSyncRun',
        tags,
        summary: 'Stop a plan or run',
        description: 'What it has copied stays. A later run goes on where it stopped.',
        params: runParams,
        response: { 200: syncRun },
      },
    },
    async (request) => presentSyncRun(await syncRules.cancel(caller(request), request.params.run)),
  );
};
