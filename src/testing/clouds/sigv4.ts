import { createHash, createHmac, timingSafeEqual } from 'node:crypto';
import type { Call } from './serve.ts';

/**
 * AWS Signature Version 4, the checking side, written from the specification ("AWS Signature Version 4 for API requests")
 * and not from any SDK, so that a fake service that accepts a request shows that AWS would.
 */
export interface SignedRequest {
  method: string;
  /** Path as sent. */
  path: string;
  /** Query as sent, without the question mark. */
  query: string;
  headers: Readonly<Record<string, string>>;
  body: string;
}

export interface Scope {
  /** `20231114T221320Z` */
  amzDate: string;
  region: string;
  service: string;
}

/** Signature of a request over the named headers. */
export function signatureOf(request: SignedRequest, signedHeaders: readonly string[], scope: Scope, secret: string): string {
  const date = scope.amzDate.slice(0, 8);
  const canonical = canonicalRequest(request, signedHeaders);
  const toSign = ['AWS4-HMAC-SHA256', scope.amzDate, `${date}/${scope.region}/${scope.service}/aws4_request`, sha256(canonical)].join('\n');
  const key = [date, scope.region, scope.service, 'aws4_request'].reduce<Buffer>(
    (previous, part) => hmac(previous, part),
    Buffer.from(`AWS4${secret}`),
  );
  return hmac(key, toSign).toString('hex');
}

function canonicalRequest(request: SignedRequest, signedHeaders: readonly string[]): string {
  const headerLines = signedHeaders.map((name) => `${name}:${(request.headers[name] ?? '').trim().replace(/ +/g, ' ')}\n`).join('');
  return [
    request.method,
    canonicalPath(request.path),
    canonicalQuery(request.query),
    headerLines,
    signedHeaders.join(';'),
    sha256(request.body),
  ].join('\n');
}

/** A refusal with AWS' code, before it takes the form of a service's protocol. */
export class AwsRefusal extends Error {
  readonly code: string;
  readonly status: number;

  constructor(code: string, message: string, status = 400) {
    super(message);
    this.code = code;
    this.status = status;
  }
}

export interface SigningKey {
  secretAccessKey: string;
  sessionToken?: string;
  /** End of temporary credentials, epoch milliseconds. */
  expiresAt?: number;
}

/** AWS accepts a difference of five minutes either way. */
const allowedSkew = 5 * 60_000;

/**
 * Checks a request as AWS does: form, scope, key, token, end, time, signature, in this order.
 *
 * @throws AwsRefusal with the code that services speaking JSON use
 */
export function verify(
  call: Call,
  expected: { service: string; region: string; now: number; keyOf: (accessKeyId: string) => SigningKey | undefined },
): string {
  const authorization = call.headers['authorization'];
  if (!authorization) throw new AwsRefusal('MissingAuthenticationTokenException', 'Missing Authentication Token');
  const match =
    /^AWS4-HMAC-SHA256 Credential=([^/,]+)\/(\d{8})\/([^/,]+)\/([^/,]+)\/aws4_request, ?SignedHeaders=([^,]+), ?Signature=([0-9a-f]{64})$/.exec(
      authorization,
    );
  if (!match) throw new AwsRefusal('IncompleteSignatureException', 'Authorization header is not of Signature Version 4.');
  const [, accessKeyId = '', date, region = '', service = '', names = '', signature = ''] = match;
  const amzDate = call.headers['x-amz-date'] ?? '';
  const signedHeaders = names.split(';');

  if (service !== expected.service)
    throw new AwsRefusal('InvalidSignatureException', `Credential should be scoped to correct service: '${expected.service}'.`);
  if (region !== expected.region)
    throw new AwsRefusal('InvalidSignatureException', `Credential should be scoped to a valid region, not '${region}'.`);
  if (!/^\d{8}T\d{6}Z$/.test(amzDate) || amzDate.slice(0, 8) !== date)
    throw new AwsRefusal('IncompleteSignatureException', 'Date in Credential scope does not match x-amz-date.');
  for (const needed of ['host', ...Object.keys(call.headers).filter((name) => name.startsWith('x-amz-'))]) {
    if (!signedHeaders.includes(needed))
      throw new AwsRefusal('InvalidSignatureException', `'${needed}' must be a 'SignedHeader' in the AWS Authorization.`);
  }

  const key = expected.keyOf(accessKeyId);
  if (!key) throw new AwsRefusal('UnrecognizedClientException', 'The security token included in the request is invalid.');
  if (key.sessionToken !== undefined && call.headers['x-amz-security-token'] !== key.sessionToken) {
    throw new AwsRefusal('UnrecognizedClientException', 'The security token included in the request is invalid.');
  }
  if (key.expiresAt !== undefined && key.expiresAt <= expected.now)
    throw new AwsRefusal('ExpiredTokenException', 'The security token included in the request is expired');

  const [path = '/', query = ''] = call.target.split('?', 2);
  const request = { method: call.method, path, query, headers: call.headers, body: call.body };
  const wanted = signatureOf(request, signedHeaders, { amzDate, region, service }, key.secretAccessKey);
  if (!timingSafeEqual(Buffer.from(signature), Buffer.from(wanted))) {
    throw new AwsRefusal(
      'InvalidSignatureException',
      // AWS goes on like this, session token and all.
      `The request signature we calculated does not match the signature you provided. Check your AWS Secret Access Key and signing method. Consult the service documentation for details.\n\nThe Canonical String for this request should have been\n'${canonicalRequest(request, signedHeaders)}'`,
    );
  }
  const signedAt = timeOf(amzDate);
  if (signedAt < expected.now - allowedSkew) {
    throw new AwsRefusal(
      'InvalidSignatureException',
      `Signature expired: ${amzDate} is now earlier than ${amzTime(expected.now - allowedSkew)} (${amzTime(expected.now)} - 5 min.)`,
    );
  }
  if (signedAt > expected.now + allowedSkew) {
    throw new AwsRefusal(
      'InvalidSignatureException',
      `Signature not yet current: ${amzDate} is still later than ${amzTime(expected.now + allowedSkew)} (${amzTime(expected.now)} + 5 min.)`,
    );
  }
  return accessKeyId;
}

export function amzTime(time: number): string {
  return new Date(time).toISOString().replace(/[-:]|\.\d{3}/g, '');
}

function timeOf(amzDate: string): number {
  return Date.parse(amzDate.replace(/^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/, '$1-$2-$3T$4:$5:$6Z'));
}

/** Each segment is encoded once more, as all services but S3 want it. */
function canonicalPath(path: string): string {
  return path.split('/').map(encode).join('/') || '/';
}

function canonicalQuery(query: string): string {
  const pairs = [...new URLSearchParams(query)].map(([name, value]) => `${encode(name)}=${encode(value)}`);
  return pairs.toSorted().join('&');
}

/** RFC 3986: everything but unreserved characters. */
function encode(text: string): string {
  return encodeURIComponent(text).replace(/[!'()*]/g, (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`);
}

function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}

function hmac(key: Buffer, text: string): Buffer {
  return createHmac('sha256', key).update(text).digest();
}
