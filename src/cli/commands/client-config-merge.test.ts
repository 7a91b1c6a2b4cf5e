import { describe, expect, it } from 'vitest';
import { MergeConflict, mergeJson, mergeToml } from './client-config-merge.ts';
import { readToml } from './client-config-toml.ts';

describe('JSON', () => {
  it('grows, in its own indentation', () => {
    expect(mergeJson('{\n    "a": {"x": 1},\n    "l": [1]\n}', '{"a":{"y":2},"l":[1,2],"n":"v"}')).toBe(
      '{\n    "a": {\n        "x": 1,\n        "y": 2\n    },\n    "l": [\n        1,\n        2\n    ],\n    "n": "v"\n}\n',
    );
    expect(mergeJson('', '{"a":1}')).toBe('{\n  "a": 1\n}\n');
    const same = '{ "a":   [1, 2] }';
    expect(mergeJson(same, '{"a":[2]}')).toBe(same);
  });

  it('is left alone where something else is set', () => {
    expect(() => mergeJson('{"credHelpers":{"x.io":"ecr-login"}}', '{"credHelpers":{"x.io":"tagboat"}}')).toThrow(
      new MergeConflict('credHelpers → x.io is set to something else'),
    );
    expect(mergeJson('{"credHelpers":{"x.io":"ecr-login"}}', '{"credHelpers":{"x.io":"tagboat"}}', true)).toContain('"x.io": "tagboat"');
    expect(() => mergeJson('[]', '{"a":1}')).toThrow(MergeConflict);
    expect(() => mergeJson('{ broken', '{"a":1}')).toThrow('not JSON');
  });

  it('cannot be made to change what objects are', () => {
    const merged = mergeJson('{"__proto__":{"x":1}}', '{"__proto__":{"y":2}}');
    expect(merged).toContain('"y": 2');
    expect(({} as Record<string, unknown>)['y']).toBeUndefined();
  });
});

describe('TOML', () => {
  const addition = 'version = 3\n\n[plugins."a.b".registry]\nconfig_path = "/x"\n';

  it('gets what it lacks, its comments and order left alone', () => {
    expect(mergeToml('', addition)).toBe(addition);
    const before = '# ours\nversion = 3 # three\n\n[plugins."a.b"]\n  x = """\n[not.a.table]\n"""\n  y = [ 1, # one\n 2 ]\n';
    expect(mergeToml(before, addition)).toBe(`${before}\n[plugins."a.b".registry]\nconfig_path = "/x"\n`);
    const table = "version=3\n[plugins.'a.b'.registry] # here\n  headers = { a = [1] }\n[z]\n";
    expect(mergeToml(table, addition)).toBe(
      'version=3\n[plugins.\'a.b\'.registry] # here\nconfig_path = "/x"\n  headers = { a = [1] }\n[z]\n',
    );
    const done = mergeToml(before, addition);
    expect(mergeToml(done, addition)).toBe(done);
  });

  it('gets root keys above its first table', () => {
    expect(mergeToml('[a]\nb = 1\n', 'version = 3\n\n[c]\nd = 2\n')).toBe('version = 3\n[a]\nb = 1\n\n[c]\nd = 2\n');
  });

  it.each([
    ['version = 2\n', 'version is set to 2'],
    ['[plugins."a.b".registry]\nconfig_path = "/y"\n', 'config_path is set to "/y"'],
    ['plugins."a.b".registry = { mirrors = {} }\n', 'in another form'],
    ['[plugins]\n"a.b" = { registry = {} }\n', 'in another form'],
    ['[[plugins."a.b".registry]]\n', 'in another form'],
    ['a = \n', 'not TOML'],
    ['a = "open\n', 'not TOML'],
    ['[a\nb = 1\n', 'not TOML'],
    ['a = [1, 2\n', 'not TOML'],
  ])('is left alone when it is %j', (before, message) => {
    expect(() => mergeToml(before, addition)).toThrow(message);
    expect(() => mergeToml(before, addition)).toThrow(MergeConflict);
  });

  it('is read in time, whatever it holds', () => {
    for (const text of [
      '['.repeat(100_000),
      `a = ${'['.repeat(100_000)}`,
      `a = "${'\\'.repeat(200_001)}`,
      `${'"'.repeat(200_000)}`,
      '\t'.repeat(500_000),
    ]) {
      const began = performance.now();
      readToml(text);
      expect(performance.now() - began).toBeLessThan(1000);
    }
  });
});
