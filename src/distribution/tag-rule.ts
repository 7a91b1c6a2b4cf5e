import { InvalidSettings } from '../core/errors.ts';
import { isTag, parseRepositoryName, TagboatError } from '../oci/index.ts';

/** What a rule makes a name of. Absent values are an error only where a rule uses them. */
export interface RuleValues {
  /** Host or name of the source's registry. */
  registry?: string;
  /** Name of the source's repository, without host. */
  repository?: string;
  /** Tag of the source. */
  tag?: string;
  /** Of the source: `sha256:…`. */
  digest?: string;
  /** For `{date}`: epoch milliseconds. */
  time?: number;
  /** `{project}`, `{service}` and any other name. */
  variables?: Readonly<Record<string, string>>;
}

/** A rule that was read. It can be rendered any number of times. */
export interface TagRule {
  readonly text: string;
  readonly kind: TagRuleKind;
  /** Names of the variables that it uses, each once, in their order. */
  readonly variables: readonly string[];
  /** What it consists of, for whoever has to know which names it can make. */
  readonly parts: readonly RulePart[];
  /** @throws InvalidSettings when a value is missing, or the outcome cannot be a tag or the name of a repository. */
  render(values: RuleValues): string;
}

export type TagRuleKind = 'tag' | 'repository';

export type RulePart = { kind: 'text'; text: string } | RuleVariable;

export interface RuleVariable {
  kind: 'variable';
  name: string;
  edit?: RuleEdit;
  /** Of `digest`: so many characters. */
  length?: number;
  /** Of `date`. */
  format?: string;
}

/** `{tag/from/to}`: its first `from` becomes `to`. `{tag#text}`, `{tag%text}`: without that at its beginning, at its end. */
export type RuleEdit = { kind: 'replace'; from: string; to: string } | { kind: 'strip-start' | 'strip-end'; text: string };

/** Variables that have a meaning of their own; every other name is one of `variables`. */
export const builtInVariables = ['registry', 'repository', 'name', 'tag', 'digest', 'date'] as const;

const longestRule = 300;
const defaultDate = 'yyyyMMdd';
const dateUnits = /yyyy|MM|dd|HH|mm|ss/g;

/**
 * Reads a rule for names: text with variables in braces.
 *
 * - `{tag}`, `{repository}`, `{name}` (the last part of the repository), `{registry}`: of the source
 * - `{digest}`, `{digest:12}`: its hexadecimal characters, all or the first 7 to 64 of them
 * - `{date}`, `{date:yyyyMMdd-HHmm}`: in UTC
 * - `{project}`, `{service}`, any other name: what whoever uses the rule gives
 * - edits, as in a shell: `{tag#v}` without a `v` at its beginning, `{tag%-rc}` without `-rc` at its end, `{repository/shop/prod}` with the
 *   first `shop` replaced; `\/` stands for a slash in them
 *
 * What a value has that its place cannot hold is adapted where that is safe: a colon becomes a hyphen, and in a tag a slash does.
 *
 * @param field Where errors say they belong. Default: the kind.
 * @throws InvalidSettings that names the position, counted from 1
 */
export function parseTagRule(text: string, kind: TagRuleKind, field: string = kind): TagRule {
  const tidy = text.trim();
  const fail = (message: string): never => {
    throw new InvalidSettings(message, [{ field, message }]);
  };
  const failAt = (position: number, message: string): never => fail(`${message} (at position ${position + 1} of the rule)`);
  if (tidy === '')
    fail(kind === 'tag' ? 'The rule for the tag is empty: write {tag}.' : 'The rule for the name is empty: write {repository}.');
  if (tidy.length > longestRule) fail(`A rule has at most ${longestRule} characters.`);

  const parts: RulePart[] = [];
  let at = 0;
  while (at < tidy.length) {
    if (tidy[at] === '{') {
      const end = tidy.indexOf('}', at);
      if (end < 0) failAt(at, 'This brace is not closed.');
      parts.push(adaptEdit(readVariable(tidy.slice(at + 1, end), at + 1, failAt), kind));
      at = end + 1;
      continue;
    }
    const next = tidy.indexOf('{', at);
    const literal = tidy.slice(at, next < 0 ? undefined : next);
    checkText(literal, at, kind, failAt);
    parts.push({ kind: 'text', text: literal });
    at += literal.length;
  }
  const variables = [...new Set(parts.flatMap((part) => (part.kind === 'variable' ? [part.name] : [])))];
  const rule: TagRule = {
    text: tidy,
    kind,
    variables,
    parts,
    render: (values) => checked(parts.map((part) => (part.kind === 'text' ? part.text : valueOf(part, values, kind, fail))).join('')),
  };
  const checked = (outcome: string): string => {
    if (kind === 'tag') {
      if (!isTag(outcome))
        fail(`The rule ${tidy} makes “${outcome.slice(0, 140)}”, which cannot be a tag: 1 to 128 letters, digits, “_”, “.” and “-”.`);
      return outcome;
    }
    try {
      return parseRepositoryName(outcome);
    } catch (error) {
      if (!(error instanceof TagboatError)) throw error;
      return fail(`The rule ${tidy} makes no name of a repository. ${error.message}`);
    }
  };
  // Without variables it makes one and the same name, which is found wrong here rather than at night.
  if (variables.length === 0) rule.render({});
  return rule;
}

type Fail = (position: number, message: string) => never;

function readVariable(inside: string, position: number, fail: Fail): RuleVariable {
  const [, name = '', rest = ''] = /^([A-Za-z][A-Za-z0-9_-]{0,39})?(.*)$/s.exec(inside) ?? [];
  if (name === '')
    return fail(position, 'A variable begins with a letter: {tag}, {repository}, {digest:12}, {date:yyyyMMdd} or a name of your own.');
  const operator = rest[0];
  const after = rest.slice(1);
  const begin = position + name.length;
  if (operator === undefined) return { kind: 'variable', name, ...(name === 'date' && { format: defaultDate }) };
  if (operator === ':') return readArgument(name, after, begin, fail);
  if (operator === '/' && name !== 'date') {
    const [from = '', to, ...more] = splitAtSlashes(after);
    if (from === '' || to === undefined || more.length > 0)
      return fail(begin, `A replacement is written {${name}/from/to}; a slash that is meant as one is written \\/.`);
    return { kind: 'variable', name, edit: { kind: 'replace', from, to } };
  }
  if ((operator === '#' || operator === '%') && name !== 'date') {
    const text = splitAtSlashes(after).join('/');
    if (text === '') return fail(begin, `Behind ${operator}, the text to leave out is missing.`);
    return { kind: 'variable', name, edit: { kind: operator === '#' ? 'strip-start' : 'strip-end', text } };
  }
  return fail(begin, `“${operator}” cannot follow the name of this variable.`);
}

function readArgument(name: string, argument: string, position: number, fail: Fail): RuleVariable {
  if (name === 'digest') {
    const length = /^[0-9]{1,2}$/.test(argument) ? Number(argument) : 0;
    if (length < 7 || length > 64) return fail(position, 'Of a digest, 7 to 64 characters can be taken: {digest:12}.');
    return { kind: 'variable', name, length };
  }
  if (name === 'date') {
    const left = argument.replace(dateUnits, '');
    if (argument === '' || !/^[._-]*$/.test(left) || left === argument)
      return fail(position, 'A date is written with yyyy, MM, dd, HH, mm and ss, and “.”, “_” or “-” between them: {date:yyyyMMdd-HHmm}.');
    return { kind: 'variable', name, format: argument };
  }
  return fail(position, 'Only {digest:12} and {date:yyyyMMdd} take something behind a colon.');
}

function splitAtSlashes(text: string): string[] {
  return text.split(/(?<!\\)\//).map((piece) => piece.replaceAll('\\/', '/'));
}

function checkText(text: string, position: number, kind: TagRuleKind, fail: Fail): void {
  const wrong = (kind === 'tag' ? /[^A-Za-z0-9_.-]/ : /[^a-z0-9_.\-/]/).exec(text);
  if (!wrong) return;
  const at = position + wrong.index;
  if (wrong[0] === '}') fail(at, 'This brace closes nothing.');
  if (wrong[0] === '<' || wrong[0] === '$') fail(at, 'Variables stand in braces: {service}.');
  if (kind === 'repository' && /[A-Z]/.test(wrong[0])) fail(at, 'Names of repositories are lower-case.');
  fail(at, `“${wrong[0]}” cannot stand in ${kind === 'tag' ? 'a tag' : 'the name of a repository'}.`);
}

function valueOf(variable: RuleVariable, values: RuleValues, kind: TagRuleKind, fail: (message: string) => never): string {
  const value = rawValue(variable, values);
  if (value === undefined || value === '') {
    return fail(
      isBuiltIn(variable.name) ? `There is no ${variable.name} here for {${variable.name}}.` : `No value is given for {${variable.name}}.`,
    );
  }
  return edited(adaptValue(value, kind), variable.edit);
}

/** A value as its place can hold it. */
export function adaptValue(value: string, kind: TagRuleKind): string {
  return value.replace(kind === 'tag' ? /[:/]/g : /:/g, '-');
}

/** What is looked for in a value has to look like it. */
function adaptEdit({ edit, ...variable }: RuleVariable, kind: TagRuleKind): RuleVariable {
  if (!edit) return variable;
  const adapt = (text: string): string => adaptValue(text, kind);
  const adapted: RuleEdit =
    edit.kind === 'replace' ? { ...edit, from: adapt(edit.from), to: adapt(edit.to) } : { ...edit, text: adapt(edit.text) };
  return { ...variable, edit: adapted };
}

function rawValue({ name, length, format }: RuleVariable, values: RuleValues): string | undefined {
  switch (name) {
    case 'registry':
    case 'repository':
    case 'tag':
      return values[name];
    case 'name':
      return values.repository?.slice(values.repository.lastIndexOf('/') + 1);
    case 'digest':
      // Whole, `sha256-…` would look like the list of referrers that registries without their API keep under such a tag.
      return values.digest?.slice(
        values.digest.indexOf(':') + 1,
        length === undefined ? undefined : values.digest.indexOf(':') + 1 + length,
      );
    case 'date':
      return values.time === undefined ? undefined : formatDate(values.time, format ?? defaultDate);
    default:
      return values.variables && Object.hasOwn(values.variables, name) ? values.variables[name] : undefined;
  }
}

/** Applies an edit of a rule to a value. */
export function edited(value: string, edit: RuleEdit | undefined): string {
  switch (edit?.kind) {
    case undefined:
      return value;
    case 'replace': {
      const at = value.indexOf(edit.from);
      return at < 0 ? value : value.slice(0, at) + edit.to + value.slice(at + edit.from.length);
    }
    case 'strip-start':
      return value.startsWith(edit.text) ? value.slice(edit.text.length) : value;
    case 'strip-end':
      return value.endsWith(edit.text) ? value.slice(0, -edit.text.length) : value;
  }
}

function isBuiltIn(name: string): boolean {
  return builtInVariables.some((one) => one === name);
}

function formatDate(time: number, format: string): string {
  const date = new Date(time);
  const parts: Readonly<Record<string, number>> = {
    yyyy: date.getUTCFullYear(),
    MM: date.getUTCMonth() + 1,
    dd: date.getUTCDate(),
    HH: date.getUTCHours(),
    mm: date.getUTCMinutes(),
    ss: date.getUTCSeconds(),
  };
  return format.replace(dateUnits, (unit) => String(parts[unit]).padStart(unit.length, '0'));
}
