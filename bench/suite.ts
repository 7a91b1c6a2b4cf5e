/** One line of a result. */
export interface Measure {
  name: string;
  /** Median over `rounds`. */
  value: number;
  unit: 'ms' | 'MiB' | '×' | 'requests';
  rounds: number;
  /** What the project holds itself to; absent for context. */
  budget?: number;
}

export interface BenchOptions {
  /** Rounds of everything that is timed. Default: the suite's own number. */
  rounds?: number;
  /** Also what takes long and much disk: content of several gigabytes. */
  memory: boolean;
}

export interface Suite {
  title: string;
  run(options: BenchOptions): Promise<Measure[]>;
  /** Other programs that are measured too: name → version. */
  programs?(): Promise<Record<string, string>>;
}

export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length >> 1;
  if (sorted.length === 0) throw new Error('No value to take the median of');
  return sorted.length % 2 === 1 ? (sorted[middle] as number) : ((sorted[middle - 1] as number) + (sorted[middle] as number)) / 2;
}

/** Milliseconds of each of `rounds` runs of `work`, after `warmUp` runs that do not count. */
export async function timed(rounds: number, work: () => Promise<unknown>, warmUp = 2): Promise<number[]> {
  const times: number[] = [];
  for (let round = -warmUp; round < rounds; round++) {
    const start = performance.now();
    await work();
    if (round >= 0) times.push(performance.now() - start);
  }
  return times;
}

export function renderTable(measures: readonly Measure[]): string {
  const rows = measures.map((measure) => [
    measure.name,
    `${measure.value.toFixed(measure.value < 10 ? 2 : 0)} ${measure.unit}`,
    measure.budget === undefined ? '' : `${measure.budget} ${measure.unit}`,
    measure.budget === undefined ? '' : measure.value <= measure.budget ? 'met' : 'missed',
    String(measure.rounds),
  ]);
  const head = ['measure', 'median', 'budget', '', 'rounds'];
  const widths = head.map((title, column) => Math.max(title.length, ...rows.map((row) => (row[column] ?? '').length)));
  return [head, ...rows]
    .map((row) =>
      row
        .map((cell, column) => cell.padEnd(widths[column] ?? 0))
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
}
