import { describeApi } from '../../src/api/describe.ts';
import type { OpenApiDocument } from '../../src/api/openapi.ts';
import type { GeneratedFile } from './index.ts';

let document: Promise<OpenApiDocument> | undefined;

/** The OpenAPI document, made once for all generators that read it. Its version is left open: it changes with each release. */
export function apiDocument(): Promise<OpenApiDocument> {
  document ??= describeApi('0.0.0');
  return document;
}

export async function openApi(): Promise<GeneratedFile[]> {
  return [{ path: 'docs/reference/openapi.json', text: `${JSON.stringify(await apiDocument(), null, 2)}\n` }];
}
