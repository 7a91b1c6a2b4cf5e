import { type Authorization, nothing, present, presentToken, sameCredential } from './authorization.ts';
import { type Challenge, chooseChallenge, parseChallenges } from './challenge.ts';
import type { ClientClock, ClientTraits, CredentialSource, RealmGuard } from './client-options.ts';
import { anonymous, type Credential } from './credential.ts';
import { CredentialError } from './errors.ts';
import { redactUrl } from './redact.ts';
import { registryError } from './registry-errors.ts';
import { canonicalScopes, coversScopes, mergeScopes, splitScopes } from './scope.ts';
import { SingleFlight } from './single-flight.ts';
import { type Token, TokenCache, tokenKey } from './token-cache.ts';
import { fetchToken } from './token-server.ts';
import type { Transport, TransportResponse } from './transport.ts';

/** How the registry wants requests to be authenticated, as far as it is known. */
export type AuthScheme =
  | { scheme: 'none' }
  | { scheme: 'basic' }
  | { scheme: 'bearer'; realm: URL; service: string | undefined; pingScopes: readonly string[] };

export interface Established {
  scheme: AuthScheme;
  authorization: Authorization;
}

export interface AuthorizerOptions {
  /** Base URL of the registry. */
  url: URL;
  credential?: Credential | CredentialSource;
  credentialId: string;
  trustRealm?: RealmGuard;
  traits: ClientTraits;
  clock: ClientClock;
  /** `GET /v2/` without credentials. */
  ping: (signal?: AbortSignal) => Promise<TransportResponse>;
}

const maxRemembered = 2000;
/** After a 403, a credential is renewed once in this time, in milliseconds, and none that is younger. */
const deniedPause = 60_000;

/**
 * Authenticates the requests of one client: learns the registry's challenge, gets tokens, keeps them, and answers refusals. No
 * secret goes anywhere but to the registry's own host and token servers that are trusted with it.
 */
export class Authorizer {
  readonly #options: AuthorizerOptions;
  readonly #transport: Transport;
  readonly #tokens = new TokenCache();
  readonly #tokenFlights = new SingleFlight<Token>();
  readonly #pingFlight = new SingleFlight<AuthScheme>();
  /** Wider scopes that the registry demanded for narrower ones: asked for at once the next time. */
  readonly #widened = new Map<string, readonly string[]>();
  #scheme: AuthScheme | undefined;
  /** Counts `forget()`. */
  #epoch = 0;
  /** When a credential was last renewed because of a 403, and that renewal. */
  #deniedAt: number | undefined;
  #denied: Promise<void> | undefined;

  constructor(transport: Transport, options: AuthorizerOptions) {
    this.#transport = transport;
    this.#options = options;
  }

  /** What a request for these scopes is to be sent with. */
  async authorize(scopes: readonly string[], signal?: AbortSignal): Promise<Authorization> {
    const { credential, traits } = this.#options;
    if (this.#scheme === undefined && isAnonymous(credential)) return nothing;
    if (typeof credential === 'object' && credential.kind === 'bearer') return present(credential, scopes);
    if (traits.preemptiveBasic && this.#scheme?.scheme !== 'bearer') {
      const ready = await this.#credential(scopes, false, signal);
      if (ready.kind === 'basic' || ready.kind === 'bearer') return present(ready, scopes);
    }
    const scheme = this.#scheme ?? (await this.#learn(signal));
    return this.#authorizeBy(scheme, scopes, signal);
  }

  /**
   * The scheme and, for `bearer`, the token: what a sign-in amounts to. Asks the registry first, even without a credential.
   */
  async establish(scopes: readonly string[], signal?: AbortSignal): Promise<Established | { unexpected: TransportResponse }> {
    if (!this.#scheme) {
      const answer = await this.#options.ping(signal);
      if (!this.learnFrom(answer)) return { unexpected: answer };
    }
    const scheme = this.#scheme ?? { scheme: 'none' };
    const wanted = scopes.length > 0 || this.#options.traits.placeholderScope || scheme.scheme !== 'bearer' ? scopes : scheme.pingScopes;
    if (scheme.scheme === 'none' && this.#options.traits.preemptiveBasic) {
      const ready = await this.#credential(wanted, false, signal);
      if (ready.kind === 'basic') return { scheme, authorization: present(ready, wanted) };
    }
    return { scheme, authorization: await this.#authorizeBy(scheme, wanted, signal) };
  }

  /**
   * What to send a refused request with, once. Undefined when nothing else can be tried.
   *
   * @param answer Status 401, or 403 with an `insufficient_scope` challenge.
   */
  async reauthorize(
    answer: TransportResponse,
    sent: Authorization,
    scopes: readonly string[],
    signal?: AbortSignal,
  ): Promise<Authorization | undefined> {
    const chosen = chooseChallenge(parseChallenges(answer.challengeLines));
    if (sent.presented === 'bearer') return this.#renewed(sent, scopes, signal);
    if (!chosen) return undefined;
    if (chosen.scheme === 'basic') {
      this.#scheme = { scheme: 'basic' };
      if (sent.presented === 'basic') return this.#renewed(sent, scopes, signal);
      const authorization = present(await this.#credential(scopes, false, signal), scopes);
      return authorization.header === undefined ? undefined : authorization;
    }
    const scheme = bearer(chosen.realm, chosen.challenge, []);
    this.#scheme = scheme;
    const demanded = splitScopes(chosen.challenge.parameters.scope);
    if (sent.key !== undefined) this.#tokens.delete(sent.key);
    // A token that was issued just now, for all that is demanded, would be no other the second time.
    if (sent.token && sent.fresh && coversScopes(sent.scopes, demanded)) return undefined;
    const wider = mergeScopes(demanded, scopes);
    this.#remember(scopes, wider);
    return this.#token(scheme, wider, signal);
  }

  /**
   * What to send a request with again that was answered 403 without a challenge. That mostly means that something is not allowed, but
   * some registries (ECR: "Your authorization token has expired", 403) say it of a credential that ended. So the source is asked for a
   * new one, but not when it was issued just now, and at most once a minute: real denials do not bother the issuer.
   */
  async reauthorizeDenied(sent: Authorization, scopes: readonly string[], signal?: AbortSignal): Promise<Authorization | undefined> {
    const { clock, credential } = this.#options;
    if (typeof credential !== 'function' || (sent.presented !== 'basic' && sent.presented !== 'bearer')) return undefined;
    const now = clock.now();
    if (sent.issuedAt !== undefined && now - sent.issuedAt < deniedPause) return undefined;
    if (this.#deniedAt === undefined || now - this.#deniedAt >= deniedPause) {
      this.#deniedAt = now;
      this.#denied = this.#renewed(sent, scopes).then(
        () => {},
        // The denial is what the caller is told of; why there is no new credential is known to its source.
        () => {},
      );
    }
    // Several requests may have been denied at once: all of them go on with the one that is issued.
    await this.#denied;
    signal?.throwIfAborted();
    const authorization = present(await this.#credential(scopes, false, signal), scopes);
    return authorization.header === undefined || authorization.header === sent.header ? undefined : authorization;
  }

  /** Forgets every token and what is known of the registry's scheme. */
  forget(): void {
    this.#epoch++;
    this.#tokens.clear();
    this.#tokenFlights.clear();
    this.#pingFlight.clear();
    this.#widened.clear();
    this.#scheme = undefined;
  }

  /** Takes over what an unauthenticated `GET /v2/` said. */
  learnFrom(answer: TransportResponse): AuthScheme | undefined {
    if (answer.status === 200) this.#scheme = { scheme: 'none' };
    if (answer.status !== 401) return answer.status === 200 ? this.#scheme : undefined;
    const chosen = chooseChallenge(parseChallenges(answer.challengeLines));
    if (chosen?.scheme === 'bearer') this.#scheme = bearer(chosen.realm, chosen.challenge, splitScopes(chosen.challenge.parameters.scope));
    else if (chosen) this.#scheme = { scheme: 'basic' };
    return this.#scheme;
  }

  #learn(signal?: AbortSignal): Promise<AuthScheme> {
    const ask = async (shared: AbortSignal): Promise<AuthScheme> => {
      const answer = await this.#options.ping(shared);
      const { url, clock } = this.#options;
      if (answer.status === 429 || answer.status >= 500) {
        throw registryError(answer, { method: 'GET', url, what: 'the registry API', presented: 'nothing' }, clock);
      }
      // Any other unexpected answer is not remembered: the request itself will say what is wrong.
      return this.learnFrom(answer) ?? { scheme: 'none' };
    };
    return this.#pingFlight.join('', ask, signal);
  }

  async #authorizeBy(scheme: AuthScheme, scopes: readonly string[], signal?: AbortSignal): Promise<Authorization> {
    if (scheme.scheme === 'bearer') return this.#token(scheme, this.#widened.get(canonicalScopes(scopes)) ?? scopes, signal);
    const credential = await this.#credential(scopes, false, signal);
    if (scheme.scheme === 'none') return credential.kind === 'bearer' ? present(credential, scopes) : nothing;
    return present(credential, scopes);
  }

  async #token(scheme: AuthScheme & { scheme: 'bearer' }, scopes: readonly string[], signal?: AbortSignal): Promise<Authorization> {
    const { credentialId, url, clock } = this.#options;
    const key = tokenKey({ credentialId, host: url.host, realm: scheme.realm.href, service: scheme.service, scopes });
    const cached = this.#tokens.get(key, clock.now());
    if (cached) return presentToken(cached, key, scopes, false);
    const credential = await this.#credential(scopes, false, signal);
    if (credential.kind === 'bearer') return present(credential, scopes);
    const token = await this.#tokenFlights.join(key, (shared) => this.#fetchToken(scheme, scopes, credential, key, shared), signal);
    return presentToken(token, key, scopes, true);
  }

  async #fetchToken(
    scheme: AuthScheme & { scheme: 'bearer' },
    scopes: readonly string[],
    credential: Credential,
    key: string,
    signal: AbortSignal,
  ): Promise<Token> {
    await this.#checkRealm(scheme.realm, credential.kind !== 'anonymous');
    const request = { realm: scheme.realm, service: scheme.service, scopes, clock: this.#options.clock, signal };
    const epoch = this.#epoch;
    let token: Token;
    try {
      token = await fetchToken(this.#transport, { ...request, credential });
    } catch (error) {
      if (!(error instanceof CredentialError) || error.code !== 'credential_refused' || typeof this.#options.credential !== 'function')
        throw error;
      const renewed = await this.#newer((held) => !sameCredential(held, credential), scopes, signal);
      if (!renewed || renewed.kind === 'bearer') throw error;
      await this.#checkRealm(scheme.realm, renewed.kind !== 'anonymous');
      token = await fetchToken(this.#transport, { ...request, credential: renewed });
    }
    // What was dropped meanwhile must not come back.
    if (epoch === this.#epoch) this.#tokens.set(key, token);
    return token;
  }

  /** After a refusal of what was sent as it is: the source's newer credential, if it has one. */
  async #renewed(sent: Authorization, scopes: readonly string[], signal?: AbortSignal): Promise<Authorization | undefined> {
    if (typeof this.#options.credential !== 'function') return undefined;
    const isOther = (held: Credential): boolean => present(held, scopes).header !== sent.header;
    const renewed = await this.#newer(isOther, scopes, signal);
    const authorization = renewed && present(renewed, scopes);
    return authorization?.header === undefined ? undefined : authorization;
  }

  /**
   * Another credential than the refused one, if the source has one or gets one. Many requests may be refused at once: those that come
   * after the first find the new one there, and must not have it replaced again.
   */
  async #newer(isOther: (held: Credential) => boolean, scopes: readonly string[], signal?: AbortSignal): Promise<Credential | undefined> {
    const held = await this.#credential(scopes, false, signal);
    if (isOther(held)) return held;
    const renewed = await this.#credential(scopes, true, signal);
    return isOther(renewed) ? renewed : undefined;
  }

  async #credential(scopes: readonly string[], renew: boolean, signal?: AbortSignal): Promise<Credential> {
    const { credential } = this.#options;
    if (typeof credential !== 'function') return credential ?? anonymous;
    return credential({ scopes, renew, ...(signal ? { signal } : {}) });
  }

  /**
   * Realm pinning. A registry (or whoever answers in its place) names the token server, so the name alone earns no trust.
   *
   * @throws CredentialError `realm_untrusted`
   */
  async #checkRealm(realm: URL, carriesSecret: boolean): Promise<void> {
    const { url, trustRealm } = this.#options;
    const context = { realm: redactUrl(realm), registry: url.host };
    if (realm.username !== '' || realm.password !== '') {
      throw new CredentialError(`${url.host} names a token server with a user name in its address; nothing is sent there.`, {
        code: 'realm_untrusted',
        context,
      });
    }
    if (realm.protocol === 'http:' && url.protocol !== 'http:') {
      throw new CredentialError(`${url.host} names a token server without TLS, ${realm.host}; nothing is sent there.`, {
        code: 'realm_untrusted',
        context,
      });
    }
    if (!carriesSecret || realm.hostname === url.hostname || (await trustRealm?.(realm, url))) return;
    throw new CredentialError(
      `${url.host} wants the sign-in to be sent to another host, ${realm.host}, which is not confirmed as its token server; nothing was sent.`,
      { code: 'realm_untrusted', context },
    );
  }

  #remember(scopes: readonly string[], wider: readonly string[]): void {
    const key = canonicalScopes(scopes);
    if (key === canonicalScopes(wider)) return;
    if (this.#widened.size >= maxRemembered) this.#widened.clear();
    this.#widened.set(key, wider);
  }
}

function isAnonymous(credential: Credential | CredentialSource | undefined): boolean {
  return credential === undefined || (typeof credential === 'object' && credential.kind === 'anonymous');
}

function bearer(realm: URL, challenge: Challenge, pingScopes: readonly string[]): AuthScheme & { scheme: 'bearer' } {
  return { scheme: 'bearer', realm, service: challenge.parameters.service, pingScopes };
}
