import { isIPv4 } from 'node:net';
import { InvalidSettings } from '../core/errors.ts';

export interface TypedUrl {
  /** Normalised: lower-case ASCII host, no default port, no slash at the end of the path, no query. */
  url: URL;
  /** The scheme that was typed; absent when it was left out. */
  scheme?: 'http' | 'https';
}

const longest = 2048;
const segment = /^[A-Za-z0-9](?:[A-Za-z0-9._~-]*[A-Za-z0-9_~])?$/;

/**
 * Reads a registry's address as people type it: scheme optional, path allowed. Pasted forms of the same thing are
 * understood (`oci://`, `docker://`, quotes around it, `/v2/` at its end). Without a scheme the answer is https, or http
 * with `plain`.
 *
 * @throws InvalidSettings at field `url`, in words for the person who typed it. A user name or password in the address is
 * refused and never repeated in the message.
 */
export function parseRegistryUrl(text: string, options: { plain?: boolean } = {}): TypedUrl {
  const typed = unquote(text.trim());
  if (typed === '') refuse('Enter the address of the registry, for example registry.example.com.');
  if (typed.length > longest) refuse(`The address is longer than ${longest} characters.`);
  if (/[\u0000-\u001f\u007f-\u009f]/.test(typed)) refuse('The address contains control characters. Type it again.');
  if (/\s/.test(typed)) refuse('The address contains a space.');
  if (typed.includes('\\')) refuse('The address contains a backslash. Addresses are written with slashes.');

  const { scheme, rest } = splitScheme(typed);
  const cut = rest.search(/[/?#]/);
  const authority = cut === -1 ? rest : rest.slice(0, cut);
  const path = cut === -1 ? '' : rest.slice(cut);
  if (authority === '') refuse('The address names no host, for example registry.example.com.');
  if (authority.includes('@')) {
    refuse('The address contains a user name or password before the @. Remove that part and enter it in the sign-in fields.');
  }
  if (path.includes('?')) refuse('The address has a query (?…). Leave it out: only host, port and path are needed.');
  if (path.includes('#')) refuse('The address has a fragment (#…). Leave it out: only host, port and path are needed.');
  if (authority.includes('%')) refuse('The host of the address contains %. Write it without percent-encoding.');

  const protocol = scheme ?? (options.plain ? 'http' : 'https');
  const url = toUrl(protocol, authority);
  checkHost(url, authority);
  url.pathname = normalisePath(path);
  return { url, ...(scheme && { scheme }) };
}

/** Text of a base URL, without the slash that `URL` puts at an empty path. */
export function urlText(url: URL): string {
  return url.href.replace(/\/+$/, '');
}

/** Normalised path of a base URL: empty, or `/a/b`. */
export function basePath(url: URL): string {
  return url.pathname.replace(/\/+$/, '');
}

function refuse(message: string): never {
  throw new InvalidSettings(message, [{ field: 'url', message }]);
}

function unquote(text: string): string {
  const pairs: Record<string, string> = { '"': '"', "'": "'", '`': '`', '<': '>' };
  const close = pairs[text[0] ?? ''];
  return close && text.length > 1 && text.endsWith(close) ? text.slice(1, -1).trim() : text;
}

function splitScheme(text: string): { scheme?: 'http' | 'https'; rest: string } {
  const found = /^([A-Za-z][A-Za-z0-9+.-]*):\/\/(.*)$/.exec(text);
  if (!found) {
    if (text.startsWith('//')) return { rest: text.slice(2) };
    return { rest: text };
  }
  const scheme = found[1]?.toLowerCase();
  const rest = found[2] ?? '';
  if (scheme === 'http' || scheme === 'https') return { scheme, rest };
  // Helm and skopeo write these before the same address.
  if (scheme === 'oci' || scheme === 'docker') return { rest };
  return refuse(`The address begins with ${scheme}://. A registry is reached by https:// (or http://, if plain HTTP is meant).`);
}

function toUrl(protocol: string, authority: string): URL {
  const outside = authority.replace(/^\[[^\]]*\]/, '');
  if (outside.split(':').length > 2) refuse('An IPv6 address is written in brackets: [2001:db8::1]:5000.');
  const port = /:(.*)$/.exec(outside)?.[1];
  if (port !== undefined && !(/^\d{1,5}$/.test(port) && Number(port) >= 1 && Number(port) <= 65535)) {
    refuse('The port of the address has to be a number from 1 to 65535.');
  }
  try {
    return new URL(`${protocol}://${authority}/`);
  } catch {
    return refuse('The host of the address is not a valid name or IP address.');
  }
}

function checkHost(url: URL, authority: string): void {
  // `registry.example.com.` is the same host, but certificates and references are written without the dot.
  if (url.hostname.endsWith('.')) url.hostname = url.hostname.slice(0, -1);
  const { hostname } = url;
  if (hostname === '' || hostname.split('.').some((label) => label === ''))
    refuse('The host of the address has an empty part (two dots in a row).');
  if (hostname.length > 253 || (!hostname.startsWith('[') && hostname.split('.').some((label) => label.length > 63))) {
    refuse('The host of the address is too long for a name.');
  }
  const typedHost = authority.replace(/:\d+$/, '').replace(/\.$/, '');
  // URL parsers read 0x7f.1 and 2130706433 as 127.0.0.1: nobody types that by accident.
  if (isIPv4(hostname) && typedHost !== hostname) refuse('Write the IP address as four decimal numbers, for example 10.0.0.1.');
}

function normalisePath(path: string): string {
  const segments = path.split('/').filter((part, index, all) => part !== '' || (index > 0 && index < all.length - 1));
  while (segments.length > 0 && segments.at(-1) === '') segments.pop();
  // The API's own path is appended by the client; people copy it along.
  const last = segments.at(-1);
  if (last === 'v2' || last === 'v1') segments.pop();
  for (const part of segments) {
    if (!segment.test(part)) refuse('The path of the address may hold letters, digits and . _ - ~ between single slashes.');
  }
  return segments.length === 0 ? '/' : `/${segments.join('/')}`;
}
