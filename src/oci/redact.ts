/** Query parameters that say nothing secret. The value of any other is hidden: signed URLs carry credentials there. */
const harmless: ReadonlySet<string> = new Set([
  'artifactType',
  'digest',
  'from',
  'last',
  'mount',
  'n',
  'page',
  'page_size',
  'scope',
  'service',
  'tag',
]);

/** The URL as it may be logged and shown: without userinfo and fragment, unknown query values replaced. */
export function redactUrl(url: URL): string {
  const query = url.search === '' ? '' : redactQuery(url.searchParams);
  return `${url.protocol}//${url.host}${url.pathname}${query}`;
}

function redactQuery(parameters: URLSearchParams): string {
  const shown: string[] = [];
  for (const [name, value] of parameters) {
    shown.push(`${encodeURIComponent(name)}=${harmless.has(name) ? encodeURIComponent(value) : 'redacted'}`);
  }
  return shown.length === 0 ? '' : `?${shown.join('&')}`;
}

/** Removes every occurrence of the secrets from text that the other side wrote: some servers repeat what they were sent. */
export function scrub(text: string, secrets: readonly (string | undefined)[]): string {
  let result = text;
  for (const secret of secrets) {
    if (secret !== undefined && secret.length >= 4) result = result.replaceAll(secret, '[secret]');
  }
  return result;
}
