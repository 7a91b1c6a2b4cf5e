import type { Clock } from '../../core/clock.ts';
import { field } from '../../oci/json.ts';
import type { Lookup } from '../../oci/index.ts';
import { callService, objectAt, type SecretAnswer, type SecretService, textAt } from './bounded-http.ts';
import { readSecretFile } from './file.ts';
import type { VaultOptions } from './options.ts';
import { failed } from './source.ts';

interface SessionToken {
  token: string;
  /** From when on it is renewed, epoch milliseconds; infinite for one that does not end, or that somebody else renews. */
  renewAt: number;
  endsAt: number;
  renewable: boolean;
}

/**
 * The hub's session with Vault: its token (given, in a file that an agent keeps fresh, or of a sign-in by the pod's service
 * account), renewed before it ends, and got anew once when Vault refuses it.
 */
export class VaultSession {
  readonly #options: VaultOptions;
  readonly #parts: { serviceAccount: string; clock: Clock; lookup?: Lookup };
  #token: Promise<SessionToken> | undefined;

  constructor(options: VaultOptions, parts: { serviceAccount: string; clock: Clock; lookup?: Lookup }) {
    this.#options = options;
    this.#parts = parts;
  }

  /** Any status but a refused token that a new one mends. @throws CredentialError when Vault cannot be reached or signed in to */
  async get(path: string, signal?: AbortSignal): Promise<SecretAnswer> {
    const used = await this.#current(signal);
    const answer = await this.#call('GET', path, used.token, undefined, signal);
    if (answer.status !== 403) return answer;
    const renewed = await this.#anew(used, signal);
    return renewed.token === used.token ? answer : this.#call('GET', path, renewed.token, undefined, signal);
  }

  async #current(signal?: AbortSignal): Promise<SessionToken> {
    this.#token ??= this.#obtain();
    let token: SessionToken;
    try {
      token = await this.#token;
    } catch (error) {
      this.#token = undefined;
      throw error;
    }
    signal?.throwIfAborted();
    const now = this.#parts.clock.now();
    if (now < token.renewAt) return token;
    return now < token.endsAt && token.renewable ? this.#renew(token) : this.#anew(token, signal);
  }

  /** A token instead of one that ended or was refused; the same one where there is no other. */
  async #anew(old: SessionToken, signal?: AbortSignal): Promise<SessionToken> {
    // Somebody else may have been here since.
    const known = await this.#token?.catch(() => undefined);
    if (known && known.token !== old.token) return known;
    this.#token = this.#obtain();
    try {
      return await this.#token;
    } catch (error) {
      this.#token = undefined;
      throw error;
    } finally {
      signal?.throwIfAborted();
    }
  }

  async #renew(old: SessionToken): Promise<SessionToken> {
    const answer = await this.#call('POST', '/v1/auth/token/renew-self', old.token, {});
    const renewed = answer.status === 200 ? this.#leased(objectAt(answer.json, 'auth')) : undefined;
    // It is good for a while still; once it ended, a new one is got.
    const token = renewed ?? { ...old, renewAt: old.endsAt };
    this.#token = Promise.resolve(token);
    return token;
  }

  async #obtain(): Promise<SessionToken> {
    const { token, tokenFile, role } = this.#options;
    if (token) return this.#looked(token.reveal());
    // Whoever writes the file keeps the token fresh: it is read for every use.
    if (tokenFile !== undefined) return { token: (await readSecretFile(tokenFile)).trim(), renewAt: 0, endsAt: 0, renewable: false };
    return this.#signIn(role ?? '');
  }

  /** How long a given token lasts. Where Vault does not say, reading with it will. */
  async #looked(token: string): Promise<SessionToken> {
    const answer = await this.#call('GET', '/v1/auth/token/lookup-self', token);
    if (answer.status !== 200) return { token, renewAt: this.#parts.clock.now() + 60_000, endsAt: Infinity, renewable: false };
    const data = objectAt(answer.json, 'data');
    return this.#timed(token, field(data, 'ttl'), field(data, 'renewable') === true);
  }

  /** https://developer.hashicorp.com/vault/api-docs/auth/kubernetes#login */
  async #signIn(role: string): Promise<SessionToken> {
    const { authMount = 'kubernetes' } = this.#options;
    const jwt = (await readSecretFile(`${this.#parts.serviceAccount}/token`)).trim();
    const answer = await this.#call('POST', `/v1/auth/${authMount}/login`, undefined, { role, jwt });
    const session = answer.status === 200 ? this.#leased(objectAt(answer.json, 'auth')) : undefined;
    if (session) return session;
    if (answer.status === 503) throw failed(unavailable(this.name));
    throw failed(
      `${this.name} does not let this hub sign in as the role ${role} (${answer.status}). Check that the role exists at auth/${authMount}, and is bound to this pod’s service account.`,
    );
  }

  #leased(auth: SecretAnswer['json']): SessionToken | undefined {
    const token = textAt(auth, 'client_token');
    return token === undefined ? undefined : this.#timed(token, field(auth, 'lease_duration'), field(auth, 'renewable') === true);
  }

  #timed(token: string, seconds: unknown, renewable: boolean): SessionToken {
    if (typeof seconds !== 'number' || seconds <= 0) return { token, renewAt: Infinity, endsAt: Infinity, renewable: false };
    const now = this.#parts.clock.now();
    return { token, renewAt: now + (seconds * 1000) / 2, endsAt: now + seconds * 1000, renewable };
  }

  get name(): string {
    return `Vault at ${this.#options.url.host}`;
  }

  async #call(method: 'GET' | 'POST', path: string, token?: string, body?: object, signal?: AbortSignal): Promise<SecretAnswer> {
    const { namespace } = this.#options;
    return callService(await this.#service(), path, {
      method,
      headers: {
        accept: 'application/json',
        // Vault's own clients send it; an agent may insist on it.
        'x-vault-request': 'true',
        ...(token !== undefined && { 'x-vault-token': token }),
        ...(namespace !== undefined && { 'x-vault-namespace': namespace }),
        ...(body && { 'content-type': 'application/json' }),
      },
      ...(body && { body: JSON.stringify(body) }),
      ...(signal && { signal }),
    });
  }

  async #service(): Promise<SecretService> {
    const { url, caFile } = this.#options;
    const { lookup } = this.#parts;
    const ca = caFile === undefined ? undefined : await readSecretFile(caFile);
    return {
      name: this.name,
      url,
      tls: { mode: url.protocol === 'http:' ? 'plain' : ca === undefined ? 'verify' : 'ca', ...(ca !== undefined && { ca }) },
      ...(lookup && { lookup }),
    };
  }
}

/** What 503 means of Vault. */
export function unavailable(name: string): string {
  return `${name} is sealed or down, and gives out nothing. Unseal it, or wait for it to come back.`;
}
