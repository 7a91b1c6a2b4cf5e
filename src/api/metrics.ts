/** Upper bounds of the duration histogram, in seconds. */
const bounds = [0.005, 0.025, 0.1, 0.25, 1, 2.5, 10];

/** How things stand at the moment, read from the store; counts, and nothing of what is stored. */
export interface Gauges {
  alerts: readonly { kind: string; level: string; count: number }[];
  credentials: { total: number; failing: number };
  copies: { queued: number; running: number };
}

/** Counters of one hub process, in Prometheus' text format. Only names of routes and states: nothing of what is stored. */
export class Metrics {
  readonly #version: string;
  readonly #startedAt: number;
  readonly #requests = new Map<string, number>();
  readonly #checks = new Map<string, number>();
  readonly #copies = new Map<string, number>();
  readonly #buckets = bounds.map(() => 0);
  #requestCount = 0;
  #requestSeconds = 0;

  constructor(options: { version: string; startedAt: number }) {
    this.#version = options.version;
    this.#startedAt = options.startedAt;
  }

  /** @param route pattern, e.g. `/api/v1/registries/:registry`; never the path itself, which is without end */
  countRequest(method: string, route: string, status: number, milliseconds: number): void {
    increment(this.#requests, labels({ method, route, status: String(status) }));
    const seconds = milliseconds / 1000;
    this.#requestCount++;
    this.#requestSeconds += seconds;
    bounds.forEach((bound, index) => {
      if (seconds <= bound) this.#buckets[index] = (this.#buckets[index] ?? 0) + 1;
    });
  }

  countCheck(state: string): void {
    increment(this.#checks, labels({ state }));
  }

  /** A copy that this process made has ended. */
  countCopy(state: string): void {
    increment(this.#copies, labels({ state }));
  }

  /** Text exposition format 0.0.4. Without gauges where the store does not answer. */
  expose(gauges?: Gauges): string {
    const memory = process.memoryUsage();
    const cpu = process.cpuUsage();
    return [
      ...family('tagboat_info', 'gauge', 'Version of the hub.', [[labels({ version: this.#version }), 1]]),
      ...family('tagboat_http_requests_total', 'counter', 'Answered requests.', this.#requests),
      '# HELP tagboat_http_request_duration_seconds Time to answer a request.',
      '# TYPE tagboat_http_request_duration_seconds histogram',
      ...bounds.map((bound, index) => `tagboat_http_request_duration_seconds_bucket{le="${bound}"} ${this.#buckets[index]}`),
      `tagboat_http_request_duration_seconds_bucket{le="+Inf"} ${this.#requestCount}`,
      `tagboat_http_request_duration_seconds_sum ${this.#requestSeconds}`,
      `tagboat_http_request_duration_seconds_count ${this.#requestCount}`,
      ...family('tagboat_registry_checks_total', 'counter', 'Background checks of registries by outcome.', this.#checks),
      ...family('tagboat_copies_ended_total', 'counter', 'Copies that this hub made, by how they ended.', this.#copies),
      ...(gauges ? gaugeFamilies(gauges) : []),
      ...family('process_resident_memory_bytes', 'gauge', 'Resident memory.', [['', memory.rss]]),
      ...family('nodejs_heap_size_used_bytes', 'gauge', 'Used heap of V8.', [['', memory.heapUsed]]),
      ...family('process_cpu_seconds_total', 'counter', 'User and system time.', [['', (cpu.user + cpu.system) / 1e6]]),
      ...family('process_start_time_seconds', 'gauge', 'Start, in seconds since the epoch.', [['', this.#startedAt / 1000]]),
      '',
    ].join('\n');
  }
}

function gaugeFamilies({ alerts, credentials, copies }: Gauges): string[] {
  const { total, failing } = credentials;
  return [
    ...family(
      'tagboat_alerts',
      'gauge',
      'Alerts by kind and level.',
      alerts.map(({ kind, level, count }) => [labels({ kind, level }), count] as const),
    ),
    ...family('tagboat_credentials', 'gauge', 'Registries with a credential, by whether it could be renewed.', [
      [labels({ state: 'ok' }), total - failing],
      [labels({ state: 'failing' }), failing],
    ]),
    ...family(
      'tagboat_copies',
      'gauge',
      'Copies that have not ended.',
      (['queued', 'running'] as const).map((state) => [labels({ state }), copies[state]] as const),
    ),
  ];
}

function family(name: string, type: string, help: string, samples: Iterable<readonly [string, number]>): string[] {
  return [`# HELP ${name} ${help}`, `# TYPE ${name} ${type}`, ...[...samples].map(([label, value]) => `${name}${label} ${value}`)];
}

function labels(values: Readonly<Record<string, string>>): string {
  const escape = (value: string): string => value.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n');
  return `{${Object.entries(values)
    .map(([name, value]) => `${name}="${escape(value)}"`)
    .join(',')}}`;
}

const increment = (counts: Map<string, number>, key: string): void => void counts.set(key, (counts.get(key) ?? 0) + 1);
