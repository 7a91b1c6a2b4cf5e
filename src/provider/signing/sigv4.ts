import { createHash, createHmac } from 'node:crypto';

export interface SigV4Request {
  method: 'GET' | 'POST';
  /** Without a query: nothing that is signed here has one. */
  url: URL;
  /** Headers to sign and send; `host` and those that belong to the signature are added. */
  headers: Readonly<Record<string, string>>;
  /** Exactly what is sent. */
  body: string;
  accessKeyId: string;
  secretAccessKey: string;
  /** Of temporary keys. */
  sessionToken?: string;
  region: string;
  service: string;
  /** Epoch milliseconds. */
  now: number;
}

const algorithm = 'AWS4-HMAC-SHA256';

/**
 * Headers of a request with AWS Signature Version 4, `authorization` among them and without `host`, which the connection sets from
 * the same URL. All headers given are signed. (AWS IAM user guide, "AWS Signature Version 4 for API requests".)
 */
export function sigv4Headers(request: SigV4Request): Record<string, string> {
  const { method, url, headers, body, accessKeyId, secretAccessKey, sessionToken, region, service, now } = request;
  const time = new Date(now).toISOString().replace(/[-:]|\.\d{3}/g, '');
  const sent: Record<string, string> = {
    ...Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value])),
    'x-amz-date': time,
    ...(sessionToken !== undefined && { 'x-amz-security-token': sessionToken }),
  };
  const signed = Object.entries({ ...sent, host: url.host }).toSorted(([a], [b]) => (a < b ? -1 : 1));
  const names = signed.map(([name]) => name).join(';');
  const lines = signed.map(([name, value]) => `${name}:${value.trim().replace(/ +/g, ' ')}\n`).join('');
  const canonical = [method, canonicalPath(url.pathname), '', lines, names, sha256(body)].join('\n');

  const date = time.slice(0, 8);
  const scope = `${date}/${region}/${service}/aws4_request`;
  const toSign = [algorithm, time, scope, sha256(canonical)].join('\n');
  const key = [date, region, service, 'aws4_request'].reduce<string | Buffer>((last, part) => hmac(last, part), `AWS4${secretAccessKey}`);
  const signature = hmac(key, toSign).toString('hex');
  return { ...sent, authorization: `${algorithm} Credential=${accessKeyId}/${scope}, SignedHeaders=${names}, Signature=${signature}` };
}

/** Every segment, as it stands in the URL, is encoded once more, as all services but S3 want it. */
function canonicalPath(path: string): string {
  return path
    .split('/')
    .map((segment) =>
      encodeURIComponent(segment).replace(/[!'()*]/g, (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`),
    )
    .join('/');
}

function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}

function hmac(key: string | Buffer, text: string): Buffer {
  return createHmac('sha256', key).update(text).digest();
}
