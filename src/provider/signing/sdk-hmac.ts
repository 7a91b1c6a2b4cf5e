import { createHash, createHmac } from 'node:crypto';

export interface SdkHmacRequest {
  /** AK. */
  accessKey: string;
  /** SK. */
  secretKey: string;
  method: string;
  /** As it is sent: its host with the port, its path, its query. */
  url: URL;
  contentType: string;
  body?: string;
  /** Epoch milliseconds. */
  now: number;
}

const algorithm = 'SDK-HMAC-SHA256';

/**
 * The headers that sign a request to Huawei Cloud by access key (AK/SK). The path is signed with a slash at its end, whether
 * it has one or not, and the secret key is used as it is, without a chain of derived keys. (Huawei Cloud API Gateway, "AK/SK
 * Signing and Authentication Guide".)
 */
export function sdkHmacHeaders({ accessKey, secretKey, method, url, contentType, body = '', now }: SdkHmacRequest): Record<string, string> {
  const date = new Date(now).toISOString().replace(/[-:]|\.\d{3}/g, '');
  const headers = { 'content-type': contentType, host: url.host, 'x-sdk-date': date };
  const signedHeaders = Object.keys(headers).join(';');
  const canonical = [
    method,
    canonicalPath(url.pathname),
    canonicalQuery(url.searchParams),
    ...Object.entries(headers).map(([name, value]) => `${name}:${value}`),
    '',
    signedHeaders,
    createHash('sha256').update(body).digest('hex'),
  ].join('\n');
  const toSign = `${algorithm}\n${date}\n${createHash('sha256').update(canonical).digest('hex')}`;
  const signature = createHmac('sha256', secretKey).update(toSign).digest('hex');
  return {
    'content-type': contentType,
    'x-sdk-date': date,
    authorization: `${algorithm} Access=${accessKey}, SignedHeaders=${signedHeaders}, Signature=${signature}`,
  };
}

/**
 * The long-term login key of SWR for an access key: computed, never asked for, and good until the access key is deleted.
 * (SWR user guide, "Obtaining a Long-Term Docker Login Command".)
 */
export function swrLoginKey(accessKey: string, secretKey: string): string {
  return createHmac('sha256', secretKey).update(accessKey).digest('hex');
}

function canonicalPath(path: string): string {
  const encoded = path
    .split('/')
    .map((part) => encode(decodeURIComponent(part)))
    .join('/');
  return encoded.endsWith('/') ? encoded : `${encoded}/`;
}

function canonicalQuery(query: URLSearchParams): string {
  return [...query]
    .map(([name, value]) => `${encode(name)}=${encode(value)}`)
    .toSorted()
    .join('&');
}

/** RFC 3986: everything but letters, digits and `-_.~`. */
function encode(text: string): string {
  return encodeURIComponent(text).replace(/[!'()*]/g, (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`);
}
