/** Of every call that goes over the network. */
export interface CallOptions {
  /** Cancels the call, its retries and its body: it fails with `canceled`. */
  signal?: AbortSignal;
  /**
   * Told of every request that this call sends to the registry itself, repetitions included; not of those that sign in, nor of storage
   * that it redirects to. The path has no query.
   */
  onRequest?: (method: string, path: string) => void;
}

export interface ListOptions extends CallOptions {
  /** Names a page; bounded by the registry's trait. */
  pageSize?: number;
  /** Start after this name. */
  last?: string;
}

/** Those of the options that are set, to be handed on. */
export function calling({ signal, onRequest }: CallOptions): CallOptions {
  return { ...(signal && { signal }), ...(onRequest && { onRequest }) };
}
