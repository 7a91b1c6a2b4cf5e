import { isAlias, isMap, isNode, isPair, isScalar, isSeq, type Node, parseAllDocuments } from 'yaml';
import { InvalidSettings } from '../core/errors.ts';
import type { ImportDocument } from './types.ts';
import type { ListValue, MapValue, ScalarValue, Value } from './value.ts';

/** A document with its place, for messages. */
export interface ReadDocument {
  /** File name, or `document 2`; empty where there is one without a name. */
  name: string;
  /** Documents of one YAML stream, without empty ones. */
  values: Value[];
}

const longest = 1024 * 1024;
/** More than a file of registries or a list of a cluster's secrets has, and what a small file with aliases in aliases would become. */
const mostValues = 40_000;
const deepest = 64;
/** `---` in one file: a list of a cluster's secrets has hundreds. */
const mostStreams = 2000;

/**
 * Reads YAML as Go's yaml.v2 does, which the imported systems use: version 1.1, so `yes` and `off` are booleans; and so JSON.
 * Tags mean nothing but their values.
 *
 * @throws InvalidSettings at `documents.<index>.content`; messages name the place and never quote the content
 */
export function readDocument(document: ImportDocument, index: number, count: number): ReadDocument {
  const name = document.name?.trim() || (count > 1 ? `document ${index + 1}` : '');
  const fail = (what: string): never => {
    const message = `${name === '' ? 'The document' : name} ${what}`;
    throw new InvalidSettings(message, [{ field: `documents.${index}.content`, message }]);
  };
  const text = document.content.replace(/^\ufeff/, '');
  if (text.length > longest) fail('is larger than 1 MiB. Take out what does not belong here, or import it in parts.');
  if (text.trim() === '') fail('is empty.');
  // oxlint-disable-next-line no-control-regex -- no text file has them
  if (/[\u0000-\u0008\u000e-\u001f\ufffd]/.test(text)) fail('holds characters that no text has. Save it as UTF-8.');
  if (nesting(text) > deepest) fail(tooDeep);

  if ((text.match(/^---/gm)?.length ?? 0) > mostStreams) fail('holds more documents than such a file can have.');

  try {
    return { name, values: readJson(text) ?? readYaml(text) };
  } catch (error) {
    if (error instanceof Unacceptable) return fail(error.message);
    // Brackets in quotation marks can hide how deep it is from the look above.
    if (error instanceof RangeError) return fail(tooDeep);
    throw error;
  }
}

const tooDeep = 'is nested too deeply for such a file.';
const tooMany = 'holds more values than such a file can have.';

function readYaml(text: string): Value[] {
  // Parsing is the hub's own time: a file that is all structure is refused before it.
  if ((text.match(/[:,]|^ *-/gm)?.length ?? 0) > mostValues) throw new Unacceptable(tooMany);
  // Duplicate keys are found below: the library compares every key with every other.
  const parsed = parseAllDocuments(text, { version: '1.1', uniqueKeys: false, logLevel: 'silent', merge: true });
  const budget = { left: mostValues };
  const values = parsed.flatMap((one) => {
    const [error] = one.errors;
    const at = error?.linePos?.[0];
    if (error) throw new Unacceptable(`is not valid YAML${at ? `: line ${at.line}, column ${at.col}` : ''}.${hintFor(error.code, text)}`);
    const value = convert(one.contents, { anchors: new Map(), budget, depth: 0 });
    return value.kind === 'scalar' && value.value === null ? [] : [value];
  });
  if (values.length === 0) throw new Unacceptable('holds nothing but comments.');
  return values;
}

class Unacceptable extends Error {}

function hintFor(code: string, text: string): string {
  if (code === 'TAB_AS_INDENT' || /^\t/m.test(text)) return ' It is indented with tabs, which YAML does not allow: use spaces.';
  return ' Correct it there, or export it again.';
}

/** JSON is nearly always what a file with a brace at its beginning is, and read a hundred times faster as such. */
function readJson(text: string): Value[] | undefined {
  if (!/^\s*[[{]/.test(text)) return undefined;
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    return undefined;
  }
  return [fromJson(json, { left: mostValues }, 0)];
}

function fromJson(json: unknown, budget: { left: number }, depth: number): Value {
  if (--budget.left < 0) throw new Unacceptable(tooMany);
  if (depth > deepest) throw new Unacceptable(tooDeep);
  if (Array.isArray(json)) return { kind: 'list', items: json.map((item) => fromJson(item, budget, depth + 1)) };
  if (typeof json === 'object' && json !== null) {
    const entries = new Map(Object.entries(json).map(([key, value]) => [key, fromJson(value, budget, depth + 1)]));
    return { kind: 'map', entries, repeated: [] };
  }
  const value = json as ScalarValue['value'];
  return { kind: 'scalar', value, text: value === null ? '' : String(value) };
}

/** Depth of brackets and of indentation, roughly: enough to refuse what would exhaust the stack. */
function nesting(text: string): number {
  let depth = 0;
  let most = 0;
  for (let index = 0; index < text.length && most <= deepest; index++) {
    const character = text[index];
    if (character === '[' || character === '{') most = Math.max(most, ++depth);
    else if (character === ']' || character === '}') depth = Math.max(0, depth - 1);
  }
  const indents = text.match(/^(?:- *){1,}/gm)?.reduce((longestRun, run) => Math.max(longestRun, run.replaceAll(' ', '').length), 0) ?? 0;
  return Math.max(most, indents);
}

interface Conversion {
  /** Met so far: an alias means the last node before it that has its name. The library would look through the whole document for each. */
  anchors: Map<string, Node>;
  /** Counts every value, those that aliases repeat too. */
  budget: { left: number };
  depth: number;
}

function convert(node: unknown, conversion: Conversion): Value {
  if (--conversion.budget.left < 0) throw new Unacceptable(tooMany);
  if (conversion.depth > deepest) throw new Unacceptable(tooDeep);
  const inner = { ...conversion, depth: conversion.depth + 1 };
  if (isAlias(node)) {
    const target = conversion.anchors.get(node.source);
    if (!target) throw new Unacceptable('refers to an anchor that it does not have.');
    return convert(target, inner);
  }
  if (isNode(node) && node.anchor !== undefined) conversion.anchors.set(node.anchor, node);
  if (isMap(node)) return convertMap(node.items, inner);
  if (isSeq(node)) return { kind: 'list', items: node.items.map((item) => convert(item, inner)) } satisfies ListValue;
  if (isScalar(node)) return convertScalar(node.value, node.source);
  return convertScalar(null, '');
}

function convertMap(items: readonly unknown[], conversion: Conversion): MapValue {
  const entries = new Map<string, Value>();
  const merged = new Map<string, Value>();
  const repeated = new Set<string>();
  for (const pair of items) {
    if (!isPair(pair)) continue;
    const key = convert(pair.key, conversion);
    if (key.kind !== 'scalar') throw new Unacceptable('has a key that is not a word.');
    const value = convert(pair.value, conversion);
    if (key.text === '<<') {
      for (const source of value.kind === 'list' ? value.items : [value]) {
        if (source.kind === 'map') for (const [name, child] of source.entries) if (!merged.has(name)) merged.set(name, child);
      }
      continue;
    }
    if (entries.has(key.text)) repeated.add(key.text);
    entries.set(key.text, value);
  }
  for (const [name, child] of merged) if (!entries.has(name)) entries.set(name, child);
  return { kind: 'map', entries, repeated: [...repeated] };
}

function convertScalar(value: unknown, source: string | undefined): ScalarValue {
  const isPlain = typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean';
  const text = source ?? (isPlain ? String(value) : '');
  if (value === null || value === undefined) return { kind: 'scalar', value: null, text };
  // Dates, big numbers and binary data are what their text says.
  return { kind: 'scalar', value: isPlain ? value : text, text };
}
