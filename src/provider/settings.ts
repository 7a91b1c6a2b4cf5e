import type { z } from 'zod';
import { type FieldError, InvalidSettings } from '../core/errors.ts';
import { cleanValue, type FieldValue, problemOf } from './clean.ts';
import type { AnyProvider, SignIn } from './define.ts';
import { fieldMeta } from './field.ts';

/** What is stored of a registry's fields, as far as checking an edit needs it. */
export interface StoredFields {
  signIn: string;
  /** Plain values of settings and sign-in fields, as `checkFields` answered them. */
  settings: Readonly<Record<string, unknown>>;
  /** Names of the secrets that are stored; their values are not needed. */
  secrets: readonly string[];
  /** Secret field → where its value is read instead of being stored. */
  sources?: Readonly<Record<string, string>>;
}

export interface FieldsInput {
  /** Way of signing in. Default: the stored one, else the first that the given fields suffice for. */
  signIn?: string;
  /**
   * By name. Absent: as stored. Empty: a secret stays as stored, anything else is unset. `null`: unset, secrets too.
   */
  fields?: Readonly<Record<string, FieldValue>>;
  /** Secret field → where its value is read. Absent: as stored. `null` or empty: from nowhere; so does entering a value. */
  sources?: Readonly<Record<string, string | null>>;
  /** The registry's URL, from which a provider may know fields (region, account). */
  url?: URL;
  stored?: StoredFields;
}

/** Fields that were found good, split into what is stored in clear and what is sealed. */
export interface CheckedFields {
  signIn: string;
  /** Plain values that people gave; neither defaults nor what the URL says, which may change. */
  settings: Record<string, string | number | boolean>;
  /** Secrets that were entered now, in clear: to be sealed. */
  secrets: Record<string, string>;
  /** Names of stored secrets that stay. All other stored ones are to be removed. */
  keptSecrets: string[];
  /** Secret field → where its value is read. */
  sources: Record<string, string>;
}

/**
 * Checks the fields of a registry against its provider and way of signing in.
 *
 * @throws InvalidSettings with a message at each field, `fields.<name>`. No message quotes a secret.
 */
export function checkFields(provider: AnyProvider, input: FieldsInput): CheckedFields {
  const given = input.fields ?? {};
  const sources = sourcesOf(input);
  const inferred = (input.url && provider.inferSettings?.(input.url)) ?? {};
  const method = input.signIn ?? input.stored?.signIn ?? fittingSignIn(provider, { ...given, ...sources }, inferred);
  const way = signInOf(provider, method);
  const schemas = { ...provider.settings.shape, ...way.fields.shape };

  const errors: FieldError[] = Object.keys(given)
    .filter((name) => !Object.hasOwn(schemas, name) && given[name] !== null && given[name] !== '')
    .map((name) => ({ field: `fields.${name}`, message: unknownField(provider, method, name) }));
  errors.push(...misplacedSources(provider, method, schemas, input.sources ?? {}));
  const checked: CheckedFields = { signIn: method, settings: {}, secrets: {}, keptSecrets: [], sources: {} };

  for (const [name, schema] of Object.entries(schemas)) {
    const fail = (message: string) => errors.push({ field: `fields.${name}`, message });
    const secret = fieldMeta(schema)?.secret === true;
    const entered = Object.hasOwn(given, name) ? given[name] : undefined;
    const cleaned = cleanValue(name, schema, entered);
    if (cleaned.fault !== undefined) {
      fail(cleaned.fault);
      continue;
    }
    if (secret) {
      const source = sources[name];
      const cleared = entered === null && input.sources?.[name] === undefined;
      if (source !== undefined && cleaned.value === undefined && !cleared) {
        checked.sources[name] = source;
        continue;
      }
      if (input.sources?.[name] && cleaned.value !== undefined) {
        fail(`${labelOf(name, schema)} is entered, and to be read elsewhere as well. Leave one of the two empty.`);
        continue;
      }
      if (cleaned.value === undefined && entered !== null && input.stored?.secrets.includes(name)) {
        checked.keptSecrets.push(name);
        continue;
      }
    } else if (cleaned.value !== undefined && inferred[name] !== undefined && String(cleaned.value) !== inferred[name]) {
      fail(
        `${labelOf(name, schema)} is “${String(cleaned.value)}” here, but the URL says “${inferred[name]}”. Leave it empty or correct one of the two.`,
      );
      continue;
    }
    const stored = !secret && !Object.hasOwn(given, name) && inferred[name] === undefined ? input.stored?.settings[name] : undefined;
    const value = cleaned.value ?? (stored as FieldValue | undefined) ?? undefined;
    const problem = problemOf(name, schema, value ?? inferred[name]);
    if (problem !== undefined) fail(problem);
    else if (secret && typeof value === 'string') checked.secrets[name] = value;
    else if (!secret && value !== undefined) checked.settings[name] = value;
  }
  if (errors.length > 0) throw new InvalidSettings(summary(provider, errors), errors);
  return checked;
}

/** Where secrets are to be read: as stored, with what is given put over it. */
function sourcesOf({ sources = {}, stored }: FieldsInput): Record<string, string> {
  const all = Object.entries({ ...stored?.sources, ...sources }).map(([name, text]) => [name, text?.trim() ?? ''] as const);
  return Object.fromEntries(all.filter(([, text]) => text !== ''));
}

/** Only a secret that this way of signing in has can be read elsewhere; all else is typed. */
function misplacedSources(
  provider: AnyProvider,
  method: string,
  schemas: Readonly<Record<string, z.ZodType>>,
  given: Readonly<Record<string, string | null>>,
): FieldError[] {
  return Object.entries(given).flatMap(([name, text]) => {
    const schema = Object.hasOwn(schemas, name) ? schemas[name] : undefined;
    if (!text || (schema && fieldMeta(schema)?.secret)) return [];
    const message = schema ? `${labelOf(name, schema)} is no secret: enter its value.` : unknownField(provider, method, name);
    return [{ field: `sources.${name}`, message }];
  });
}

/**
 * What a provider's functions get as `settings` and `signIn`: stored fields, opened secrets, what the URL says, and
 * defaults, parsed by the provider's own schemas.
 *
 * @throws InvalidSettings when something required is missing, e.g. a secret that was lost with its key.
 */
export function providerInput(
  provider: AnyProvider,
  registry: {
    signIn: string;
    url?: URL;
    settings: Readonly<Record<string, unknown>>;
    secrets: Readonly<Record<string, string>>;
  },
): { settings: Record<string, unknown>; signIn: { method: string } & Record<string, unknown> } {
  const way = signInOf(provider, registry.signIn);
  const inferred = (registry.url && provider.inferSettings?.(registry.url)) ?? {};
  const values: Record<string, unknown> = { ...registry.settings, ...inferred, ...registry.secrets };
  const errors: FieldError[] = [];
  const parse = (shape: Readonly<Record<string, z.ZodType>>) => {
    const parsed: Record<string, unknown> = {};
    for (const [name, schema] of Object.entries(shape)) {
      const value = Object.hasOwn(values, name) ? values[name] : undefined;
      const problem = problemOf(name, schema, value);
      if (problem !== undefined) errors.push({ field: `fields.${name}`, message: problem });
      else parsed[name] = schema.parse(value);
    }
    return parsed;
  };
  const settings = parse(provider.settings.shape);
  const signIn = { ...parse(way.fields.shape), method: registry.signIn };
  if (errors.length > 0) throw new InvalidSettings(summary(provider, errors), errors);
  return { settings, signIn };
}

/** Names of the secret fields of a provider: of one way of signing in, or of all. */
export function secretNames(provider: AnyProvider, signIn?: string): string[] {
  const ways = signIn === undefined ? Object.values(provider.signIn) : [signInOf(provider, signIn)];
  const names = new Set<string>();
  for (const { shape } of [provider.settings, ...ways.map((way) => way.fields)]) {
    for (const [name, schema] of Object.entries(shape)) if (fieldMeta(schema)?.secret) names.add(name);
  }
  return [...names];
}

/** A copy for logs and the audit: secrets and fields that the provider does not know are shown as `[secret]`. */
export function redactFields(provider: AnyProvider, fields: Readonly<Record<string, unknown>>): Record<string, unknown> {
  const plain = new Set<string>();
  for (const { shape } of [provider.settings, ...Object.values(provider.signIn).map((way) => way.fields)]) {
    for (const name of Object.keys(shape)) plain.add(name);
  }
  for (const name of secretNames(provider)) plain.delete(name);
  return Object.fromEntries(
    Object.entries(fields).map(([name, value]) => [name, plain.has(name) || value === '' || value === null ? value : '[secret]']),
  );
}

function signInOf(provider: AnyProvider, method: string): SignIn {
  const way = Object.hasOwn(provider.signIn, method) ? provider.signIn[method] : undefined;
  if (way) return way;
  const message = `${provider.title} knows no way of signing in called “${method.slice(0, 64)}”. Known: ${Object.keys(provider.signIn).join(', ')}.`;
  throw new InvalidSettings(message, [{ field: 'signIn', message }]);
}

/**
 * The way of signing in that somebody means who names none: the first whose fields hold everything that was given and
 * lack nothing required. With nothing given that is often the anonymous one. None fits: the one that knows most of what
 * was given, so that its messages help.
 */
function fittingSignIn(
  provider: AnyProvider,
  given: Readonly<Record<string, FieldValue>>,
  inferred: Readonly<Record<string, string>>,
): string {
  const names = Object.keys(given).filter((name) => given[name] !== null && given[name] !== '');
  const ways = Object.entries(provider.signIn).map(([method, way]) => {
    const shape = { ...provider.settings.shape, ...way.fields.shape };
    const unknown = names.filter((name) => !Object.hasOwn(shape, name)).length;
    const missing = Object.entries(way.fields.shape).filter(
      ([name, schema]) => !names.includes(name) && inferred[name] === undefined && !schema.safeParse(undefined).success,
    ).length;
    return { method, unknown, missing };
  });
  const fitting = ways.find(({ unknown, missing }) => unknown === 0 && missing === 0);
  return (fitting ?? ways.toSorted((a, b) => a.unknown - b.unknown)[0])?.method ?? '';
}

function unknownField(provider: AnyProvider, method: string, name: string): string {
  const shown = name.slice(0, 64);
  const owner = Object.values(provider.signIn).find((way) => Object.hasOwn(way.fields.shape, name));
  if (owner) return `“${shown}” belongs to signing in by “${owner.title}”, but “${provider.signIn[method]?.title}” is chosen.`;
  return `${provider.title} has no field “${shown}”.`;
}

function labelOf(name: string, schema: z.ZodType): string {
  return fieldMeta(schema)?.label ?? name;
}

function summary(provider: AnyProvider, errors: readonly FieldError[]): string {
  const first = errors[0]?.message ?? '';
  return errors.length === 1 ? first : `${errors.length} fields of this ${provider.title} registry have to be corrected: ${first}`;
}
