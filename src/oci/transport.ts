import type { Readable } from 'node:stream';
import type { Dispatcher } from 'undici';
import { AddressGuard } from './address-guard.ts';
import type { AddressPolicy, ClientClock, Lookup, RequestRecord, Timeouts, TlsOptions } from './client-options.ts';
import { Deadline } from './deadline.ts';
import type { Connections } from './dispatcher.ts';
import { TransportError } from './errors.ts';
import type { HeadAnswer } from './head-request.ts';
import { flatten, lines, onlyHarmless } from './headers.ts';
import { RateLimiter } from './rate-limiter.ts';
import { redactUrl, withoutEcho } from './redact.ts';
import { redirectTarget } from './redirect.ts';
import { discard, maxErrorBytes, readBody } from './response-body.ts';
import { backoff, isRetryableStatus, maxRetryDelay, readRetryAfter } from './retry.ts';
import { badRequestError, isBriefFailure, isTransportFailure, toTransportError } from './transport-errors.ts';

export interface TransportOptions {
  /** Host that the TLS options are about. Elsewhere certificates are always checked, and none is presented. */
  hostname: string;
  tls: TlsOptions;
  proxy?: URL;
  timeouts?: Timeouts;
  retries?: number;
  requestsPerSecond?: number;
  addresses?: AddressPolicy;
  lookup?: Lookup;
  userAgent: string;
  clock: ClientClock;
  onRequest?: (record: RequestRecord) => void;
}

export interface TransportRequest {
  method: string;
  url: URL;
  /** The URL's host is part of the registry, as its token server is: the registry's TLS options hold for it as well. */
  ownHost?: boolean;
  headers?: Readonly<Record<string, string>>;
  /** A function is called for every attempt, so that a refused or broken one does not leave the next without its body. */
  body?: string | Uint8Array | (() => AsyncIterable<Uint8Array>);
  /** Most bytes of body. Beyond it the call fails. */
  maxBytes: number;
  /** Bodies of statuses from 400 are cut at 64 KiB instead of failing the call. Default true. */
  cutErrors?: boolean;
  /** The body of a status below 300 is handed on as a stream, without bound and total timeout. */
  stream?: boolean;
  /** Whether a repetition is harmless. Default: for GET and HEAD. */
  idempotent?: boolean;
  /** Attempts after the first. Default: those of the transport. */
  retries?: number;
  /** Milliseconds for all, 0 for no end. Default: the total timeout. */
  timeout?: number;
  signal?: AbortSignal;
  /** Told of every exchange with the URL's own origin. */
  onRequest?: (method: string, path: string) => void;
}

export interface TransportResponse {
  status: number;
  /** Lower-case names; several values joined with `, `. */
  headers: Readonly<Record<string, string>>;
  /** Challenges come in several lines, and commas inside them matter. */
  challengeLines: readonly string[];
  /** Where the answer came from, after redirects. */
  url: URL;
  /** Empty when streamed. */
  bytes: Uint8Array;
  stream?: AsyncIterable<Uint8Array>;
}

/** What came back; the answer to HEAD has no body. */
type Answer = Dispatcher.ResponseData | (HeadAnswer & { body?: undefined });

const defaultTimeouts: Required<Timeouts> = { connect: 10_000, headers: 30_000, body: 60_000, total: 120_000 };
const maxRedirects = 5;

/**
 * HTTP for one registry: one pool of connections, TLS and proxy as configured, address guard, timeouts, retries, redirects by
 * hand. It knows nothing of registries and adds no credential.
 */
export class Transport {
  readonly #options: TransportOptions;
  readonly #timeouts: Required<Timeouts>;
  readonly #guard: AddressGuard;
  readonly #limiter: RateLimiter | undefined;
  #own: Promise<Connections> | undefined;
  /** For redirects to storage and for a provider's API: without what was allowed, or is presented, to the registry alone. */
  #foreign: Promise<Connections> | undefined;
  #closed = false;

  constructor(options: TransportOptions) {
    this.#options = options;
    this.#timeouts = { ...defaultTimeouts, ...dropUndefined(options.timeouts) };
    this.#guard = new AddressGuard(options.addresses, options.lookup);
    if (options.requestsPerSecond !== undefined && options.requestsPerSecond > 0) {
      this.#limiter = new RateLimiter(options.requestsPerSecond, options.clock);
    }
  }

  /**
   * Sends a request and reads the answer, whatever its status.
   *
   * @throws TransportError
   */
  async send(request: TransportRequest): Promise<TransportResponse> {
    const deadline = new Deadline(request.timeout ?? this.#timeouts.total, request.signal);
    const idempotent = request.idempotent ?? (request.method === 'GET' || request.method === 'HEAD');
    const retries = idempotent ? (request.retries ?? this.#options.retries ?? 3) : 0;
    let streaming = false;
    try {
      for (let attempt = 0; ; attempt++) {
        const delay = await this.#attempt(request, deadline, attempt, attempt < retries);
        if (typeof delay !== 'number') {
          streaming = delay.stream !== undefined;
          return delay;
        }
        await this.#options.clock.sleep(delay, deadline.signal);
      }
    } catch (error) {
      throw this.#failure(error, request, request.url, deadline);
    } finally {
      if (!streaming) deadline.dispose();
    }
  }

  /** Ends all connections. Calls under way fail. */
  async close(): Promise<void> {
    this.#closed = true;
    // One that could not be made has no connections; its error went to the calls.
    for (const made of [this.#own, this.#foreign]) {
      const connections = await made?.catch(() => undefined);
      await connections?.destroy();
    }
  }

  /** One try. A number is the time after which to try again. */
  async #attempt(request: TransportRequest, deadline: Deadline, attempt: number, mayRetry: boolean): Promise<TransportResponse | number> {
    try {
      const { response, url } = await this.#follow(request, deadline, attempt);
      const { statusCode: status } = response;
      if (mayRetry && isRetryableStatus(status)) {
        const headers = flatten(response.headers);
        const delay = readRetryAfter(headers, this.#options.clock.now()) ?? backoff(attempt);
        if (delay <= maxRetryDelay && delay < deadline.remaining) {
          discard(response.body);
          return delay;
        }
      }
      return await this.#read(request, response, url, deadline);
    } catch (error) {
      if (!mayRetry || deadline.hasEnded) throw error;
      const failure = this.#failure(error, request, request.url, deadline);
      if (!isBriefFailure(failure)) throw failure;
      return backoff(attempt);
    }
  }

  async #follow(request: TransportRequest, deadline: Deadline, attempt: number): Promise<{ response: Answer; url: URL }> {
    const mayRedirect = request.method === 'GET' || request.method === 'HEAD';
    let url = request.url;
    let headers: Record<string, string> = { 'user-agent': this.#options.userAgent, ...request.headers };
    for (let hop = 0; ; hop++) {
      const response = await this.#exchange(request, url, headers, deadline, attempt).catch((error: unknown) => {
        throw hop === 0 ? error : blameRedirect(error, request.url);
      });
      const location = mayRedirect ? redirectTarget(response.statusCode, response.headers.location, url) : undefined;
      if (!location) return { response, url };
      discard(response.body);
      if (hop === maxRedirects) {
        throw new TransportError(`${request.url.host} redirected more than ${maxRedirects} times.`, {
          code: 'redirect_loop',
          retry: 'after-change',
          context: { host: request.url.host, last: redactUrl(location) },
        });
      }
      // Credentials, cookies and signatures are for the origin they were made for. Signed storage URLs even fail with them.
      if (location.origin !== url.origin) headers = onlyHarmless(headers);
      url = location;
    }
  }

  async #exchange(
    request: TransportRequest,
    url: URL,
    headers: Record<string, string>,
    deadline: Deadline,
    attempt: number,
  ): Promise<Answer> {
    deadline.check();
    if (this.#limiter) await this.#limiter.take(deadline.signal);
    if (this.#options.proxy) await this.#guard.checkProxied(url.hostname);
    else this.#guard.checkHost(url.hostname);
    if (url.origin === request.url.origin) request.onRequest?.(request.method, url.pathname);
    const started = performance.now();
    try {
      const connections = await this.#open(url, request);
      // What ended the call while connections were made must not be missed.
      deadline.check();
      const target = { origin: url.origin, path: url.pathname + url.search, headers };
      const response: Answer =
        request.method === 'HEAD'
          ? await connections.head({ ...target, whenEnded: deadline.whenEnded })
          : await connections.request({
              ...target,
              method: request.method,
              ...(request.body === undefined ? {} : { body: bodyOf(request.body) }),
              signal: deadline.signal,
            });
      // A body that is left early, or never read, emits an error when its connection ends; nobody else may be listening.
      response.body?.on('error', ignore);
      this.#record(request.method, url, started, attempt, { status: response.statusCode });
      return response;
    } catch (error) {
      const failure = this.#failure(error, request, url, deadline);
      this.#record(request.method, url, started, attempt, { error: failure instanceof TransportError ? failure.code : failure.name });
      throw failure;
    }
  }

  async #read(request: TransportRequest, response: Answer, url: URL, deadline: Deadline): Promise<TransportResponse> {
    const status = response.statusCode;
    const answer = { status, headers: flatten(response.headers), challengeLines: lines(response.headers['www-authenticate']), url };
    if (!response.body) return { ...answer, bytes: new Uint8Array() };
    if (request.stream && status < 300) {
      deadline.untime();
      return { ...answer, bytes: new Uint8Array(), stream: this.#stream(response.body, request, url, deadline) };
    }
    const cut = status >= 400 && request.cutErrors !== false;
    const bytes = await readBody(response, url, cut ? maxErrorBytes : request.maxBytes, cut);
    const aboutTls = status === 400 ? badRequestError(url, bytes) : undefined;
    if (aboutTls) throw aboutTls;
    return { ...answer, bytes: status >= 400 ? withoutEcho(bytes, request.headers?.authorization) : bytes };
  }

  async *#stream(
    body: Dispatcher.ResponseData['body'],
    request: TransportRequest,
    url: URL,
    deadline: Deadline,
  ): AsyncGenerator<Uint8Array> {
    try {
      yield* body as AsyncIterable<Uint8Array>;
    } catch (error) {
      throw this.#failure(error, request, url, deadline);
    } finally {
      deadline.dispose();
    }
  }

  #open(url: URL, request: TransportRequest): Promise<Connections> {
    if (this.#closed) throw new TransportError('The client is closed.', { code: 'canceled', fault: 'caller', retry: 'never' });
    const { hostname, tls } = this.#options;
    if (url.hostname === hostname || (request.ownHost === true && url.hostname === request.url.hostname)) {
      this.#own ??= this.#create(tls);
      return this.#own;
    }
    this.#foreign ??= this.#create(tls.mode === 'ca' ? { mode: 'ca', ca: tls.ca } : { mode: 'verify' });
    return this.#foreign;
  }

  /** Made late, and undici loaded late: a client that is never used costs nothing, and a program that makes no call starts sooner. */
  async #create(tls: TlsOptions): Promise<Connections> {
    const { createConnections } = await import('./dispatcher.ts');
    return createConnections({
      tls,
      timeouts: this.#timeouts,
      guard: this.#guard,
      ...(this.#options.proxy ? { proxy: this.#options.proxy } : {}),
    });
  }

  #record(method: string, url: URL, started: number, attempt: number, outcome: { status?: number; error?: string }): void {
    this.#options.onRequest?.({ method, url: redactUrl(url), duration: performance.now() - started, attempt, ...outcome });
  }

  #failure(error: unknown, { method }: TransportRequest, url: URL, deadline: Deadline): Error {
    const ended = deadline.error(`${method} ${redactUrl(url)}`);
    if (ended) return ended;
    if (!isTransportFailure(error)) return error instanceof Error ? error : new Error(String(error));
    return toTransportError(error, this.#options.proxy ? { url, proxy: this.#options.proxy } : { url });
  }
}

/** Where a redirect leads is not what the caller asked for: the one who redirected is named, and at fault. */
function blameRedirect(error: unknown, from: URL): unknown {
  if (!(error instanceof TransportError) || error.code !== 'address_denied') return error;
  return new TransportError(`${from.host} redirects to where we do not go. ${error.message}`, {
    code: 'address_denied',
    fault: 'remote',
    retry: 'after-change',
    cause: error,
    context: error.context,
  });
}

/** undici takes any async iterable and honours its pace; its type names only Node's own stream. */
function bodyOf(body: NonNullable<TransportRequest['body']>): string | Uint8Array | Readable {
  return typeof body === 'function' ? (body() as unknown as Readable) : body;
}

function ignore(): void {}

function dropUndefined<T extends object>(object: T | undefined): Partial<T> {
  return Object.fromEntries(Object.entries(object ?? {}).filter(([, value]) => value !== undefined)) as Partial<T>;
}
