import type { CopyEvent } from '../../oci/index.ts';
import type { Cli } from '../cli.ts';
import type { Output } from './output.ts';
import { formatSize } from './size.ts';
import { pad, printable, truncate } from './text.ts';

const redrawEvery = 100;
const mostLines = 6;
const barWidth = 24;

interface Blob {
  size: number;
  sent: number;
}

/** How far a copy is, sizes in bytes. */
export interface ShownProgress {
  blobs: { total: number; done: number };
  bytes: { total: number; done: number };
  active: readonly { digest: string; size: number; sent: number }[];
  /** Bytes a second. */
  speed: number;
}

/**
 * Shows a copy while it runs: on a terminal a bar for each blob on the way and one for all, elsewhere a plain line for every
 * blob that has arrived. All of it on standard error.
 */
export class CopyProgress {
  readonly #cli: Cli;
  readonly #output: Output;
  readonly #live: boolean;
  readonly #terminal: boolean;
  readonly #active = new Map<string, Blob>();
  readonly #started = performance.now();
  #total = 0;
  #done = 0;
  #moved = 0;
  #drawn = 0;
  /** Bytes a second as the hub tells it; undefined when it is measured here. */
  #speed: number | undefined;
  /** Blobs that the last plain line told of. */
  #told = 0;
  #timer: NodeJS.Timeout | undefined;

  constructor(cli: Cli, output: Output, { live }: { live: boolean }) {
    this.#cli = cli;
    this.#output = output;
    this.#live = live;
    this.#terminal = live && cli.io.stderr.isTTY === true && cli.io.env['TERM'] !== 'dumb';
  }

  take(event: CopyEvent): void {
    if (event.kind === 'note' && this.#live) this.say(printable(event.message));
    if (event.kind === 'found' && event.piece === 'blob') this.#total += event.size;
    if (event.kind === 'started') this.#active.set(event.digest, { size: event.size, sent: 0 });
    if (event.kind === 'bytes' || event.kind === 'resumed') {
      const blob = this.#active.get(event.digest);
      if (blob) blob.sent += event.count;
      this.#done += event.count;
      if (event.kind === 'bytes') this.#moved += event.count;
    }
    if (event.kind === 'finished' && event.piece === 'blob') {
      // What did not have to be sent is done as well.
      if (event.outcome !== 'uploaded') this.#done += event.size - (this.#active.get(event.digest)?.sent ?? 0);
      this.#active.delete(event.digest);
      if (this.#live && !this.#terminal && event.outcome === 'uploaded')
        this.say(`${short(event.digest)}  ${formatSize(event.size)}  sent`);
    }
    if (this.#terminal) this.#timer ??= setTimeout(() => this.#draw(), redrawEvery);
  }

  /** What a hub tells of a copy that it makes. */
  show({ blobs, bytes, active, speed }: ShownProgress): void {
    this.#total = bytes.total;
    this.#done = bytes.done;
    this.#speed = speed;
    this.#active.clear();
    for (const { digest, size, sent } of active) this.#active.set(digest, { size, sent });
    if (this.#terminal) this.#timer ??= setTimeout(() => this.#draw(), redrawEvery);
    else if (this.#live && blobs.done !== this.#told) this.say(`${blobs.done} of ${blobs.total} blobs  ${formatSize(bytes.done)}`);
    this.#told = blobs.done;
  }

  /** Takes the bars away. */
  end(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#erase();
  }

  /** A line of its own, above the bars. */
  say(line: string): void {
    this.#erase();
    this.#output.note(this.#output.notePalette.dim(line));
  }

  #draw(): void {
    this.#timer = undefined;
    const seconds = (performance.now() - this.#started) / 1000;
    const speed = this.#speed ?? this.#moved / Math.max(seconds, 0.001);
    const left = Math.max(this.#total - this.#done, 0);
    const eta = speed > 0 && left > 0 ? `  ${duration(left / speed)} left` : '';
    const width = (this.#cli.io.stderr.columns ?? 80) - 1;
    const blobs = [...this.#active]
      .slice(0, mostLines)
      .map(([digest, { sent, size }]) => `${short(digest)}  ${bar(sent, size)}  ${formatSize(sent)} of ${formatSize(size)}`);
    const all = `${pad('all', 14)}  ${bar(this.#done, this.#total)}  ${formatSize(this.#done)} of ${formatSize(this.#total)}  ${formatSize(speed)}/s${eta}`;
    this.#erase();
    const lines = [...blobs, all].map((line) => truncate(line, width));
    this.#cli.io.stderr.write(`${lines.join('\n')}\n`);
    this.#drawn = lines.length;
  }

  #erase(): void {
    if (this.#drawn === 0) return;
    // Up by as many lines, and everything below goes.
    this.#cli.io.stderr.write(`\u001b[${this.#drawn}A\u001b[0J`);
    this.#drawn = 0;
  }
}

function bar(done: number, total: number): string {
  const filled = total > 0 ? Math.min(barWidth, Math.round((done / total) * barWidth)) : barWidth;
  return `${'█'.repeat(filled)}${'░'.repeat(barWidth - filled)}`;
}

function duration(seconds: number): string {
  const whole = Math.ceil(seconds);
  return whole < 60 ? `${whole} s` : `${Math.floor(whole / 60)} min ${whole % 60} s`;
}

function short(digest: string): string {
  return digest.slice(digest.indexOf(':') + 1, digest.indexOf(':') + 13).padEnd(14);
}
