import { z } from 'zod';
import { NotFound } from '../../core/errors.ts';
import { caller, type Routes } from '../api.ts';
import { requestSignal } from '../request-signal.ts';
import { key } from '../schemas/common.ts';
import { doctorReport, doctorStep, testInput, testSavedInput } from '../schemas/registry.ts';
import { acceptsEvents, type ServerSentEvent, sendEvents } from '../server-sent-events.ts';

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
      const run = (signal: AbortSignal): Run => registries.test(caller(request), registry, undefined, options, signal);
      return acceptsEvents(request)
        ? sendEvents(request, reply, (signal) => doctorEvents(run(signal)))
        : reportOf(run(requestSignal(reply)));
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
      const run = (signal: AbortSignal): Run => registries.test(caller(request), request.params.registry, changes, options, signal);
      return acceptsEvents(request)
        ? sendEvents(request, reply, (signal) => doctorEvents(run(signal)))
        : reportOf(run(requestSignal(reply)));
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

type Run = AsyncGenerator<z.output<typeof doctorStep>, z.output<typeof doctorReport>>;

/** Steps as they come, the report at the end. */
async function* doctorEvents(run: Run): AsyncGenerator<ServerSentEvent> {
  for (;;) {
    const next = await run.next();
    yield next.done ? { event: 'report', data: next.value } : { event: 'step', data: next.value };
    if (next.done) return;
  }
}

async function reportOf(run: Run): Promise<z.output<typeof doctorReport>> {
  for (;;) {
    const next = await run.next();
    if (next.done) return next.value;
  }
}
