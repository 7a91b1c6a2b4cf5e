import { z } from 'zod';
import { caller, type Routes } from '../api.ts';
import { callerNow } from '../plugins/authentication.ts';
import { presentCopy, presentCopyPlans } from '../present/copy.ts';
import { requestSignal } from '../request-signal.ts';
import { copy, copyInput, copyList, copyPage, copyPlanList, copyPlanQuery, copyQuery } from '../schemas/copy.ts';
import { type ServerSentEvent, sendEvents } from '../server-sent-events.ts';
import type { Copy } from '../../distribution/index.ts';

const tags = ['Copies'];
const params = z.object({ copy: z.string().min(1).max(64).describe('Id') });

/** Copies that the hub makes. */
export const copyRoutes: Routes = (api, services) => {
  const { copies } = services;

  api.get(
    '/copies',
    {
      config: { permission: 'copy:read' },
      schema: {
        operationId: 'listCopies',
        tags,
        summary: 'List copies, newest first',
        description: 'Those of which you may see both registries. Copies that ended are kept for 90 days, at most 10,000 of them.',
        querystring: copyQuery,
        response: { 200: copyPage },
      },
    },
    async (request) => {
      const { items, ...same } = await copies.list(caller(request), request.query);
      return { ...same, items: items.map(presentCopy) };
    },
  );

  api.post(
    '/copies',
    {
      config: { permission: 'copy:write' },
      schema: {
        operationId: 'startCopies',
        tags,
        summary: 'Copy an image to one or several repositories',
        description:
          'Answers as soon as everything was found to be in order: one copy for each destination, in the order of the request. They are made in the background, a few at a time.',
        body: copyInput,
        response: { 201: copyList },
      },
    },
    async (request, reply) => {
      const started = await copies.start(caller(request), request.body, requestSignal(reply));
      return reply.code(201).send({ items: started.map(presentCopy) });
    },
  );

  api.post(
    '/copies/plan',
    {
      config: { permission: 'copy:write' },
      schema: {
        operationId: 'planCopies',
        tags,
        summary: 'Find out what copies would do',
        description: 'What is at the destinations already, what would be moved, and what it costs. Writes nothing.',
        querystring: copyPlanQuery,
        body: copyInput,
        response: { 200: copyPlanList },
      },
    },
    async (request, reply) => {
      const options = { namesOnly: request.query.names === 'true', signal: requestSignal(reply) };
      return presentCopyPlans(await copies.plan(caller(request), request.body, options));
    },
  );

  api.get(
    '/copies/:copy',
    {
      config: { permission: 'copy:read' },
      schema: { operationId: 'getCopy', tags, summary: 'Read a copy', params, response: { 200: copy } },
    },
    async (request) => presentCopy(await copies.get(caller(request), request.params.copy)),
  );

  api.get(
    '/copies/:copy/events',
    {
      exposeHeadRoute: false,
      config: { permission: 'copy:read', events: { progress: copy, copy }, eventsOnly: true },
      schema: {
        operationId: 'followCopy',
        tags,
        summary: 'Follow a copy as it goes on',
        description:
          'Server-sent events: `progress` with the copy, whenever it moved on, four times a second at most; then `copy`, once it has ended, and nothing more.',
        params,
      },
    },
    async (request, reply) => {
      const { copy: id } = request.params;
      return sendEvents(request, reply, (signal) => events(copies.follow(() => callerNow(request, services), id, signal)));
    },
  );

  api.post(
    '/copies/:copy/cancel',
    {
      config: { permission: 'copy:write' },
      schema: {
        operationId: 'cancelCopy',
        tags,
        summary: 'Cancel a copy',
        description:
          'One that is queued is canceled at once; one that is running a moment later (`canceling`), and its tags stay as they were. Nothing happens to one that has ended.',
        params,
        response: { 200: copy },
      },
    },
    async (request) => presentCopy(await copies.cancel(caller(request), request.params.copy)),
  );

  api.post(
    '/copies/:copy/retry',
    {
      config: { permission: 'copy:write' },
      schema: {
        operationId: 'retryCopy',
        tags,
        summary: 'Make a copy again that failed or was canceled',
        description: 'Answers a new copy with the same ends, tags and settings. What has arrived is not sent again.',
        params,
        response: { 201: copy },
      },
    },
    async (request, reply) => reply.code(201).send(presentCopy(await copies.retry(caller(request), request.params.copy))),
  );
};

async function* events(following: AsyncGenerator<Copy>): AsyncGenerator<ServerSentEvent> {
  for await (const now of following) yield { event: now.finishedAt === undefined ? 'progress' : 'copy', data: presentCopy(now) };
}
