import { z } from 'zod';
import { caller, type Routes } from '../api.ts';
import { callerNow } from '../plugins/authentication.ts';
import { presentAuditEntry } from '../present/access.ts';
import { auditPage, auditQuery } from '../schemas/access.ts';
import { about, hubEvent } from '../schemas/hub.ts';
import { sendEvents } from '../server-sent-events.ts';
import { visibleEvents } from '../visible-events.ts';

const tags = ['Hub'];

export const hubRoutes: Routes = (api, services) => {
  api.get(
    '/about',
    {
      config: { permission: 'public' },
      schema: { operationId: 'getAbout', tags, summary: 'Read name, version and state of the hub', response: { 200: about } },
    },
    async (request) => ({
      name: 'Tagboat' as const,
      version: services.version,
      setupNeeded: await services.setup.needed(),
      ...(request.principal && {
        store: services.store.kind,
        keys: services.keyring.state,
        startedAt: new Date(services.startedAt).toISOString(),
      }),
    }),
  );

  api.post(
    '/keys/loss',
    {
      config: { permission: 'hub:write' },
      schema: {
        operationId: 'acceptKeyLoss',
        tags,
        summary: 'Give up the secrets whose master key is lost',
        description: 'Makes a new key, so that secrets can be entered again. Does nothing while the keys are `ready`.',
        response: { 204: z.undefined() },
      },
    },
    async (request, reply) => {
      const principal = caller(request);
      if (services.keyring.state === 'lost') {
        await services.keyring.acceptLoss();
        await services.audit.record({ principal, action: 'hub.key-loss-accepted' });
      }
      return reply.code(204).send();
    },
  );

  api.get(
    '/audit',
    {
      config: { permission: 'audit:read' },
      schema: {
        operationId: 'listAudit',
        tags,
        summary: 'List who did what, newest first',
        querystring: auditQuery,
        response: { 200: auditPage },
      },
    },
    async (request) => {
      const { from, to, ...query } = request.query;
      const page = await services.audit.list({ ...query, ...(from && { from: Date.parse(from) }), ...(to && { to: Date.parse(to) }) });
      return { ...page, items: page.items.map(presentAuditEntry) };
    },
  );

  api.get(
    '/events',
    {
      exposeHeadRoute: false,
      config: { permission: 'authenticated', events: { change: hubEvent }, eventsOnly: true },
      schema: {
        operationId: 'watchEvents',
        tags,
        summary: 'Follow changes as they happen',
        description:
          'Server-sent events, each named `change`. Events are hints: they may be lost, and a client that reconnects reads again what it shows.',
      },
    },
    async (request, reply) =>
      sendEvents(request, reply, (signal) => visibleEvents(() => callerNow(request, services), services, signal), { open: true }),
  );
};
