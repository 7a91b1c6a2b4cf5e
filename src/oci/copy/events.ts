import type { Digest } from '../digest.ts';

/** How a blob or manifest came to be at the destination. `present`: it was there. `skipped`: foreign, and not asked for. */
export type PieceOutcome = 'uploaded' | 'mounted' | 'present' | 'skipped';

/** What a copy tells while it runs, for progress bars, logs and events. */
export type CopyEvent =
  /** A piece was found on the way; the total grows. */
  | { kind: 'found'; piece: 'blob' | 'manifest'; digest: Digest; size: number; mediaType: string }
  | { kind: 'started'; piece: 'blob'; digest: Digest; size: number }
  /** An upload of an earlier run is taken up: this many bytes of the blob are there already. */
  | { kind: 'resumed'; digest: Digest; count: number }
  /** Bytes of a blob that went out; negative when some have to be sent again. */
  | { kind: 'bytes'; digest: Digest; count: number }
  | { kind: 'finished'; piece: 'blob' | 'manifest'; digest: Digest; size: number; outcome: PieceOutcome }
  | { kind: 'tagged'; tag: string; digest: Digest }
  /** Something a person should know, such as a rebuilt index. */
  | { kind: 'note'; message: string };
