import { TransportError } from '../../core/errors.ts';
import { field, isObject, type JsonObject, parseJson } from '../../oci/json.ts';
import { type Lookup, RegistryClient, type TlsOptions } from '../../oci/index.ts';
import { failed } from './source.ts';

/** A service that keeps secrets, as whoever runs the hub has set it up. */
export interface SecretService {
  /** For messages: "Vault at vault.example:8200". */
  name: string;
  url: URL;
  tls: TlsOptions;
  lookup?: Lookup;
}

export interface SecretAnswer {
  status: number;
  /** Empty when the body was no JSON object. */
  json: JsonObject;
}

/**
 * One call, with the bounds of every other call that the hub makes: addresses, size, time, no credentials over a redirect. What it
 * cannot reach is said of the service, not of a registry.
 */
export async function callService(
  service: SecretService,
  path: string,
  request: { method?: 'GET' | 'POST'; headers: Readonly<Record<string, string>>; body?: string; signal?: AbortSignal },
): Promise<SecretAnswer> {
  const { url, tls, lookup } = service;
  const client = new RegistryClient({ url, tls, retries: 1, ...(lookup && { lookup }) });
  try {
    const target = new URL(url);
    target.pathname = `${url.pathname.replace(/\/$/, '')}${path}`;
    const { signal, ...rest } = request;
    const answer = await client.send(target, { ...rest, timeout: 15_000, maxBytes: 4 * 1024 * 1024, ...(signal && { signal }) });
    return { status: answer.status, json: objectOf(answer.text) };
  } catch (error) {
    if (error instanceof TransportError && error.code !== 'canceled') {
      throw failed(`${service.name} cannot be reached. ${error.message}`, error);
    }
    throw error;
  } finally {
    await client.close();
  }
}

function objectOf(text: string): JsonObject {
  if (!text.trimStart().startsWith('{')) return {};
  try {
    const json = parseJson(Buffer.from(text), 'The answer');
    return isObject(json) ? json : {};
  } catch {
    // Whoever reads the answer finds nothing in it, and says so with its status.
    return {};
  }
}

/** A member that is an object; empty when it is none. */
export function objectAt(json: JsonObject, ...path: string[]): JsonObject {
  let found: unknown = json;
  for (const name of path) found = isObject(found) ? field(found, name) : undefined;
  return isObject(found) ? found : {};
}

export function textAt(json: JsonObject, name: string): string | undefined {
  const value = field(json, name);
  return typeof value === 'string' && value !== '' ? value : undefined;
}
