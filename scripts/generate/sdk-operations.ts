import type { OpenApiDocument, Operation } from '../../src/api/openapi.ts';
import type { JsonSchema } from '../../src/api/openapi-schema.ts';
import { banner, docComment, propertyName, typeOf } from './sdk-types.ts';

interface Named {
  path: string;
  method: string;
  operation: Operation;
}

/** One method per operation: path parameters, then the body, then the query, then options. */
export function operationsSource(document: OpenApiDocument): string {
  const operations = Object.entries(document.paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]): Named => ({ path, method, operation })),
  );
  const queries: string[] = [];
  const events: string[] = [];
  const methods = operations.map((named) => methodSource(named, document, queries, events));
  const source = `${[...queries, ...events].join('\n')}
/** One method per operation of the API. Every one throws ApiError when the hub answers with a problem. */
export class Operations {
  protected readonly transport: Transport;

  constructor(transport: Transport) {
    this.transport = transport;
  }

${methods.join('\n')}}
`;
  const used = Object.keys(document.components.schemas).filter((name) => new RegExp(`\\b${name}\\b`).test(source));
  const transport = ['CallOptions', 'EditOptions', 'Transport'].filter((name) => new RegExp(`\\b${name}\\b`).test(source));
  return `${banner}import type { ${transport.join(', ')} } from '../transport.ts';
import type { ${used.join(', ')} } from './types.ts';

${source}`;
}

function methodSource({ path, method, operation }: Named, document: OpenApiDocument, queries: string[], events: string[]): string {
  const { operationId: id, parameters = [] } = operation;
  const typeName = `${id[0]?.toUpperCase()}${id.slice(1)}`;
  const inPath = parameters.filter((parameter) => parameter.in === 'path');
  const inQuery = parameters.filter((parameter) => parameter.in === 'query');
  const editable = parameters.some((parameter) => parameter.name === 'If-Match');
  const body = operation.requestBody?.content['application/json']?.schema;

  const signature = inPath.map(({ name }) => `${name}: string`);
  const call = [`method: '${method.toUpperCase()}'`, `path: ${pathTemplate(path)}`];
  if (body) {
    const optional = method === 'post' && !requiresMembers(body, document);
    signature.push(`body: ${typeOf(body, '  ')}${optional ? ' = {}' : ''}`);
    call.push('body');
  }
  if (inQuery.length > 0) {
    queries.push(queryInterface(`${typeName}Query`, inQuery));
    signature.push(`query: ${typeName}Query${inQuery.some(({ required }) => required) ? '' : ' = {}'}`);
    call.push('query: { ...query }');
  }
  signature.push(`options: ${editable ? 'EditOptions' : 'CallOptions'} = {}`);
  call.push('options');

  const streams = operation['x-events'];
  const comment = docComment([`${operation.summary}.`, operation.description].filter(Boolean).join(' '), '  ');
  const request = `{ ${call.join(', ')} }`;
  const plain = (name: string): string =>
    `${comment}  ${name}(${signature.join(', ')}): Promise<${answerType(operation)}> {\n    return this.transport.json(${request});\n  }\n`;
  if (!streams) return plain(id);

  events.push(eventType(`${typeName}Event`, streams));
  const stream = `${comment}  ${id}(${signature.join(', ')}): AsyncGenerator<${typeName}Event, void, undefined> {\n    return this.transport.events(${request});\n  }\n`;
  return operation.responses['200'] && answerType(operation) !== 'void' ? `${stream}\n${plain(`${id}Report`)}` : stream;
}

const pathTemplate = (path: string): string =>
  path.includes('{') ? `\`${path.replaceAll(/\{(\w+)\}/g, '${encodeURIComponent($1)}')}\`` : `'${path}'`;

function requiresMembers(schema: JsonSchema, document: OpenApiDocument): boolean {
  const resolved =
    typeof schema.$ref === 'string' ? document.components.schemas[schema.$ref.slice(schema.$ref.lastIndexOf('/') + 1)] : schema;
  return Array.isArray(resolved?.required) && resolved.required.length > 0;
}

function answerType(operation: Operation): string {
  for (const status of ['200', '201', '202']) {
    const response = operation.responses[status];
    const schema = response && 'content' in response ? response.content?.['application/json']?.schema : undefined;
    if (schema) return typeOf(schema, '  ');
  }
  return 'void';
}

function queryInterface(name: string, parameters: NonNullable<Operation['parameters']>): string {
  const members = parameters.map(
    (parameter) =>
      `${docComment(parameter.description, '  ')}  ${propertyName(parameter.name)}${parameter.required ? '' : '?'}: ${typeOf(parameter.schema, '  ')};\n`,
  );
  return `export interface ${name} {\n${members.join('')}}\n`;
}

function eventType(name: string, events: Record<string, JsonSchema>): string {
  const alternatives = Object.entries(events).map(([event, schema]) => `{ event: '${event}'; data: ${typeOf(schema, '')} }`);
  return `export type ${name} = ${alternatives.join(' | ')};\n`;
}
