import type { Reply, TestRegistry } from '../../src/testing/index.ts';

/** An upload that has begun, and not been answered with 201. */
interface Begun {
  session: string;
  /** Its process was killed. */
  isKilled: boolean;
  /** Where it stood was on disk then, and the registry had some of it. */
  isKept: boolean;
}

/** Looks at every request for a blob that comes in, and at what the registry has at that moment. */
export class UploadWatch {
  /** What should not have happened, in words. */
  readonly violations: string[] = [];
  /** Uploads that another process went on with, and the bytes that it did not send again. */
  resumed = { uploads: 0, bytes: 0 };
  /** Blobs that were uploaded. */
  uploads = 0;
  readonly #registry: TestRegistry;
  #requests = 0;
  #waiting: { at: number; resolve: () => void }[] = [];
  readonly #begun = new Map<string, Begun>();
  /** Upload session → when it was opened, in milliseconds since 1970. */
  readonly #openedAt = new Map<string, number>();

  constructor(registry: TestRegistry) {
    this.#registry = registry;
    const take = registry.faults.take.bind(registry.faults);
    registry.faults.take = (method, path) => {
      this.#requests++;
      for (const { at, resolve } of this.#waiting) if (at <= this.#requests) resolve();
      this.#waiting = this.#waiting.filter(({ at }) => at > this.#requests);
      this.#look(method, path);
      const effect = take(method, path);
      return method === 'POST' ? { ...effect, change: (reply) => this.#opened(reply) } : effect;
    };
  }

  /** Resolves when so many more requests have come in: on a machine that is slow, waiting for some time would see nothing happen. */
  after(requests: number): Promise<void> {
    return new Promise((resolve) => this.#waiting.push({ at: this.#requests + requests, resolve }));
  }

  /**
   * The process behind all uploads that have begun is gone.
   *
   * @param kept `<repository> <digest>` of those that it had written down, and when, in milliseconds since 1970
   */
  async killed(kept: ReadonlyMap<string, number>): Promise<void> {
    for (const [key, begun] of this.#begun) {
      if (begun.isKilled) continue;
      begun.isKilled = true;
      // What was written down before this upload was opened is of another one, in whose place it came.
      const isWritten = (kept.get(key) ?? 0) > (this.#openedAt.get(begun.session) ?? Number.POSITIVE_INFINITY);
      begun.isKept = isWritten && (await this.#has(key.split(' ')[0] ?? '', begun.session)) > 0;
    }
  }

  #opened(reply: Reply): Reply {
    const session = reply.headers['docker-upload-uuid'];
    if (typeof session === 'string') this.#openedAt.set(session, Date.now());
    return reply;
  }

  /** Bytes that the registry has of an upload. */
  async #has(repository: string, session: string): Promise<number> {
    const { status, headers } = await fetch(`${this.#registry.url}/v2/${repository}/blobs/uploads/${session}`);
    return status === 204 ? Number(/^0-([0-9]+)$/.exec(headers.get('range') ?? '')?.[1] ?? 0) : 0;
  }

  #look(method: string, path: string): void {
    const [, repository = '', session = '', query = ''] = /^\/v2\/(.+)\/blobs\/uploads\/([^?/]+)\?(.*)$/.exec(path) ?? [];
    if (method === 'PATCH') this.#continued([...this.#begun.values()].find((begun) => begun.session === session));
    const digest = method === 'PUT' ? new URLSearchParams(query).get('digest') : null;
    if (digest === null) return;
    const key = `${repository} ${digest}`;
    if (this.#registry.content.blob(repository, digest)) this.violations.push(`${key} is uploaded although an upload of it had finished.`);
    const before = this.#begun.get(key);
    if (before?.session === session) this.#continued(before);
    else if (before?.isKilled && before.isKept) this.violations.push(`${key} begins anew although where it stood had been written down.`);
    this.#begun.set(key, { session, isKilled: false, isKept: false });
    this.uploads++;
  }

  /** The registry itself refuses what does not begin where it stands. */
  #continued(begun: Begun | undefined): void {
    if (!begun?.isKilled) return;
    begun.isKilled = false;
    const range = /^([0-9]+)-/.exec(this.#registry.requests.at(-1)?.headers['content-range'] ?? '');
    this.resumed.uploads++;
    this.resumed.bytes += Number(range?.[1] ?? 0);
  }
}
