import { randomBytes } from 'node:crypto';
import { type Clock, systemClock } from '../../core/clock.ts';
import { type Answer, type Call, type FakeService, serve } from './serve.ts';

/** A version of a secret: its fields, or what became of it. */
export type FakeVersion = Readonly<Record<string, unknown>> | 'deleted' | 'destroyed';

export interface FakeVaultOptions {
  clock?: Clock;
  /** Mount path → kind. Default `{ secret: '2' }`. */
  mounts?: Record<string, '1' | '2'>;
  /** A token that does not end. */
  rootToken?: string;
  /** Role → the service-account token (JWT) that may sign in as it. */
  roles?: Record<string, string>;
  /** Seconds that a signed-in token lasts, and by which a renewal prolongs it. Default 3600. */
  ttl?: number;
  renewable?: boolean;
  namespace?: string;
}

/** A fake HashiCorp Vault on loopback: KV engines, tokens that end, the Kubernetes sign-in. It checks every token by itself. */
export interface FakeVault {
  service: FakeService;
  /** `mount/path` → newest version. */
  secrets: Map<string, FakeVersion>;
  /** Paths that may not be read, `mount/path`. */
  forbidden: Set<string>;
  /** Lets nothing out until it is unset. */
  sealed: boolean;
  /** Ends a token at once, as an operator does. */
  revokeAll(): void;
  /** A token as a person makes one: it lasts, and can be renewed, as those of a sign-in. */
  makeToken(): string;
  close(): Promise<void>;
}

const errors = (status: number, ...messages: string[]): Answer => ({ status, body: { errors: messages } });

export async function startVault(options: FakeVaultOptions = {}): Promise<FakeVault> {
  const { clock = systemClock, mounts = { secret: '2' }, rootToken, roles = {}, ttl = 3600, renewable = true, namespace } = options;
  const tokens = new Map<string, number>();
  const secrets = new Map<string, FakeVersion>();
  const forbidden = new Set<string>();

  const makeToken = () => {
    const token = `hvs.${randomBytes(24).toString('base64url')}`;
    tokens.set(token, clock.now() + ttl * 1000);
    return token;
  };
  const endOf = (token: string | undefined): number | undefined => {
    if (token !== undefined && token === rootToken) return Infinity;
    const end = token === undefined ? undefined : tokens.get(token);
    return end !== undefined && end > clock.now() ? end : undefined;
  };
  const auth = (token: string): Answer => ({ status: 200, body: { auth: { client_token: token, lease_duration: ttl, renewable } } });

  function signIn(call: Call): Answer {
    const { role, jwt } = JSON.parse(call.body) as { role?: string; jwt?: string };
    if (role === undefined || roles[role] === undefined || roles[role] !== jwt) return errors(403, 'permission denied');
    return auth(makeToken());
  }

  function readSecret(path: string): Answer {
    const mount = Object.keys(mounts).find((one) => path.startsWith(`${one}/`));
    if (mount === undefined) return errors(404, `no handler for route "${path}". route entry not found.`);
    if (mounts[mount] === '1') return errors(404);
    const rest = path.slice(mount.length + 1);
    if (!rest.startsWith('data/'))
      return { status: 404, body: { errors: [], warnings: ['Invalid path for a versioned K/V secrets engine.'] } };
    const name = `${mount}/${rest.slice('data/'.length)}`;
    if (forbidden.has(name)) return errors(403, '1 error occurred:\n\t* permission denied\n\n');
    const version = secrets.get(name);
    if (version === undefined) return errors(404);
    const metadata = { created_time: '2026-01-01T00:00:00Z', deletion_time: '', destroyed: false, version: 3 };
    if (version === 'destroyed') return { status: 404, body: { data: { data: null, metadata: { ...metadata, destroyed: true } } } };
    if (version === 'deleted')
      return { status: 404, body: { data: { data: null, metadata: { ...metadata, deletion_time: '2026-02-01T00:00:00Z' } } } };
    return { status: 200, body: { data: { data: version, metadata } } };
  }

  function answer(call: Call): Answer {
    const path = decodeURIComponent(call.url.pathname.replace(/^\/v1\//, ''));
    if (state.sealed) return errors(503, 'Vault is sealed');
    if (call.headers['x-vault-request'] !== 'true') return errors(412, 'missing X-Vault-Request');
    if ((call.headers['x-vault-namespace'] ?? '') !== (namespace ?? '')) return errors(404, 'no handler for route');
    if (call.method === 'POST' && path === 'auth/kubernetes/login') return signIn(call);
    const token = call.headers['x-vault-token'];
    const end = endOf(token);
    if (token === undefined || end === undefined) return errors(403, 'permission denied', 'invalid token');
    if (path === 'auth/token/lookup-self') {
      const left = end === Infinity ? 0 : Math.floor((end - clock.now()) / 1000);
      return { status: 200, body: { data: { ttl: left, renewable: end !== Infinity && renewable } } };
    }
    if (call.method === 'POST' && path === 'auth/token/renew-self') {
      if (!renewable || token === rootToken) return errors(400, 'lease is not renewable');
      tokens.set(token, clock.now() + ttl * 1000);
      return auth(token);
    }
    if (path.startsWith('sys/internal/ui/mounts/')) {
      const mount = Object.keys(mounts).find((one) => `${path.slice('sys/internal/ui/mounts/'.length)}/`.startsWith(`${one}/`));
      if (mount === undefined) return errors(403, 'preflight capability check returned 403');
      return { status: 200, body: { data: { path: `${mount}/`, type: 'kv', options: mounts[mount] === '2' ? { version: '2' } : null } } };
    }
    return call.method === 'GET' ? readSecret(path) : errors(405, 'unsupported operation');
  }

  const service = await serve((call) => answer(call));
  const state: FakeVault = {
    service,
    secrets,
    forbidden,
    sealed: false,
    revokeAll: () => tokens.clear(),
    makeToken,
    close: () => service.close(),
  };
  return state;
}
