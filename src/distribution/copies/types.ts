/** How a copy is made. Everything may be left out. */
export interface CopySettings {
  /** Of an index, only these: `linux/arm64`. Default: everything, byte for byte. */
  platforms?: readonly string[];
  /** Also signatures, SBOMs and attestations that refer to it. Default false. */
  referrers?: boolean;
  /** Also Cosign's tags. Default false. */
  digestTags?: boolean;
  /** Also layers that their publishers keep elsewhere. Default false. */
  foreignLayers?: boolean;
  verify?: 'destination' | 'always';
  /** Bytes a second. Default: no bound. */
  bandwidth?: number;
  /** Of the source's quota, as far as it announces one, this much is left alone. Default 0. */
  quotaReserve?: number;
}

export type CopyState = 'queued' | 'running' | 'done' | 'failed' | 'canceled';
export type CopyCause = 'person' | 'promotion' | 'retry';

export interface CopyEnd {
  /** Absent when the registry was removed since. */
  registryId?: string;
  /** Name of the registry. */
  registry: string;
  /** As in `/v2/<name>/`. */
  repository: string;
}

/** One image on its way to one repository. Times are epoch milliseconds, sizes bytes. */
export interface Copy {
  id: string;
  /** Copies that were asked for together share it. */
  group: string;
  source: CopyEnd & { reference: string };
  destination: CopyEnd & { tags: readonly string[] };
  settings: CopySettings;
  cause: CopyCause;
  /** The copy that this one tries again. */
  retryOf?: string;
  by: { kind: 'user' | 'token' | 'system'; id?: string; name: string };
  state: CopyState;
  /** It was told to stop, and is about to. */
  canceling: boolean;
  attempts: number;
  /** When it is tried again, while it is queued after a failure. */
  nextAttemptAt?: number;
  createdAt: number;
  startedAt?: number;
  finishedAt?: number;
  progress?: CopyProgress;
  result?: CopyOutcome;
  failure?: CopyFailure;
}

export interface CopyProgress {
  /** What is known so far: the totals grow while the image is read. */
  blobs: { total: number; done: number };
  /** `done`: of `total`, sent or found there. `sent`: went over the wire by this copy. */
  bytes: { total: number; done: number; sent: number };
  /** Bytes a second over the last seconds. */
  speed: number;
  /** Blobs on their way now, at most 12. */
  active: readonly { digest: string; size: number; sent: number }[];
  /** Things a person should know, such as a rebuilt index. */
  notes: readonly string[];
}

export interface CopyOutcome {
  digest: string;
  mediaType: string;
  outcome: 'copied' | 'unchanged';
  /** Only some platforms were copied, so the digest is not the source's. */
  rebuilt: boolean;
  blobs: { uploaded: number; mounted: number; present: number; skipped: number };
  manifests: { pushed: number; present: number };
  referrers: number;
  bytes: { moved: number; saved: number };
  /** Made, or in plans those that the copy would make. */
  requests: { source: number; destination: number };
}

export interface CopyFailure {
  code: string;
  side?: 'source' | 'destination';
  message: string;
  help?: string;
}

/** What people ask for: an image, to one or several places. */
export interface CopyRequest {
  /** `registry` is an id or a name; `reference` a tag or digest. */
  source: { registry: string; repository: string; reference: string };
  destinations: readonly CopyDestinationRequest[];
  settings?: CopySettings;
  /** `promotion`: from one stage to the next, by the image page. Default `person`. */
  cause?: 'person' | 'promotion';
  /** Values for `{service}` and custom variables of tag rules. */
  variables?: Readonly<Record<string, string>>;
}

export interface CopyDestinationRequest {
  registry: string;
  /** May be a rule, as tags may. Default `{repository}`: the source's name. */
  repository?: string;
  /** Tag rules: `{tag}`, `{tag}-{date:yyyyMMdd}`, … (see `tag-rule.ts`). Default: the source's tag; none for a digest. */
  tags?: readonly string[];
}

/** What a copy to one destination would do. */
export interface CopyPlan {
  source: CopyEnd & { reference: string };
  destination: CopyEnd & { tags: readonly string[] };
  /** What would be done: `bytes.moved` are those to move. Absent when it could not be found out. */
  result?: CopyOutcome;
  /** Takes of the source's quota: requests for manifests, where its registry announces one. */
  quota?: { cost: number; limit: number; remaining: number };
  /** Why it could not be found out, or why the copy would fail. */
  failure?: CopyFailure;
}

export interface CopyQuery {
  cursor?: string;
  /** Default 100, at most 1 000. */
  limit?: number;
  /** `open`: queued or running; `ended`: all others. */
  state?: CopyState | 'open' | 'ended';
  /** Id or name of the registry at either end. */
  registry?: string;
  /** Name of the repository at either end. */
  repository?: string;
  /** Copies that were asked for together. */
  group?: string;
  /** Text in a repository, tag or name of a registry of either end. */
  q?: string;
}

export interface CopyPage {
  /** Newest first. */
  items: Copy[];
  next?: string;
  total: number;
}
