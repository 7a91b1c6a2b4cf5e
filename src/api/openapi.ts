import type { RouteOptions } from 'fastify';
import { globalRegistry, type z } from 'zod';
import type { RoutePermission } from './api.ts';
import { componentSchemas, type JsonSchema, jsonSchema } from './openapi-schema.ts';
import { problem } from './schemas/common.ts';

/** A route as it was registered. */
export type RegisteredRoute = Pick<RouteOptions, 'method' | 'url' | 'schema' | 'config'>;

interface Parameter {
  name: string;
  in: 'path' | 'query' | 'header';
  required: boolean;
  description?: string;
  schema: JsonSchema;
}

interface Media {
  schema: JsonSchema;
}

export interface Operation {
  operationId: string;
  tags: readonly string[];
  summary: string;
  description?: string;
  'x-permission': RoutePermission;
  /** Payload of each server-sent event by its name. */
  'x-events'?: Record<string, JsonSchema>;
  security?: readonly Record<string, readonly string[]>[];
  parameters?: Parameter[];
  requestBody?: { required: true; content: Record<string, Media> };
  responses: Record<string, { description: string; headers?: Record<string, unknown>; content?: Record<string, Media> } | { $ref: string }>;
}

export interface OpenApiDocument {
  openapi: '3.1.0';
  info: Record<string, unknown>;
  servers: { url: string }[];
  tags: { name: string; description: string }[];
  security: Record<string, readonly string[]>[];
  paths: Record<string, Record<string, Operation>>;
  components: Record<string, Record<string, unknown>> & { schemas: Record<string, JsonSchema> };
}

const tagDescriptions: Record<string, string> = {
  Registries: 'Configured registries and the doctor that tests them.',
  Credentials: 'The credentials of registries: their life, their next ones, and handing them to clients.',
  Alerts: 'What has to be seen to before it hurts.',
  Imports: 'Registries of other systems, in and out.',
  Catalog: 'What is in the registries: repositories, tags, images and what refers to them.',
  Copies: 'Images that the hub copies from one registry to another.',
  'Sync rules': 'Rules that keep repositories in step, their plans and their runs.',
  Providers: 'The kinds of registry, and what can be recognised in pasted text.',
  Projects: 'Teams and the registries that they see.',
  People: 'The people of this hub.',
  Tokens: 'API tokens for programs.',
  Access: 'Set-up, sign-in and the own session.',
  Hub: 'The hub itself: its state, its audit trail, its events.',
};

const prefix = '/api/v1';

/** The OpenAPI 3.1 document of all routes below `/api/v1` that have an operation id. */
export function openApiDocument(routes: readonly RegisteredRoute[], version: string): OpenApiDocument {
  const components = componentSchemas(globalRegistry);
  const problemAnswer = {
    description: 'What went wrong',
    content: { 'application/problem+json': { schema: components.reference(problem, 'output') } },
  };
  const paths: OpenApiDocument['paths'] = {};
  for (const route of routes) {
    const { schema, url } = route;
    if (!url.startsWith(prefix) || schema?.operationId === undefined || schema.hide) continue;
    for (const method of methodsOf(route)) {
      const path = url.slice(prefix.length).replaceAll(/:(\w+)/g, '{$1}');
      (paths[path] ??= {})[method] = operationOf(route, components);
    }
  }
  return {
    openapi: '3.1.0',
    info: {
      title: 'Tagboat',
      version,
      description:
        'The control plane for container registries. Errors are problem+json (RFC 9457) with a stable `code`; lists have `items` and `next`; times are ISO 8601 in UTC; sizes are bytes.',
      license: { name: 'Apache-2.0', identifier: 'Apache-2.0' },
    },
    servers: [{ url: prefix }],
    tags: Object.entries(tagDescriptions).map(([name, description]) => ({ name, description })),
    security: [{ token: [] }, { session: [], csrf: [] }],
    paths,
    components: {
      schemas: components.all(),
      responses: { Problem: problemAnswer },
      securitySchemes: {
        token: { type: 'http', scheme: 'bearer', description: 'API token: `Authorization: Bearer tgb_…`' },
        session: { type: 'apiKey', in: 'cookie', name: 'tagboat_session', description: 'Session of the web page' },
        csrf: {
          type: 'apiKey',
          in: 'header',
          name: 'X-CSRF-Token',
          description: 'With the session cookie, on every change; from `GET /session`',
        },
      },
    },
  };
}

const methodsOf = (route: RegisteredRoute): string[] =>
  [route.method]
    .flat()
    .map((method) => method.toLowerCase())
    .filter((method) => method !== 'head');

type Components = ReturnType<typeof componentSchemas>;

function operationOf(route: RegisteredRoute, components: Components): Operation {
  const { schema = {}, config } = route;
  const permission = config?.permission ?? 'authenticated';
  const parameters = [
    ...parametersOf(schema.params as z.ZodObject | undefined, 'path', components),
    ...parametersOf(schema.querystring as z.ZodObject | undefined, 'query', components),
  ];
  const body = schema.body as z.ZodType | undefined;
  const response = (schema.response ?? {}) as Record<string, z.ZodType>;
  // Reading something that can be edited only answers its ETag.
  const edits = config?.editable === true && methodsOf(route).some((method) => method !== 'get');
  if (edits) {
    parameters.push({
      name: 'If-Match',
      in: 'header',
      required: false,
      description: 'ETag of the version that the change is based on; 412 when it is no longer the current one',
      schema: { type: 'string' },
    });
  }
  return {
    operationId: schema.operationId ?? '',
    tags: schema.tags ?? [],
    summary: schema.summary ?? '',
    ...(schema.description !== undefined && { description: schema.description }),
    'x-permission': permission,
    ...(config?.events && {
      'x-events': Object.fromEntries(Object.entries(config.events).map(([name, type]) => [name, components.reference(type, 'output')])),
    }),
    ...(permission === 'public' && { security: [] }),
    ...(parameters.length > 0 && { parameters }),
    ...(body && {
      requestBody: { required: true as const, content: { 'application/json': { schema: components.reference(body, 'input') } } },
    }),
    responses: responsesOf(response, config ?? {}, components),
  };
}

function parametersOf(object: z.ZodObject | undefined, place: 'path' | 'query', components: Components): Parameter[] {
  if (!object) return [];
  const { properties = {}, required = [] } = jsonSchema(object, 'input', components) as {
    properties?: Record<string, JsonSchema>;
    required?: string[];
  };
  return Object.entries(properties).map(([name, { description, ...schema }]) => ({
    name,
    in: place,
    required: required.includes(name),
    ...(typeof description === 'string' && { description }),
    schema,
  }));
}

function responsesOf(
  response: Record<string, z.ZodType>,
  config: NonNullable<RegisteredRoute['config']>,
  components: Components,
): Operation['responses'] {
  const responses: Operation['responses'] = {};
  const stream = config.events && { 'text/event-stream': { schema: { type: 'string', description: 'See `x-events`' } } };
  if (config.eventsOnly && stream) responses['200'] = { description: 'Events', content: stream };
  for (const [status, type] of Object.entries(response)) {
    if (status === '204') {
      responses[status] = { description: 'Done' };
      continue;
    }
    responses[status] = {
      description: status === '201' ? 'Created' : 'Done',
      ...(config.editable && { headers: { ETag: { description: 'Version, for If-Match', schema: { type: 'string' } } } }),
      content: { 'application/json': { schema: components.reference(type, 'output') }, ...stream },
    };
  }
  responses.default = { $ref: '#/components/responses/Problem' };
  return responses;
}
