import type { TagboatError } from '../core/errors.ts';

/** A fact that an error carries in its context, as text; empty when it has none of this name, or one that is no text. */
export function factOf(error: TagboatError, name: string): string {
  const fact = error.context[name];
  return typeof fact === 'string' ? fact : '';
}
