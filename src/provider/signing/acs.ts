import { createHash, createHmac } from 'node:crypto';

/** A key of Alibaba Cloud: a RAM user's, or a temporary one with its security token. */
export interface AcsKey {
  accessKeyId: string;
  accessKeySecret: string;
  securityToken?: string;
}

export interface AcsRequest {
  key: AcsKey;
  method: string;
  /** As it is sent. */
  url: URL;
  action: string;
  version: string;
  body?: string;
  contentType?: string;
  /** Epoch milliseconds. */
  now: number;
  /** Different for every request: a repetition is refused. */
  nonce: string;
}

/**
 * The headers that sign a request by the present signature of Alibaba Cloud, ACS3-HMAC-SHA256. It is the same for both styles
 * of API: RPC has the path `/`, ROA a path that means something. (Alibaba Cloud SDK reference, "V3 request body and signature".)
 */
export function acs3Headers({ key, method, url, action, version, body = '', contentType, now, nonce }: AcsRequest): Record<string, string> {
  const payload = createHash('sha256').update(body).digest('hex');
  const sent: Record<string, string> = {
    ...(contentType !== undefined && { 'content-type': contentType }),
    ...(key.securityToken !== undefined && { 'x-acs-accesskey-id': key.accessKeyId, 'x-acs-security-token': key.securityToken }),
    'x-acs-action': action,
    'x-acs-content-sha256': payload,
    'x-acs-date': isoSeconds(now),
    'x-acs-signature-nonce': nonce,
    'x-acs-version': version,
  };
  const signed = Object.entries({ ...sent, host: url.host }).toSorted(([a], [b]) => (a < b ? -1 : 1));
  const names = signed.map(([name]) => name).join(';');
  const canonical = [
    method,
    url.pathname,
    canonicalQuery([...url.searchParams]),
    ...signed.map(([name, value]) => `${name}:${value}`),
    '',
    names,
    payload,
  ].join('\n');
  const toSign = `ACS3-HMAC-SHA256\n${createHash('sha256').update(canonical).digest('hex')}`;
  const signature = createHmac('sha256', key.accessKeySecret).update(toSign).digest('hex');
  return { ...sent, authorization: `ACS3-HMAC-SHA256 Credential=${key.accessKeyId},SignedHeaders=${names},Signature=${signature}` };
}

/**
 * The parameters of a call in the older RPC style, signed by HMAC-SHA1; gateways of private clouds know no other. Send them as
 * form in the body, because they hold the security token. (Alibaba Cloud SDK reference, "RPC mechanism".)
 */
export function acsRpcParameters(
  parameters: Readonly<Record<string, string>>,
  { key, method, action, version, now, nonce }: Omit<AcsRequest, 'url' | 'body' | 'contentType'>,
): Record<string, string> {
  const all: Record<string, string> = {
    ...parameters,
    Action: action,
    Version: version,
    Format: 'json',
    AccessKeyId: key.accessKeyId,
    SignatureMethod: 'HMAC-SHA1',
    SignatureVersion: '1.0',
    SignatureNonce: nonce,
    Timestamp: isoSeconds(now),
    ...(key.securityToken !== undefined && { SecurityToken: key.securityToken }),
  };
  const toSign = `${method}&%2F&${acsEncode(canonicalQuery(Object.entries(all)))}`;
  return { ...all, Signature: createHmac('sha1', `${key.accessKeySecret}&`).update(toSign).digest('base64') };
}

/** The headers of a call in the older ROA style, signed by HMAC-SHA1. (Alibaba Cloud SDK reference, "ROA mechanism".) */
export function acsRoaHeaders({ key, method, url, action, version, body, contentType, now, nonce }: AcsRequest): Record<string, string> {
  const acs: Record<string, string> = {
    'x-acs-action': action,
    ...(key.securityToken !== undefined && { 'x-acs-security-token': key.securityToken }),
    'x-acs-signature-method': 'HMAC-SHA1',
    'x-acs-signature-nonce': nonce,
    'x-acs-signature-version': '1.0',
    'x-acs-version': version,
  };
  const accept = 'application/json';
  const date = new Date(now).toUTCString();
  const md5 = body === undefined ? '' : createHash('md5').update(body).digest('base64');
  const query = [...url.searchParams]
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, value]) => (value === '' ? name : `${name}=${value}`))
    .join('&');
  const toSign = [
    method,
    accept,
    md5,
    contentType ?? '',
    date,
    ...Object.entries(acs)
      .toSorted(([a], [b]) => (a < b ? -1 : 1))
      .map(([name, value]) => `${name}:${value}`),
    `${url.pathname}${query === '' ? '' : `?${query}`}`,
  ].join('\n');
  const signature = createHmac('sha1', key.accessKeySecret).update(toSign).digest('base64');
  return {
    ...acs,
    accept,
    date,
    ...(md5 !== '' && { 'content-md5': md5 }),
    ...(contentType !== undefined && { 'content-type': contentType }),
    authorization: `acs ${key.accessKeyId}:${signature}`,
  };
}

/** RFC 3986: everything but letters, digits and `-_.~` is escaped. */
export function acsEncode(text: string): string {
  return encodeURIComponent(text).replace(/[!'()*]/g, (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`);
}

function canonicalQuery(parameters: readonly (readonly [string, string])[]): string {
  return parameters
    .map(([name, value]) => [acsEncode(name), acsEncode(value)] as const)
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, value]) => `${name}=${value}`)
    .join('&');
}

/** `2023-11-14T22:13:20Z` */
function isoSeconds(now: number): string {
  return `${new Date(now).toISOString().slice(0, 19)}Z`;
}
