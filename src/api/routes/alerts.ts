import { z } from 'zod';
import { caller, type Routes } from '../api.ts';
import { presentAlert, presentAlerts } from '../present/credential.ts';
import { key } from '../schemas/common.ts';
import { alert, alertList, alertQuery } from '../schemas/credential.ts';

const tags = ['Alerts'];

/** What an operator has to see to before it hurts. */
export const alertRoutes: Routes = (api, { alerts }) => {
  api.get(
    '/alerts',
    {
      config: { permission: 'registry:read' },
      schema: {
        operationId: 'listAlerts',
        tags,
        summary: 'List alerts, worst first',
        description: 'Of the registries that you may see. An alert goes when its cause is gone.',
        querystring: alertQuery,
        response: { 200: alertList },
      },
    },
    async (request) => {
      const { acknowledged, ...filter } = request.query;
      return presentAlerts(
        await alerts.list(caller(request), { ...filter, ...(acknowledged !== undefined && { acknowledged: acknowledged === 'true' }) }),
      );
    },
  );

  api.post(
    '/alerts/:id/acknowledge',
    {
      config: { permission: 'registry:test' },
      schema: {
        operationId: 'acknowledgeAlert',
        tags,
        summary: 'Say that somebody sees to it',
        description: 'It stays listed until its cause is gone, and comes up again when it gets worse.',
        params: z.object({ id: key }),
        response: { 200: alert },
      },
    },
    async (request) => presentAlert(await alerts.acknowledge(caller(request), request.params.id)),
  );
};
