import { type CallOptions, calling } from './call-options.ts';
import { IntegrityError, RegistryError, TagboatError, TransportError } from './errors.ts';
import type { RegistrySession, SessionRequest } from './registry-session.ts';
import { backoff, maxRetryDelay } from './retry.ts';
import { mergeScopes, repositoryScope } from './scope.ts';
import type { TransportResponse } from './transport.ts';
import { uploadLocation } from './upload-location.ts';
import { type BlobSource, SourceReader } from './upload-source.ts';

export type { BlobSource } from './upload-source.ts';

/** Where an upload stands: enough to go on with it in another process. */
export interface UploadState {
  /** URL of the upload session. It may hold a state of the registry, and is as confidential as the content. */
  location: string;
  /** Bytes that the registry has taken for certain. */
  offset: number;
}

export interface UploadOptions extends CallOptions {
  /** Goes on with an upload that was begun before, if the registry still has it. */
  resume?: UploadState;
  /** Told of every step that a later `resume` could begin at, and of `undefined` when nothing is left to resume. */
  onState?: (state: UploadState | undefined) => void;
  /** Told how many bytes the registry has of the upload that `resume` names; they are not told to `onBytes`. */
  onResumed?: (count: number) => void;
  /** Told of bytes as they go out; negative when some have to be sent again. */
  onBytes?: (count: number) => void;
  /** Repositories of the same registry that may hold the blob: asked to mount it from there, before a byte is sent. */
  mountFrom?: readonly string[];
  /** Bytes a request. Default: all in one, unless the registry's trait or `OCI-Chunk-Min-Length` asks for chunks. */
  chunkSize?: number;
  /** Attempts after the first when the connection breaks or the registry is overloaded. Default 5. */
  retries?: number;
}

export type UploadOutcome = 'uploaded' | 'mounted';

/** What one upload is about: which registry, where in it, and what. */
export interface UploadTask {
  session: RegistrySession;
  repository: string;
  source: BlobSource;
  /** URL of `blobs/uploads/`. */
  uploads: URL;
  /** Whether the repository has the blob, by HEAD. */
  exists: () => Promise<boolean>;
}

const defaultRetries = 5;
/** Bytes. Smaller blobs are sent whole, which takes less of both sides, and are soon sent again. */
const worthStreaming = 64 * 1024 * 1024;
/** How long a registry has to answer for what it was sent when an upload is broken off, in milliseconds. */
const lastAnswer = 5000;
const maxAnswerBytes = 64 * 1024;
/** An upload may last as long as bytes move: the headers timeout, renewed by every write, ends one that stalls. */
const noTotal = 0;

/**
 * Brings a blob into a repository (OCI distribution specification, "Pushing blobs"): by mounting it, else by one POST and one PUT, or in
 * chunks where that is asked for. What breaks on the way goes on where the registry says it stands. The registry verifies the
 * content against the digest of the closing PUT; nothing is hashed here.
 *
 * @throws RegistryError, TransportError, CredentialError; IntegrityError when the source gives more or fewer bytes than it said, or the
 *   registry stored another digest; and whatever the source throws.
 */
export async function uploadBlob(task: UploadTask, options: UploadOptions = {}): Promise<UploadOutcome> {
  const upload = new Upload(task, options);
  return upload.run();
}

/** Requests of an upload that is not interrupted: one opens it and one closes it, with the bytes unless they go in chunks before. */
export function uploadRequests(size: number, chunkSize = 0): number {
  return 2 + (chunkSize > 0 && size > chunkSize ? Math.ceil(size / chunkSize) : 0);
}

class Upload {
  readonly #task: UploadTask;
  readonly #options: UploadOptions;
  readonly #scopes: readonly string[];
  #location: URL | undefined;
  /** Bytes that the registry is known to have. */
  #offset = 0;
  /** Bytes reported by `onBytes`. */
  #reported = 0;
  /** The registry holds bytes that an earlier upload sent. */
  #isTakenUp = false;
  #chunkSize: number;
  readonly #reader: SourceReader;

  constructor(task: UploadTask, options: UploadOptions) {
    this.#task = task;
    this.#options = options;
    this.#reader = new SourceReader(task.source, options.signal);
    this.#scopes = [repositoryScope(task.repository, ['pull', 'push'])];
    this.#chunkSize = options.chunkSize ?? task.session.traits.uploadChunkSize ?? 0;
  }

  async run(): Promise<UploadOutcome> {
    try {
      return await this.#bring();
    } finally {
      await this.#reader.close();
    }
  }

  async #bring(): Promise<UploadOutcome> {
    const { retries = defaultRetries, resume, signal } = this.#options;
    if (resume) await this.#takeUp(resume);
    for (let attempt = 0; ; attempt++) {
      try {
        if (!this.#location && (await this.#start()) === 'mounted') return 'mounted';
        await this.#send();
        this.#options.onState?.(undefined);
        return 'uploaded';
      } catch (error) {
        const { failure } = this.#reader;
        if (failure) {
          if (!this.#options.onState || !mayGoOn(signal)) await this.#cancel();
          throw failure.error;
        }
        if (await this.#wasBegunWrong(error)) continue;
        const pause = attempt < retries ? pauseAfter(error, attempt) : undefined;
        if (pause === undefined || signal?.aborted) throw error;
        await this.#task.session.clock.sleep(pause, signal);
        if (await this.#stands()) return 'uploaded';
      }
    }
  }

  /** Goes on with an earlier session, or forgets it when the registry has. */
  async #takeUp({ location }: UploadState): Promise<void> {
    const url = URL.parse(location);
    // What was stored may come from another configuration of the registry.
    if (!url || url.origin !== this.#task.session.url.origin) return;
    this.#location = url;
    try {
      await this.#askOffset();
    } catch (error) {
      if (!(error instanceof RegistryError)) throw error;
      this.#forget();
    }
    if (this.#offset === 0) return;
    this.#isTakenUp = true;
    this.#reported = this.#offset;
    this.#options.onResumed?.(this.#offset);
  }

  /** What an earlier copy had sent may not be of the blob: its source is to blame for that, and it is all sent again, once. */
  async #wasBegunWrong(error: unknown): Promise<boolean> {
    if (!this.#isTakenUp || !(error instanceof RegistryError) || error.status !== 400) return false;
    this.#isTakenUp = false;
    await this.#cancel();
    this.#report(-this.#reported);
    return true;
  }

  /** Opens a session. A registry that can mount answers 201 instead. */
  async #start(): Promise<UploadOutcome | undefined> {
    const { session, uploads, source } = this.#task;
    for (const from of this.#options.mountFrom ?? []) {
      const url = new URL(uploads);
      url.searchParams.set('mount', source.digest);
      url.searchParams.set('from', from);
      const scopes = mergeScopes(this.#scopes, [repositoryScope(from, ['pull'])]);
      // Not allowed to read there, or not known: the next one, or an upload.
      const answer = await this.#call({ method: 'POST', url, scopes, body: '', allow: [400, 401, 403, 404, 405] });
      if (answer.status === 201) {
        this.#checkDigest(answer);
        return 'mounted';
      }
      if (answer.status === 202) {
        this.#begin(answer);
        return undefined;
      }
    }
    const answer = await this.#call({ method: 'POST', url: uploads, body: '' });
    // Some registries answer 201 when they have the content and need nothing more.
    if (answer.status === 201) return 'mounted';
    if (answer.status !== 202) throw session.refusal(answer, this.#request({ method: 'POST', url: uploads }));
    this.#begin(answer);
    return undefined;
  }

  #begin(answer: TransportResponse): void {
    const least = Number(answer.headers['oci-chunk-min-length'] ?? 0);
    // "Chunks … SHOULD be no smaller": a registry that names a least size wants chunks.
    if (Number.isSafeInteger(least) && least > 0 && least <= 1024 ** 3) this.#chunkSize = Math.max(this.#chunkSize, least);
    this.#move(answer);
    this.#keep();
  }

  async #send(): Promise<void> {
    const { size } = this.#task.source;
    if (this.#chunkSize === 0 && this.#onlyKnowsWhatItAnswered()) {
      if (this.#offset < size) await this.#stream();
      await this.#close(size);
      return;
    }
    if (this.#offset === 0 && (this.#chunkSize === 0 || size <= this.#chunkSize)) {
      await this.#close(0);
      return;
    }
    const chunk = this.#chunkSize === 0 ? size : this.#chunkSize;
    while (this.#offset < size) {
      const end = Math.min(this.#offset + chunk, size);
      const answer = await this.#call({ method: 'PATCH', url: this.#here(), ...this.#body(this.#offset, end) });
      this.#move(answer);
      this.#offset = end;
      this.#keep();
    }
    await this.#close(size);
  }

  /**
   * Registries made of distribution (docker-registry, Harbor, GitLab) sign the offset into the location, as `_state`, with each answer, and
   * drop a session where more came in than that says (`registry/handlers/blobupload.go`): of a PUT that was broken off nothing is left.
   */
  #onlyKnowsWhatItAnswered(): boolean {
    return this.#options.onState !== undefined && this.#task.source.size >= worthStreaming && this.#here().searchParams.has('_state');
  }

  /** All that is left in one PATCH without a length, as docker pushes. Canceled, it ends early: the registry answers for what it has. */
  async #stream(): Promise<void> {
    const { signal } = this.#options;
    const start = this.#offset;
    const { size } = this.#task.source;
    const giveUp = new AbortController();
    let timer: NodeJS.Timeout | undefined;
    const onAbort = (): void => {
      timer = setTimeout(() => giveUp.abort(signal?.reason), lastAnswer);
    };
    if (signal?.aborted) throw signal.reason;
    signal?.addEventListener('abort', onAbort, { once: true });
    let sent = start;
    const bytes = async function* (all: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
      sent = start;
      try {
        for await (const chunk of all) {
          if (signal?.aborted) return;
          yield chunk;
          sent += chunk.length;
        }
      } catch (error) {
        if (!signal?.aborted) throw error;
      }
    };
    try {
      const headers = { 'content-type': 'application/octet-stream' };
      const body = () => bytes(this.#bytes(start, size));
      const answer = await this.#call({ method: 'PATCH', url: this.#here(), headers, body, timeout: noTotal, signal: giveUp.signal });
      this.#move(answer);
      this.#offset = sent;
      this.#keep();
    } finally {
      clearTimeout(timer);
      signal?.removeEventListener('abort', onAbort);
    }
    if (sent < size) throw this.#reader.failure?.error ?? signal?.reason;
  }

  /** The closing PUT, with what is left of the blob from `start` on. */
  async #close(start: number): Promise<void> {
    const { size, digest } = this.#task.source;
    const url = this.#here();
    url.search = `${url.search === '' ? '?' : `${url.search}&`}digest=${encodeURIComponent(digest)}`;
    const body = start < size ? this.#body(start, size) : { body: '', headers: { 'content-length': '0' } };
    const answer = await this.#call({ method: 'PUT', url, ...body });
    if (answer.status !== 201 && answer.status !== 204) throw this.#task.session.refusal(answer, this.#request({ method: 'PUT', url }));
    this.#checkDigest(answer);
    this.#report(size - this.#reported);
  }

  /** Whether nothing is left to do; else what the next attempt begins with is known. */
  async #stands(): Promise<boolean> {
    if (this.#location) {
      try {
        await this.#askOffset();
      } catch (error) {
        if (!(error instanceof RegistryError)) throw error;
        this.#forget();
      }
    }
    this.#report(this.#offset - this.#reported);
    // The answer to the closing PUT may be what was lost.
    return this.#location === undefined && (await this.#task.exists());
  }

  async #askOffset(): Promise<void> {
    const answer = await this.#call({ method: 'GET', url: this.#here() });
    const last = /^(?:bytes=)?0-([0-9]{1,15})$/.exec(answer.headers.range ?? '')?.[1];
    // `0-0` is what registries say of nothing at all, and of one byte: what cannot be told apart is begun again.
    if (last === '0') return this.#cancel();
    const offset = last === undefined ? 0 : Number(last) + 1;
    if (offset > this.#task.source.size) throw this.#task.session.refusal(answer, this.#request({ method: 'GET', url: this.#here() }));
    this.#offset = offset;
    if (answer.headers.location !== undefined) this.#move(answer);
  }

  /** Best effort: a session that stays ends by itself. */
  async #cancel(): Promise<void> {
    if (!this.#location) return;
    const url = this.#here();
    this.#forget();
    const brief = { timeout: 5000, signal: undefined };
    await this.#call({ method: 'DELETE', url, allow: [400, 404, 405, 501], ...brief }).catch((error: unknown) => {
      if (!(error instanceof TagboatError)) throw error;
    });
  }

  #body(start: number, end: number): Pick<SessionRequest, 'body' | 'headers' | 'timeout'> {
    const headers: Record<string, string> = { 'content-type': 'application/octet-stream', 'content-length': String(end - start) };
    if (start > 0 || end < this.#task.source.size) headers['content-range'] = `${start}-${end - 1}`;
    return { headers, timeout: noTotal, body: () => this.#bytes(start, end) };
  }

  /** The bytes of one request, counted. */
  async *#bytes(start: number, end: number): AsyncGenerator<Uint8Array> {
    this.#report(start - this.#reported);
    for await (const chunk of this.#reader.read(start, end)) {
      yield chunk;
      this.#report(chunk.length);
    }
  }

  #report(count: number): void {
    if (count === 0) return;
    this.#reported += count;
    this.#options.onBytes?.(count);
  }

  #keep(): void {
    this.#options.onState?.({ location: this.#here().href, offset: this.#offset });
  }

  #forget(): void {
    this.#location = undefined;
    this.#offset = 0;
    this.#options.onState?.(undefined);
  }

  #move(answer: TransportResponse): void {
    this.#location = uploadLocation(answer, this.#task.session.url, this.#location);
  }

  #here(): URL {
    if (!this.#location) throw new Error('There is no upload session.');
    return new URL(this.#location);
  }

  #checkDigest(answer: TransportResponse): void {
    const stored = answer.headers['docker-content-digest'];
    const { digest } = this.#task.source;
    if (stored === undefined || stored === digest || !stored.startsWith(digest.slice(0, 7))) return;
    throw new IntegrityError(`The registry stored ${digest} as ${stored.slice(0, 80)}.`, {
      expected: digest,
      actual: stored.slice(0, 200),
    });
  }

  #call(request: Partial<SessionRequest> & Pick<SessionRequest, 'method' | 'url'>): Promise<TransportResponse> {
    return this.#task.session.call(this.#request(request));
  }

  #request(request: Partial<SessionRequest> & Pick<SessionRequest, 'method' | 'url'>): SessionRequest {
    const { repository, source } = this.#task;
    return {
      scopes: this.#scopes,
      what: `the upload of blob ${source.digest} to ${repository}`,
      maxBytes: maxAnswerBytes,
      ...(request.body === '' ? { headers: { 'content-length': '0' } } : {}),
      ...calling(this.#options),
      ...request,
    };
  }
}

/** Whether the upload was broken off, by its caller or by what may mend itself: then a later one goes on with it. */
function mayGoOn(signal: AbortSignal | undefined): boolean {
  if (!signal?.aborted) return false;
  const { reason } = signal;
  return !(reason instanceof TagboatError) || reason.code === 'canceled' || reason.retry !== 'never';
}

/** Milliseconds until another attempt makes sense; undefined when none does. */
function pauseAfter(error: unknown, attempt: number): number | undefined {
  if (error instanceof RegistryError) {
    const { status = 0, retryAfter } = error;
    // 416: it stands elsewhere than we believed.
    if (error.code === 'upload_lost' || status === 416) return 0;
    if (error.retry === 'after-change') return undefined;
    if (status !== 408 && status !== 429 && (status < 500 || status === 501 || status === 507)) return undefined;
    if (retryAfter !== undefined && retryAfter > maxRetryDelay) return undefined;
    return retryAfter ?? backoff(attempt);
  }
  return error instanceof TransportError && error.retry === 'backoff' ? backoff(attempt) : undefined;
}
