import { ContentError } from './content-error.ts';

const maxLength = 8 * 1024;

/**
 * The target of the first link with `rel="next"` in a Link header (RFC 8288), as it stands there. Single pass; quotes, escapes and
 * commas inside the target are handled.
 *
 * @throws ContentError `invalid_answer` for a header beyond 8 KiB: without it, a listing would end there as if it were whole.
 */
export function nextLink(header: string | undefined): string | undefined {
  if (header === undefined) return undefined;
  if (header.length > maxLength) throw new ContentError(`Its Link header is longer than ${maxLength} characters.`);
  let at = 0;
  while (at < header.length) {
    const open = header.indexOf('<', at);
    if (open < 0) return undefined;
    const close = header.indexOf('>', open + 1);
    if (close < 0) return undefined;
    const target = header.slice(open + 1, close);
    const { isNext, end } = readParameters(header, close + 1);
    if (isNext) return target;
    at = end;
  }
  return undefined;
}

/** Parameters up to the comma that ends the link. */
function readParameters(header: string, start: number): { isNext: boolean; end: number } {
  let isNext = false;
  let at = start;
  while (at < header.length && header[at] !== ',') {
    if (header[at] === ';') at++;
    const equals = nameEnd(header, at);
    const name = header.slice(at, equals).trim().toLowerCase();
    at = equals;
    if (header[at] !== '=') continue;
    const { value, end } = readValue(header, at + 1);
    if (name === 'rel' && value.toLowerCase().split(/[ \t]/).includes('next')) isNext = true;
    at = end;
  }
  return { isNext, end: at + 1 };
}

function nameEnd(header: string, start: number): number {
  let at = start;
  while (at < header.length && header[at] !== '=' && header[at] !== ';' && header[at] !== ',') at++;
  return at;
}

function readValue(header: string, start: number): { value: string; end: number } {
  let at = start;
  while (header[at] === ' ' || header[at] === '\t') at++;
  if (header[at] !== '"') {
    const from = at;
    while (at < header.length && header[at] !== ';' && header[at] !== ',') at++;
    return { value: header.slice(from, at).trim(), end: at };
  }
  let value = '';
  for (at++; at < header.length && header[at] !== '"'; at++) {
    if (header[at] === '\\') at++;
    value += header[at] ?? '';
  }
  return { value, end: at + 1 };
}
