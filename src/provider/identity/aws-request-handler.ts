import type { ProviderHttp } from '../http.ts';

/** The members of the AWS SDK's `HttpRequest` that are read here. */
interface SdkRequest {
  method: string;
  protocol: string;
  hostname: string;
  port?: number;
  path: string;
  query?: Record<string, string | string[] | null>;
  headers: Record<string, string>;
  body?: unknown;
}

interface SdkResponse {
  statusCode: number;
  reason?: string;
  headers: Record<string, string>;
  body: Uint8Array;
}

/**
 * Lets the AWS SDK send through the registry's own connection, so that its proxy, its certificate authorities and the
 * address guard hold for AWS' API as well. All calls made here end the same when repeated after a broken connection.
 */
export class RegistryRequestHandler {
  readonly metadata = { handlerProtocol: 'http/1.1' };
  readonly #http: ProviderHttp;
  readonly #signal: AbortSignal | undefined;

  constructor(http: ProviderHttp, signal?: AbortSignal) {
    this.#http = http;
    this.#signal = signal;
  }

  async handle(request: SdkRequest): Promise<{ response: SdkResponse }> {
    // Host and length are set by the connection from the same URL and body, so the signature over them holds.
    const { host: _host, 'content-length': _length, expect: _expect, ...headers } = request.headers;
    const response = await this.#http.send(urlOf(request), {
      method: request.method as 'GET' | 'POST',
      headers,
      body: bodyOf(request.body),
      idempotent: true,
      maxBytes: 16 * 1024 * 1024,
      signal: this.#signal,
    });
    return { response: { statusCode: response.status, headers: { ...response.headers }, body: new TextEncoder().encode(response.text) } };
  }

  /** The SDK lets services adjust their handler; there is nothing to adjust. */
  updateHttpClientConfig(): void {}

  httpHandlerConfigs(): Record<string, never> {
    return {};
  }

  destroy(): void {}
}

function urlOf({ protocol, hostname, port, path, query }: SdkRequest): URL {
  const url = new URL(`${protocol}//${hostname}${port === undefined ? '' : `:${port}`}${path}`);
  for (const [name, value] of Object.entries(query ?? {})) {
    for (const each of Array.isArray(value) ? value : [value ?? '']) url.searchParams.append(name, each);
  }
  return url;
}

function bodyOf(body: unknown): string | undefined {
  if (body === undefined || typeof body === 'string') return body;
  if (body instanceof Uint8Array) return new TextDecoder().decode(body);
  throw new TypeError('The AWS SDK wants to send a stream, which no call of this provider does');
}
