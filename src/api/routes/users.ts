import { z } from 'zod';
import { caller, type Routes } from '../api.ts';
import { expectedVersion, tagVersion } from '../etag.ts';
import { paginate } from '../paginate.ts';
import { presentUser } from '../present/access.ts';
import { user, userInput, userPage, userPatch } from '../schemas/access.ts';
import { key, pageQuery } from '../schemas/common.ts';

const tags = ['People'];
const params = z.object({ id: key.describe('Id or name') });

export const userRoutes: Routes = (api, { users }) => {
  api.get(
    '/users',
    {
      config: { permission: 'user:read' },
      schema: {
        operationId: 'listUsers',
        tags,
        summary: 'List the people of this hub',
        querystring: pageQuery,
        response: { 200: userPage },
      },
    },
    async (request) => {
      const page = paginate(await users.list(caller(request)), request.query, (row) => row.name.toLowerCase());
      return { ...page, items: page.items.map(presentUser) };
    },
  );

  api.post(
    '/users',
    {
      config: { permission: 'user:write' },
      schema: { operationId: 'createUser', tags, summary: 'Add a person', body: userInput, response: { 201: user } },
    },
    async (request, reply) => {
      const created = await users.create(caller(request), request.body);
      tagVersion(reply, created.version);
      return reply.code(201).header('location', `/api/v1/users/${created.id}`).send(presentUser(created));
    },
  );

  api.get(
    '/users/:id',
    {
      config: { permission: 'user:read', editable: true },
      schema: { operationId: 'getUser', tags, summary: 'Read one person', params, response: { 200: user } },
    },
    async (request, reply) => {
      const found = await users.get(caller(request), request.params.id);
      tagVersion(reply, found.version);
      return presentUser(found);
    },
  );

  api.patch(
    '/users/:id',
    {
      config: { permission: 'user:write', editable: true },
      schema: {
        operationId: 'updateUser',
        tags,
        summary: 'Change role, name or password, or disable the account',
        params,
        body: userPatch,
        response: { 200: user },
      },
    },
    async (request, reply) => {
      const updated = await users.update(caller(request), request.params.id, request.body, expectedVersion(request));
      tagVersion(reply, updated.version);
      return presentUser(updated);
    },
  );

  api.delete(
    '/users/:id',
    {
      config: { permission: 'user:write', editable: true },
      schema: {
        operationId: 'deleteUser',
        tags,
        summary: 'Remove a person, their sessions and tokens',
        params,
        response: { 204: z.undefined() },
      },
    },
    async (request, reply) => {
      await users.remove(caller(request), request.params.id, expectedVersion(request));
      return reply.code(204).send();
    },
  );
};
