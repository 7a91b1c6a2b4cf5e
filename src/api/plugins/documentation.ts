import { createRequire } from 'node:module';
import { readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { RouteOptions } from 'fastify';
import type { Api } from '../api.ts';
import { sendNotFound } from './errors.ts';

/** The only files of Swagger UI that are served, with their types. */
const files: Readonly<Record<string, string>> = {
  'swagger-ui.css': 'text/css; charset=utf-8',
  'swagger-ui-bundle.js': 'text/javascript; charset=utf-8',
  'favicon-32x32.png': 'image/png',
};

const page = `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Tagboat API</title>
<link rel="stylesheet" href="/docs/swagger-ui.css">
<link rel="icon" type="image/png" href="/docs/favicon-32x32.png">
</head>
<body>
<div id="swagger-ui"></div>
<script src="/docs/swagger-ui-bundle.js"></script>
<script src="/docs/start.js"></script>
</body>
</html>
`;

/** Sends the page's session along with its CSRF token, so that "Try it out" works for who is signed in. */
const start = `(async () => {
  const answer = await fetch('/api/v1/session');
  const csrf = answer.ok ? (await answer.json()).csrf : undefined;
  window.ui = SwaggerUIBundle({
    url: '/openapi.json',
    dom_id: '#swagger-ui',
    deepLinking: true,
    tryItOutEnabled: false,
    requestInterceptor: (request) => {
      // The request for the document itself names no method.
      if (csrf && !['GET', 'HEAD'].includes((request.method ?? 'GET').toUpperCase())) request.headers['X-CSRF-Token'] = csrf;
      return request;
    },
  });
})();
`;

/**
 * `/openapi.json`, and a page at `/docs` for people. Both cost nothing until somebody asks: the document is made at its first
 * request, and Swagger UI is read from its package file by file.
 */
export function documentation(app: Api, version: string): void {
  const routes: RouteOptions[] = [];
  app.addHook('onRoute', (route) => void routes.push(route));
  const config = { permission: 'public' } as const;
  const schema = { hide: true };
  let document: Promise<string> | undefined;

  app.get('/openapi.json', { config, schema }, async (_request, reply) => {
    document ??= import('../openapi.ts').then(({ openApiDocument }) => JSON.stringify(openApiDocument(routes, version)));
    return reply
      .type('application/json; charset=utf-8')
      .header('cache-control', 'no-cache')
      .send(await document);
  });

  app.get('/docs', { config, schema }, async (_request, reply) =>
    reply.type('text/html; charset=utf-8').header('cache-control', 'no-cache').send(page),
  );

  app.get<{ Params: { file: string } }>('/docs/:file', { config, schema }, async (request, reply) => {
    const { file } = request.params;
    if (file === 'start.js') return reply.type('text/javascript; charset=utf-8').header('cache-control', 'no-cache').send(start);
    const type = Object.hasOwn(files, file) ? files[file] : undefined;
    if (!type) return sendNotFound(request, reply, []);
    const folder = join(dirname(createRequire(import.meta.url).resolve('@fastify/swagger-ui/package.json')), 'static');
    return reply
      .type(type)
      .header('cache-control', 'public, max-age=86400')
      .send(await readFile(join(folder, file)));
  });
}
