import { field, isObject, type JsonObject } from '../../oci/json.ts';
import { printable } from '../../oci/text.ts';
import { objectAt, type SecretAnswer, textAt } from './bounded-http.ts';
import { splitField } from './reference.ts';
import { failed, refused, type Source, type SourceContent } from './source.ts';
import { unavailable, type VaultSession } from './vault-session.ts';

interface SecretPath {
  mount: string;
  path: string;
  field?: string;
}

/**
 * `vault:mount/path#field`: the newest version of a secret in a KV version 2 engine; all its fields without `#field`.
 * https://developer.hashicorp.com/vault/api-docs/secret/kv/kv-v2#read-secret-version
 *
 * @param session absent when the hub was told of no Vault
 */
export function vaultSource(session: VaultSession | undefined): Source {
  const ready = (): void => {
    if (session) return;
    throw refused('This hub knows no Vault. Start it with --vault-url <url>, and TAGBOAT_VAULT_TOKEN, --vault-token-file or --vault-role.');
  };
  const check = (rest: string): void => {
    parsePath(rest);
    ready();
  };
  return {
    title: 'HashiCorp Vault',
    example: 'vault:secret/ci/registry#password',
    ready,
    check,
    describe: (rest) => `Vault secret ${rest}`,
    async read(rest, { signal }) {
      check(rest);
      if (!session) throw new TypeError('check() lets nothing through without a session.');
      const secret = parsePath(rest);
      return contentOf(await readSecret(session, secret, signal), secret);
    },
  };
}

function parsePath(rest: string): SecretPath {
  const { path: whole, field: wanted } = splitField(rest);
  const parts = whole.split('/');
  const [mount = '', ...path] = parts;
  if (path.length === 0 || parts.some((part) => part === '' || part === '.' || part === '..' || /[?%\s]/.test(part))) {
    throw refused('What stands behind vault: has to be an engine and a path in it, as in vault:secret/ci/registry#password.');
  }
  return { mount, path: path.join('/'), ...(wanted !== undefined && { field: wanted }) };
}

async function readSecret(session: VaultSession, secret: SecretPath, signal?: AbortSignal): Promise<JsonObject> {
  const answer = await readVersion(session, secret, signal);
  if (answer.status === 200 || isVersion(answer)) return dataOf(answer, session, secret);
  if (answer.status === 403 || answer.status === 404) {
    // The engine may be mounted deeper than at the first part of the path, or be of the older kind: Vault tells.
    const engine = await engineOf(session, secret, signal);
    if (engine && engine.version !== '2') {
      throw failed(
        `The engine ${engine.mount} of ${session.name} is not KV version 2. Enable versions with vault kv enable-versioning ${engine.mount}, or move the secret.`,
      );
    }
    const whole = `${secret.mount}/${secret.path}`;
    if (engine && engine.mount !== secret.mount && whole.startsWith(`${engine.mount}/`)) {
      const deeper = { ...secret, mount: engine.mount, path: whole.slice(engine.mount.length + 1) };
      return dataOf(await readVersion(session, deeper, signal), session, deeper);
    }
  }
  return dataOf(answer, session, secret);
}

function readVersion(session: VaultSession, { mount, path }: SecretPath, signal?: AbortSignal): Promise<SecretAnswer> {
  return session.get(`/v1/${encodePath(mount)}/data/${encodePath(path)}`, signal);
}

/** As Vault's own command finds out before it reads. Undefined where it is not allowed to ask. */
async function engineOf(session: VaultSession, { mount, path }: SecretPath, signal?: AbortSignal) {
  const answer = await session.get(`/v1/sys/internal/ui/mounts/${encodePath(`${mount}/${path}`)}`, signal);
  const data = objectAt(answer.json, 'data');
  const at = textAt(data, 'path')?.replace(/\/$/, '');
  if (answer.status !== 200 || at === undefined) return undefined;
  return { mount: at, version: textAt(objectAt(data, 'options'), 'version') ?? '1' };
}

/** A version that was deleted or destroyed is answered with 404 and what is known of it. */
function isVersion(answer: SecretAnswer): boolean {
  return answer.status === 404 && isObject(field(objectAt(answer.json, 'data'), 'metadata'));
}

function dataOf(answer: SecretAnswer, session: VaultSession, { mount, path }: SecretPath): JsonObject {
  const name = `the secret ${mount}/${path}`;
  const version = objectAt(answer.json, 'data');
  const metadata = objectAt(version, 'metadata');
  const data = field(version, 'data');
  if (answer.status === 200 && isObject(data)) return data;
  if (answer.status === 200 || isVersion(answer)) {
    if (field(metadata, 'destroyed') === true) {
      throw failed(`The newest version of ${name} was destroyed in Vault. Write a new one.`);
    }
    if (textAt(metadata, 'deletion_time') !== undefined) {
      throw failed(`The newest version of ${name} was deleted in Vault. Undelete it, or write a new one.`);
    }
    throw failed(`What ${session.name} has at ${mount}/${path} is no secret of a KV version 2 engine. Write the path without “data”.`);
  }
  switch (answer.status) {
    case 403:
      throw failed(
        `${session.name} does not let this hub read ${name}. Allow read on ${mount}/data/${path} in the policy of its token, or give it a token that has not ended.`,
      );
    case 404: {
      const hint = path.startsWith('data/') ? ' Write the path without “data”.' : ' Check the engine and the path.';
      throw failed(`There is no secret ${mount}/${path} in ${session.name}.${hint}`);
    }
    case 503:
      throw failed(unavailable(session.name));
    default:
      throw failed(`${session.name} answered ${answer.status} when ${name} was read. Look at Vault’s log.`);
  }
}

function contentOf(data: JsonObject, { mount, path, field: wanted }: SecretPath): SourceContent {
  const fields: Record<string, string> = {};
  for (const [name, value] of Object.entries(data)) {
    if (typeof value === 'string') fields[name] = value;
    // A JSON key that was stored as what it is.
    else if (typeof value === 'number' || isObject(value)) fields[name] = JSON.stringify(value);
  }
  if (wanted === undefined) return { kind: 'fields', fields };
  const text = Object.hasOwn(fields, wanted) ? fields[wanted] : undefined;
  if (text !== undefined) return { kind: 'text', text };
  const names = Object.keys(fields)
    .slice(0, 8)
    .map((name) => printable(name, 60));
  throw failed(`The Vault secret ${mount}/${path} has no field ${wanted}. It has: ${names.length === 0 ? 'none' : names.join(', ')}.`);
}

function encodePath(path: string): string {
  return path.split('/').map(encodeURIComponent).join('/');
}
