import type { Workload } from '../../provider/define.ts';

/** What a client needs a credential for, and for which registry. */
export interface HandoutRequest {
  /** Id or name; this, `reference`, or both: then the reference has to be of that registry. */
  registry?: string;
  /** What a client says: an image reference, or a server (`https://index.docker.io/v1/`, `ghcr.io`, `host:5000/path`). */
  reference?: string;
  /** Names as in `/v2/<name>/`; empty for the whole registry. Default: the repository of `reference`, if it names one. */
  repositories?: readonly string[];
  /** Good for pushing too; `if-allowed`: where the caller may have that. Default false. */
  push?: boolean | 'if-allowed';
  /** A few words for those who look after the registry: `docker credential helper`, `kubelet`. */
  purpose: string;
  /** A service account that asks in its own name. */
  workload?: { token: Workload['token']; annotations?: Workload['annotations'] };
  /**
   * The registry's own credential, which is kept beyond this process, even where a narrower one could be made: for programs that
   * answer once and end, and would have one made for each answer. Not for viewers.
   */
  whole?: boolean;
}

export interface HandoutScope {
  pull: true;
  push: boolean;
  /** Empty for the whole registry. */
  repositories: string[];
  /** It can do no more than this, as finely as the registry can tell. */
  narrowed: boolean;
  /** Why it can do more, or why nothing is handed out; of a narrowed one, what it opens beside the repositories that were named. */
  reason?: string;
}

/** A credential on its way to a client. Times in epoch milliseconds. */
export interface Handout {
  registry: { id: string; name: string };
  /** Docker's key for it: `https://index.docker.io/v1/` for Docker Hub, else host and port. */
  server: string;
  /** Every host that stands for the registry in references. */
  hosts: string[];
  /** What references that it is for begin with: the hosts, with a path where only a part of them belongs to the registry. */
  prefixes: string[];
  /** Other registries are on the same host, told apart by path. */
  shared: boolean;
  kind: 'basic' | 'identity' | 'anonymous';
  username?: string;
  secret?: string;
  issuedAt?: number;
  /** Absent where it does not end, or nobody knows when. */
  expiresAt?: number;
  /** `issued`: short-lived, as Tagboat uses it itself; `stored`: what was entered; `none`: nothing is needed. */
  origin: 'narrowed' | 'workload' | 'issued' | 'stored' | 'none';
  scope: HandoutScope;
}
