import { Secret } from './secret.ts';

const marker = '[secret]';

/** Query parameters of registry and provider calls that tell nothing secret. Every other value is hidden. */
const harmlessParameters = new Set([
  'n',
  'last',
  'page',
  'page_size',
  'pagesize',
  'limit',
  'ordering',
  'order',
  'sort',
  'with_tag',
  'with_label',
  'service',
  'scope',
  'account',
  'client_id',
  'grant_type',
  'offline_token',
  'artifacttype',
  'digest',
  'mount',
  'from',
  'tag',
  'action',
  'version',
  'platform',
]);

/**
 * A URL that can be logged and shown: no user and password, no fragment, and query values only of parameters known to be
 * harmless. Text that is no URL comes back without anything that looks like `user:password@`.
 */
export function redactUrl(url: URL | string): string {
  // `user:password@host` parses as a URL of the scheme `user`.
  const parsed = /^[a-z][a-z0-9+.-]*:\/\//i.test(String(url)) ? URL.parse(String(url)) : null;
  if (!parsed) return redactUserinfo(String(url).split(/[?#]/, 1)[0] ?? '');
  parsed.username = '';
  parsed.password = '';
  parsed.hash = '';
  for (const name of new Set(parsed.searchParams.keys())) {
    if (!harmlessParameters.has(name.toLowerCase())) parsed.searchParams.set(name, '…');
  }
  return parsed.href.replaceAll('=%E2%80%A6', '=…');
}

function redactUserinfo(text: string): string {
  return text.replace(/\/\/[^/\s@]*@/g, '//').replace(/^[^/\s@]+:[^/\s@]+@/, '');
}

/** Names of fields whose values are secret wherever they occur; compared without case, `-` and `_`. */
const secretName = /^(.*(password|passwd|passphrase|secret|token|key)s?|.*authorization|(set)?cookie|auth|csrf|credentials?|pem)$/;
/** Ends like a secret, and is none. */
const publicName = /^(has.*|.*has(password|token|secret|key)|publickeys?|(name|sort|cache|primary)key)$/;

/** Whether a field of this name is taken for secret by `redact`. */
export function isSecretName(name: string): boolean {
  const plain = name.toLowerCase().replaceAll(/[-_.\s]/g, '');
  return secretName.test(plain) && !publicName.test(plain);
}

export interface RedactOptions {
  /** Further names of secret fields, e.g. those that a provider declares. */
  fields?: Iterable<string>;
  /** Strings that are hidden wherever they occur in text. */
  known?: Iterable<string>;
  /** Longest text kept, in characters. Default 4 000. */
  maxText?: number;
}

/**
 * A deep copy of plain data that can be logged, stored and shown: values of secret fields and `Secret`s become `[secret]`,
 * user and password vanish from URLs, bytes are named by length, what is too long or too deep is cut.
 */
export function redact(value: unknown, options: RedactOptions = {}): unknown {
  const fields = new Set([...(options.fields ?? [])].map((name) => name.toLowerCase()));
  const known = [...(options.known ?? [])];
  const maxText = options.maxText ?? 4000;
  const seen = new WeakSet<object>();

  const text = (value: string): string => {
    let clean = redactText(value, known);
    if (/:\/\//.test(clean)) clean = clean.replace(/[a-z][a-z0-9+.-]*:\/\/[^\s"'<>]+/gi, (url) => redactUrl(url));
    return clean.length > maxText ? `${clean.slice(0, maxText)}… (${clean.length} characters)` : clean;
  };

  const visit = (value: unknown, depth: number): unknown => {
    if (typeof value === 'string') return text(value);
    if (typeof value === 'bigint') return Number(value);
    if (typeof value === 'function' || typeof value === 'symbol') return undefined;
    if (typeof value !== 'object' || value === null) return value;
    if (value instanceof Secret) return marker;
    if (value instanceof URL) return redactUrl(value);
    if (value instanceof Date) return Number.isNaN(value.getTime()) ? 'invalid date' : value.toISOString();
    if (ArrayBuffer.isView(value) || value instanceof ArrayBuffer) return `[${value.byteLength} bytes]`;
    if (seen.has(value)) return '[circular]';
    if (depth > 12) return '[too deep]';
    seen.add(value);
    try {
      if (Array.isArray(value)) return value.slice(0, 1000).map((item) => visit(item, depth + 1));
      if (value instanceof Error) return visitError(value, depth);
      const entries = value instanceof Map ? [...value.entries()] : Object.entries(value);
      if (value instanceof Set) return [...value].map((item) => visit(item, depth + 1));
      return Object.fromEntries(entries.map(([name, item]) => [String(name), visitField(String(name), item, depth)]));
    } finally {
      seen.delete(value);
    }
  };
  const visitField = (name: string, item: unknown, depth: number): unknown => {
    const empty = item === undefined || item === null || item === '' || typeof item === 'boolean';
    return !empty && (fields.has(name.toLowerCase()) || isSecretName(name)) ? marker : visit(item, depth + 1);
  };
  const visitError = (error: Error, depth: number): unknown => ({
    name: error.name,
    message: text(error.message),
    ...('code' in error ? { code: visit(error.code, depth + 1) } : {}),
    ...('context' in error ? { context: visit(error.context, depth + 1) } : {}),
    ...(error.cause === undefined ? {} : { cause: visit(error.cause, depth + 1) }),
  });
  return visit(value, 0);
}

/** Hides every occurrence of known secrets in text, also in their percent-encoded and base64 forms. */
export function redactText(text: string, known: Iterable<string>): string {
  let clean = text;
  // Longer ones first, so that no rest of one is left by a shorter one that it contains.
  for (const secret of [...known].sort((a, b) => b.length - a.length)) {
    if (secret.length < 4) continue;
    for (const form of new Set([secret, encodeURIComponent(secret), Buffer.from(secret).toString('base64')]))
      clean = clean.replaceAll(form, marker);
  }
  return clean;
}
