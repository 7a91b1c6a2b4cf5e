import type { z } from 'zod';
import { fieldDescription } from './describe.ts';
import { fieldMeta } from './field.ts';

/** A field as it comes from a form, a program or a flag. */
export type FieldValue = string | number | boolean | null;

type Cleaned = { value: string | number | boolean | undefined; fault?: undefined } | { value?: undefined; fault: string };

// White space, and what looks like none: byte order mark, zero-width characters, no-break space.
const blank = /[\s\u00a0\u200b-\u200d\u2060\ufeff]/;
const lineEnd = /[\r\n\ufeff]/;
// oxlint-disable-next-line no-control-regex -- to refuse them is the point
const control = /[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f]/;

/**
 * Makes of an entered value what was meant by it, before the schema judges it:
 *
 * - White space around a value comes from copying and goes away, be it a name or a key. Only a `verbatim` secret (a
 *   password that somebody made up) keeps blanks at its ends and loses but line ends, as `docker login --password-stdin` does.
 * - Nothing but white space is nothing, save for a verbatim secret of blanks.
 * - A line end inside a field of one line is a broken paste and refused rather than guessed about; so are control characters.
 * - Command lines give text only: numbers and booleans are read from it.
 */
export function cleanValue(name: string, schema: z.ZodType, entered: FieldValue | undefined): Cleaned {
  if (entered === undefined || entered === null) return { value: undefined };
  const { label, type, multiline, secret } = fieldDescription(name, schema);
  if (type === 'boolean') return cleanBoolean(label, entered);
  if (type === 'number') return cleanNumber(label, entered);
  if (typeof entered === 'boolean') return { fault: `${label} must be text.` };

  const verbatim = secret && fieldMeta(schema)?.verbatim === true;
  const text = strip(String(entered), verbatim ? lineEnd : blank);
  if (text === '') return { value: undefined };
  if (control.test(text)) return { fault: `${label} holds control characters; paste it again.` };
  if (multiline) return { value: text.replaceAll('\r\n', '\n') };
  if (/[\r\n]/.test(text)) return { fault: `${label} is broken into several lines; paste it again as one line.` };
  return { value: text };
}

/** Character by character from both ends: a pattern that ends in `+$` would look through every run of blanks from each of its characters. */
function strip(text: string, unwanted: RegExp): string {
  let [start, end] = [0, text.length];
  while (start < end && unwanted.test(text.charAt(start))) start++;
  while (end > start && unwanted.test(text.charAt(end - 1))) end--;
  return text.slice(start, end);
}

function cleanBoolean(label: string, entered: string | number | boolean): Cleaned {
  if (typeof entered === 'boolean') return { value: entered };
  const word = String(entered).trim().toLowerCase();
  if (word === '') return { value: undefined };
  if (word === 'true' || word === 'false') return { value: word === 'true' };
  return { fault: `${label} must be true or false.` };
}

function cleanNumber(label: string, entered: string | number | boolean): Cleaned {
  if (typeof entered === 'string' && entered.trim() === '') return { value: undefined };
  const value = typeof entered === 'boolean' ? Number.NaN : Number(entered);
  return Number.isFinite(value) ? { value } : { fault: `${label} must be a number.` };
}

/** What is wrong with a value by its schema, as a sentence for people; undefined when it is fine. Never quotes the value. */
export function problemOf(name: string, schema: z.ZodType, value: unknown): string | undefined {
  const { label, example, options } = fieldDescription(name, schema);
  const result = schema.safeParse(value, {
    // Messages that a provider gives its schema go first; these replace zod's own wording, which speaks to programmers.
    error: (issue) => {
      if (value === undefined) return `${label} is missing.`;
      switch (issue.code) {
        case 'too_big':
          return `${label} is too ${issue.origin === 'string' ? 'long' : 'large'}: at most ${String(issue.maximum)}.`;
        case 'too_small':
          return `${label} is too ${issue.origin === 'string' ? 'short' : 'small'}: at least ${String(issue.minimum)}.`;
        case 'invalid_value':
          return `${label} must be one of: ${(options ?? []).map((option) => option.value).join(', ')}.`;
        default:
          return `${label} does not look right${example ? `; an example: ${example}` : ''}.`;
      }
    },
  });
  if (result.success) return undefined;
  // With nothing entered, what is wrong is that, whatever a schema's own message says of wrong values.
  return value === undefined ? `${label} is missing.` : (result.error.issues[0]?.message ?? `${label} does not look right.`);
}
