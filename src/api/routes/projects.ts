import { z } from 'zod';
import { caller, type Routes } from '../api.ts';
import { expectedVersion, tagVersion } from '../etag.ts';
import { paginate } from '../paginate.ts';
import { presentProject } from '../present/access.ts';
import { memberInput, project, projectInput, projectPage, projectPatch } from '../schemas/access.ts';
import { key, pageQuery } from '../schemas/common.ts';

const tags = ['Projects'];
const params = z.object({ id: key.describe('Id or name') });
const memberParams = params.extend({ userId: key.describe('Id or name') });

export const projectRoutes: Routes = (api, { projects }) => {
  api.get(
    '/projects',
    {
      config: { permission: 'project:read' },
      schema: { operationId: 'listProjects', tags, summary: 'List projects', querystring: pageQuery, response: { 200: projectPage } },
    },
    async (request) => {
      const page = paginate(await projects.list(caller(request)), request.query, (row) => row.name.toLowerCase());
      return { ...page, items: page.items.map(presentProject) };
    },
  );

  api.post(
    '/projects',
    {
      config: { permission: 'project:write' },
      schema: { operationId: 'createProject', tags, summary: 'Create a project', body: projectInput, response: { 201: project } },
    },
    async (request, reply) => {
      const created = await projects.create(caller(request), request.body);
      tagVersion(reply, created.version);
      return reply.code(201).header('location', `/api/v1/projects/${created.id}`).send(presentProject(created));
    },
  );

  api.get(
    '/projects/:id',
    {
      config: { permission: 'project:read', editable: true },
      schema: { operationId: 'getProject', tags, summary: 'Read one project', params, response: { 200: project } },
    },
    async (request, reply) => {
      const found = await projects.get(caller(request), request.params.id);
      tagVersion(reply, found.version);
      return presentProject(found);
    },
  );

  api.patch(
    '/projects/:id',
    {
      config: { permission: 'project:write', editable: true },
      schema: {
        operationId: 'updateProject',
        tags,
        summary: 'Rename or describe a project',
        params,
        body: projectPatch,
        response: { 200: project },
      },
    },
    async (request, reply) => {
      const updated = await projects.update(caller(request), request.params.id, request.body, expectedVersion(request));
      tagVersion(reply, updated.version);
      return presentProject(updated);
    },
  );

  api.delete(
    '/projects/:id',
    {
      config: { permission: 'project:write', editable: true },
      schema: {
        operationId: 'deleteProject',
        tags,
        summary: 'Remove a project that no registry is limited to',
        params,
        response: { 204: z.undefined() },
      },
    },
    async (request, reply) => {
      await projects.remove(caller(request), request.params.id, expectedVersion(request));
      return reply.code(204).send();
    },
  );

  api.put(
    '/projects/:id/members/:userId',
    {
      config: { permission: 'project:write' },
      schema: {
        operationId: 'setProjectMember',
        tags,
        summary: 'Add a member or change their role',
        params: memberParams,
        body: memberInput,
        response: { 200: project },
      },
    },
    async (request, reply) => {
      const updated = await projects.setMember(caller(request), request.params.id, request.params.userId, request.body.role);
      tagVersion(reply, updated.version);
      return presentProject(updated);
    },
  );

  api.delete(
    '/projects/:id/members/:userId',
    {
      config: { permission: 'project:write' },
      schema: { operationId: 'removeProjectMember', tags, summary: 'Take a member out', params: memberParams, response: { 200: project } },
    },
    async (request, reply) => {
      const updated = await projects.removeMember(caller(request), request.params.id, request.params.userId);
      tagVersion(reply, updated.version);
      return presentProject(updated);
    },
  );
};
