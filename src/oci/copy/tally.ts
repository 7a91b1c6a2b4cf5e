/** Requests to one registry, repetitions included; not those that sign in. On disk there are none. */
export interface RequestCounts {
  /** Of all kinds, also those that have no count of their own, such as questions for referrers. */
  total: number;
  /** HEAD: which registries do not hold against any quota. */
  heads: number;
  /** GET of manifests: what Docker Hub counts as pulls. */
  manifests: number;
  /** GET of blobs. */
  blobs: number;
  /** What changes something: POST, PATCH, PUT. */
  writes: number;
}

/** Requests of a copy. With `plan`, those that the copy itself would make. */
export interface CopyRequests {
  source: RequestCounts;
  destination: RequestCounts;
}

/** Counts the requests of one copy. */
export class Tally implements CopyRequests {
  readonly source = noRequests();
  readonly destination = noRequests();

  /** To be told of each request of a side. */
  counter(side: 'source' | 'destination'): (method: string, path: string) => void {
    const counts = this[side];
    return (method, path) => {
      counts.total++;
      const kind = kindOf(method, path);
      if (kind) counts[kind]++;
    };
  }

  /** Requests that a plan does not make, and the copy would. */
  expect(side: 'source' | 'destination', kind: Exclude<keyof RequestCounts, 'total'>, count: number): void {
    this[side].total += count;
    this[side][kind] += count;
  }

  snapshot(): CopyRequests {
    return { source: { ...this.source }, destination: { ...this.destination } };
  }
}

export function noRequests(): RequestCounts {
  return { total: 0, heads: 0, manifests: 0, blobs: 0, writes: 0 };
}

/** Adds what one copy cost to a sum. */
export function addRequests(sum: CopyRequests, added: CopyRequests): void {
  for (const side of ['source', 'destination'] as const) {
    for (const kind of ['total', 'heads', 'manifests', 'blobs', 'writes'] as const) sum[side][kind] += added[side][kind];
  }
}

function kindOf(method: string, path: string): Exclude<keyof RequestCounts, 'total'> | undefined {
  if (method === 'HEAD') return 'heads';
  if (method !== 'GET') return 'writes';
  // What stands before the last component; a repository may have any of these names further ahead.
  const end = path.lastIndexOf('/');
  const kind = path.slice(path.lastIndexOf('/', end - 1) + 1, end);
  return kind === 'manifests' || kind === 'blobs' ? kind : undefined;
}
