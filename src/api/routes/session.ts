import { z } from 'zod';
import { caller, type Routes } from '../api.ts';
import { presentOwnSession } from '../present/access.ts';
import { passwordChange, session, signInInput } from '../schemas/access.ts';
import { endSession, startSession } from '../session-cookie.ts';

const tags = ['Access'];

export const sessionRoutes: Routes = (api, services) => {
  api.get(
    '/session',
    {
      config: { permission: 'authenticated' },
      schema: { operationId: 'getSession', tags, summary: 'Who is signed in, and what they may do', response: { 200: session } },
    },
    async (request) => {
      const principal = caller(request);
      if (request.session) return presentOwnSession({ principal, ...request.session });
      return presentOwnSession({ principal, user: await services.users.get(principal, principal.userId ?? principal.id) });
    },
  );

  api.post(
    '/session',
    {
      config: { permission: 'public' },
      schema: { operationId: 'signIn', tags, summary: 'Sign in with name and password', body: signInInput, response: { 200: session } },
    },
    async (request, reply) => {
      const user = await services.users.authenticate(request.body.name, request.body.password, { address: request.ip });
      return startSession(request, reply, services, user);
    },
  );

  api.delete(
    '/session',
    {
      config: { permission: 'authenticated' },
      schema: { operationId: 'signOut', tags, summary: 'Sign out', response: { 204: z.undefined() } },
    },
    async (request, reply) => {
      await endSession(request, reply, services);
      return reply.code(204).send();
    },
  );

  api.patch(
    '/session/password',
    {
      config: { permission: 'authenticated' },
      schema: {
        operationId: 'changePassword',
        tags,
        summary: 'Change the own password; ends all other sessions',
        body: passwordChange,
        response: { 204: z.undefined() },
      },
    },
    async (request, reply) => {
      await services.users.changePassword(caller(request), request.body);
      return reply.code(204).send();
    },
  );
};
