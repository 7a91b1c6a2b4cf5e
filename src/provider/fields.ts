import { z } from 'zod';
import type { FieldMeta } from './define.ts';
import { field, secret } from './field.ts';

/**
 * A user name for Basic authentication. It cannot hold a colon, because that is where RFC 7617 ends it; the `$` and `+` of
 * robot accounts are fine.
 */
export function username(meta: FieldMeta) {
  return field(
    z
      .string()
      .max(256)
      .regex(/^[^:\p{Cc}]+$/u, { error: `${meta.label} cannot contain a colon.` }),
    meta,
  );
}

/** A password that a person may have made up: blanks at its ends count. */
export function password(meta: FieldMeta) {
  return secret(z.string().max(4096), { verbatim: true, ...meta });
}

/** A secret that a machine made: blanks around it come from copying. */
export function token(meta: FieldMeta) {
  return secret(
    z
      .string()
      .max(16_384)
      .regex(/^\S+$/, { error: `${meta.label} contains blanks; paste it again.` }),
    meta,
  );
}
