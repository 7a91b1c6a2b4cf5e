import { readFile } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import { describeApi } from '../../src/api/describe.ts';

describe('the OpenAPI document', () => {
  it('is the one in docs/reference/openapi.json; `npm run generate` writes it', async () => {
    const golden: unknown = JSON.parse(await readFile(new URL('../../docs/reference/openapi.json', import.meta.url), 'utf8'));
    expect(JSON.parse(JSON.stringify(await describeApi('0.0.0')))).toEqual(golden);
  });

  it('names every operation once, with summary, tag and permission', async () => {
    const { paths, tags } = await describeApi('0.0.0');
    const operations = Object.values(paths).flatMap((methods) => Object.values(methods));
    const ids = operations.map(({ operationId }) => operationId);
    expect(new Set(ids).size).toBe(ids.length);
    const known = tags.map(({ name }) => name);
    for (const operation of operations) {
      expect(operation.operationId).toMatch(/^[a-z][A-Za-z]+$/);
      expect(operation.summary, operation.operationId).not.toBe('');
      expect(known, operation.operationId).toContain(operation.tags[0]);
      expect(operation['x-permission'], operation.operationId).toBeTruthy();
    }
  });

  it('refers to nothing that it does not hold', async () => {
    const document = await describeApi('0.0.0');
    const text = JSON.stringify(document);
    const names = new Set([...text.matchAll(/"#\/components\/schemas\/(\w+)"/g)].map(([, name]) => name ?? ''));
    expect([...names].filter((name) => !(name in document.components.schemas))).toEqual([]);
    expect(Object.keys(document.components.schemas).filter((name) => !names.has(name))).toEqual([]);
  });
});
