import { readdirSync } from 'node:fs';
import { join, sep } from 'node:path';
import fastifyStatic from '@fastify/static';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Api } from '../api.ts';
import { pathOf } from './errors.ts';

/** Below these, a path that does not exist is an error and never the web page. */
const notPages = /^\/(api|hooks|docs|metrics|healthz|readyz|openapi\.json|assets)(\/|$)/;

/** Answers with the web page if that is what was asked for; says whether it did. */
export type ServePage = (request: FastifyRequest, reply: FastifyReply) => boolean;

/**
 * Serves the built web page: a route for every file that there is at the start. Files below `assets/` have their content's
 * hash in their name, so browsers keep them for good; everything else is asked for again. Where the build left a compressed
 * file beside one (`.br`, `.gz`), that is sent to who takes it.
 */
export async function webPage(app: Api, root: string): Promise<ServePage> {
  const files = filesBelow(root);
  if (!files.includes('index.html')) return () => false;
  await app.register(fastifyStatic, {
    root,
    serve: false,
    preCompressed: true,
    cacheControl: false,
    setHeaders: (reply, path) => {
      reply.header('cache-control', path.startsWith(join(root, 'assets') + sep) ? 'public, max-age=31536000, immutable' : 'no-cache');
    },
  });
  const config = { permission: 'public' } as const;
  app.get('/', { config, schema: { hide: true } }, (_request, reply) => reply.sendFile('index.html'));
  for (const file of files) {
    if (/\.(br|gz)$/.test(file)) continue;
    app.get(`/${file}`, { config, schema: { hide: true } }, (_request, reply) => reply.sendFile(file));
  }
  return (request, reply) => {
    const wantsPage =
      (request.method === 'GET' || request.method === 'HEAD') &&
      (request.headers.accept ?? '').includes('text/html') &&
      !notPages.test(pathOf(request));
    if (wantsPage) reply.sendFile('index.html');
    return wantsPage;
  };
}

/** Paths of all files, relative, with forward slashes; none when the folder is not there. */
function filesBelow(root: string): string[] {
  try {
    return readdirSync(root, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => join(entry.parentPath, entry.name).slice(root.length).split(sep).filter(Boolean).join('/'));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw error;
  }
}
