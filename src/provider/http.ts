/** A call to a provider's own API. */
export interface ProviderRequest {
  method?: 'GET' | 'POST' | 'PUT' | 'DELETE' | 'HEAD';
  headers?: Readonly<Record<string, string>>;
  /** Sent as it is; objects are to be serialised by the caller, because signatures cover bytes. */
  body?: string;
  /** Milliseconds. Default 30 000. */
  timeout?: number;
  /** Most bytes of answer that are read. Default 4 MiB. */
  maxBytes?: number;
  /** Whether a repetition is harmless although the method is POST (read-only RPC). Default false. */
  idempotent?: boolean;
  signal?: AbortSignal;
}

export interface ProviderResponse {
  status: number;
  headers: Readonly<Record<string, string>>;
  text: string;
}

/**
 * HTTP for providers: the registry's own TLS mode, proxy and address guard; retries with jitter for idempotent calls;
 * bounded answers; no redirects off-origin with credentials. Throws TransportError, and RegistryError never: a status is
 * the provider's to judge.
 *
 * One object a configured registry and version of it: `remember()` keeps sessions of the provider's API by it.
 */
export interface ProviderHttp {
  send(url: URL | string, request?: ProviderRequest): Promise<ProviderResponse>;
}
