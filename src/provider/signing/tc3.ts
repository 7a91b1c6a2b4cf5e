import { createHash, createHmac } from 'node:crypto';

export interface Tc3Request {
  secretId: string;
  secretKey: string;
  /** Name of the service, the first part of its host: `tcr`. */
  service: string;
  /** Host with its port, if any, as it is sent. */
  host: string;
  contentType: string;
  /** Exactly the bytes that are sent. */
  body: string;
  /** Seconds since the epoch, as sent in `X-TC-Timestamp`. */
  timestamp: number;
}

const algorithm = 'TC3-HMAC-SHA256';

/**
 * The Authorization header of a `POST /` to a service of Tencent Cloud's API 3.0. Signed are content type, host and body; action,
 * version and region are not. (Tencent Cloud API 3.0, "Signature v3".)
 */
export function tc3Authorization({ secretId, secretKey, service, host, contentType, body, timestamp }: Tc3Request): string {
  const date = new Date(timestamp * 1000).toISOString().slice(0, 10);
  const scope = `${date}/${service}/tc3_request`;
  const signedHeaders = 'content-type;host';
  const canonical = ['POST', '/', '', `content-type:${contentType}`, `host:${host}`, '', signedHeaders, sha256(body)].join('\n');
  const toSign = [algorithm, timestamp, scope, sha256(canonical)].join('\n');
  const key = hmac(hmac(hmac(`TC3${secretKey}`, date), service), 'tc3_request');
  return `${algorithm} Credential=${secretId}/${scope}, SignedHeaders=${signedHeaders}, Signature=${hmac(key, toSign).toString('hex')}`;
}

function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}

function hmac(key: string | Buffer, text: string): Buffer {
  return createHmac('sha256', key).update(text).digest();
}
