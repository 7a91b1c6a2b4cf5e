import { ApiError, problemFrom } from './api-error.ts';
import { readEvents } from './event-stream.ts';

export interface ClientOptions {
  /** Where the hub is, e.g. `http://127.0.0.1:7330`. Default: the page's own origin. */
  baseUrl?: string | URL;
  /** API token (`tgb_…`), sent as `Authorization: Bearer`. */
  token?: string | (() => string | undefined);
  /** CSRF token of the browser's session, sent on every change. */
  csrf?: string | (() => string | undefined);
  /** Default: the global `fetch`. */
  fetch?: typeof globalThis.fetch;
  /** Headers of every request, e.g. `User-Agent`. */
  headers?: Readonly<Record<string, string>>;
}

export interface CallOptions {
  /** Aborts the call, and ends a stream. */
  signal?: AbortSignal;
  headers?: Readonly<Record<string, string>>;
}

export interface EditOptions extends CallOptions {
  /** `version` of what was read; when it is no longer the current one, the call fails with `precondition_failed`. */
  ifMatch?: number;
}

/** One call, as the generated operations describe it. */
export interface Call {
  method: string;
  /** Below `/api/v1`. */
  path: string;
  query?: Readonly<Record<string, string | number | boolean | undefined>>;
  body?: unknown;
  options: EditOptions;
}

const safe = new Set(['GET', 'HEAD']);

/** Sends calls and reads answers. The same in browsers and in Node.js: `fetch` is all it needs. */
export class Transport {
  readonly #options: ClientOptions;

  constructor(options: ClientOptions) {
    this.#options = options;
  }

  /** The JSON answer, `undefined` where there is none (204). */
  async json<T>(call: Call): Promise<T> {
    const response = await this.#send(call, 'application/json');
    if (response.status === 204) return undefined as T;
    return (await this.#parse(response)) as T;
  }

  /** The events of an answer, as they come. Leaving the loop, or aborting the signal, closes the connection. */
  async *events<E extends { event: string; data: unknown }>(call: Call): AsyncGenerator<E, void, undefined> {
    const response = await this.#send(call, 'text/event-stream');
    for await (const event of readEvents(response)) {
      if (event.event === 'problem') throw new ApiError(problemFrom(event.data, response.status, 'The stream ended with an error'));
      yield event as E;
    }
  }

  async #send({ method, path, query, body, options }: Call, accept: string): Promise<Response> {
    const { baseUrl = '', token, csrf, fetch: send = globalThis.fetch, headers } = this.#options;
    const all: Record<string, string> = { accept, ...headers, ...options.headers };
    if (body !== undefined) all['content-type'] = 'application/json';
    if (options.ifMatch !== undefined) all['if-match'] = `"${options.ifMatch}"`;
    const bearer = valueOf(token);
    if (bearer !== undefined) all.authorization = `Bearer ${bearer}`;
    const proof = safe.has(method) ? undefined : valueOf(csrf);
    if (proof !== undefined) all['x-csrf-token'] = proof;

    const response = await send(`${String(baseUrl).replace(/\/+$/, '')}/api/v1${path}${queryText(query)}`, {
      method,
      headers: all,
      body: body === undefined ? undefined : JSON.stringify(body),
      signal: options.signal,
      credentials: 'same-origin',
      // An API never redirects; a sign-in page of something in between must not be taken for an answer.
      redirect: 'error',
    });
    if (response.ok) return response;
    throw new ApiError(problemFrom(await this.#parse(response), response.status, `${method} ${path} was answered with ${response.status}`));
  }

  /** The body as JSON. What is not JSON comes from something between us and the hub. */
  async #parse(response: Response): Promise<unknown> {
    const type = response.headers.get('content-type') ?? '';
    const text = await response.text();
    if (/\bjson\b/.test(type)) return JSON.parse(text) as unknown;
    throw new ApiError({
      type: 'about:blank',
      title: 'Not an answer of a hub',
      status: response.status,
      detail: `Something that is not a Tagboat hub answered with ${response.status} and ${type || 'no content type'}.`,
      code: 'not_a_hub',
      fault: 'remote',
      help: 'Check the address of the hub and what stands between you and it.',
    });
  }
}

const valueOf = (value: string | (() => string | undefined) | undefined): string | undefined =>
  typeof value === 'function' ? value() : value;

function queryText(query: Call['query']): string {
  const parameters = new URLSearchParams();
  for (const [name, value] of Object.entries(query ?? {})) if (value !== undefined) parameters.set(name, String(value));
  const text = parameters.toString();
  return text === '' ? '' : `?${text}`;
}
