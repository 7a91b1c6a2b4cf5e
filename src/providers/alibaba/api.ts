import { randomUUID } from 'node:crypto';
import { z } from 'zod';
import { InvalidSettings, RegistryError } from '../../core/errors.ts';
import { readJson, statusError } from '../../provider/api.ts';
import type { ProviderRequest, ProviderResponse } from '../../provider/http.ts';
import { patiently } from '../../provider/patience.ts';
import { acs3Headers, type AcsKey, acsRoaHeaders, acsRpcParameters } from '../../provider/signing/acs.ts';
import { acsIdentity, type AcrSignIn, type IdentityContext, keepHome } from './identity.ts';

export const service = 'Alibaba Cloud';
/** The largest that the API gives. */
export const pageSize = 100;

export interface AcrContext extends IdentityContext {
  settings: { region?: string; apiEndpoint?: string; signature: 'acs3' | 'hmac-sha1' };
  signIn: AcrSignIn;
}

/** Alibaba's codes by what they mean to Tagboat. The first that fits counts; none: the status decides. */
const meanings: readonly (readonly [RegExp, string])[] = [
  [/^(?:Throttling|ServiceUnavailable\.Throttling|TooManyRequests)/i, 'registry_rate_limited'],
  [
    /^(?:InvalidAccessKey|SignatureDoesNotMatch|IncompleteSignature|InvalidSecurityToken|MissingSecurityToken|InvalidTimeStamp|IllegalTimestamp)/i,
    'registry_unauthorized',
  ],
  [/^(?:NoPermission|Forbidden|Unauthorized|USER_NOT_AUTHORIZED|AuthenticationFailed)/i, 'registry_denied'],
  [/(?:NOT_EXISTS?|NotExists?|NotFound|NOT_FOUND)$/, 'registry_not_found'],
];

const refusal = z.object({
  Code: z.string().nullish(),
  Message: z.string().nullish(),
  code: z.string().nullish(),
  message: z.string().nullish(),
});

/** An action of the API of Enterprise instances (2018-12-01, RPC). Refusals may come with status 200 and `IsSuccess: false`. */
export function callRpc<T>(
  ctx: AcrContext,
  action: string,
  parameters: Readonly<Record<string, string>>,
  schema: z.ZodType<T>,
): Promise<T> {
  const version = '2018-12-01';
  return call(ctx, action, schema, (key) => {
    const url = new URL('/', apiBase(ctx));
    const signing = { key, method: 'POST', action, version, now: ctx.clock.now(), nonce: randomUUID() };
    if (ctx.settings.signature === 'acs3') {
      url.search = new URLSearchParams(parameters).toString();
      return { url, request: { method: 'POST', headers: acs3Headers({ ...signing, url }) } };
    }
    const body = new URLSearchParams(acsRpcParameters(parameters, signing)).toString();
    return { url, request: { method: 'POST', headers: { 'content-type': 'application/x-www-form-urlencoded' }, body } };
  });
}

/** An action of the API of the Personal edition (2016-06-07, ROA): a GET of a path, or with a body, which is JSON, a PUT. */
export function callRoa<T>(
  ctx: AcrContext,
  action: string,
  path: string,
  query: Readonly<Record<string, string>>,
  schema: z.ZodType<T>,
  body?: string,
): Promise<T> {
  const version = '2016-06-07';
  return call(ctx, action, schema, (key) => {
    const url = new URL(path, apiBase(ctx));
    url.search = new URLSearchParams(query).toString();
    const method = body === undefined ? 'GET' : 'PUT';
    const sent = body === undefined ? {} : { body, contentType: 'application/json' };
    const signing = { key, method, url, action, version, now: ctx.clock.now(), nonce: randomUUID(), ...sent };
    const headers = ctx.settings.signature === 'acs3' ? acs3Headers(signing) : acsRoaHeaders(signing);
    return { url, request: { method, headers, ...(body !== undefined && { body }) } };
  });
}

/**
 * Signs and sends, anew for each attempt: a nonce is taken once only, so the connection itself must not repeat.
 *
 * @throws RegistryError, Alibaba's code as `alibabaCode` in its context; CredentialError; TransportError
 */
async function call<T>(
  ctx: AcrContext,
  action: string,
  schema: z.ZodType<T>,
  prepare: (key: AcsKey) => { url: URL; request: ProviderRequest },
): Promise<T> {
  if (ctx.signIn.method === 'role') keepHome(ctx);
  const key = await acsIdentity(ctx, ctx.signIn);
  return patiently(ctx, async () => {
    const { url, request } = prepare(key);
    const headers = { accept: 'application/json', ...request.headers };
    const response = await ctx.http.send(url, { ...request, headers, idempotent: false, maxBytes: 16 * 1024 * 1024, signal: ctx.signal });
    const facts = { service, method: request.method ?? 'GET', url };
    if (response.status !== 200) throw refusedError(action, facts, response, ctx.clock.now());
    const { IsSuccess: success } = readJson(facts, response.text, z.object({ IsSuccess: z.boolean().nullish() }));
    if (success === false) throw refusedError(action, facts, response, ctx.clock.now());
    return readJson(facts, response.text, schema);
  });
}

function apiBase({ url, settings, endpoints }: AcrContext): string {
  const own = settings.apiEndpoint ?? endpoints?.['api'];
  if (own !== undefined) return own;
  if (settings.region !== undefined) return `https://cr.${settings.region}.aliyuncs.com`;
  const message = `The region cannot be told from ${url.host}: enter it.`;
  throw new InvalidSettings(message, [{ field: 'fields.region', message }]);
}

function refusedError(
  action: string,
  facts: { service: string; method: string; url: URL },
  response: ProviderResponse,
  now: number,
): RegistryError {
  const { code: alibabaCode, message } = refusalOf(response.text);
  const plain = statusError(facts, { ...response, text: '' }, now);
  const code = meanings.find(([pattern]) => pattern.test(alibabaCode))?.[1] ?? plain.code;
  // Alibaba explains a wrong signature by what it signed itself, which holds the security token.
  const words = code === 'registry_unauthorized' ? '' : message;
  const said = [alibabaCode, words].filter((part) => part !== '').join(': ');
  return new RegistryError(`${service} (${facts.url.host}) refused ${action}${said === '' ? ` with ${response.status}` : `: ${said}`}.`, {
    code,
    method: facts.method,
    url: plain.url,
    status: response.status,
    retryAfter: plain.retryAfter,
    retry: code === 'registry_rate_limited' ? 'backoff' : undefined,
    context: { service, action, alibabaCode },
  });
}

function refusalOf(text: string): { code: string; message: string } {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    return { code: '', message: '' };
  }
  const { data } = refusal.safeParse(json);
  return { code: oneLine(data?.Code ?? data?.code, 100), message: oneLine(data?.Message ?? data?.message, 300) };
}

function oneLine(text: string | null | undefined, longest: number): string {
  return (text ?? '')
    .replace(/[\p{Cc}\p{Cf}\s]+/gu, ' ')
    .trim()
    .slice(0, longest)
    .replace(/\.$/, '');
}

/** Alibaba's digests come without their algorithm. Undefined for what is none. */
export function acrDigest(digest: string | null | undefined): string | undefined {
  const hex = /^(?:sha256:)?([0-9a-f]{64})$/.exec(digest ?? '')?.[1];
  return hex === undefined ? undefined : `sha256:${hex}`;
}

/** Epoch milliseconds, which some answers hold as text. */
export const milliseconds = z
  .union([z.number(), z.string().regex(/^\d{1,15}$/)])
  .nullish()
  .transform((value) => (value ? Number(value) || undefined : undefined));
