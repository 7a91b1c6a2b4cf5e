import { type CallOptions, calling, type ListOptions } from './call-options.ts';
import type { Quota } from './client-options.ts';
import type { ClientTraits } from './client-options.ts';
import type { Descriptor } from './descriptor.ts';
import { type Digest, digestOf, isDigest, parseDigest } from './digest.ts';
import { IntegrityError, InvalidReference, RegistryError } from './errors.ts';
import { parseManifest, type Manifest, maxManifestBytes } from './manifest.ts';
import { bareMediaType, isManifestType, manifestAccept } from './media-types.ts';
import { listNames } from './pagination.ts';
import { redactUrl } from './redact.ts';
import { isTag, parseRepositoryName } from './reference.ts';
import { findReferrers, type Referrers } from './referrers.ts';
import { readingAnswer, refuseForeignBody } from './registry-errors.ts';
import type { RegistrySession, SessionRequest } from './registry-session.ts';
import { repositoryScope } from './scope.ts';
import { printable, quote } from './text.ts';
import type { TransportResponse } from './transport.ts';
import { type BlobSource, uploadBlob, type UploadOptions, type UploadOutcome, uploadRequests } from './upload.ts';

export interface BlobStream {
  /** Not verified: whoever stores or reads it hashes it. Read it to the end or leave the loop, else its connection stays open. */
  stream: AsyncIterable<Uint8Array>;
  /** Bytes of the whole blob, when the registry says it. */
  size?: number;
}

const defaultBlobBytes = 8 * 1024 * 1024;
/** `{}`, the content of every descriptor of type `application/vnd.oci.empty.v1+json`. */
const emptyDigest = 'sha256:44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a';

/** One repository of a registry: tags, manifests, blobs and referrers. */
export class Repository {
  readonly name: string;
  readonly #session: RegistrySession;

  /** Made by `RegistryClient.repository()`. */
  constructor(session: RegistrySession, name: string) {
    this.name = parseRepositoryName(name);
    this.#session = session;
  }

  /** Base of the registry that it belongs to. */
  get registry(): URL {
    return new URL(this.#session.url);
  }

  /** What the registry last said of its quota, less what is being asked for and may be counted. Undefined when it says nothing. */
  get quota(): Quota | undefined {
    const { quota, pulling } = this.#session;
    return quota && { ...quota, remaining: Math.max(0, quota.remaining - pulling) };
  }

  /** How its registry differs from the specification. */
  get traits(): ClientTraits {
    return this.#session.traits;
  }

  /**
   * What a tag or digest points to, by HEAD. Registries that leave out the digest, size or type, or do not know HEAD, are asked by GET.
   *
   * @throws RegistryError, IntegrityError, CredentialError, TransportError; InvalidReference for what is no tag or digest.
   */
  async resolve(reference: string, options: CallOptions = {}): Promise<Descriptor> {
    const request = { ...this.#manifestRequest(reference, options), method: 'HEAD', allow: [405, 501] };
    const answer = await this.#session.call(request);
    const found = answer.status < 300 ? readDescriptorHeaders(answer, reference) : undefined;
    if (found) return found;
    const { mediaType, digest, size } = await this.manifest(reference, options);
    return { mediaType, digest, size };
  }

  /**
   * The manifest of a tag or digest, verified against the digest asked for and the one announced; at most 8 MiB.
   *
   * @throws as `resolve`; `schema1_unsupported` for Docker's obsolete format.
   */
  async manifest(reference: string, options: CallOptions = {}): Promise<Manifest> {
    const request = this.#manifestRequest(reference, options);
    const session = this.#session;
    session.pulling++;
    try {
      return readManifest(await session.call(request), request, reference);
    } finally {
      session.pulling--;
    }
  }

  /**
   * A whole blob in memory, such as an image's config; verified.
   *
   * @param options.maxBytes Default 8 MiB.
   * @throws RegistryError `invalid_answer` when it is larger; IntegrityError when it is not what its digest or size says.
   */
  async blobBytes(descriptor: { digest: string; size?: number }, options: CallOptions & { maxBytes?: number } = {}): Promise<Uint8Array> {
    const { digest, size } = descriptor;
    const { algorithm } = parseDigest(digest);
    if (digest === emptyDigest) return Buffer.from('{}');
    const { maxBytes = defaultBlobBytes } = options;
    const url = this.#endpoint(`blobs/${digest}`);
    if (size !== undefined && size > maxBytes) {
      throw new RegistryError(`The blob ${digest} of ${this.name} has ${size} bytes; at most ${maxBytes} are read here.`, {
        code: 'invalid_answer',
        method: 'GET',
        url: redactUrl(url),
        retry: 'never',
      });
    }
    const answer = await this.#session.call({
      url,
      scopes: this.#pull(),
      what: `blob ${digest} of ${this.name}`,
      maxBytes,
      ...calling(options),
    });
    const actual = digestOf(answer.bytes, algorithm);
    if (actual !== digest || (size !== undefined && size !== answer.bytes.length)) {
      throw new IntegrityError(
        `The blob of ${this.name} is not what its descriptor says: expected ${digest}${size === undefined ? '' : ` of ${size} bytes`}, received ${actual} of ${answer.bytes.length} bytes.`,
        { repository: this.name, expected: digest, actual },
      );
    }
    return answer.bytes;
  }

  /**
   * A blob as a stream, from byte `start` on. What arrives is not verified here: the place it goes to hashes it.
   *
   * @throws when no answer or a refusal arrives; the stream throws TransportError when it breaks.
   */
  async openBlob(digest: string, options: CallOptions & { start?: number } = {}): Promise<BlobStream> {
    parseDigest(digest);
    const { start = 0 } = options;
    if (!Number.isSafeInteger(start) || start < 0) throw new InvalidReference('The start of a blob is a byte number from 0.');
    const request: SessionRequest = {
      url: this.#endpoint(`blobs/${digest}`),
      scopes: this.#pull(),
      what: `blob ${digest} of ${this.name}`,
      maxBytes: defaultBlobBytes,
      stream: true,
      ...(start > 0 ? { headers: { range: `bytes=${start}-` } } : {}),
      ...calling(options),
    };
    const answer = await this.#session.call(request);
    const stream = answer.stream ?? noBytes();
    if (start === 0) return { stream, ...sizeOf(answer.headers['content-length']) };
    if (answer.status === 206) {
      const range = /^bytes ([0-9]{1,15})-[0-9]{1,15}\/([0-9]{1,15}|\*)$/.exec(answer.headers['content-range'] ?? '');
      if (Number(range?.[1]) === start) return { stream, ...sizeOf(range?.[2]) };
      throw this.#session.refusal(answer, request);
    }
    // The registry ignored the range and starts over.
    return { stream: skipBytes(stream, start), ...sizeOf(answer.headers['content-length']) };
  }

  /** Whether the repository has a blob, by HEAD. */
  async hasBlob(digest: string, options: CallOptions = {}): Promise<boolean> {
    parseDigest(digest);
    const answer = await this.#session.call({
      method: 'HEAD',
      url: this.#endpoint(`blobs/${digest}`),
      scopes: this.#push(),
      what: `blob ${digest} of ${this.name}`,
      maxBytes: 0,
      allow: [404],
      ...calling(options),
    });
    return answer.status < 300;
  }

  /**
   * Brings a blob here, by mounting it or from its source. See `uploadBlob`. Ask `hasBlob` before: what is there is not looked for.
   */
  pushBlob(source: BlobSource, options: UploadOptions = {}): Promise<UploadOutcome> {
    parseDigest(source.digest);
    return uploadBlob(
      {
        session: this.#session,
        repository: this.name,
        source,
        uploads: this.#endpoint('blobs/uploads/'),
        exists: () => this.hasBlob(source.digest, calling(options)),
      },
      options,
    );
  }

  /** Requests that `pushBlob` makes for so many bytes when nothing goes wrong. */
  uploadRequests(size: number): number {
    return uploadRequests(size, this.#session.traits.uploadChunkSize);
  }

  /**
   * Stores a manifest, byte for byte, under a tag or its digest. Its children, config and layers have to be there.
   *
   * @returns whether the registry keeps it as a referrer of its subject by itself (`OCI-Subject`)
   * @throws IntegrityError when the registry says that it stored another digest.
   */
  async pushManifest(
    manifest: Pick<Manifest, 'bytes' | 'digest' | 'mediaType'>,
    reference: string,
    options: CallOptions = {},
  ): Promise<{ subject: boolean }> {
    if (!isTag(reference) && !isDigest(reference)) throw new InvalidReference(`${quote(reference)} is neither a tag nor a digest.`);
    const answer = await this.#session.call({
      method: 'PUT',
      url: this.#endpoint(`manifests/${reference}`),
      scopes: this.#push(),
      what: `${this.name}${isDigest(reference) ? '@' : ':'}${reference}`,
      headers: { 'content-type': manifest.mediaType },
      body: manifest.bytes,
      maxBytes: 64 * 1024,
      idempotent: true,
      ...calling(options),
    });
    const stored = answer.headers['docker-content-digest'];
    if (stored !== undefined && stored !== manifest.digest && stored.startsWith(manifest.digest.slice(0, 7))) {
      throw wrongDigest({ what: `${this.name}:${reference}` }, manifest.digest, stored);
    }
    return { subject: answer.headers['oci-subject'] !== undefined };
  }

  /**
   * `DELETE` of a manifest. False when it was not there. By digest its tags go, too; what happens by tag depends on the registry:
   * `deleteTag` knows.
   */
  async deleteManifest(reference: string, options: CallOptions = {}): Promise<boolean> {
    if (!isTag(reference) && !isDigest(reference)) throw new InvalidReference(`${quote(reference)} is neither a tag nor a digest.`);
    const answer = await this.#session.call({
      method: 'DELETE',
      url: this.#endpoint(`manifests/${reference}`),
      scopes: [repositoryScope(this.name, ['pull', 'push', 'delete'])],
      what: `${this.name}${isDigest(reference) ? '@' : ':'}${reference}`,
      maxBytes: 64 * 1024,
      idempotent: true,
      allow: [404],
      ...calling(options),
    });
    return answer.status < 300;
  }

  /** Pages of tags, in the registry's order, each tag once. */
  listTags({ pageSize, last, ...options }: ListOptions = {}): AsyncGenerator<string[], void, undefined> {
    return listNames(this.#session, {
      url: this.#endpoint('tags/list'),
      scopes: [repositoryScope(this.name, ['pull', ...(this.#session.traits.tagListActions ?? [])])],
      what: `tags of ${this.name}`,
      property: 'tags',
      objection: (tag) => (isTag(tag) ? undefined : 'cannot be a tag'),
      ...(pageSize === undefined ? {} : { pageSize }),
      ...(last === undefined ? {} : { last }),
      ...calling(options),
    });
  }

  /** What refers to a manifest: signatures, SBOMs, attestations. By the referrers API, else by the fallback tag. */
  referrers(digest: string, options: CallOptions & { artifactType?: string } = {}): Promise<Referrers> {
    parseDigest(digest);
    return findReferrers(this.#session, { repository: this.name, digest: digest as Digest, scopes: this.#pull(), ...options });
  }

  /**
   * Shows that pushing is allowed, by starting an upload and canceling it at once. Nothing is stored.
   *
   * @throws as a push would.
   */
  async probeUpload(options: CallOptions = {}): Promise<void> {
    const url = this.#endpoint('blobs/uploads/');
    const scopes = [repositoryScope(this.name, ['pull', 'push'])];
    const request: SessionRequest = {
      method: 'POST',
      url,
      scopes,
      what: `uploads to ${this.name}`,
      body: '',
      headers: { 'content-length': '0' },
      maxBytes: 64 * 1024,
      ...calling(options),
    };
    const answer = await this.#session.call(request);
    if (answer.status !== 202) throw this.#session.refusal(answer, request);
    const location = URL.parse(answer.headers.location ?? '', answer.url.href);
    if (!location || location.origin !== this.#session.url.origin) return; // Elsewhere our token has no business; the session expires.
    // A registry that cannot cancel lets the session expire: whether this works says nothing of pushing.
    await this.#session.call({
      method: 'DELETE',
      url: location,
      scopes,
      what: `an upload to ${this.name}`,
      maxBytes: 64 * 1024,
      allow: [400, 404, 405, 501],
      ...calling(options),
    });
  }

  #manifestRequest(reference: string, options: CallOptions): SessionRequest {
    if (!isTag(reference) && !isDigest(reference)) throw new InvalidReference(`${quote(reference)} is neither a tag nor a digest.`);
    const url = this.#endpoint(`manifests/${reference}`);
    return {
      url,
      scopes: this.#pull(),
      what: `${this.name}${isDigest(reference) ? '@' : ':'}${reference}`,
      headers: { accept: manifestAccept },
      maxBytes: maxManifestBytes,
      ...calling(options),
    };
  }

  #push(): string[] {
    return [repositoryScope(this.name, ['pull', 'push'])];
  }

  #pull(): string[] {
    return [repositoryScope(this.name, ['pull'])];
  }

  #endpoint(path: string): URL {
    return this.#session.endpoint(`${this.name}/${path}`);
  }
}

/** Reads and verifies a manifest answer. */
export function readManifest(answer: TransportResponse, request: SessionRequest, reference: string): Manifest {
  return readingAnswer(answer, { method: 'GET', url: request.url }, () => {
    refuseForeignBody(answer);
    const announced = answer.headers['docker-content-digest'];
    const asked = isDigest(reference) ? reference : undefined;
    if (announced !== undefined && isDigest(announced) && announced !== asked) {
      if (asked?.startsWith(announced.slice(0, 7))) throw wrongDigest(request, asked, announced);
      const manifest = parseManifest(answer.bytes, answer.headers['content-type'], announced);
      return asked === undefined ? manifest : parseManifest(answer.bytes, answer.headers['content-type'], asked);
    }
    return parseManifest(answer.bytes, answer.headers['content-type'], asked);
  });
}

/** Undefined when the headers do not say enough. */
function readDescriptorHeaders(answer: TransportResponse, reference: string): Descriptor | undefined {
  const mediaType = bareMediaType(answer.headers['content-type']);
  const announced = answer.headers['docker-content-digest'];
  const { size } = sizeOf(answer.headers['content-length']);
  if (mediaType === undefined || !isManifestType(mediaType) || announced === undefined || !isDigest(announced) || !size) return undefined;
  if (!isDigest(reference) || announced === reference) return { mediaType, digest: announced, size };
  // Another algorithm cannot be compared from here.
  if (!reference.startsWith(announced.slice(0, 7))) return undefined;
  throw wrongDigest({ what: `manifest ${reference}` }, reference, announced);
}

function wrongDigest({ what }: { what: string }, expected: string, actual: string): IntegrityError {
  return new IntegrityError(`The registry announced another digest for ${what}: ${printable(actual)}.`, { expected, actual });
}

function sizeOf(text: string | undefined): { size?: number } {
  return text !== undefined && /^[0-9]{1,15}$/.test(text) ? { size: Number(text) } : {};
}

async function* noBytes(): AsyncGenerator<Uint8Array> {}

async function* skipBytes(stream: AsyncIterable<Uint8Array>, count: number): AsyncGenerator<Uint8Array> {
  let left = count;
  for await (const chunk of stream) {
    if (left >= chunk.length) left -= chunk.length;
    else if (left > 0) {
      yield chunk.subarray(left);
      left = 0;
    } else yield chunk;
  }
}
