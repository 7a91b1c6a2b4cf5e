import type { Quota } from './client-options.ts';
import { printable } from './text.ts';

/**
 * The texts of `Warning: 299 - "text"` headers (OCI distribution specification, "Warnings"), made printable. Other codes and
 * warnings longer than 4096 characters are not for people.
 */
export function readWarnings(header: string | undefined): string[] {
  if (header === undefined || header.length > 16_384) return [];
  const texts: string[] = [];
  let at = 0;
  while (texts.length < 16) {
    const start = header.indexOf('299 - "', at);
    if (start < 0) break;
    let text = '';
    for (at = start + 7; at < header.length && header[at] !== '"'; at++) {
      if (header[at] === '\\') at++;
      text += header[at] ?? '';
    }
    if (at < header.length && text !== '' && text.length <= 4096) texts.push(printable(text, 4096));
    at++;
  }
  return texts;
}

/** The quota in `ratelimit-limit: 100;w=21600` and `ratelimit-remaining: 76;w=21600` (Docker Hub). Undefined without both. */
export function readQuota(headers: Readonly<Record<string, string>>, at: number): Quota | undefined {
  const limit = readAmount(headers['ratelimit-limit']);
  const remaining = readAmount(headers['ratelimit-remaining']);
  if (!limit || !remaining) return undefined;
  const window = limit.window ?? remaining.window;
  return { limit: limit.amount, remaining: remaining.amount, ...(window === undefined ? {} : { window }), at };
}

function readAmount(header: string | undefined): { amount: number; window?: number } | undefined {
  const match = /^([0-9]{1,12})(?:\s{0,8};\s{0,8}w=([0-9]{1,12}))?/.exec(header?.trim() ?? '');
  if (!match) return undefined;
  return { amount: Number(match[1]), ...(match[2] === undefined ? {} : { window: Number(match[2]) }) };
}
