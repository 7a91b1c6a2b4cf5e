import { z } from 'zod';

export type JsonSchema = Record<string, unknown>;

type Direction = 'input' | 'output';

/** Named schemas (`meta({ id })`) as components, collected as they are referred to. */
export interface ComponentSchemas {
  /** `{ $ref }` for a schema with an id, the schema itself otherwise. */
  reference(type: z.ZodType, direction: Direction): JsonSchema;
  /** All components met so far, by name. */
  all(): Record<string, JsonSchema>;
}

const referenceTo = (id: string): string => `#/components/schemas/${id}`;

/**
 * Components of an OpenAPI document from zod's registry of named schemas. A schema that requests use is described as it is
 * accepted, others as they are answered; answers may gain members, so theirs are left open.
 */
export function componentSchemas(registry: typeof z.globalRegistry): ComponentSchemas {
  const collected = new Map<string, { schema: JsonSchema; direction: Direction }>();
  const rendered = new Map<Direction, Record<string, JsonSchema>>();

  const renderAll = (direction: Direction): Record<string, JsonSchema> => {
    let schemas = rendered.get(direction);
    if (!schemas) {
      schemas = z.toJSONSchema(registry, { ...options(direction), uri: referenceTo }).schemas;
      rendered.set(direction, schemas);
    }
    return schemas;
  };

  const collect = (id: string, direction: Direction): void => {
    const known = collected.get(id);
    if (known && (known.direction === 'input' || direction === 'output')) return;
    const schema = strip(renderAll(direction)[id] ?? {});
    collected.set(id, { schema, direction });
    follow(schema, direction);
  };

  const follow = (schema: JsonSchema, direction: Direction): void => {
    for (const id of referencesIn(schema)) collect(id, direction);
  };

  return {
    reference(type, direction) {
      const id = registry.get(type)?.id;
      if (id !== undefined) {
        collect(id, direction);
        return { $ref: referenceTo(id) };
      }
      const schema = jsonSchema(type, direction);
      follow(schema, direction);
      return schema;
    },
    all: () => Object.fromEntries([...collected].toSorted(([a], [b]) => (a < b ? -1 : 1)).map(([id, { schema }]) => [id, schema])),
  };
}

/** JSON Schema (2020-12) of one zod schema; named schemas inside become references. */
export function jsonSchema(type: z.ZodType, direction: Direction, components?: ComponentSchemas): JsonSchema {
  const placeholder = new Map<string, z.ZodType>();
  const registry = z.registry<{ id?: string }>();
  registry.add(type, { id: '__self' });
  for (const [id, named] of z.globalRegistry._idmap) {
    if (named === type) continue;
    registry.add(named as z.ZodType, { id });
    placeholder.set(id, named as z.ZodType);
  }
  const schemas = z.toJSONSchema(registry, { ...options(direction), uri: referenceTo }).schemas;
  const schema = strip(schemas.__self ?? {});
  if (components) for (const id of referencesIn(schema)) components.reference(placeholder.get(id) ?? type, direction);
  return schema;
}

const options = (direction: Direction) =>
  ({
    target: 'draft-2020-12',
    io: direction,
    unrepresentable: 'any',
    cycles: 'ref',
    reused: 'inline',
    override: ({ zodSchema, jsonSchema: schema }: { zodSchema: z.core.$ZodTypes; jsonSchema: JsonSchema }) => {
      // A boolean written as text, as queries have it (`z.stringbool()`).
      if (direction === 'input' && zodSchema._zod.def.type === 'pipe' && zodSchema._zod.def.out._zod.def.type === 'boolean') {
        const { description } = schema;
        for (const key of Object.keys(schema)) delete schema[key];
        Object.assign(schema, { type: 'boolean', ...(description !== undefined && { description }) });
      }
      if (direction === 'output' && schema.additionalProperties === false) delete schema.additionalProperties;
      // zod repeats its bounds of a safe integer at every `z.int()`.
      if (schema.minimum === Number.MIN_SAFE_INTEGER) delete schema.minimum;
      if (schema.maximum === Number.MAX_SAFE_INTEGER) delete schema.maximum;
      // The format says it; zod's pattern for it is 300 characters long.
      if (schema.format === 'date-time') delete schema.pattern;
    },
  }) as const;

/** Without the identity keywords that zod puts at the root. */
function strip({ $id: _id, $schema: _schema, id: _name, ...rest }: JsonSchema): JsonSchema {
  return rest;
}

function* referencesIn(value: unknown): Generator<string> {
  if (Array.isArray(value)) for (const item of value) yield* referencesIn(item);
  else if (typeof value === 'object' && value !== null) {
    for (const [key, child] of Object.entries(value)) {
      if (key === '$ref' && typeof child === 'string') yield child.slice(referenceTo('').length);
      else yield* referencesIn(child);
    }
  }
}
