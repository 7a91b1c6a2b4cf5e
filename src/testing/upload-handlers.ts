import { randomUUID } from 'node:crypto';
import { digestOf } from './built-content.ts';
import type { ContentStore } from './content-store.ts';
import { type Exchange, type Reply, Refusal } from './exchange.ts';
import { isDigest, type RegistryOptions } from './registry-options.ts';

interface Session {
  id: string;
  repository: string;
  chunks: Uint8Array[];
  size: number;
}

/** Uploads of blobs: single POST, POST and PUT, chunks, status, cancelling, mounting. */
export class Uploads {
  readonly #sessions = new Map<string, Session>();
  readonly #store: ContentStore;
  readonly #options: RegistryOptions;

  constructor(store: ContentStore, options: RegistryOptions) {
    this.#store = store;
    this.#options = options;
  }

  /** Uploads that were started and neither finished nor cancelled. */
  get open(): number {
    return this.#sessions.size;
  }

  async start(exchange: Exchange, repository: string): Promise<Reply> {
    const query = exchange.url.searchParams;
    const mount = query.get('mount');
    const from = query.get('from');
    if (mount && from && (this.#options.mount ?? true) && this.#store.mountBlob(repository, mount, from)) {
      return this.#created(repository, mount);
    }
    const session: Session = { id: randomUUID(), repository, chunks: [], size: 0 };
    const digest = query.get('digest');
    if (digest !== null && (this.#options.singlePost ?? true)) {
      await this.#append(session, exchange);
      return this.#commit(session, digest);
    }
    this.#sessions.set(session.id, session);
    const reply = this.#progress(session, 202);
    if (this.#options.chunkMinLength) reply.headers['oci-chunk-min-length'] = String(this.#options.chunkMinLength);
    return reply;
  }

  async patch(exchange: Exchange, repository: string, id: string): Promise<Reply> {
    const session = this.#find(repository, id);
    this.#checkOrder(session, exchange.headers['content-range']);
    await this.#append(session, exchange);
    return this.#progress(session, 202);
  }

  async finish(exchange: Exchange, repository: string, id: string): Promise<Reply> {
    const session = this.#find(repository, id);
    const digest = exchange.url.searchParams.get('digest');
    if (digest === null) throw new Refusal(400, 'DIGEST_INVALID', 'digest parameter is missing');
    this.#checkOrder(session, exchange.headers['content-range']);
    await this.#append(session, exchange);
    return this.#commit(session, digest);
  }

  status(repository: string, id: string): Reply {
    return this.#progress(this.#find(repository, id), 204);
  }

  cancel(repository: string, id: string): Reply {
    this.#find(repository, id);
    this.#sessions.delete(id);
    return { status: 204, headers: {} };
  }

  #find(repository: string, id: string): Session {
    const session = this.#sessions.get(id);
    if (session?.repository !== repository) throw new Refusal(404, 'BLOB_UPLOAD_UNKNOWN', 'blob upload unknown to registry');
    return session;
  }

  #checkOrder(session: Session, contentRange: string | undefined): void {
    if (contentRange === undefined) return;
    const start = /^(\d{1,15})-\d{1,15}$/.exec(contentRange)?.[1];
    if (start === undefined || Number(start) !== session.size) {
      throw new Refusal(416, 'BLOB_UPLOAD_INVALID', `expected a chunk that starts at ${session.size}`, {
        headers: { location: this.#location(session), range: rangeOf(session) },
      });
    }
  }

  /** Bytes count as they arrive: what a broken connection brought stays, and the client can go on from there. */
  async #append(session: Session, exchange: Exchange): Promise<void> {
    const most = this.#options.maxBlobBytes ?? 1024 ** 3;
    for await (const chunk of exchange.body) {
      if (session.size + chunk.byteLength > most) throw new Refusal(413, 'SIZE_INVALID', `blob is larger than ${most} bytes`);
      session.chunks.push(chunk);
      session.size += chunk.byteLength;
    }
  }

  #commit(session: Session, digest: string): Reply {
    this.#sessions.delete(session.id);
    if (!isDigest(digest)) throw new Refusal(400, 'DIGEST_INVALID', `not a digest: ${digest}`);
    const bytes = Buffer.concat(session.chunks);
    const actual = digestOf(bytes, digest.split(':', 1)[0]);
    if (actual !== digest) {
      throw new Refusal(400, 'DIGEST_INVALID', 'provided digest did not match uploaded content', { detail: { digest, actual } });
    }
    this.#store.putBlob(session.repository, bytes, digest);
    return this.#created(session.repository, digest);
  }

  #created(repository: string, digest: string): Reply {
    const location = `${this.#options.prefix ?? ''}/v2/${repository}/blobs/${digest}`;
    return { status: 201, headers: { location, 'docker-content-digest': digest } };
  }

  #progress(session: Session, status: number): Reply {
    const headers = { location: this.#location(session), range: rangeOf(session), 'docker-upload-uuid': session.id };
    return { status, headers };
  }

  /** Carries a parameter of its own, because clients must keep whatever stands there. */
  #location(session: Session): string {
    return `${this.#options.prefix ?? ''}/v2/${session.repository}/blobs/uploads/${session.id}?at=${session.size}`;
  }
}

/** `0-<last byte>`; for nothing at all `0-0`, as registries answer it. */
function rangeOf({ size }: Session): string {
  return `0-${Math.max(0, size - 1)}`;
}
