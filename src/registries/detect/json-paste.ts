import type { Found } from './found.ts';

type Json = Record<string, unknown>;

/**
 * Reads pasted JSON: a Google service account key, Docker's config.json or a part of it, a Kubernetes pull secret.
 * Undefined when it is none of these.
 */
export function readJsonPaste(text: string): Found | undefined {
  const trimmed = unwrap(text);
  if (!trimmed.startsWith('{')) return undefined;
  let json: unknown;
  try {
    json = JSON.parse(trimmed);
  } catch {
    return undefined;
  }
  if (!isObject(json)) return undefined;
  if (json.type === 'service_account' && typeof json.client_email === 'string' && typeof json.private_key === 'string') {
    const project = typeof json.project_id === 'string' ? json.project_id : undefined;
    return { kind: 'json-key', jsonKey: trimmed, ...(project !== undefined && { namespace: project, name: project }) };
  }
  return readDockerConfig(json);
}

/** `auths` of config.json; the older file without it; one entry alone; a Secret that holds one of them in base64. */
export function readDockerConfig(json: Json): Found | undefined {
  const data = isObject(json.data) ? json.data : isObject(json.stringData) ? json.stringData : undefined;
  const sealed = data?.['.dockerconfigjson'] ?? data?.['.dockercfg'];
  if (typeof sealed === 'string') {
    const inner = readJsonPaste(sealed.trimStart().startsWith('{') ? sealed : Buffer.from(sealed, 'base64').toString('utf8'));
    return inner?.kind === 'docker-config' ? inner : undefined;
  }
  const auths = isObject(json.auths) ? json.auths : json;
  const entries = Object.entries(auths).filter(([key, value]) => looksLikeHost(key) && isObject(value)) as [string, Json][];
  const withCredential = entries.filter(([, entry]) => hasCredential(entry));
  const [first] = withCredential.length > 0 ? withCredential : entries;
  if (!first) return undefined;
  const more =
    entries.length > 1
      ? { note: `the ${withCredential.length > 0 ? 'first with a sign-in' : 'first'} of ${entries.length} registries` }
      : {};
  return { kind: 'docker-config', address: addressOf(first[0]), ...credentialOf(first[1]), ...more };
}

/** User name and password, or identity token, of an entry of `auths`. */
export function credentialOf(entry: Json): Pick<Found, 'username' | 'password' | 'identityToken'> {
  const found: Pick<Found, 'username' | 'password' | 'identityToken'> = {};
  if (typeof entry.auth === 'string' && entry.auth !== '') {
    const decoded = Buffer.from(entry.auth, 'base64').toString('utf8');
    const colon = decoded.indexOf(':');
    if (colon > 0) {
      found.username = decoded.slice(0, colon);
      // Docker pads with NUL bytes in old files.
      found.password = decoded.slice(colon + 1).replace(/\0+$/, '');
    }
  }
  if (typeof entry.username === 'string' && entry.username !== '') found.username = entry.username;
  if (typeof entry.password === 'string' && entry.password !== '') found.password = entry.password;
  if (typeof entry.identitytoken === 'string' && entry.identitytoken !== '') {
    found.identityToken = entry.identitytoken;
    found.password = undefined;
  }
  return found;
}

function hasCredential(entry: Json): boolean {
  return ['auth', 'username', 'identitytoken'].some((name) => typeof entry[name] === 'string' && entry[name] !== '');
}

/** Docker Hub's key has a path that is none of the registry's. */
function addressOf(key: string): string {
  return /^https?:\/\/index\.docker\.io\/v1\/?/.test(key) ? 'docker.io' : key;
}

function looksLikeHost(key: string): boolean {
  return /^(?:https?:\/\/)?[A-Za-z0-9[\]._-]+(?::\d+)?(?:\/[^\s]*)?$/.test(key) && (/[.:]/.test(key) || key.startsWith('localhost'));
}

/** People copy keys with the quotes that a shell or a YAML file needs around them. */
function unwrap(text: string): string {
  const trimmed = text.replace(/^\ufeff/, '').trim();
  const quoted = /^(['`])(\{[^]*\})\1$/.exec(trimmed);
  return quoted ? (quoted[2] ?? trimmed) : trimmed;
}

function isObject(value: unknown): value is Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
