import type {
  FastifyBaseLogger,
  FastifyInstance,
  FastifyRequest,
  RawReplyDefaultExpression,
  RawRequestDefaultExpression,
  RawServerDefault,
} from 'fastify';
import type { ZodTypeProvider } from 'fastify-type-provider-zod';
import type { z } from 'zod';
import type { Permission, Principal } from '../access/index.ts';
import { Unauthorized } from '../core/errors.ts';
import type { Services } from './services.ts';
import type { RequestSession } from './session-cookie.ts';

/** What a route asks of its caller: a permission, only to be signed in, or nothing. */
export type RoutePermission = Permission | 'authenticated' | 'public';

declare module 'fastify' {
  interface FastifyContextConfig {
    /** Mandatory: a route without it cannot be registered. */
    permission?: RoutePermission;
    /** The resource has a version: answers carry an `ETag`, and edits take `If-Match`. */
    editable?: boolean;
    /** Names and payloads of the server-sent events it answers. */
    events?: Readonly<Record<string, z.ZodType>>;
    /** Events are the only answer, not one of two. */
    eventsOnly?: boolean;
  }

  interface FastifySchema {
    operationId?: string;
    tags?: readonly string[];
    summary?: string;
    description?: string;
    /** Not part of the API document. */
    hide?: boolean;
  }

  interface FastifyInstance {
    /** Aborts when the application begins to close: event streams end then. */
    closing: AbortSignal;
  }

  interface FastifyRequest {
    /** Who asks, from session cookie or bearer token; undefined for nobody. */
    principal: Principal | undefined;
    /** The browser's session, where the caller came with one. */
    session: RequestSession | undefined;
  }
}

/** The application with zod as its type provider: what routes are registered on. */
export type Api = FastifyInstance<
  RawServerDefault,
  RawRequestDefaultExpression,
  RawReplyDefaultExpression,
  FastifyBaseLogger,
  ZodTypeProvider
>;

/** Registers one resource's routes. */
export type Routes = (api: Api, services: Services) => void;

/** The signed-in caller. Routes that are not public always have one; elsewhere this is an Unauthorized. */
export function caller(request: Pick<FastifyRequest, 'principal'>): Principal {
  if (!request.principal) throw new Unauthorized('Nobody is signed in.');
  return request.principal;
}
