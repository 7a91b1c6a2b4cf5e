import { Authorizer, type Established } from './auth.ts';
import type { Authorization } from './authorization.ts';
import { chooseChallenge, parseChallenges } from './challenge.ts';
import type { ClientClock, ClientTraits, Quota, RegistryClientOptions } from './client-options.ts';
import { type RegistryError, TransportError } from './errors.ts';
import { readQuota, readWarnings } from './notices.ts';
import { redactUrl } from './redact.ts';
import { type Presented, registryError } from './registry-errors.ts';
import { registryBase } from './registry-url.ts';
import { systemClock } from './system-clock.ts';
import { Transport, type TransportRequest, type TransportResponse } from './transport.ts';

/** A request to the registry, authenticated by the session. */
export interface SessionRequest extends Omit<TransportRequest, 'url' | 'method'> {
  method?: string;
  url: URL;
  /** Scopes that a token for this needs. */
  scopes: readonly string[];
  /** What is asked for, as it stands in an error's sentence: `the tags of library/alpine`. */
  what: string;
  /** Statuses besides 2xx that are answers rather than errors. */
  allow?: readonly number[];
}

/** Warnings of one client that are remembered, so as to show each once. */
const maxWarnings = 200;

let clients = 0;

/** What `RegistryClient` and `Repository` share: transport, authentication, and what the registry says beside its answers. */
export class RegistrySession {
  readonly url: URL;
  readonly traits: ClientTraits;
  readonly clock: ClientClock;
  readonly transport: Transport;
  readonly authorizer: Authorizer;
  quota: Quota | undefined;
  /** Manifests that are being asked for: each may cost one of the quota, and its answer has not told yet. */
  pulling = 0;
  readonly #options: RegistryClientOptions;
  readonly #warnings = new Set<string>();

  constructor(options: RegistryClientOptions) {
    this.#options = options;
    const { url, tls } = registryBase(options.url, options.tls);
    this.url = url;
    this.traits = options.traits ?? {};
    this.clock = options.clock ?? systemClock;
    this.transport = new Transport({
      hostname: this.url.hostname,
      ...options,
      tls,
      proxy: options.proxy === undefined ? undefined : new URL(options.proxy),
      userAgent: options.userAgent ?? 'tagboat',
      clock: this.clock,
    });
    this.authorizer = new Authorizer(this.transport, {
      url,
      ...(options.credential === undefined ? {} : { credential: options.credential }),
      credentialId: options.credentialId ?? `client-${++clients}`,
      ...(options.trustRealm ? { trustRealm: options.trustRealm } : {}),
      traits: this.traits,
      clock: this.clock,
      ping: (signal) => this.ping(signal),
    });
  }

  /** URL of an endpoint below `/v2/`; `path` is already encoded. */
  endpoint(path: string): URL {
    return new URL(`${this.url.pathname === '/' ? '' : this.url.pathname}/v2/${path}`, this.url);
  }

  /** `GET /v2/` without credentials and without retries for its status. */
  async ping(signal?: AbortSignal, retries?: number): Promise<TransportResponse> {
    const answer = await this.transport.send({
      method: 'GET',
      url: this.endpoint(''),
      headers: { accept: 'application/json' },
      maxBytes: 64 * 1024,
      ...(retries === undefined ? {} : { retries }),
      ...(signal ? { signal } : {}),
    });
    this.#notice(answer);
    return answer;
  }

  /** Asks how to authenticate and does it, for its own sake. */
  async establish(scopes: readonly string[], signal?: AbortSignal): Promise<Established> {
    const url = this.endpoint('');
    return this.#cancelable('GET', url, signal, async () => {
      const established = await this.authorizer.establish(scopes, signal);
      if (!('unexpected' in established)) return established;
      throw this.refusal(established.unexpected, { url, scopes, what: 'the registry API', maxBytes: 0 });
    });
  }

  /**
   * Sends a request, answers a challenge once, and returns what is not an error.
   *
   * @throws RegistryError, CredentialError, TransportError
   */
  async call(request: SessionRequest): Promise<TransportResponse> {
    const { answer, presented } = await this.#authorized(request);
    if (answer.status < 300 || request.allow?.includes(answer.status)) return answer;
    throw this.refusal(answer, request, presented);
  }

  refusal(answer: TransportResponse, request: SessionRequest, presented: Presented = 'nothing'): RegistryError {
    return registryError(answer, { method: request.method ?? 'GET', url: request.url, what: request.what, presented }, this.clock);
  }

  async #authorized(request: SessionRequest): Promise<{ answer: TransportResponse; presented: Presented }> {
    const { signal, scopes } = request;
    return this.#cancelable(request.method ?? 'GET', request.url, signal, async () => {
      const authorization = await this.authorizer.authorize(scopes, signal);
      const answer = await this.#send(request, authorization);
      if (answer.url.origin !== this.url.origin || (answer.status !== 403 && !isRefusal(answer)))
        return { answer, presented: authorization.presented };
      const again = isRefusal(answer)
        ? await this.authorizer.reauthorize(answer, authorization, scopes, signal)
        : await this.authorizer.reauthorizeDenied(authorization, scopes, signal);
      if (!again) return { answer, presented: authorization.presented };
      return { answer: await this.#send(request, again), presented: again.presented };
    });
  }

  /** Waiting for a shared token ends with the caller's own reason: it becomes the error that a canceled request has. */
  async #cancelable<T>(method: string, url: URL, signal: AbortSignal | undefined, work: () => Promise<T>): Promise<T> {
    try {
      return await work();
    } catch (error) {
      if (!signal?.aborted || error instanceof TransportError) throw error;
      throw new TransportError(`${method} ${redactUrl(url)} was canceled.`, {
        code: 'canceled',
        fault: 'caller',
        retry: 'never',
        cause: error,
      });
    }
  }

  async #send(request: SessionRequest, { header }: Authorization): Promise<TransportResponse> {
    const answer = await this.transport.send({
      ...request,
      method: request.method ?? 'GET',
      ...(header === undefined ? {} : { headers: { ...request.headers, authorization: header } }),
    });
    this.#notice(answer);
    return answer;
  }

  #notice(answer: TransportResponse): void {
    // After a redirect the headers are those of an object store.
    if (answer.url.origin !== this.url.origin) return;
    const quota = answer.headers['ratelimit-limit'] === undefined ? undefined : readQuota(answer.headers, this.clock.now());
    if (quota) {
      this.quota = quota;
      this.#options.onQuota?.(quota);
    }
    for (const text of answer.headers.warning === undefined ? [] : readWarnings(answer.headers.warning)) {
      if (this.#warnings.has(text) || this.#warnings.size >= maxWarnings) continue;
      this.#warnings.add(text);
      this.#options.onWarning?.(text);
    }
  }
}

/** 401, or the 403 that RFC 6750 has for a token whose scope is too narrow. */
function isRefusal(answer: TransportResponse): boolean {
  if (answer.status === 401) return true;
  if (answer.status !== 403 || answer.challengeLines.length === 0) return false;
  return chooseChallenge(parseChallenges(answer.challengeLines))?.challenge.parameters.error === 'insufficient_scope';
}
