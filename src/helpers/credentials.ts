import { serverOf } from '../cli/clients/client-keys.ts';
import type { HubAddress } from '../cli/hub-address.ts';
import type { CredentialRequest, IssuedCredential, RegistryPage } from '../sdk/index.ts';
import { askHub, problemOf } from './hub-request.ts';

/** Where a helper gets credentials from: a hub, or a data folder on this machine. */
export interface CredentialSource {
  /** Undefined when there is none for this registry: clients go on without a sign-in. Throws an Error that can be shown. */
  issue(request: CredentialRequest): Promise<IssuedCredential | undefined>;
  /** Docker's server key → user name, empty where it is not known; no secrets. */
  list(): Promise<Record<string, string>>;
}

export interface HubSourceOptions {
  /** PEM. */
  ca?: string;
  /** Milliseconds for one request. Default 30 000: an issuer may be slow. */
  timeout?: number;
  /** Where the token is configured, for messages. */
  tokenPlace?: string;
}

/** Pages that are read at most: a list for `docker build`, not a catalogue. */
const mostPages = 20;

/** Credentials from a hub, by its API. */
export function hubSource(address: HubAddress, options: HubSourceOptions = {}): CredentialSource {
  const { ca, timeout = 30_000, tokenPlace } = options;
  return {
    async issue(request) {
      const answer = await askHub(address, { method: 'POST', path: '/credentials', body: request, timeout, ca });
      if (answer.status === 404 && isProblem(answer.body)) return undefined;
      if (answer.status !== 200 || !isCredential(answer.body)) throw problemOf(address, answer, tokenPlace);
      return answer.body;
    },
    async list() {
      const found: Record<string, string> = {};
      let cursor: string | undefined;
      for (let page = 0; page < mostPages; page++) {
        const query = `limit=1000${cursor === undefined ? '' : `&cursor=${encodeURIComponent(cursor)}`}`;
        const answer = await askHub(address, { method: 'GET', path: `/registries?${query}`, timeout, ca });
        if (answer.status !== 200) throw problemOf(address, answer, tokenPlace);
        const { items, next } = answer.body as RegistryPage;
        for (const registry of items) found[serverOf(registry.prefix)] ??= registry.credential?.username ?? '';
        if (next === undefined) break;
        cursor = next;
      }
      return found;
    },
  };
}

function isProblem(body: unknown): boolean {
  return typeof body === 'object' && body !== null && (body as { code?: unknown }).code === 'not_found';
}

function isCredential(body: unknown): body is IssuedCredential {
  if (typeof body !== 'object' || body === null) return false;
  const { kind, server, prefixes } = body as Partial<IssuedCredential>;
  return typeof kind === 'string' && typeof server === 'string' && Array.isArray(prefixes);
}
