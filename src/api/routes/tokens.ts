import { z } from 'zod';
import { caller, type Routes } from '../api.ts';
import { paginate } from '../paginate.ts';
import { presentToken } from '../present/access.ts';
import { apiTokenInput, apiTokenPage, createdApiToken, tokenQuery } from '../schemas/access.ts';
import { key } from '../schemas/common.ts';

const tags = ['Tokens'];

export const tokenRoutes: Routes = (api, { tokens }) => {
  api.get(
    '/tokens',
    {
      config: { permission: 'token:read' },
      schema: {
        operationId: 'listTokens',
        tags,
        summary: 'List API tokens, without the tokens themselves',
        querystring: tokenQuery,
        response: { 200: apiTokenPage },
      },
    },
    async (request) => {
      const { all, ...query } = request.query;
      const page = paginate(await tokens.list(caller(request), { all }), query, (token) => token.id);
      return { ...page, items: page.items.map(presentToken) };
    },
  );

  api.post(
    '/tokens',
    {
      config: { permission: 'token:write' },
      schema: { operationId: 'createToken', tags, summary: 'Create an API token', body: apiTokenInput, response: { 201: createdApiToken } },
    },
    async (request, reply) => {
      const { token, secret } = await tokens.create(caller(request), request.body);
      return reply.code(201).send({ token: presentToken(token), secret });
    },
  );

  api.delete(
    '/tokens/:id',
    {
      config: { permission: 'token:write' },
      schema: {
        operationId: 'deleteToken',
        tags,
        summary: 'Revoke an API token',
        params: z.object({ id: key }),
        response: { 204: z.undefined() },
      },
    },
    async (request, reply) => {
      await tokens.revoke(caller(request), request.params.id);
      return reply.code(204).send();
    },
  );
};
