import { describe, expect, it } from 'vitest';
import { InvalidSettings } from '../core/errors.ts';
import { readDocument } from './documents.ts';
import { plain } from './value.ts';

const read = (content: string) => readDocument({ content }, 0, 1).values.map(plain);
const refusal = (content: string): string => {
  try {
    read(content);
  } catch (error) {
    if (error instanceof InvalidSettings) return error.message;
    throw error;
  }
  return '';
};

describe('documents', () => {
  it('are YAML 1.1, and keep the text of scalars', () => {
    expect(read('a: yes\nb: off\nc: "yes"\nd: ~\n')).toEqual([{ a: true, b: false, c: 'yes', d: null }]);
    const [value] = readDocument({ content: 'pass: 0123\nuser: 1:30\n' }, 0, 1).values;
    expect(value?.kind === 'map' && [...value.entries.values()].map((one) => one.kind === 'scalar' && one.text)).toEqual(['0123', '1:30']);
  });

  it('are several in one stream, merge keys and take anchors', () => {
    expect(read('---\na: &x {n: 1, m: 2}\nb:\n  <<: *x\n  m: 3\n---\n# nothing\n---\nc: *x\n'.replace('c: *x', 'c: 1'))).toEqual([
      { a: { n: 1, m: 2 }, b: { n: 1, m: 3 } },
      { c: 1 },
    ]);
  });

  it('are JSON as well, also with a byte order mark', () => {
    expect(read('\ufeff{"a":[1,{"b":null}]}')).toEqual([{ a: [1, { b: null }] }]);
  });

  it('name repeated keys, and no key means anything to JavaScript', () => {
    const [value] = readDocument({ content: 'a: 1\n__proto__: {polluted: yes}\na: 2\nconstructor: x\n' }, 0, 1).values;
    expect(value?.kind === 'map' && value.repeated).toEqual(['a']);
    const object = value && (plain(value) as Record<string, unknown>);
    expect(object && Object.keys(object)).toEqual(['a', '__proto__', 'constructor']);
    expect((object as { polluted?: unknown }).polluted).toBeUndefined();
    expect(({} as { polluted?: unknown }).polluted).toBeUndefined();
    expect(read('{"__proto__":{"polluted":true}}')).toHaveLength(1);
    expect(({} as { polluted?: unknown }).polluted).toBeUndefined();
  });

  const bomb = Array.from({ length: 10 }, (_, i) =>
    i === 0
      ? 'a0: &a0 [x,x,x,x,x,x,x,x,x,x]'
      : `a${i}: &a${i} [${Array(10)
          .fill(`*a${i - 1}`)
          .join(',')}]`,
  ).join('\n');

  it.each([
    ['an alias bomb', bomb, 'more values'],
    ['an alias of itself', 'a: &a [*a]', 'too deeply'],
    ['an anchor that is not there', 'a: *b', 'an anchor that it does not have'],
    ['more than 1 MiB', `a: ${'x'.repeat(1024 * 1024)}`, 'larger than 1 MiB'],
    ['deep brackets', '['.repeat(100_000), 'too deeply'],
    ['deep JSON hidden behind quotation marks', `${'["]",'.repeat(100_000)}1${']'.repeat(100_000)}`, 'too deeply'],
    ['deep dashes', '- '.repeat(100_000), 'too deeply'],
    ['very many keys', Array.from({ length: 60_000 }, (_, i) => `k${i}: v`).join('\n'), 'more values'],
    ['very many JSON values', JSON.stringify(Array(50_000).fill(1)), 'more values'],
    ['very many documents', '---\n'.repeat(10_000), 'more documents'],
    ['tabs', 'registries:\n\t- name: secret-value\n', 'tabs'],
    ['what is not UTF-8', Buffer.from([0x61, 0x3a, 0x20, 0xff, 0xfe]).toString('utf8'), 'UTF-8'],
    ['UTF-16', Buffer.from('a: b', 'utf16le').toString('utf8'), 'UTF-8'],
    ['nothing', ' \n', 'empty'],
    ['comments', '# registries\n', 'nothing but comments'],
    ['keys that are maps', '? {a: b}\n: c', 'not a word'],
    ['broken YAML', 'a: "secret-value\nb', 'line '],
  ])('refuse %s in good time, without quoting', (_name, content, words) => {
    const started = performance.now();
    const message = refusal(content);
    expect(message).toContain(words);
    expect(message).not.toContain('secret-value');
    // Generous: the machine may be busy. Without bounds these take minutes.
    expect(performance.now() - started).toBeLessThan(5000);
  });

  it('run nothing that a tag names', () => {
    expect(read('a: !!js/function "x"\nb: !!python/object:os.system "y"\n')).toEqual([{ a: 'x', b: 'y' }]);
  });
});
