import { canonicalScopes } from './scope.ts';

/** A token of a token server. */
export interface Token {
  value: string;
  /** It was given without a credential. */
  anonymous: boolean;
  /** Epoch milliseconds. */
  expiresAt: number;
  /** From here on a new one is asked for, epoch milliseconds. */
  refreshAt: number;
  /** What the token says it grants. */
  grantedActions?: readonly string[];
}

export interface TokenKey {
  credentialId: string;
  /** `host:port` of the registry. */
  host: string;
  realm: string;
  service: string | undefined;
  scopes: readonly string[];
}

const maxTokens = 2000;

/**
 * Tokens in memory. The key holds all that a token depends on, so that no two tenants, registries or scopes share one.
 */
export class TokenCache {
  readonly #tokens = new Map<string, Token>();

  /** The token if it is still fresh at `now`. */
  get(key: string, now: number): Token | undefined {
    const token = this.#tokens.get(key);
    if (token && token.refreshAt <= now) {
      this.#tokens.delete(key);
      return undefined;
    }
    return token;
  }

  set(key: string, token: Token): void {
    this.#tokens.delete(key);
    this.#tokens.set(key, token);
    if (this.#tokens.size > maxTokens) {
      const [oldest] = this.#tokens.keys();
      if (oldest !== undefined) this.#tokens.delete(oldest);
    }
  }

  delete(key: string): void {
    this.#tokens.delete(key);
  }

  clear(): void {
    this.#tokens.clear();
  }
}

export function tokenKey({ credentialId, host, realm, service, scopes }: TokenKey): string {
  return JSON.stringify([credentialId, host, realm, service ?? null, canonicalScopes(scopes)]);
}
