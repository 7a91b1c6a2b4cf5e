import type { Clock } from '../../core/clock.ts';
import type { CopyEvent } from '../../oci/index.ts';
import type { EarlierWork, StoredProgress } from './row.ts';

/** Over how long the speed is measured, in milliseconds. */
const window = 5000;
/** Between two measurements. */
const sampleEvery = 250;
const mostActive = 12;
const mostNotes = 20;

interface Piece {
  size: number;
  sent: number;
  state: 'waiting' | 'active' | 'done';
}

/** Makes of a copy's events what people look at while it runs. */
export class ProgressMeter {
  /** Tags were set, or about to be: the destination is no longer as it was. */
  tagged = false;
  readonly #clock: Clock;
  readonly #earlier: EarlierWork;
  readonly #blobs = new Map<string, Piece>();
  readonly #notes: string[] = [];
  readonly #uploaded = { blobs: 0, bytes: 0 };
  readonly #total = { blobs: 0, bytes: 0 };
  readonly #done = { blobs: 0, bytes: 0 };
  #sent = 0;
  /** Bytes that count for the speed, at times within the window. */
  #measured = 0;
  #samples: { at: number; bytes: number }[];

  /** @param earlier what attempts before this one had sent */
  constructor(clock: Clock, earlier: EarlierWork = { blobs: 0, bytes: 0 }) {
    this.#clock = clock;
    this.#earlier = earlier;
    this.#samples = [{ at: clock.now(), bytes: 0 }];
  }

  take(event: CopyEvent): void {
    if (event.kind === 'note') {
      if (this.#notes.length < mostNotes && !this.#notes.includes(event.message)) this.#notes.push(event.message);
      return;
    }
    if (event.kind === 'tagged') {
      this.tagged = true;
      return;
    }
    if ('piece' in event && event.piece === 'manifest') return;
    const piece = this.#piece(event);
    if (event.kind === 'started') piece.state = 'active';
    else if (event.kind === 'resumed') piece.sent = event.count;
    else if (event.kind === 'bytes') this.#count(piece, event.count);
    else if (event.kind === 'finished') this.#finish(piece, event.outcome === 'uploaded');
  }

  /** Bytes of an upload that an earlier attempt had sent, and this one goes on with: this copy's work, too. */
  sentBefore(count: number): void {
    this.#sent += count;
  }

  snapshot(): StoredProgress {
    const active = [...this.#blobs]
      .filter(([, piece]) => piece.state === 'active')
      .map(([digest, { size, sent }]) => ({ digest, size, sent }));
    const onTheWay = active.reduce((sum, { size, sent }) => sum + Math.min(size, sent), 0);
    return {
      blobs: { total: this.#total.blobs, done: this.#done.blobs },
      bytes: { total: this.#total.bytes, done: this.#done.bytes + onTheWay, sent: this.#earlier.bytes + this.#sent },
      speed: this.#speed(),
      active: active.slice(0, mostActive),
      notes: [...this.#notes],
      earlier: { blobs: this.#earlier.blobs + this.#uploaded.blobs, bytes: this.#earlier.bytes + this.#uploaded.bytes },
    };
  }

  #piece(event: { digest: string; size?: number }): Piece {
    let piece = this.#blobs.get(event.digest);
    if (!piece) {
      piece = { size: event.size ?? 0, sent: 0, state: 'waiting' };
      this.#blobs.set(event.digest, piece);
      this.#total.blobs++;
      this.#total.bytes += piece.size;
    }
    return piece;
  }

  #count(piece: Piece, count: number): void {
    piece.sent = Math.max(0, piece.sent + count);
    this.#sent = Math.max(0, this.#sent + count);
    if (count > 0) this.#measured += count;
    this.#sample();
  }

  #finish(piece: Piece, uploaded: boolean): void {
    if (piece.state === 'done') return;
    piece.state = 'done';
    this.#done.blobs++;
    this.#done.bytes += piece.size;
    if (!uploaded) return;
    this.#uploaded.blobs++;
    this.#uploaded.bytes += piece.size;
  }

  #sample(): void {
    const at = this.#clock.now();
    const last = this.#samples.at(-1);
    if (last && at - last.at < sampleEvery) return;
    this.#samples.push({ at, bytes: this.#measured });
    while (this.#samples.length > 2 && (this.#samples[1]?.at ?? at) <= at - window) this.#samples.shift();
  }

  /** Bytes a second since the oldest measurement within the window; nothing when nothing moved for that long. */
  #speed(): number {
    const now = this.#clock.now();
    const [first] = this.#samples.filter(({ at }) => at > now - window - sampleEvery);
    if (!first || now - first.at < sampleEvery) return 0;
    return Math.round(((this.#measured - first.bytes) * 1000) / (now - first.at));
  }
}
