import { InvalidSettings } from '../core/errors.ts';

export interface ProxySettings {
  /** `http://[user@]host[:port]`, without password and without a slash at the end. */
  proxy: string;
  /** The password that stood in the text, decoded; absent when there was none. */
  password?: string;
}

/**
 * Reads a proxy address as people type it; the scheme may be left out (http).
 *
 * @throws InvalidSettings at `connection.proxy`, never repeating the text, which may hold a password.
 */
export function parseProxy(text: string): ProxySettings {
  const refuse = (message: string): never => {
    throw new InvalidSettings(message, [{ field: 'connection.proxy', message }]);
  };
  const typed = text.trim();
  if (/[\u0000-\u0020\u007f\\]/.test(typed)) refuse('The proxy address contains a space, backslash or control character.');
  const scheme = /^([A-Za-z][A-Za-z0-9+.-]*):\/\//.exec(typed)?.[1]?.toLowerCase();
  if (scheme !== undefined && scheme !== 'http' && scheme !== 'https') {
    refuse(`A proxy of the kind ${scheme}:// is not supported. Enter an http:// or https:// proxy.`);
  }
  let url: URL;
  try {
    url = new URL(scheme === undefined ? `http://${typed}` : typed);
  } catch {
    return refuse('The proxy address cannot be read. Write it as http://proxy.example.com:3128.');
  }
  if (url.search !== '' || url.hash !== '' || url.pathname.length > 1)
    refuse('A proxy address has no path or query: http://proxy.example.com:3128.');
  const decoded = decodePart(url.password);
  if (decoded === undefined || decodePart(url.username) === undefined) {
    return refuse('User name or password of the proxy contain a % that is not an escape. Write it as %25.');
  }
  const proxy = `${url.protocol}//${url.username === '' ? '' : `${url.username}@`}${url.host}`;
  return decoded === '' ? { proxy } : { proxy, password: decoded };
}

/** The address with its password, as the transport wants it. */
export function proxyWithPassword(proxy: string, password: string | undefined): URL {
  const url = new URL(proxy);
  if (password !== undefined) url.password = encodeURIComponent(password);
  return url;
}

function decodePart(part: string): string | undefined {
  try {
    return decodeURIComponent(part);
  } catch {
    return undefined;
  }
}
