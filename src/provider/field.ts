import type { z } from 'zod';
import type { FieldMeta } from './define.ts';

/** Attaches what people see of a field to its schema (zod metadata under the key `field`). */
export function field<T extends z.ZodType>(schema: T, meta: FieldMeta): T {
  return schema.meta({ field: meta });
}

/** A field that is sealed at rest and never returned. */
export function secret<T extends z.ZodType>(schema: T, meta: FieldMeta): T {
  return field(schema, { ...meta, secret: true });
}

/** Metadata of a field, looked for through `optional()` and `default()`. */
export function fieldMeta(schema: z.ZodType): FieldMeta | undefined {
  let current: z.ZodType | undefined = schema;
  while (current) {
    const meta = current.meta() as { field?: FieldMeta } | undefined;
    if (meta?.field) return meta.field;
    const definition = current.def as { innerType?: z.ZodType };
    current = definition.innerType;
  }
  return undefined;
}
