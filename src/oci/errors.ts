/** Who has to act: the person who asked, the other side, or this hub. */
export type Fault = 'caller' | 'remote' | 'hub';

/** Whether the same call may be made again: never, with backoff, or once something has been changed. */
export type Retry = 'never' | 'backoff' | 'after-change';

export interface ErrorDetails {
  /** Stable machine-readable code from the list in `core/error-codes.ts`, e.g. `dns_not_found`. */
  code: string;
  fault: Fault;
  retry: Retry;
  cause?: unknown;
  /** Facts about the failure, free of secrets: host, repository, status, … */
  context?: Readonly<Record<string, unknown>>;
}

/**
 * Base of every error that Tagboat throws on purpose. `message` is a sentence for people that says what happened and
 * where; `code` is for programs; `context` never holds a secret, so all of it may be logged and shown.
 */
export class TagboatError extends Error {
  readonly code: string;
  readonly fault: Fault;
  readonly retry: Retry;
  readonly context: Readonly<Record<string, unknown>>;

  constructor(message: string, details: ErrorDetails) {
    super(message, details.cause === undefined ? undefined : { cause: details.cause });
    this.name = new.target.name;
    this.code = details.code;
    this.fault = details.fault;
    this.retry = details.retry;
    this.context = details.context ?? {};
  }
}

type Context = Readonly<Record<string, unknown>>;

/** A reference, digest, tag or name that no registry could accept. */
export class InvalidReference extends TagboatError {
  constructor(message: string, context?: Context) {
    super(message, { code: 'invalid_reference', fault: 'caller', retry: 'never', context });
  }
}

/** One entry of the `errors` array of an OCI error body. */
export interface OciErrorEntry {
  code: string;
  message?: string;
  detail?: unknown;
}

export interface RegistryErrorDetails {
  code: string;
  method: string;
  /** URL with its query reduced to harmless parameters. */
  url: string;
  status?: number;
  /** Error entries that the registry answered, empty when its body was none of the specification's. */
  errors?: readonly OciErrorEntry[];
  /** Milliseconds to wait, from `Retry-After` or `X-Retry-After`. */
  retryAfter?: number;
  retry?: Retry;
  cause?: unknown;
  context?: Context;
}

/** The registry answered, and the answer was a refusal or not usable (OCI distribution specification, "Error Codes"). */
export class RegistryError extends TagboatError {
  readonly method: string;
  readonly url: string;
  readonly status: number | undefined;
  readonly errors: readonly OciErrorEntry[];
  readonly retryAfter: number | undefined;

  constructor(message: string, details: RegistryErrorDetails) {
    const transient = details.status === 408 || details.status === 429 || (details.status ?? 0) >= 500;
    super(message, {
      code: details.code,
      fault: 'remote',
      retry: details.retry ?? (transient ? 'backoff' : 'never'),
      cause: details.cause,
      context: { ...details.context, method: details.method, url: details.url, status: details.status, errors: details.errors },
    });
    this.method = details.method;
    this.url = details.url;
    this.status = details.status;
    this.errors = details.errors ?? [];
    this.retryAfter = details.retryAfter;
  }
}

/** No usable answer arrived: name resolution, connection, TLS, proxy, timeout, reset, or the address guard. */
export class TransportError extends TagboatError {
  constructor(message: string, details: { code: string; retry?: Retry; fault?: Fault; cause?: unknown; context?: Context }) {
    super(message, {
      code: details.code,
      fault: details.fault ?? 'remote',
      retry: details.retry ?? 'backoff',
      cause: details.cause,
      context: details.context,
    });
  }
}

/** Content is not what its digest or size says. Never retried: somebody should look. */
export class IntegrityError extends TagboatError {
  constructor(message: string, context?: Context) {
    super(message, { code: 'integrity', fault: 'remote', retry: 'never', context });
  }
}

/** An issuer refused, a credential cannot be used here, or a realm is not trusted with it. */
export class CredentialError extends TagboatError {
  constructor(message: string, details: { code: string; fault?: Fault; cause?: unknown; context?: Context }) {
    super(message, {
      code: details.code,
      fault: details.fault ?? 'remote',
      retry: 'after-change',
      cause: details.cause,
      context: details.context,
    });
  }
}

/** The registry, by its traits or its answer, cannot do this. */
export class UnsupportedError extends TagboatError {
  constructor(message: string, context?: Context) {
    super(message, { code: 'unsupported', fault: 'remote', retry: 'never', context });
  }
}

export interface CopyErrorDetails {
  /** What was on its way, as it stands in a sentence: `blob sha256:…`, `tag 1.4`. */
  piece?: string;
  /** Default: that of the cause. */
  code?: string;
}

/** A copy failed on one of its two sides; fault and retry are those of what happened there, and the code as a rule. */
export class CopyError extends TagboatError {
  readonly side: 'source' | 'destination';

  constructor(side: 'source' | 'destination', label: string, cause: TagboatError, { piece, code }: CopyErrorDetails = {}) {
    // Most causes name the piece themselves, a tag as `shop/api:1`; once is enough.
    const name = piece?.slice(piece.lastIndexOf(' ') + 1) ?? '';
    const isNamed = cause.message.includes(name.includes(':') ? name : `:${name}`);
    const what = piece === undefined || isNamed ? '' : ` ${piece}`;
    super(`${side === 'source' ? `Reading${what} from` : `Writing${what} to`} ${label} failed. ${cause.message}`, {
      code: code ?? cause.code,
      fault: cause.fault,
      retry: cause.retry,
      cause,
      context: { ...cause.context, side },
    });
    this.side = side;
  }
}

/** The disk or a file of this machine, where content lies or goes to. */
export class FileError extends TagboatError {
  /** @param cause What the file system said. */
  constructor(cause: NodeJS.ErrnoException) {
    const isFull = cause.code === 'ENOSPC' || cause.code === 'EDQUOT' || cause.code === 'EFBIG';
    const place = cause.path === undefined ? '' : ` at ${cause.path}`;
    super(
      isFull
        ? `There is no room left${place} (${cause.code}).`
        : `The file system refuses ${cause.syscall ?? 'it'}${place} (${cause.code}).`,
      {
        code: isFull ? 'disk_full' : 'file_refused',
        fault: 'caller',
        retry: 'after-change',
        cause,
        context: { system: cause.code, syscall: cause.syscall },
      },
    );
  }
}
