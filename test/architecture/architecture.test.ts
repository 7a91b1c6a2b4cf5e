import { describe, expect, it } from 'vitest';
import { type Import, ranks, sourceFiles, stageOf } from './imports.ts';

const table = ranks();
const source = sourceFiles('src');
const isTest = (path: string) => path.endsWith('.test.ts');
const production = source.filter((file) => !isTest(file.path) && stageOf(file.path) !== 'testing');

/** Lines `file → import` that break a rule; a good tree has none. */
const breaking = (files: typeof source, breaks: (path: string, target: string | undefined, specifier: string, used: Import) => boolean) =>
  files.flatMap((file) =>
    file.imports
      .filter((used) => breaks(file.path, used.target, used.specifier, used))
      .map((used) => `${file.path} → ${used.target ?? used.specifier}`),
  );

describe('architecture', () => {
  it('reads a whole rank table and finds the sources', () => {
    expect(table.get('oci')).toBe(0);
    expect(table.size).toBeGreaterThan(12);
    expect(production.length).toBeGreaterThan(50);
  });

  it('has a rank for every folder and top file of src', () => {
    const unknown = [...new Set(source.map((file) => stageOf(file.path)))].filter((stage) => !table.has(stage));
    expect(unknown).toEqual([]);
  });

  it('lets a file import lower ranks only', () => {
    const wrong = breaking(production, (path, target, _specifier, { dynamic }) => {
      if (!target?.startsWith('src/')) return target !== undefined && !target.startsWith('package.json');
      const [own, other] = [stageOf(path), stageOf(target)];
      if (own === other || (dynamic && own === 'cli' && other === 'testing')) return false;
      return (table.get(other) ?? Infinity) >= (table.get(own) ?? -1);
    });
    expect(wrong).toEqual([]);
  });

  it('keeps oci free of everything but node and undici, and sdk of everything', () => {
    const stages = (stage: string) => production.filter((file) => stageOf(file.path) === stage);
    expect(breaking(stages('oci'), (_p, target, specifier) => !target && !/^(?:node:|undici(?:\/|$))/.test(specifier))).toEqual([]);
    expect(breaking(stages('sdk'), (_p, target) => !target?.startsWith('src/sdk/'))).toEqual([]);
  });

  it('imports no provider by name and no testing code in production', () => {
    expect(breaking(production, (path, target) => !!target?.startsWith('src/providers/') && stageOf(path) !== 'providers')).toEqual([]);
    expect(breaking(production, (_p, target, _s, used) => !!target?.startsWith('src/testing/') && !used.dynamic)).toEqual([]);
  });

  it('reveals secrets only where a credential is made or used', () => {
    const allowed = ['oci', 'core', 'provider', 'providers', 'credentials', 'registries', 'hub.ts', 'serve.ts', 'key-tool.ts'];
    const wrong = production.filter((file) => /\.reveal\(\)/.test(file.text) && !allowed.includes(stageOf(file.path)));
    expect(wrong.map((file) => file.path)).toEqual([]);
  });

  it('lets the web page import its own files and the sdk only', () => {
    const wrong = breaking(
      sourceFiles('web/src'),
      (_p, target) => !!target && !target.startsWith('web/') && !target.startsWith('src/sdk/'),
    );
    expect(wrong).toEqual([]);
  });

  it('keeps SQL in the store, in access and in the store.ts of a stage', () => {
    const allowed = (path: string) =>
      ['store', 'access', 'queue'].includes(stageOf(path)) || /(^|\/|-)store\.ts$/.test(path) || path.startsWith('src/credentials/');
    const wrong = breaking(production, (path, _t, specifier, used) => specifier === 'kysely' && !used.typeOnly && !allowed(path));
    expect(wrong).toEqual([]);
  });

  it('names files in kebab-case and keeps them short', () => {
    const all = [...source, ...sourceFiles('web/src')].filter((file) => !file.path.includes('/generated/'));
    expect(all.map((file) => file.path).filter((path) => !/^[a-z0-9./-]+$/.test(path))).toEqual([]);
    const long = all.filter((file) => !isTest(file.path) && file.text.split('\n').length > 400);
    expect(long.map((file) => `${file.path}: ${file.text.split('\n').length} lines`)).toEqual([]);
  });
});
