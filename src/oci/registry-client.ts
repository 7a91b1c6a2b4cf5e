import { type CallOptions, calling, type ListOptions } from './call-options.ts';
import { type Challenge, parseChallenges } from './challenge.ts';
import type { Quota, RegistryClientOptions } from './client-options.ts';
import { InvalidReference } from './errors.ts';
import { parseJson } from './json.ts';
import { listNames } from './pagination.ts';
import { readingAnswer, refuseForeignBody } from './registry-errors.ts';
import { RegistrySession } from './registry-session.ts';
import { Repository } from './repository.ts';
import { catalogScope } from './scope.ts';
import { hasUnprintable, printable } from './text.ts';
import type { TransportResponse } from './transport.ts';

/** What `GET /v2/` answered without credentials. */
export interface Ping {
  status: number;
  challenges: Challenge[];
  /** Lower-case names; several values joined with `, `. */
  headers: Readonly<Record<string, string>>;
  contentType?: string;
  /** First kilobyte of the body, for recognising what answered when it is no registry. */
  bodyStart?: string;
}

/** How the client may act for some scopes. Holds no secret. */
export interface Authentication {
  scheme: 'none' | 'basic' | 'bearer';
  /** Token server. */
  realm?: string;
  service?: string;
  /** End of the token, epoch milliseconds. */
  expiresAt?: number;
  /** Scopes that the token says it grants, e.g. `repository:app:pull`. Undefined when it does not say. */
  grantedActions?: readonly string[];
}

export interface RegistryRequest extends CallOptions {
  /** Default GET. */
  method?: 'GET' | 'HEAD' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  headers?: Readonly<Record<string, string>>;
  body?: string | Uint8Array;
  /** Scopes that a token for this needs. Default none. */
  scopes?: readonly string[];
  /** Statuses of 400 and above that are answers rather than errors. */
  allow?: readonly number[];
  /** Most bytes of answer that are read. Default 4 MiB. */
  maxBytes?: number;
  /** Whether a repetition is harmless. Default: for GET and HEAD. */
  idempotent?: boolean;
}

export interface RegistryResponse {
  status: number;
  /** Lower-case names; several values joined with `, `. */
  headers: Readonly<Record<string, string>>;
  bytes: Uint8Array;
  /** The body as UTF-8. */
  text(): string;
  /** The body as JSON; RegistryError `invalid_answer` when it is none. */
  json(): unknown;
}

/** Structurally `ProviderRequest`. */
export interface SendRequest {
  method?: 'GET' | 'POST' | 'PUT' | 'DELETE' | 'HEAD';
  headers?: Readonly<Record<string, string>>;
  body?: string;
  timeout?: number;
  maxBytes?: number;
  idempotent?: boolean;
  signal?: AbortSignal;
}

/** Structurally `ProviderResponse`. */
export interface SendResponse {
  status: number;
  headers: Readonly<Record<string, string>>;
  text: string;
}

const defaultMaxBytes = 4 * 1024 * 1024;

/**
 * Speaks the OCI distribution protocol to one registry, with one pool of connections and one credential. Cheap to make: nothing is
 * opened or sent before the first call. Close it when it is no longer used.
 *
 * ```ts
 * const client = new RegistryClient({ url: 'https://ghcr.io' });
 * for await (const tags of client.repository('owner/app').listTags()) console.log(tags);
 * await client.close();
 * ```
 */
export class RegistryClient {
  readonly #session: RegistrySession;

  /** @throws InvalidReference when the URL cannot be the base of a registry, or is plain http without being asked for. */
  constructor(options: RegistryClientOptions) {
    this.#session = new RegistrySession(options);
  }

  /** Base of the registry, without `/v2/`. */
  get url(): URL {
    return new URL(this.#session.url);
  }

  /** What the registry last said of its quota. */
  get quota(): Quota | undefined {
    return this.#session.quota;
  }

  /** `GET /v2/` without credentials. Does not throw for a status, only when no answer arrives. */
  async ping({ signal }: CallOptions = {}): Promise<Ping> {
    const answer = await this.#session.ping(signal, 0);
    const contentType = answer.headers['content-type'];
    return {
      status: answer.status,
      challenges: parseChallenges(answer.challengeLines),
      headers: answer.headers,
      ...(contentType === undefined ? {} : { contentType }),
      ...(answer.bytes.length === 0 ? {} : { bodyStart: printable(Buffer.from(answer.bytes.subarray(0, 1024)).toString(), 1024) }),
    };
  }

  /**
   * Runs the challenge and, for `bearer`, gets a token for the scopes. A token proves the sign-in, not the access: servers grant less
   * than asked without saying so, and with `basic` nothing has been sent yet.
   *
   * @throws CredentialError, TransportError, RegistryError when `/v2/` answers neither 200 nor 401.
   */
  async authenticate(scopes: readonly string[], { signal }: CallOptions = {}): Promise<Authentication> {
    const { scheme, authorization } = await this.#session.establish(scopes, signal);
    if (scheme.scheme !== 'bearer') {
      const kinds = { nothing: 'none', basic: 'basic', bearer: 'bearer', token: 'bearer', 'anonymous-token': 'bearer' } as const;
      return { scheme: scheme.scheme === 'basic' ? 'basic' : kinds[authorization.presented] };
    }
    const { token } = authorization;
    return {
      scheme: 'bearer',
      realm: scheme.realm.href,
      ...(scheme.service === undefined ? {} : { service: scheme.service }),
      ...(token ? { expiresAt: token.expiresAt } : {}),
      ...(token?.grantedActions ? { grantedActions: token.grantedActions } : {}),
    };
  }

  /** Pages of repository names from `/v2/_catalog`, which not every registry offers. */
  listRepositories({ pageSize, last, ...options }: ListOptions = {}): AsyncGenerator<string[], void, undefined> {
    return listNames(this.#session, {
      url: this.#session.endpoint('_catalog'),
      scopes: [catalogScope],
      what: 'repositories',
      property: 'repositories',
      // Registries that are lax in names are listed as they are; using such a name fails then.
      objection: (name) => (name === '' || name.length > 255 || hasUnprintable(name) ? 'cannot be the name of a repository' : undefined),
      ...(pageSize === undefined ? {} : { pageSize }),
      ...(last === undefined ? {} : { last }),
      ...calling(options),
    });
  }

  /** @throws InvalidReference when the name cannot be that of a repository. */
  repository(name: string): Repository {
    return new Repository(this.#session, name);
  }

  /**
   * A request to the registry's own origin, with its authentication. For what this class has no method for.
   *
   * @param path Absolute and encoded, e.g. `/acr/v1/_catalog`; the prefix of the base URL is not added.
   * @throws RegistryError for statuses from 300 that are not in `allow`; InvalidReference for a path that leaves the origin.
   */
  async request(path: string, request: RegistryRequest = {}): Promise<RegistryResponse> {
    const url = path.startsWith('/') ? URL.parse(path, this.#session.url) : null;
    if (!url || url.origin !== this.#session.url.origin) throw new InvalidReference('The path is not one of the registry.');
    const { maxBytes = defaultMaxBytes, scopes = [], ...rest } = request;
    const method = request.method ?? 'GET';
    const answer = await this.#session.call({ ...rest, url, method, maxBytes, scopes, what: url.pathname });
    return {
      status: answer.status,
      headers: answer.headers,
      bytes: answer.bytes,
      text: () => Buffer.from(answer.bytes).toString(),
      json: () =>
        readingAnswer(answer, { method, url }, () => {
          refuseForeignBody(answer);
          return parseJson(answer.bytes, 'The answer');
        }),
    };
  }

  /**
   * A call to a provider's own API: same connections, TLS, proxy, address guard and retries, and no authentication but the headers
   * given, which are dropped when a redirect leaves the origin. Any status is an answer.
   *
   * @throws TransportError
   */
  async send(url: URL | string, request: SendRequest = {}): Promise<SendResponse> {
    const target = URL.parse(String(url));
    if (!target || (target.protocol !== 'https:' && target.protocol !== 'http:'))
      throw new InvalidReference('This is not an http or https URL.');
    if (target.username !== '' || target.password !== '') throw new InvalidReference('A URL must not contain a user name or password.');
    const { maxBytes = defaultMaxBytes, timeout = 30_000, method = 'GET', ...rest } = request;
    const answer: TransportResponse = await this.#session.transport.send({
      ...rest,
      url: target,
      method,
      maxBytes,
      timeout,
      cutErrors: false,
    });
    return { status: answer.status, headers: answer.headers, text: Buffer.from(answer.bytes).toString() };
  }

  /** Drops every token and what was learnt of the registry's way of authenticating: after a change of the credential. */
  forgetTokens(): void {
    this.#session.authorizer.forget();
  }

  /** Ends all connections; calls under way fail with `canceled`. */
  close(): Promise<void> {
    return this.#session.transport.close();
  }
}
