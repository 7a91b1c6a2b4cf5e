/** Of every call that goes over the network. */
export interface CallOptions {
  /** Cancels the call, its retries and its body: it fails with `canceled`. */
  signal?: AbortSignal;
}

export interface ListOptions extends CallOptions {
  /** Names a page; bounded by the registry's trait. */
  pageSize?: number;
  /** Start after this name. */
  last?: string;
}
