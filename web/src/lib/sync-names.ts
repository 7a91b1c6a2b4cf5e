/** What a preview of a rule for names knows of an image. */
export interface NameValues {
  registry: string;
  repository: string;
  tag: string;
  /** Epoch milliseconds, for `{date}`. */
  time: number;
}

const sampleDigest = '4f0c8a61d2b95e7730d1c2a4b6e8f90123456789abcdef0123456789abcdef01';

/**
 * What a rule would make of an image, or why it makes nothing. A preview: the hub reads the rule again, and says more about what is wrong.
 *
 * @param kind Slashes stay in names of repositories, and become hyphens in tags.
 */
export function renderName(rule: string, kind: 'repository' | 'tag', values: NameValues): { name: string } | { problem: string } {
  let problem: string | undefined;
  const name = rule.trim().replace(/\{([^{}]*)\}/g, (_, inside: string) => {
    const value = variable(inside, kind, values);
    if (value === undefined) problem ??= `{${inside}} is not known here.`;
    return value ?? '';
  });
  if (problem !== undefined) return { problem };
  if (/[{}]/.test(name)) return { problem: 'A brace is not closed.' };
  const valid =
    kind === 'tag'
      ? /^[A-Za-z0-9_][A-Za-z0-9._-]{0,127}$/
      : /^[a-z0-9]+(?:(?:[._]|__|-+)[a-z0-9]+)*(?:\/[a-z0-9]+(?:(?:[._]|__|-+)[a-z0-9]+)*)*$/;
  if (!valid.test(name)) return { problem: `“${name.slice(0, 100)}” cannot be ${kind === 'tag' ? 'a tag' : 'the name of a repository'}.` };
  return { name };
}

function variable(inside: string, kind: 'repository' | 'tag', values: NameValues): string | undefined {
  const [, name = '', operator, rest = ''] = /^([A-Za-z]\w*)(?:([:/#%])(.*))?$/.exec(inside) ?? [];
  const value = valueOf(name, operator === ':' ? rest : undefined, values);
  if (value === undefined || (kind === 'repository' && ['tag', 'digest', 'date'].includes(name))) return undefined;
  const adapt = (text: string) => text.replace(kind === 'tag' ? /[:/]/g : /:/g, '-');
  return edited(adapt(value), operator, rest, adapt);
}

function edited(value: string, operator: string | undefined, rest: string, adapt: (text: string) => string): string {
  const pieces = rest.split(/(?<!\\)\//).map((piece) => piece.replaceAll(String.raw`\/`, '/'));
  if (operator === '/') return value.replace(adapt(pieces[0] ?? ''), () => adapt(pieces[1] ?? ''));
  const text = adapt(pieces.join('/'));
  if (operator === '#' && value.startsWith(text)) return value.slice(text.length);
  if (operator === '%' && text !== '' && value.endsWith(text)) return value.slice(0, -text.length);
  return value;
}

function valueOf(name: string, argument: string | undefined, values: NameValues): string | undefined {
  if (name === 'name') return values.repository.slice(values.repository.lastIndexOf('/') + 1);
  if (name === 'registry' || name === 'repository' || name === 'tag') return values[name];
  if (name === 'digest') return sampleDigest.slice(0, argument === undefined ? undefined : Number(argument) || 0);
  if (name !== 'date') return undefined;
  const [date = '', clock = ''] = new Date(values.time).toISOString().split(/[T.]/);
  const [[yyyy, MM, dd], [HH, mm, ss]] = [date.split('-'), clock.split(':')];
  const parts: Readonly<Record<string, string | undefined>> = { yyyy, MM, dd, HH, mm, ss };
  return (argument ?? 'yyyyMMdd').replace(/yyyy|MM|dd|HH|mm|ss/g, (unit) => parts[unit] ?? unit);
}
