import { createHash, createHmac, randomBytes, timingSafeEqual } from 'node:crypto';
import type { Clock } from '../../core/clock.ts';
import type { Call } from './serve.ts';

export interface AlibabaKey {
  accessKeySecret: string;
  /** Of temporary keys. */
  securityToken?: string;
  /** End of temporary keys, epoch milliseconds. */
  expiresAt?: number;
  /** Actions that the identity's policy lacks. */
  denied?: readonly string[];
  /** What a temporary key was narrowed to; undefined: everything. */
  policy?: AlibabaPolicy;
}

/** A policy of RAM, as far as this fake knows: only what is allowed, `*` for any characters. */
export interface AlibabaPolicy {
  Version: string;
  Statement: { Effect: 'Allow'; Action: string[]; Resource: string[] }[];
}

export function allows(policy: AlibabaPolicy | undefined, action: string, resource: string): boolean {
  if (!policy) return true;
  const fits = (pattern: string) => new RegExp(`^${pattern.replace(/[^\w*]/g, '\\$&').replaceAll('*', '.*')}$`).test(resource);
  return policy.Statement.some(({ Action, Resource }) => Action.includes(action) && Resource.some(fits));
}

/** A refusal of the API, as it stands in the body. */
export class AlibabaRefusal extends Error {
  readonly status: number;
  readonly code: string;

  constructor(status: number, code: string, message: string) {
    super(message);
    this.status = status;
    this.code = code;
  }
}

const maxSkew = 15 * 60_000;

/** Who may call the fake's API: keys, and whether a request was signed by one of them, in each of the three ways. */
export class AlibabaAccounts {
  readonly keys: Record<string, AlibabaKey>;
  readonly #clock: Clock;
  readonly #nonces = new Set<string>();

  constructor(clock: Clock, keys: Record<string, AlibabaKey>) {
    this.#clock = clock;
    this.keys = keys;
  }

  /** A temporary key, as STS and the metadata service give. @param lifetime seconds */
  issue(
    lifetime: number,
    policy?: AlibabaPolicy,
  ): { AccessKeyId: string; AccessKeySecret: string; SecurityToken: string; Expiration: string } {
    const id = `STS.${randomBytes(12).toString('hex')}`;
    const accessKeySecret = randomBytes(15).toString('hex');
    const securityToken = `CAIS${randomBytes(48).toString('base64')}`;
    const expiresAt = this.#clock.now() + lifetime * 1000;
    this.keys[id] = { accessKeySecret, securityToken, expiresAt, ...(policy && { policy }) };
    return {
      AccessKeyId: id,
      AccessKeySecret: accessKeySecret,
      SecurityToken: securityToken,
      Expiration: `${new Date(expiresAt).toISOString().slice(0, 19)}Z`,
    };
  }

  /** The key that signed, and the action that was asked for. @throws AlibabaRefusal */
  authorise(call: Call): { key: AlibabaKey; action: string; parameters: URLSearchParams } {
    const authorization = call.headers['authorization'] ?? '';
    if (authorization.startsWith('ACS3-HMAC-SHA256 ')) return this.#acs3(call, authorization);
    if (authorization.startsWith('acs ')) return this.#roa(call, authorization);
    return this.#rpc(call);
  }

  #acs3(call: Call, authorization: string) {
    const match = /^ACS3-HMAC-SHA256 Credential=([^,]+),SignedHeaders=([a-z0-9;-]+),Signature=([0-9a-f]{64})$/.exec(authorization);
    if (!match) throw new AlibabaRefusal(400, 'IncompleteSignature', 'The request signature does not conform to Aliyun standards.');
    const [, id = '', names = '', signature = ''] = match;
    const key = this.#keyOf(id, call.headers['x-acs-security-token'], call.headers['x-acs-date'], call.headers['x-acs-signature-nonce']);
    const signed = names.split(';');
    const due = ['host', ...Object.keys(call.headers).filter((name) => name.startsWith('x-acs-'))];
    const payload = createHash('sha256').update(call.body).digest('hex');
    if (!due.every((name) => signed.includes(name)) || call.headers['x-acs-content-sha256'] !== payload)
      throw new AlibabaRefusal(400, 'IncompleteSignature', 'Some headers are not signed.');
    let canonical = `${call.method}\n${call.target.split('?', 1)[0]}\n${sortedQuery(call.url.searchParams)}\n`;
    for (const name of signed) canonical += `${name}:${(call.headers[name] ?? '').trim()}\n`;
    canonical += `\n${names}\n${payload}`;
    const toSign = `ACS3-HMAC-SHA256\n${createHash('sha256').update(canonical).digest('hex')}`;
    compare(createHmac('sha256', key.accessKeySecret).update(toSign).digest(), Buffer.from(signature, 'hex'), canonical);
    return this.#allowed(key, call.headers['x-acs-action'] ?? '', call.url.searchParams);
  }

  #roa(call: Call, authorization: string) {
    const [, id = '', signature = ''] = /^acs ([^:]+):(\S+)$/.exec(authorization) ?? [];
    const { headers } = call;
    const key = this.#keyOf(id, headers['x-acs-security-token'], headers['date'], headers['x-acs-signature-nonce']);
    const acs = Object.keys(headers)
      .filter((name) => name.startsWith('x-acs-'))
      .sort();
    const query = [...call.url.searchParams].map(([name, value]) => `${name}=${value}`).sort();
    const lines = [
      call.method,
      headers['accept'] ?? '',
      headers['content-md5'] ?? '',
      headers['content-type'] ?? '',
      headers['date'] ?? '',
    ];
    for (const name of acs) lines.push(`${name}:${headers[name]}`);
    lines.push(query.length > 0 ? `${call.url.pathname}?${query.join('&')}` : call.url.pathname);
    const toSign = lines.join('\n');
    compare(createHmac('sha1', key.accessKeySecret).update(toSign).digest(), Buffer.from(signature, 'base64'), toSign);
    return this.#allowed(key, headers['x-acs-action'] ?? '', call.url.searchParams);
  }

  #rpc(call: Call) {
    const form = new URLSearchParams(call.body);
    const id = form.get('AccessKeyId');
    if (id === null) throw new AlibabaRefusal(400, 'MissingAccessKeyId', 'AccessKeyId is mandatory for this action.');
    const key = this.#keyOf(id, form.get('SecurityToken') ?? undefined, form.get('Timestamp') ?? '', form.get('SignatureNonce') ?? '');
    const signature = Buffer.from(form.get('Signature') ?? '', 'base64');
    form.delete('Signature');
    const toSign = `${call.method}&${escape('/')}&${escape(sortedQuery(form))}`;
    compare(createHmac('sha1', `${key.accessKeySecret}&`).update(toSign).digest(), signature, toSign);
    return this.#allowed(key, form.get('Action') ?? '', form);
  }

  #keyOf(id: string, token: string | undefined, date: string | undefined, nonce: string | undefined): AlibabaKey {
    const sent = Date.parse(date ?? '');
    if (!(Math.abs(sent - this.#clock.now()) <= maxSkew))
      throw new AlibabaRefusal(400, 'InvalidTimeStamp.Expired', 'Specified time stamp or date value is expired.');
    if (!nonce || this.#nonces.has(nonce))
      throw new AlibabaRefusal(400, 'SignatureNonceUsed', 'The request signature nonce has been used.');
    this.#nonces.add(nonce);
    const key = this.keys[id];
    if (!key) throw new AlibabaRefusal(404, 'InvalidAccessKeyId.NotFound', 'Specified access key is not found.');
    if (key.securityToken !== token)
      throw new AlibabaRefusal(400, 'InvalidSecurityToken.Malformed', 'The specified SecurityToken is malformed.');
    if (key.expiresAt !== undefined && key.expiresAt <= this.#clock.now())
      throw new AlibabaRefusal(400, 'InvalidSecurityToken.Expired', 'Specified SecurityToken is expired.');
    return key;
  }

  #allowed(key: AlibabaKey, action: string, parameters: URLSearchParams) {
    if (key.denied?.includes(action) || !allows(key.policy, `cr:${action}`, '*'))
      throw new AlibabaRefusal(403, 'NoPermission', `You are not authorized to do this action (cr:${action}).`);
    return { key, action, parameters };
  }
}

/** Alibaba tells what it signed itself, with the security token in it: whoever shows that shows a secret. */
function compare(due: Buffer, given: Buffer, signed: string): void {
  if (due.byteLength === given.byteLength && timingSafeEqual(due, given)) return;
  throw new AlibabaRefusal(
    400,
    'SignatureDoesNotMatch',
    `Specified signature is not matched with our calculation. server string to sign is:${signed}`,
  );
}

function sortedQuery(parameters: URLSearchParams): string {
  return [...parameters]
    .map(([name, value]) => `${escape(name)}=${escape(value)}`)
    .sort()
    .join('&');
}

function escape(text: string): string {
  let result = '';
  for (const byte of Buffer.from(text)) {
    const character = String.fromCharCode(byte);
    result += /[\w.~-]/.test(character) ? character : `%${byte.toString(16).toUpperCase().padStart(2, '0')}`;
  }
  return result;
}
