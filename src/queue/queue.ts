/**
 * Wake-ups and leases. A wake-up is a hint that there is something to do; what is to be done stands in the rows. So one that is lost costs
 * time and never data: every subscriber also sweeps on its own schedule.
 */
export interface Queue {
  /**
   * Wakes one subscriber of `topic`, in whichever replica. Those with the same key become one while none has been taken up
   * yet. While the handler of a key runs, a new one is kept until it ends: two runs of a key never overlap, and the last
   * wake-up is followed by a whole run.
   *
   * @param topic letters, digits, `.`, `-` and `_`
   * @param key which thing of the topic; absent for the topic as a whole
   */
  publish(topic: string, key?: string): Promise<void>;
  /**
   * Has `handler` called for wake-ups of `topic`, a few keys at a time. A failure is reported and not repeated. Wake-ups that came before
   * the first subscriber are kept for it. Call the answer to stop.
   */
  subscribe(topic: string, handler: WakeUpHandler): Promise<() => Promise<void>>;
  /** Takes the lease of that name for `ttl` milliseconds, or answers undefined while somebody else has it. */
  lease(name: string, ttl: number): Promise<Lease | undefined>;
  /** Stops subscriptions after the handlers under way; leases end by themselves. */
  close(): Promise<void>;
}

export type WakeUpHandler = (key: string | undefined) => Promise<void>;

/** The right to be the only one who does something, for a time. */
export interface Lease {
  readonly name: string;
  /** Prolongs it to `ttl` milliseconds from now; false when it ended before and may be somebody else's. */
  renew(ttl: number): Promise<boolean>;
  /** Gives it back; nothing happens when it ended before. */
  release(): Promise<void>;
}

/** Told of what went wrong behind the caller's back: a handler that failed, a connection that broke. */
export type QueueFailure = (error: unknown, topic?: string) => void;

/** Most runs of a topic at a time, in one process. */
export const concurrency = 4;
