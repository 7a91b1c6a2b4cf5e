import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Api } from '../api.ts';
import { newProblem, type Problem, problemOf } from '../problem.ts';

/** Sends a problem with the headers that belong to it. */
export function sendProblem(reply: FastifyReply, problem: Problem): FastifyReply {
  if (problem.status === 401) reply.header('www-authenticate', 'Bearer realm="Tagboat"');
  if (problem.retryAfter !== undefined) reply.header('retry-after', String(problem.retryAfter));
  return reply
    .code(problem.status)
    .header('cache-control', 'no-store')
    .type('application/problem+json; charset=utf-8')
    .serializer((body: unknown) => JSON.stringify(body))
    .send(problem);
}

/** Makes every error answer of the application a problem. */
export function errorAnswers(app: Api): void {
  app.setErrorHandler((error, request, reply) => {
    const problem = problemOf(error, request.id);
    if (problem.fault === 'hub' || problem.status >= 500)
      request.log[problem.code === 'internal' ? 'error' : 'warn']({ err: error }, problem.detail);
    return sendProblem(reply, problem);
  });
}

interface Pattern {
  matches: RegExp;
  methods: Set<string>;
}

/** Tells a path that does not exist from one that does not take the method; only for what is registered after the call. */
export function methodFinder(app: Api): (path: string) => string[] {
  const patterns = new Map<string, Pattern>();
  app.addHook('onRoute', ({ url, method }) => {
    if (url.includes('*')) return;
    const matches = new RegExp(`^${url.replaceAll(/[.+()[\]{}|^$\\]/g, '\\$&').replaceAll(/:\w+/g, '[^/]+')}$`);
    const pattern = patterns.get(url) ?? { matches, methods: new Set<string>() };
    for (const one of [method].flat()) pattern.methods.add(one);
    patterns.set(url, pattern);
  });
  return (path) => [...patterns.values()].filter(({ matches }) => matches.test(path)).flatMap(({ methods }) => [...methods]);
}

/** Answer to a path or method that there is not. */
export function sendNotFound(request: FastifyRequest, reply: FastifyReply, allowed: readonly string[]): FastifyReply {
  const path = pathOf(request);
  if (allowed.length > 0) {
    reply.header('allow', allowed.join(', '));
    return sendProblem(reply, newProblem('method_not_allowed', `${request.method} is not possible on ${path}.`, request.id));
  }
  return sendProblem(reply, newProblem('not_found', `There is nothing at ${path}.`, request.id));
}

/** Path without its query, which may hold what should not be repeated. */
export const pathOf = (request: FastifyRequest): string => request.url.split('?', 1)[0] ?? '/';
