import { z } from 'zod';
import { NotFound } from '../../core/errors.ts';
import { caller, type Routes } from '../api.ts';
import { sendDoctorRun } from '../doctor-run.ts';
import { key } from '../schemas/common.ts';
import { doctorReport, doctorStep, testInput, testSavedInput } from '../schemas/registry.ts';

const tags = ['Registries'];
const params = z.object({ registry: key.describe('Id or name') });
const events = { step: doctorStep, report: doctorReport };
const description =
  'With `Accept: text/event-stream` every step is sent as it starts and ends (`event: step`), then the report (`event: report`); otherwise the report alone.';

export const doctorRoutes: Routes = (api, { registries }) => {
  api.post(
    '/registries/test',
    {
      config: { permission: 'registry:test', events },
      schema: {
        operationId: 'testNewRegistry',
        tags,
        summary: 'Test a connection that is not saved',
        description,
        body: testInput,
        response: { 200: doctorReport },
      },
    },
    async (request, reply) => {
      const { registry, options = {} } = request.body;
      return sendDoctorRun(request, reply, (signal) => registries.test(caller(request), registry, undefined, options, signal));
    },
  );

  api.post(
    '/registries/:registry/test',
    {
      config: { permission: 'registry:test', events },
      schema: {
        operationId: 'testRegistry',
        tags,
        summary: 'Test a saved registry, with changes if any are given',
        description,
        params,
        body: testSavedInput,
        response: { 200: doctorReport },
      },
    },
    async (request, reply) => {
      const { changes, options = {} } = request.body;
      return sendDoctorRun(request, reply, (signal) => registries.test(caller(request), request.params.registry, changes, options, signal));
    },
  );

  api.get(
    '/registries/:registry/check',
    {
      config: { permission: 'registry:read' },
      schema: {
        operationId: 'getRegistryCheck',
        tags,
        summary: 'Read the report of the last check',
        params,
        response: { 200: doctorReport },
      },
    },
    async (request) => {
      const report = await registries.lastReport(caller(request), request.params.registry);
      if (!report)
        throw new NotFound('This registry has not been checked yet.', { help: 'Test it now, or wait for the next background check.' });
      return report;
    },
  );
};
