import { caller, type Routes } from '../api.ts';
import { presentOutcome } from '../present/import.ts';
import { exported, exportQuery, importInput, importPlan, importPlanInput, importResult } from '../schemas/import.ts';

const tags = ['Imports'];

/** Several documents in one body, with the escapes of JSON. */
const bodyLimit = 4 * 1024 * 1024;

export const importRoutes: Routes = (api, { imports }) => {
  api.post(
    '/imports/plan',
    {
      bodyLimit,
      config: { permission: 'registry:write' },
      schema: {
        operationId: 'planImport',
        tags,
        summary: "See what an import would do with another system's registries",
        description: 'Changes nothing. Secrets of the documents are not in the answer: it says which were found and which are missing.',
        body: importPlanInput,
        response: { 200: importPlan },
      },
    },
    async (request) => imports.plan(caller(request), request.body),
  );

  api.post(
    '/imports',
    {
      bodyLimit,
      config: { permission: 'registry:write' },
      schema: {
        operationId: 'importRegistries',
        tags,
        summary: "Take over another system's registries",
        description: 'Plans again and applies the entries one by one: one that fails does not stop the others.',
        body: importInput,
        response: { 200: importResult },
      },
    },
    async (request) => {
      const outcomes = await imports.apply(caller(request), request.body);
      return { outcomes: outcomes.map((outcome) => presentOutcome(outcome, request.id)) };
    },
  );

  api.get(
    '/exports',
    {
      config: { permission: 'registry:read' },
      schema: {
        operationId: 'exportRegistries',
        tags,
        summary: 'Write the registries that you may see as a file, without secrets',
        querystring: exportQuery,
        response: { 200: exported },
      },
    },
    async (request) => imports.export(caller(request), request.query.format),
  );
};
