import type { ClientClock } from './client-options.ts';
import { ContentError } from './content-error.ts';
import { type OciErrorEntry, RegistryError } from './errors.ts';
import { field, isObject, parseJson } from './json.ts';
import { bareMediaType } from './media-types.ts';
import { redactUrl } from './redact.ts';
import { readRetryAfter } from './retry.ts';
import { printable } from './text.ts';
import type { TransportResponse } from './transport.ts';
import { describeRefusedWrite } from './write-refusals.ts';

/** How a request had identified itself when it was refused. */
export type Presented = 'nothing' | 'anonymous-token' | 'basic' | 'token' | 'bearer';

const maxEntries = 20;
/** What no repetition overcomes before somebody does something. */
const afterChange: ReadonlySet<string> = new Set(['registry_denied', 'registry_unauthorized', 'registry_full', 'tag_immutable']);

/** The `errors` of an OCI error body; empty when the body is anything else (4xx bodies may have any format). */
export function readErrorEntries(body: Uint8Array): OciErrorEntry[] {
  if (body[0] !== 0x7b && body[0] !== 0x20 && body[0] !== 0x0a) return [];
  let json: unknown;
  try {
    json = parseJson(body, 'The error');
  } catch {
    return []; // Cut or not JSON: there are no entries to show, and the status says what happened.
  }
  const errors = isObject(json) ? field(json, 'errors') : undefined;
  if (!Array.isArray(errors)) return [];
  return errors.slice(0, maxEntries).flatMap((entry: unknown) => {
    if (!isObject(entry)) return [];
    const code = field(entry, 'code');
    const message = field(entry, 'message');
    if (typeof code !== 'string' && typeof message !== 'string') return [];
    const result: OciErrorEntry = { code: typeof code === 'string' ? printable(code, 64) : 'UNKNOWN' };
    if (typeof message === 'string' && message !== '') result.message = printable(message, 500);
    const detail = field(entry, 'detail');
    if (typeof detail === 'string') result.detail = printable(detail, 500);
    else if (detail !== undefined && detail !== null && JSON.stringify(detail).length <= 1000) result.detail = detail;
    return [result];
  });
}

export interface RefusedRequest {
  method: string;
  url: URL;
  /** What was asked for, as it stands in a sentence: `the tags of library/alpine`. */
  what: string;
  presented: Presented;
}

/** The error for an answer that is none of those expected. */
export function registryError(answer: TransportResponse, request: RefusedRequest, clock: ClientClock): RegistryError {
  const { status } = answer;
  const errors = readErrorEntries(answer.bytes);
  const retryAfter = status === 429 || status === 503 ? readRetryAfter(answer.headers, clock.now()) : undefined;
  const { code, message } = describeRefusedWrite({ ...request, status, errors }) ?? describe(answer, request, retryAfter);
  const [said] = errors;
  const words = said ? ` It says: ${said.message ?? said.code}${said.message && said.code !== 'UNKNOWN' ? ` (${said.code})` : ''}.` : '';
  return new RegistryError(
    `${message}${words.replace(/\.\s*(\([A-Z_]+\))?\.$/, (_match, entry?: string) => (entry ? ` ${entry}.` : '.'))}`,
    {
      code,
      method: request.method,
      url: redactUrl(request.url),
      status,
      errors,
      ...(retryAfter === undefined ? {} : { retryAfter }),
      ...(afterChange.has(code) ? { retry: 'after-change' } : {}),
    },
  );
}

/** Runs a parser of content and turns its ContentError into a RegistryError that names the request. */
export function readingAnswer<T>(answer: TransportResponse, request: Pick<RefusedRequest, 'method' | 'url'>, parse: () => T): T {
  try {
    return parse();
  } catch (error) {
    if (!(error instanceof ContentError)) throw error;
    throw new RegistryError(`${request.url.host} gave an unusable answer. ${error.message}`, {
      code: error.code,
      method: request.method,
      url: redactUrl(request.url),
      status: answer.status,
      retry: 'never',
      cause: error,
    });
  }
}

/**
 * Refuses what a web page or a compressed body answers in the place of JSON.
 *
 * @throws ContentError `not_a_registry`, `invalid_answer`
 */
export function refuseForeignBody(answer: TransportResponse): void {
  if (isHtml(answer)) {
    throw new ContentError('It is a web page: the address is probably that of a web server or portal, not of a registry.', {
      code: 'not_a_registry',
    });
  }
  const encoding = answer.headers['content-encoding'];
  if (encoding !== undefined && encoding !== 'identity') {
    throw new ContentError(`Its body is compressed (${printable(encoding, 30)}), which was not asked for.`);
  }
}

function isHtml(answer: TransportResponse): boolean {
  const type = bareMediaType(answer.headers['content-type']);
  return type === 'text/html' || type === 'application/xhtml+xml';
}

function describe(
  answer: TransportResponse,
  { url, what, presented }: RefusedRequest,
  retryAfter: number | undefined,
): { code: string; message: string } {
  const { status } = answer;
  const host = url.host;
  const page = isHtml(answer) ? ' It answered a web page, so this may not be the address of a registry.' : '';
  if ((status === 401 || status === 403) && answer.url.origin !== url.origin) {
    const code = status === 401 ? 'registry_unauthorized' : 'registry_denied';
    return {
      code,
      message: `${host} redirects to ${answer.url.origin}, where a sign-in is not sent to, and which refuses ${what} (status ${status}).`,
    };
  }
  if (status === 401 && (presented === 'token' || presented === 'bearer')) {
    return presented === 'token'
      ? { code: 'registry_denied', message: `${host} accepts the sign-in, but it does not permit access to ${what} (status 401).` }
      : { code: 'registry_unauthorized', message: `${host} does not accept the token for ${what} (status 401).` };
  }
  if (status === 401 && presented === 'basic') {
    return { code: 'registry_unauthorized', message: `${host} does not accept the user name or password (status 401).` };
  }
  if (status === 401) {
    return { code: 'registry_unauthorized', message: `${host} asks for a sign-in for ${what}, or it does not exist (status 401).` };
  }
  if (status === 403) return { code: 'registry_denied', message: `${host} does not permit access to ${what} (status 403).${page}` };
  if (status === 404) return { code: 'registry_not_found', message: `${host} does not have ${what} (status 404).${page}` };
  if (status === 429) {
    const pause = retryAfter === undefined ? 'a pause' : `a pause of ${Math.ceil(retryAfter / 1000)} s`;
    return { code: 'registry_rate_limited', message: `${host} limits requests for ${what} and wants ${pause} (status 429).` };
  }
  if (status >= 500) return { code: 'registry_unavailable', message: `${host} failed to answer for ${what} (status ${status}).` };
  return { code: 'registry_unexpected_status', message: `${host} answered for ${what} with the unexpected status ${status}.${page}` };
}
