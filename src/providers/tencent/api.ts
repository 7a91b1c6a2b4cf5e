import { z } from 'zod';
import { RegistryError } from '../../core/errors.ts';
import { readJson, statusError } from '../../provider/api.ts';
import type { ProviderContext } from '../../provider/define.ts';
import { endpointOf } from '../../provider/endpoint.ts';
import { patiently } from '../../provider/patience.ts';
import { tc3Authorization } from '../../provider/signing/tc3.ts';

export const service = 'Tencent Cloud';
/** The service of Container Registry, of both editions. */
export const endpoints = { api: 'https://tcr.tencentcloudapi.com' };
/** The API refuses more. */
export const pageSize = 100;

const version = '2019-09-24';

export interface TencentKey {
  secretId: string;
  secretKey: string;
  /** Of temporary keys. */
  sessionToken?: string;
}

export interface TencentContext extends Pick<ProviderContext, 'http' | 'clock' | 'signal' | 'endpoints'> {
  settings: { apiEndpoint?: string };
}

const envelope = z.object({
  Response: z.looseObject({ Error: z.object({ Code: z.string(), Message: z.string().nullish() }).nullish() }),
});

/** Tencent's codes, beginning to end or to a full stop, by what they mean to Tagboat. The first that fits counts. */
const meanings: readonly (readonly [RegExp, string])[] = [
  [/^(?:RequestLimitExceeded|LimitExceeded\.Frequency)(?:$|\.)/, 'registry_rate_limited'],
  [/^(?:UnauthorizedOperation|AuthFailure\.UnauthorizedOperation|OperationDenied)(?:$|\.)/, 'registry_denied'],
  [/^AuthFailure(?:$|\.)/, 'registry_unauthorized'],
  [/^(?:ResourceNotFound|ResourceUnavailable|InvalidParameter\.ErrorTcrResourceNotFound)(?:$|\.)/, 'registry_not_found'],
  [/^InternalError(?:$|\.)/, 'registry_unavailable'],
];

/**
 * Calls an action of the API (API 3.0, signature v3) and reads its `Response`.
 *
 * @param once for actions that must not be repeated by the connection when no answer came; the others only read, issue, or make
 * what is there but once
 * @throws RegistryError, Tencent's code as `tencentCode` in its context; TransportError
 */
export function callTencent<T>(
  ctx: TencentContext,
  { key, region, once = false }: { key: TencentKey; region: string; once?: boolean },
  action: string,
  parameters: Readonly<Record<string, unknown>>,
  schema: z.ZodType<T>,
): Promise<T> {
  const base = ctx.settings.apiEndpoint?.replace(/\/$/, '') ?? endpointOf({ id: 'tencent', endpoints }, ctx, 'api');
  const url = new URL(`${base}/`);
  const facts = { service, method: 'POST', url };
  const contentType = 'application/json';
  const body = JSON.stringify(parameters);
  return patiently(ctx, async () => {
    const now = ctx.clock.now();
    const timestamp = Math.floor(now / 1000);
    const { secretId, secretKey, sessionToken } = key;
    const response = await ctx.http.send(url, {
      method: 'POST',
      headers: {
        'content-type': contentType,
        'x-tc-action': action,
        'x-tc-version': version,
        'x-tc-region': region,
        'x-tc-timestamp': String(timestamp),
        ...(sessionToken !== undefined && { 'x-tc-token': sessionToken }),
        authorization: tc3Authorization({ secretId, secretKey, service: 'tcr', host: url.host, contentType, body, timestamp }),
      },
      body,
      idempotent: !once,
      maxBytes: 16 * 1024 * 1024,
      signal: ctx.signal,
    });
    if (response.status !== 200) throw statusError(facts, response, now);
    // Refusals come with status 200.
    const { Error: refusal } = readJson(facts, response.text, envelope).Response;
    if (refusal) throw refusedError(action, url, refusal.Code, refusal.Message ?? '');
    return readJson(facts, response.text, z.object({ Response: schema })).Response;
  });
}

function refusedError(action: string, url: URL, tencentCode: string, message: string): RegistryError {
  const code = meanings.find(([pattern]) => pattern.test(tencentCode))?.[1] ?? 'registry_unexpected_status';
  const line = message
    .replace(/[\p{Cc}\p{Cf}\s]+/gu, ' ')
    .trim()
    .slice(0, 300)
    .replace(/\.$/, '');
  return new RegistryError(`${service} refused ${action}: ${tencentCode.slice(0, 100)}${line === '' ? '' : ` (${line})`}.`, {
    code,
    method: 'POST',
    url: url.href,
    status: 200,
    retry: code === 'registry_rate_limited' || code === 'registry_unavailable' ? 'backoff' : undefined,
    context: { service, action, tencentCode: tencentCode.slice(0, 100) },
  });
}

/**
 * Epoch milliseconds of a time as Tencent writes it: `2020-06-02 14:53:16.123 +0800 CST`, or ISO 8601. Undefined without a zone,
 * and for the zero times that stand for "never".
 */
export function tencentTime(text: string | null | undefined): number | undefined {
  const match = /^(\d{4}-\d\d-\d\d)[ T](\d\d:\d\d:\d\d)(?:\.(\d{1,3})\d*)? ?(?:(Z)|([+-]\d\d):?(\d\d))(?: .*)?$/.exec(
    text?.slice(0, 64) ?? '',
  );
  if (!match) return undefined;
  const [, date, time, fraction = '0', utc, hours, minutes] = match;
  const at = Date.parse(`${date}T${time}.${fraction.padEnd(3, '0')}${utc ?? `${hours}:${minutes}`}`);
  return Number.isNaN(at) || at <= 0 ? undefined : at;
}
