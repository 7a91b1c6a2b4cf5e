import { z } from 'zod';
import { RegistryError } from '../../core/errors.ts';
import { readJson, statusError } from '../../provider/api.ts';
import type { ProviderContext } from '../../provider/define.ts';
import type { ProviderResponse } from '../../provider/http.ts';
import { patiently } from '../../provider/patience.ts';
import { sdkHmacHeaders } from '../../provider/signing/sdk-hmac.ts';

export const service = 'Huawei Cloud SWR';
const contentType = 'application/json';

/** Hosts of SWR's shared edition and of its API. */
export const swrHost = /^swr(?:-api)?\.([a-z]{2}-[a-z]{2,16}-\d{1,4})\.myhuaweicloud\.(com|eu)$/;

export interface SwrContext extends Pick<ProviderContext, 'url' | 'http' | 'clock' | 'signal' | 'endpoints'> {
  settings: { region: string; apiEndpoint?: string };
  signIn: { accessKey: string; secretKey: string };
}

/** Base URL of the API: what stands in for it, else the region's own, on the site (.com, .eu) of the registry. */
export function apiBase({ url, settings, endpoints }: Pick<SwrContext, 'url' | 'settings' | 'endpoints'>): URL {
  const own = settings.apiEndpoint ?? endpoints?.['api'];
  if (own !== undefined) return new URL(own);
  const site = swrHost.exec(url.hostname.toLowerCase())?.[2] ?? 'com';
  return new URL(`https://swr-api.${settings.region}.myhuaweicloud.${site}`);
}

/** The API gateway and SWR itself write refusals differently. */
const refusal = z.object({
  error_code: z.string().nullish(),
  error_msg: z.string().nullish(),
  errors: z
    .array(
      z.object({
        errorCode: z.string().nullish(),
        errorMessage: z.string().nullish(),
        code: z.string().nullish(),
        message: z.string().nullish(),
      }),
    )
    .nullish(),
});

/**
 * Calls the API, signed by the access key, and reads its JSON; an answer without a body is read as an empty object. Everything called
 * here reads, issues, or makes what is there but once, so it may be repeated.
 *
 * @param path below the API's base, encoded
 * @param body JSON
 * @throws RegistryError, Huawei's code as `huaweiCode` in its context; TransportError
 */
export function callSwr<T>(
  ctx: SwrContext,
  method: 'GET' | 'POST',
  path: string,
  query: Readonly<Record<string, string>>,
  schema: z.ZodType<T>,
  body?: string,
): Promise<{ data: T; headers: ProviderResponse['headers'] }> {
  const url = new URL(path, apiBase(ctx));
  url.search = new URLSearchParams(query).toString();
  const facts = { service, method, url };
  const { accessKey, secretKey } = ctx.signIn;
  return patiently(ctx, async () => {
    const now = ctx.clock.now();
    const response = await ctx.http.send(url, {
      method,
      headers: { accept: 'application/json', ...sdkHmacHeaders({ accessKey, secretKey, method, url, contentType, body, now }) },
      ...(body !== undefined && { body }),
      idempotent: true,
      maxBytes: 16 * 1024 * 1024,
      signal: ctx.signal,
    });
    if (response.status < 200 || response.status > 299) throw refusedError(facts, response, now);
    return { data: readJson(facts, response.text === '' ? '{}' : response.text, schema), headers: response.headers };
  });
}

function refusedError(facts: { service: string; method: string; url: URL }, response: ProviderResponse, now: number): RegistryError {
  const { code, message } = refusalOf(response.text);
  const plain = statusError(facts, { ...response, text: '' }, now);
  const said = [code, message].filter((part) => part !== '').join(': ');
  return new RegistryError(`${plain.message.replace(/\.$/, '')}${said === '' ? '' : ` (${said})`}.`, {
    code: plain.code,
    method: facts.method,
    url: plain.url,
    status: response.status,
    retryAfter: plain.retryAfter,
    context: { service, huaweiCode: code, reason: message },
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
  const first = data?.errors?.[0];
  return {
    code: oneLine(data?.error_code ?? first?.errorCode ?? first?.code, 64),
    message: oneLine(data?.error_msg ?? first?.errorMessage ?? first?.message, 300),
  };
}

function oneLine(text: string | null | undefined, longest: number): string {
  return (text ?? '')
    .replace(/[\p{Cc}\p{Cf}\s]+/gu, ' ')
    .trim()
    .slice(0, longest)
    .replace(/\.$/, '');
}
