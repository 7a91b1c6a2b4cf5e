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

/**
 * The body of a refusal without what the request was signed in with: some servers, and proxies that people debug with, repeat the headers
 * that they were sent, and what they say is shown to everybody who may look at the registry.
 */
export function withoutEcho(body: Uint8Array, authorization: string | undefined): Uint8Array {
  const presented = authorization?.slice(authorization.indexOf(' ') + 1);
  if (presented === undefined || body.length === 0) return body;
  const secrets = [presented];
  if (/^basic /i.test(authorization ?? '')) {
    const pair = Buffer.from(presented, 'base64').toString();
    const password = pair.slice(pair.indexOf(':') + 1);
    // As JSON has it, too.
    secrets.push(password, JSON.stringify(password).slice(1, -1));
  }
  const text = Buffer.from(body).toString();
  const scrubbed = scrub(text, secrets);
  return scrubbed === text ? body : Buffer.from(scrubbed);
}
