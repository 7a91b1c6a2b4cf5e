import type { z } from 'zod';
import type { AnyProvider, Fields } from './define.ts';
import { fieldMeta } from './field.ts';

/** One field of the form, everything derived from its schema. The shape is that of the API (`FieldDescription`). */
export interface FieldDescription {
  name: string;
  label: string;
  help?: string;
  where?: string;
  example?: string;
  required: boolean;
  secret: boolean;
  multiline: boolean;
  advanced: boolean;
  type: 'text' | 'number' | 'boolean' | 'choice';
  default?: string | number | boolean;
  options?: { value: string; label: string }[];
  /** The provider's own addresses tell it: asked for only where the URL is another. */
  fromUrl?: true;
}

/** A provider as data, in the shape of the API (`Provider`). */
export interface ProviderDescription {
  id: string;
  title: string;
  icon: string;
  docs: string;
  url: { label: string; example: string; help?: string; fixed?: string };
  namespace?: { label: string; help?: string; example?: string };
  fields: FieldDescription[];
  presets?: { title: string; url?: string; signIn?: string; fields?: Record<string, string>; help: string }[];
  signIn: { method: string; title: string; help?: string; fields: FieldDescription[] }[];
  traits: {
    catalog: 'registry' | 'provider' | 'none';
    createRepository: boolean;
    referrers: string;
    delete: string;
    mount: boolean;
    maxPageSize: number;
  };
}

/** The parts of a zod definition that describing needs; every kind of schema has some of them. */
interface Definition {
  type: string;
  innerType?: z.ZodType;
  /** Input side of a pipe (`transform`, `pipe`). */
  in?: z.ZodType;
  /** zod computes it at each reading, so a getter. */
  defaultValue?: unknown;
  entries?: Readonly<Record<string, string | number>>;
  values?: readonly unknown[];
}

const definitionOf = (schema: z.ZodType): Definition => schema.def;

/** The schema below `optional()`, `default()`, `nullable()` and transformations, and the default met on the way. */
function unwrap(schema: z.ZodType): { core: Definition; fallback: unknown } {
  let fallback: unknown;
  let definition = definitionOf(schema);
  for (;;) {
    fallback ??= definition.defaultValue;
    const inner: z.ZodType | undefined = definition.innerType ?? (definition.type === 'pipe' ? definition.in : undefined);
    if (!inner) return { core: definition, fallback };
    definition = definitionOf(inner);
  }
}

/** The values of an enumeration or of a union of literals; undefined for what is no choice. */
function choices(core: Definition): string[] | undefined {
  if (core.type === 'enum') return Object.values(core.entries ?? {}).map(String);
  if (core.type === 'literal') return (core.values ?? []).map(String);
  return undefined;
}

/** Describes a field. `required` means that nothing given is not accepted, so a default makes a field optional. */
export function fieldDescription(name: string, schema: z.ZodType): FieldDescription {
  const { label = name, help, where, example, secret = false, multiline = false, advanced = false, options } = fieldMeta(schema) ?? {};
  const { core, fallback } = unwrap(schema);
  const values = choices(core);
  const description: FieldDescription = {
    name,
    label,
    required: !schema.safeParse(undefined).success,
    secret,
    multiline,
    advanced,
    type: values ? 'choice' : core.type === 'boolean' ? 'boolean' : core.type === 'number' ? 'number' : 'text',
  };
  if (help !== undefined) description.help = help;
  if (where !== undefined) description.where = where;
  if (example !== undefined) description.example = example;
  if (typeof fallback === 'string' || typeof fallback === 'number' || typeof fallback === 'boolean') description.default = fallback;
  if (values) description.options = values.map((value) => ({ value, label: options?.[value] ?? value }));
  return description;
}

export function fieldDescriptions(fields: Fields): FieldDescription[] {
  return Object.entries(fields.shape).map(([name, schema]) => fieldDescription(name, schema));
}

/** Marks the fields that the provider reads from an address of its own; its example is one. */
function withInferred(fields: FieldDescription[], { url, inferSettings }: AnyProvider): FieldDescription[] {
  if (!inferSettings) return fields;
  const told = inferSettings(new URL(/^https?:/.test(url.example) ? url.example : `https://${url.example}`));
  return fields.map((field) => (told[field.name] === undefined ? field : { ...field, fromUrl: true }));
}

export function providerDescription(provider: AnyProvider): ProviderDescription {
  const { id, title, icon, docs, url, namespace, presets, traits } = provider;
  return {
    id,
    title,
    icon,
    docs,
    url: { ...url, label: url.label ?? 'Registry URL' },
    ...(namespace && { namespace: { ...namespace } }),
    ...(presets && { presets: presets.map((preset) => ({ ...preset, ...(preset.fields && { fields: { ...preset.fields } }) })) }),
    fields: withInferred(fieldDescriptions(provider.settings), provider),
    signIn: Object.entries(provider.signIn).map(([method, way]) => ({
      method,
      title: way.title,
      ...(way.help !== undefined && { help: way.help }),
      fields: withInferred(fieldDescriptions(way.fields), provider),
    })),
    traits: {
      catalog: traits.catalog,
      createRepository: traits.createRepository,
      referrers: traits.referrers,
      delete: traits.delete,
      mount: traits.mount,
      maxPageSize: traits.maxPageSize ?? 1000,
    },
  };
}
