import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Session, User } from '../access/index.ts';
import { caller } from './api.ts';
import { presentOwnSession } from './present/access.ts';
import type { Services } from './services.ts';

export const sessionCookie = 'tagboat_session';

/** Lax, so that a link to the hub from a chat or a mail opens signed in; changes are guarded by CSRF token and origin. */
const attributes = (request: FastifyRequest, services: Services) =>
  ({
    path: '/',
    httpOnly: true,
    sameSite: 'lax',
    secure: request.protocol === 'https' || services.https,
  }) as const;

/** Signs a user in: sets the cookie and answers what `GET /session` will. A session that the browser had before is ended. */
export async function startSession(
  request: FastifyRequest,
  reply: FastifyReply,
  services: Services,
  user: User,
): Promise<ReturnType<typeof presentOwnSession>> {
  const before = request.cookies[sessionCookie];
  if (before !== undefined) await services.sessions.end(before, request.principal);
  const { token, session, principal } = await services.sessions.create(user, {
    address: request.ip,
    userAgent: request.headers['user-agent'],
  });
  reply.setCookie(sessionCookie, token, attributes(request, services));
  return presentOwnSession({ user, principal, session });
}

/** Signs the caller out and removes the cookie. A caller with an API token has no session to end. */
export async function endSession(request: FastifyRequest, reply: FastifyReply, services: Services): Promise<void> {
  const token = request.cookies[sessionCookie];
  if (token !== undefined && request.session) await services.sessions.end(token, caller(request));
  reply.clearCookie(sessionCookie, attributes(request, services));
}

/** What is known of a request's session once its cookie was accepted. */
export interface RequestSession {
  session: Session;
  user: User;
}
