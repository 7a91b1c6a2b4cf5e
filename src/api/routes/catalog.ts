import { z } from 'zod';
import { caller, type Routes } from '../api.ts';
import { requestSignal } from '../request-signal.ts';
import {
  image,
  imageQuery,
  referrers,
  repositoryPage,
  repositoryQuery,
  searchQuery,
  searchResult,
  tagPage,
  tagQuery,
} from '../schemas/catalog.ts';
import { key } from '../schemas/common.ts';

const tags = ['Catalog'];
const registryParams = z.object({ registry: key.describe('Id or name') });
const repositoryParams = registryParams.extend({ repository: z.string().min(1).max(255).describe('Slashes as %2F') });

export const catalogRoutes: Routes = (api, { catalog }) => {
  api.get(
    '/registries/:registry/repositories',
    {
      config: { permission: 'catalog:read' },
      schema: {
        operationId: 'listRepositories',
        tags,
        summary: 'List the repositories of a registry',
        params: registryParams,
        querystring: repositoryQuery,
        response: { 200: repositoryPage },
      },
    },
    async (request, reply) =>
      catalog.repositories(caller(request), request.params.registry, { ...request.query, signal: requestSignal(reply) }),
  );

  api.get(
    '/registries/:registry/repositories/:repository/tags',
    {
      config: { permission: 'catalog:read' },
      schema: {
        operationId: 'listTags',
        tags,
        summary: 'List the tags of a repository',
        params: repositoryParams,
        querystring: tagQuery,
        response: { 200: tagPage },
      },
    },
    async (request, reply) => {
      const { registry, repository } = request.params;
      return catalog.tags(caller(request), registry, repository, { ...request.query, signal: requestSignal(reply) });
    },
  );

  api.get(
    '/registries/:registry/repositories/:repository/images/:reference',
    {
      config: { permission: 'catalog:read' },
      schema: {
        operationId: 'getImage',
        tags,
        summary: 'Read an image, index or artifact',
        params: repositoryParams.extend({ reference: z.string().min(1).max(300).describe('Tag or digest') }),
        querystring: imageQuery,
        response: { 200: image },
      },
    },
    async (request, reply) => {
      const { registry, repository, reference } = request.params;
      return catalog.image(caller(request), registry, repository, reference, { ...request.query, signal: requestSignal(reply) });
    },
  );

  api.get(
    '/registries/:registry/repositories/:repository/referrers/:digest',
    {
      config: { permission: 'catalog:read' },
      schema: {
        operationId: 'listReferrers',
        tags,
        summary: 'List signatures, SBOMs and attestations of a manifest',
        params: repositoryParams.extend({ digest: z.string().min(1).max(300) }),
        response: { 200: referrers },
      },
    },
    async (request, reply) => {
      const { registry, repository, digest } = request.params;
      return catalog.referrers(caller(request), registry, repository, digest, { signal: requestSignal(reply) });
    },
  );

  api.get(
    '/search',
    {
      config: { permission: 'catalog:read' },
      schema: {
        operationId: 'search',
        tags,
        summary: 'Search registries, repositories, tags and digests',
        querystring: searchQuery,
        response: { 200: searchResult },
      },
    },
    async (request) => catalog.search(caller(request), request.query.q, { limit: request.query.limit }),
  );
};
