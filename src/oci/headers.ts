import type { IncomingHttpHeaders } from 'node:http';

/** What may follow a redirect to another origin. */
export function onlyHarmless(headers: Readonly<Record<string, string>>): Record<string, string> {
  const kept: Record<string, string> = {};
  for (const [name, value] of Object.entries(headers)) {
    if (['accept', 'range', 'user-agent'].includes(name.toLowerCase())) kept[name] = value;
  }
  return kept;
}

/** Names in lower case; several values joined with `, `. */
export function flatten(headers: IncomingHttpHeaders): Record<string, string> {
  const flat: Record<string, string> = {};
  for (const [name, value] of Object.entries(headers)) {
    if (value !== undefined) flat[name.toLowerCase()] = Array.isArray(value) ? value.join(', ') : value;
  }
  return flat;
}

/** The lines of one header. */
export function lines(value: string | string[] | undefined): string[] {
  return value === undefined ? [] : Array.isArray(value) ? value : [value];
}
