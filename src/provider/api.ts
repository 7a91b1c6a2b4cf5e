import type { z } from 'zod';
import { RegistryError } from '../core/errors.ts';
import type { ProviderHttp, ProviderRequest, ProviderResponse } from './http.ts';

/** Facts about a call that an error may show: no query, no userinfo. */
export interface CallFacts {
  /** The service in the users' words, e.g. `Docker Hub`. */
  service: string;
  method: string;
  url: URL;
}

export interface ApiCall extends ProviderRequest {
  service: string;
  /** When the service says to wait, in epoch milliseconds; needed to read headers that name a moment. */
  now: number;
}

/**
 * Calls a provider's JSON API and reads the answer with a schema that names only what is needed of it.
 *
 * @throws RegistryError: for any status but 2xx, `registry_unauthorized`, `registry_denied`, `registry_not_found`,
 * `registry_rate_limited`, `registry_unavailable` or `registry_unexpected_status`; for an answer that is not what the
 * service documents, `invalid_answer`. TransportError when none came.
 */
export async function callApi<T>(
  http: ProviderHttp,
  url: URL,
  schema: z.ZodType<T>,
  call: ApiCall,
): Promise<{ data: T; headers: ProviderResponse['headers'] }> {
  const { service, now, ...request } = call;
  const facts = { service, method: request.method ?? 'GET', url };
  const response = await http.send(url, { ...request, headers: { accept: 'application/json', ...request.headers } });
  if (response.status < 200 || response.status > 299) throw statusError(facts, response, now);
  return { data: readJson(facts, response.text, schema), headers: response.headers };
}

/** Parses an answer. Nothing of its text is quoted: it may hold a token. */
export function readJson<T>(facts: CallFacts, text: string, schema: z.ZodType<T>): T {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    const html = /^\s*</.test(text);
    throw invalidAnswer(facts, html ? 'a web page where JSON was due' : 'something that is not JSON');
  }
  const result = schema.safeParse(json);
  if (result.success) return result.data;
  const issue = result.error.issues[0];
  throw invalidAnswer(facts, `JSON of another shape than documented, at “${issue?.path.join('.') ?? ''}”`);
}

export function invalidAnswer(facts: CallFacts, what: string): RegistryError {
  return new RegistryError(`${facts.service} (${facts.url.host}) answered ${facts.method} ${facts.url.pathname} with ${what}.`, {
    code: 'invalid_answer',
    method: facts.method,
    url: shownUrl(facts.url),
    retry: 'never',
  });
}

/** The error of an HTTP status, with the service's own reason where its body has one of the usual shapes. */
export function statusError(facts: CallFacts, response: ProviderResponse, now: number): RegistryError {
  const { status } = response;
  const reason = reasonOf(response.text);
  return new RegistryError(
    `${facts.service} (${facts.url.host}) answered ${facts.method} ${facts.url.pathname} with ${status}${reason ? `: ${reason}` : ''}.`,
    {
      code: codeOf(status),
      method: facts.method,
      url: shownUrl(facts.url),
      status,
      retryAfter: retryAfterOf(response.headers, now),
      context: { service: facts.service },
    },
  );
}

function codeOf(status: number): string {
  if (status === 401) return 'registry_unauthorized';
  if (status === 403) return 'registry_denied';
  if (status === 404) return 'registry_not_found';
  if (status === 429) return 'registry_rate_limited';
  return status >= 500 ? 'registry_unavailable' : 'registry_unexpected_status';
}

/** Longest reason that is shown; more would be a page, not a sentence. */
const maxReason = 300;

/** `{message}`, `{detail}`, `{error}`, or `{errors: [{code, message}]}` (OCI, Harbor), as one line without control characters. */
function reasonOf(text: string): string | undefined {
  let body: unknown;
  try {
    body = JSON.parse(text);
  } catch {
    return undefined;
  }
  if (typeof body !== 'object' || body === null) return undefined;
  const { message, detail, error, errors } = body as Record<string, unknown>;
  const first = Array.isArray(errors) ? (errors[0] as Record<string, unknown> | undefined) : undefined;
  const reason = [first?.['message'], message, detail, error].find((part): part is string => typeof part === 'string' && part !== '');
  if (reason === undefined) return undefined;
  const line = reason.replace(/[\p{Cc}\p{Cf}\s]+/gu, ' ').trim();
  return line.length > maxReason ? `${line.slice(0, maxReason)}…` : line.replace(/\.$/, '');
}

/**
 * Milliseconds to wait: `Retry-After` (RFC 9110: seconds or a date), or `X-Retry-After`, which is a Unix time in seconds
 * (Docker Hub API). Undefined when neither can be read.
 */
export function retryAfterOf(headers: ProviderResponse['headers'], now: number): number | undefined {
  const standard = headers['retry-after'];
  if (standard !== undefined) {
    if (/^\d{1,9}$/.test(standard)) return Number(standard) * 1000;
    const date = Date.parse(standard);
    if (!Number.isNaN(date)) return Math.max(0, date - now);
  }
  const moment = headers['x-retry-after'];
  return moment !== undefined && /^\d{1,12}$/.test(moment) ? Math.max(0, Number(moment) * 1000 - now) : undefined;
}

function shownUrl(url: URL): string {
  return `${url.origin}${url.pathname}`;
}
