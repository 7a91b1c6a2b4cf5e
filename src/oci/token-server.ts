import type { ClientClock } from './client-options.ts';
import type { Credential } from './credential.ts';
import { CredentialError, type TagboatError } from './errors.ts';
import { field, isObject, type JsonObject, optionalString, parseJson } from './json.ts';
import { redactUrl, scrub } from './redact.ts';
import { readErrorEntries, registryError } from './registry-errors.ts';
import { splitScopes } from './scope.ts';
import { printable } from './text.ts';
import type { Token } from './token-cache.ts';
import type { Transport, TransportResponse } from './transport.ts';

export interface TokenRequest {
  realm: URL;
  service: string | undefined;
  scopes: readonly string[];
  credential: Credential;
  clock: ClientClock;
  signal?: AbortSignal;
}

const maxTokenBytes = 64 * 1024;
/** "For compatibility … the token defaults to 60 seconds" (distribution, token specification). */
const defaultLifetime = 60;
/** A token that claims to live longer is asked for again after a day. */
const maxLifetime = 24 * 3600;
const clientId = 'tagboat';

/**
 * Asks a token server for a token (distribution: "Token Authentication Specification", "OAuth2 Token Authentication").
 *
 * User and password go by GET with Basic. An identity token goes by OAuth2 POST; if the server does not know that (404, 405, 400,
 * 401 as containerd found in the wild), by GET as password.
 *
 * @throws CredentialError `credential_refused`, `identity_token_unsupported`, `invalid_answer`; RegistryError for 408, 429 and 5xx; TransportError.
 */
export async function fetchToken(transport: Transport, request: TokenRequest): Promise<Token> {
  const { credential } = request;
  if (credential.kind === 'identity') {
    const posted = await post(transport, request, { grant_type: 'refresh_token', refresh_token: credential.token });
    if (posted.status === 200) return readToken(posted, request);
    const mayGet =
      posted.status === 404 || posted.status === 400 || posted.status === 401 || (posted.status === 405 && !!credential.username);
    if (!mayGet) throw refused(posted, request);
    const got = await get(transport, request, { username: credential.username ?? '', password: credential.token });
    if (got.status === 200) return readToken(got, request);
    throw refused(got, request, posted.status === 404 || posted.status === 405 ? 'identity_token_unsupported' : undefined);
  }
  const answer = await get(transport, request, credential.kind === 'basic' ? credential : undefined);
  if (answer.status === 200) return readToken(answer, request);
  if (credential.kind === 'basic' && (answer.status === 404 || answer.status === 405)) {
    const posted = await post(transport, request, { grant_type: 'password', username: credential.username, password: credential.password });
    if (posted.status === 200) return readToken(posted, request);
    // A server that knows neither form is no token server; the first answer says more about that.
    if (posted.status !== 404 && posted.status !== 405) throw refused(posted, request);
  }
  throw refused(answer, request);
}

function get(
  transport: Transport,
  { realm, service, scopes, signal }: TokenRequest,
  basic?: { username: string; password: string },
): Promise<TransportResponse> {
  const url = new URL(realm);
  if (service !== undefined) url.searchParams.set('service', service);
  for (const scope of scopes) url.searchParams.append('scope', scope);
  if (basic) {
    url.searchParams.set('client_id', clientId);
    if (basic.username !== '') url.searchParams.set('account', basic.username);
  }
  return transport.send({
    ownHost: true,
    method: 'GET',
    url,
    headers: { accept: 'application/json', ...(basic ? { authorization: basicHeader(basic.username, basic.password) } : {}) },
    maxBytes: maxTokenBytes,
    ...(signal ? { signal } : {}),
  });
}

function post(
  transport: Transport,
  { realm, service, scopes, signal }: TokenRequest,
  grant: Readonly<Record<string, string>>,
): Promise<TransportResponse> {
  const form = new URLSearchParams({ ...grant, client_id: clientId });
  if (service !== undefined) form.set('service', service);
  if (scopes.length > 0) form.set('scope', scopes.join(' '));
  return transport.send({
    ownHost: true,
    method: 'POST',
    url: realm,
    headers: { accept: 'application/json', 'content-type': 'application/x-www-form-urlencoded' },
    body: form.toString(),
    maxBytes: maxTokenBytes,
    // Asking twice for a token changes nothing.
    idempotent: true,
    ...(signal ? { signal } : {}),
  });
}

/** `Basic` and the base64 of UTF-8 `user:password`. */
export function basicHeader(username: string, password: string): string {
  return `Basic ${Buffer.from(`${username}:${password}`).toString('base64')}`;
}

function readToken(answer: TransportResponse, request: TokenRequest): Token {
  const now = request.clock.now();
  const what = `The answer of the token server ${request.realm.host}`;
  const json = parseJson(answer.bytes, what);
  const value = isObject(json) ? (nonEmpty(json, 'token') ?? nonEmpty(json, 'access_token')) : undefined;
  if (!isObject(json) || value === undefined) throw unusable(request, 'holds no token');
  // Visible ASCII only: anything else could not stand in a header.
  if (!/^[\x21-\x7e]+$/.test(value)) throw unusable(request, 'holds a token with characters that no token can have');
  const lifetime = readLifetime(field(json, 'expires_in')) * 1000;
  const remaining = lifetime - age(json, answer, lifetime, now);
  const margin = Math.max(10_000, lifetime * 0.1);
  const grantedActions = readGrant(value, json);
  const anonymous = request.credential.kind === 'anonymous';
  return {
    value,
    anonymous,
    expiresAt: now + remaining,
    refreshAt: now + remaining - margin,
    ...(grantedActions ? { grantedActions } : {}),
  };
}

/**
 * Milliseconds that the token has been valid already: a token server may answer from a cache. Compared with the server's own
 * `Date`, so that a difference between the clocks does not count; an age beyond the lifetime is such a difference.
 */
function age(json: JsonObject, answer: TransportResponse, lifetime: number, now: number): number {
  const issuedAt = Date.parse(optionalString(json, 'issued_at', 'token') ?? '');
  if (Number.isNaN(issuedAt)) return 0;
  const serverNow = Date.parse(answer.headers.date ?? '');
  const passed = (Number.isNaN(serverNow) ? now : serverNow) - issuedAt;
  return passed > 0 && passed < lifetime ? passed : 0;
}

function readLifetime(value: unknown): number {
  const seconds = typeof value === 'number' || typeof value === 'string' ? Number(value) : 0;
  return seconds > 0 && Number.isFinite(seconds) ? Math.min(seconds, maxLifetime) : defaultLifetime;
}

function nonEmpty(json: JsonObject, name: string): string | undefined {
  const value = field(json, name);
  return typeof value === 'string' && value !== '' ? value : undefined;
}

/** From the `scope` of an OAuth2 answer or the `access` claim of a JWT. Not verified: only the registry can do that. */
function readGrant(token: string, json: JsonObject): string[] | undefined {
  const scope = nonEmpty(json, 'scope');
  if (scope !== undefined) return splitScopes(scope);
  const payload = token.split('.', 3)[1];
  if (payload === undefined || token.split('.', 4).length !== 3) return undefined;
  let claims: unknown;
  try {
    claims = parseJson(Buffer.from(payload, 'base64url'), 'The token');
  } catch {
    return undefined; // Opaque tokens may have dots, too: then nothing is known of the grant.
  }
  const access = isObject(claims) ? field(claims, 'access') : undefined;
  if (!Array.isArray(access)) return undefined;
  return access.flatMap((entry: unknown) => {
    if (!isObject(entry)) return [];
    const actions = field(entry, 'actions');
    const type = field(entry, 'type');
    const name = field(entry, 'name');
    return typeof type === 'string' && typeof name === 'string' && Array.isArray(actions) && actions.length > 0
      ? [`${type}:${name}:${actions.join(',')}`]
      : [];
  });
}

function unusable(request: TokenRequest, what: string): CredentialError {
  return new CredentialError(`The answer of the token server ${request.realm.host} ${what}.`, {
    code: 'invalid_answer',
    context: { realm: redactUrl(request.realm) },
  });
}

function refused(answer: TransportResponse, request: TokenRequest, code = 'credential_refused'): TagboatError {
  const { credential, realm } = request;
  if (answer.status === 408 || answer.status === 429 || answer.status >= 500) {
    const what = 'a token';
    return registryError(answer, { method: 'GET', url: realm, what, presented: 'nothing' }, request.clock);
  }
  const said = scrub(readReason(answer), secretsOf(credential));
  const who = credential.kind === 'anonymous' ? 'gives no token without a sign-in' : 'refused the credential';
  const why = code === 'identity_token_unsupported' ? 'does not accept identity tokens' : who;
  return new CredentialError(`The token server ${realm.host} ${why} (status ${answer.status}${said === '' ? '' : `: ${said}`}).`, {
    code,
    context: { realm: redactUrl(realm), status: answer.status, anonymous: credential.kind === 'anonymous' },
  });
}

/** What the server says of its refusal: an OCI error, or `error_description` (RFC 6749) or `details` (Docker Hub). */
function readReason(answer: TransportResponse): string {
  const [entry] = readErrorEntries(answer.bytes);
  if (entry) return entry.message ?? entry.code;
  let json: unknown;
  try {
    json = parseJson(answer.bytes, 'The answer');
  } catch {
    return ''; // An HTML page or nothing: the status has to do.
  }
  if (!isObject(json)) return '';
  return printable(
    nonEmpty(json, 'error_description') ?? nonEmpty(json, 'details') ?? nonEmpty(json, 'message') ?? nonEmpty(json, 'error') ?? '',
    200,
  );
}

function secretsOf(credential: Credential): (string | undefined)[] {
  if (credential.kind === 'basic') return [credential.password, basicHeader(credential.username, credential.password).slice(6)];
  return credential.kind === 'anonymous' ? [] : [credential.token];
}
