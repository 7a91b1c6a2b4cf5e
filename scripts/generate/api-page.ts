import type { OpenApiDocument, Operation } from '../../src/api/openapi.ts';
import type { JsonSchema } from '../../src/api/openapi-schema.ts';
import type { GeneratedFile } from './index.ts';
import { code, generatedNote, table } from './markdown.ts';
import { apiDocument } from './open-api.ts';
import { typeOf } from './sdk-types.ts';

interface Named {
  path: string;
  method: string;
  operation: Operation;
}

/** `docs/reference/api.md`: the operations by subject, then the types. */
export async function apiPage(): Promise<GeneratedFile[]> {
  const document = await apiDocument();
  const operations = Object.entries(document.paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]): Named => ({ path, method, operation })),
  );
  const sections = document.tags.map(({ name, description }) => {
    const own = operations.filter(({ operation }) => operation.tags.includes(name));
    return `## ${name}\n\n${description}\n\n${own.map(section).join('\n')}`;
  });
  return [{ path: 'docs/reference/api.md', text: `${generatedNote}${introduction}\n${sections.join('\n')}\n${types(document)}` }];
}

const introduction = `
# The API

Everything that the web page and the command line do is done through this API. A running hub serves the same as an OpenAPI 3.1
document at \`/openapi.json\`, and at \`/docs\` to try out. \`tagboat/sdk\` is a typed client of it for browsers and Node.js.

- **Address**: \`http://127.0.0.1:7330/api/v1\` unless configured otherwise. Bodies are JSON; members that are not known are refused.
- **Sign-in**: programs send \`Authorization: Bearer tgb_…\` with an API token. Browsers have a session cookie, and send its CSRF
  token (\`csrf\` of \`GET /session\`) as \`X-CSRF-Token\` with every change.
- **Permissions**: every operation names the one it asks for. What is outside the caller's projects does not exist (404).
- **Errors** are problem+json with a stable \`code\`; see [errors](errors.md).
- **Lists** have \`items\`, and \`next\`: give it as \`cursor\` to read on. \`partial\` says why a list is not whole.
- **Edits**: what can be edited has a \`version\`, and its answers an \`ETag\`. Send it as \`If-Match\` and the edit is refused (412)
  when somebody else was faster.
- **Events**: where an operation names events, \`Accept: text/event-stream\` gets them as they happen.
- Times are ISO 8601 in UTC, sizes bytes, digests whole. \`{repository}\` in a path is percent-encoded, slashes as \`%2F\`.
`;

function section({ path, method, operation }: Named): string {
  const { operationId, summary, description, parameters = [], requestBody } = operation;
  const body = requestBody?.content['application/json']?.schema;
  const permission = operation['x-permission'];
  const facts = [
    permission === 'public'
      ? 'Open to everybody'
      : permission === 'authenticated'
        ? 'For everybody who is signed in'
        : `Permission ${code(permission)}`,
    ...(body ? [`body ${linked(body)}`] : []),
    `answer ${answers(operation)}`,
    ...(operation['x-events']
      ? [
          `events ${Object.entries(operation['x-events'])
            .map(([name, schema]) => `${code(name)} (${linked(schema)})`)
            .join(', ')}`,
        ]
      : []),
  ];
  const rows = parameters.map((parameter) => [
    code(parameter.name),
    `${parameter.in}${parameter.required ? '' : ', optional'}`,
    code(typeOf(parameter.schema, '')),
    [
      parameter.description,
      parameter.schema.default === undefined ? undefined : `Default ${code(JSON.stringify(parameter.schema.default))}`,
    ]
      .filter(Boolean)
      .join('. '),
  ]);
  return [
    `### ${operationId}\n`,
    `${code(`${method.toUpperCase()} /api/v1${path}`)}\n`,
    `${[`${summary}.`, description].filter(Boolean).join(' ')}\n`,
    `${facts.join(' · ')}\n`,
    ...(rows.length > 0 ? [table(['Parameter', 'In', 'Type', 'Meaning'], rows)] : []),
  ].join('\n');
}

function answers({ responses }: Operation): string {
  for (const [status, response] of Object.entries(responses)) {
    const schema = 'content' in response ? response.content?.['application/json']?.schema : undefined;
    if (schema) return `${status} ${linked(schema)}`;
    if (status !== 'default') return status;
  }
  return '200';
}

function linked(schema: JsonSchema): string {
  const type = typeOf(schema, '');
  return '$ref' in schema ? `[${type}](#${type.toLowerCase()})` : code(type);
}

function types(document: OpenApiDocument): string {
  const parts = Object.entries(document.components.schemas).map(([name, schema]) => {
    const about = typeof schema.description === 'string' ? `${schema.description}\n\n` : '';
    if (!schema.properties) return `### ${name}\n\n${about}${code(typeOf(schema, ''))}\n`;
    const required = new Set((schema.required ?? []) as string[]);
    const rows = Object.entries(schema.properties as Record<string, JsonSchema>).map(([member, type]) => [
      `${code(member)}${required.has(member) ? '' : ' (optional)'}`,
      code(
        typeOf(type, '')
          .replaceAll(/\s*\/\*\*.*?\*\/\n?/g, ' ')
          .replaceAll(/\s+/g, ' '),
      ),
      typeof type.description === 'string' ? type.description : '',
    ]);
    return `### ${name}\n\n${about}${table(['Member', 'Type', 'Meaning'], rows)}`;
  });
  return `## Types\n\n${parts.join('\n')}`;
}
