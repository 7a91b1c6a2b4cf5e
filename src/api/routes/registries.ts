import { z } from 'zod';
import { formatReference, parseReference } from '../../oci/index.ts';
import { caller, type Routes } from '../api.ts';
import { expectedVersion, tagVersion } from '../etag.ts';
import { paginate } from '../paginate.ts';
import { presentRegistry } from '../present/registry.ts';
import { key } from '../schemas/common.ts';
import {
  deleteRegistryQuery,
  matchQuery,
  referenceList,
  registry,
  registryInput,
  registryMatch,
  registryPage,
  registryPatch,
  registryQuery,
} from '../schemas/registry.ts';

const tags = ['Registries'];
const params = z.object({ registry: key.describe('Id or name') });

export const registryRoutes: Routes = (api, { registries }) => {
  api.get(
    '/registries',
    {
      config: { permission: 'registry:read' },
      schema: {
        operationId: 'listRegistries',
        tags,
        summary: 'List registries',
        querystring: registryQuery,
        response: { 200: registryPage },
      },
    },
    async (request) => {
      const { cursor, limit, ...filter } = request.query;
      const page = paginate(await registries.list(caller(request), filter), { cursor, limit }, (row) => row.name.toLowerCase());
      return { ...page, items: page.items.map(presentRegistry) };
    },
  );

  api.post(
    '/registries',
    {
      config: { permission: 'registry:write' },
      schema: {
        operationId: 'createRegistry',
        tags,
        summary: 'Connect a registry',
        description: 'The first registry becomes the default one. Secrets are sealed and never returned.',
        body: registryInput,
        response: { 201: registry },
      },
    },
    async (request, reply) => {
      const created = await registries.create(caller(request), request.body);
      tagVersion(reply, created.version);
      return reply.code(201).header('location', `/api/v1/registries/${created.id}`).send(presentRegistry(created));
    },
  );

  api.get(
    '/registries/match',
    {
      config: { permission: 'registry:read' },
      schema: {
        operationId: 'matchRegistry',
        tags,
        summary: 'Find the registry that an image reference belongs to',
        description: 'The longest prefix of host and path wins.',
        querystring: matchQuery,
        response: { 200: registryMatch },
      },
    },
    async (request) => {
      const match = await registries.match(caller(request), request.query.reference);
      if (!match) return { reference: formatReference(parseReference(request.query.reference)), others: [] };
      return {
        registry: presentRegistry(match.registry),
        reference: formatReference(match.reference),
        via: match.via,
        others: match.others.map((other) => ({ id: other.id, name: other.name, prefix: other.prefix })),
      };
    },
  );

  api.get(
    '/registries/:registry',
    {
      config: { permission: 'registry:read', editable: true },
      schema: { operationId: 'getRegistry', tags, summary: 'Read one registry', params, response: { 200: registry } },
    },
    async (request, reply) => {
      const found = await registries.get(caller(request), request.params.registry);
      tagVersion(reply, found.version);
      return presentRegistry(found);
    },
  );

  api.patch(
    '/registries/:registry',
    {
      config: { permission: 'registry:write', editable: true },
      schema: {
        operationId: 'updateRegistry',
        tags,
        summary: 'Change a registry',
        description: 'Absent members stay as they are. An empty secret keeps the stored one; `null` clears it.',
        params,
        body: registryPatch,
        response: { 200: registry },
      },
    },
    async (request, reply) => {
      const updated = await registries.update(caller(request), request.params.registry, request.body, expectedVersion(request));
      tagVersion(reply, updated.version);
      return presentRegistry(updated);
    },
  );

  api.delete(
    '/registries/:registry',
    {
      config: { permission: 'registry:delete', editable: true },
      schema: {
        operationId: 'deleteRegistry',
        tags,
        summary: 'Remove a registry',
        description: 'Refused while something refers to it (`in_use`, with the references). Nothing changes at the registry itself.',
        params,
        querystring: deleteRegistryQuery,
        response: { 204: z.undefined() },
      },
    },
    async (request, reply) => {
      const { nextDefault } = request.query;
      await registries.remove(caller(request), request.params.registry, expectedVersion(request), {
        ...(nextDefault !== undefined && { nextDefault: nextDefault || null }),
      });
      return reply.code(204).send();
    },
  );

  api.post(
    '/registries/:registry/default',
    {
      config: { permission: 'registry:write' },
      schema: { operationId: 'setDefaultRegistry', tags, summary: 'Make it the default registry', params, response: { 200: registry } },
    },
    async (request, reply) => {
      const updated = await registries.setDefault(caller(request), request.params.registry);
      tagVersion(reply, updated.version);
      return presentRegistry(updated);
    },
  );

  api.get(
    '/registries/:registry/references',
    {
      config: { permission: 'registry:read' },
      schema: {
        operationId: 'listRegistryReferences',
        tags,
        summary: 'List what refers to a registry',
        params,
        response: { 200: referenceList },
      },
    },
    async (request) => ({ items: await registries.references(caller(request), request.params.registry) }),
  );
};
