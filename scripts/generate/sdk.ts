import type { OpenApiDocument } from '../../src/api/openapi.ts';
import type { GeneratedFile } from './index.ts';
import { apiDocument } from './open-api.ts';
import { operationsSource } from './sdk-operations.ts';
import { typesSource } from './sdk-types.ts';

/** The typed client below `src/sdk/generated/`, from the OpenAPI document. */
export async function sdk(): Promise<GeneratedFile[]> {
  const document: OpenApiDocument = await apiDocument();
  return [
    { path: 'src/sdk/generated/types.ts', text: typesSource(document) },
    { path: 'src/sdk/generated/operations.ts', text: operationsSource(document) },
  ];
}
