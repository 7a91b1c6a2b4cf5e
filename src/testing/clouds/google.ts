import { type KeyObject, randomBytes, verify } from 'node:crypto';
import { type Clock, systemClock } from '../../core/clock.ts';
import { CloudContent } from './content.ts';
import { GoogleRepositories } from './google-repositories.ts';
import { JwtIssuer } from './jwt.ts';
import { type Answer, basicOf, bearerOf, type Call, type FakeService, serve } from './serve.ts';
import { tokenRegistry } from './token-registry.ts';

export interface GoogleOptions {
  clock?: Clock;
  /** Service account → public keys by their id. */
  accounts?: Record<string, Record<string, KeyObject>>;
  /** Service account of the machine; undefined: it has none. */
  machine?: string;
  /** Workload identity provider → subject that it takes, and the accounts that this may act as. */
  pools?: Record<string, { subject: string; accounts: readonly string[] }>;
  /** Key id → when it ends, as Google writes it. Of others the account is not told. */
  keyEnds?: Record<string, string>;
  /** Accounts that may push and pull, and make no repositories. */
  readers?: readonly string[];
  /** Whether everybody may read. */
  public?: boolean;
  /** Location whose repositories the API holds. */
  location?: string;
  pageLimit?: number;
  /** Most names and manifests of `tags/list`, which is cut there without a link; default: paged. */
  cutAt?: number;
}

/** A fake Google Cloud on loopback: token servers, metadata server, REST API, and the registry. */
export interface FakeGoogle {
  content: CloudContent;
  /** Token server, STS, IAM credentials and Artifact Registry's API. */
  api: FakeService;
  metadata: FakeService;
  registry: FakeService;
  /** Issuer of identity tokens that the pools take. */
  issuer: JwtIssuer;
  repositories: GoogleRepositories;
  /** `projects/<p>/secrets/<s>` → its versions, oldest first; null: destroyed. */
  secrets: Map<string, readonly ({ data: string | Uint8Array; crc?: number } | null)[]>;
  throttle(calls: number): void;
  close(): Promise<void>;
}

const keyLifetime = 3599;
const cloudPlatform = 'https://www.googleapis.com/auth/cloud-platform';

export async function startGoogle(options: GoogleOptions = {}): Promise<FakeGoogle> {
  const { clock = systemClock, accounts = {}, pools = {}, location = 'europe-west1', pageLimit = 100 } = options;
  const content = new CloudContent();
  const issuer = new JwtIssuer(clock);
  const repositories = new GoogleRepositories(content);
  const tokens = new Map<string, { until: number; who: string; scope: string }>();
  const secrets: FakeGoogle['secrets'] = new Map();
  let throttled = 0;

  function issue(who: string, seconds: number, scope: unknown = cloudPlatform): string {
    const token = `ya29.${randomBytes(40).toString('base64url')}`;
    tokens.set(token, { until: clock.now() + seconds * 1000, who, scope: String(scope) });
    return token;
  }
  /** Whose token this is; `scope` narrows it to those of an OAuth scope. */
  const whoHas = (token: string | undefined, scope?: string) => {
    const found = tokens.get(token ?? '');
    if (!found || found.until <= clock.now()) return undefined;
    return scope === undefined || found.scope.split(' ').includes(scope) ? found.who : undefined;
  };

  const refused = (error_description: string, error = 'invalid_grant', status = 400): Answer => ({
    status,
    body: { error, error_description },
  });
  const apiError = (code: number, status: string, message: string): Answer => ({
    status: code,
    body: { error: { code, message, status } },
  });

  function answerGrant(call: Call): Answer {
    const form = new URLSearchParams(call.body);
    if (form.get('grant_type') !== 'urn:ietf:params:oauth:grant-type:jwt-bearer') return refused('Bad Request', 'unsupported_grant_type');
    const [header = '', payload = '', signature = ''] = (form.get('assertion') ?? '').split('.');
    const { alg, kid } = part(header);
    const { iss, aud, iat, exp, scope } = part(payload);
    const account = accounts[String(iss)];
    if (!account) return refused('Invalid grant: account not found');
    const key = account[String(kid)];
    if (alg !== 'RS256' || !key || !verify('RSA-SHA256', Buffer.from(`${header}.${payload}`), key, Buffer.from(signature, 'base64url')))
      return refused('Invalid JWT Signature.');
    const now = clock.now() / 1000;
    if (Number(iat) > now + 300 || Number(exp) < now || Number(exp) - Number(iat) > 3600)
      return refused('Invalid JWT: Token must be a short-lived token (60 minutes) and in a reasonable timeframe.');
    if (aud !== 'https://oauth2.googleapis.com/token' || typeof scope !== 'string') return refused('Invalid JWT: Failed audience check.');
    return { status: 200, body: { access_token: issue(String(iss), keyLifetime, scope), expires_in: keyLifetime, token_type: 'Bearer' } };
  }

  function answerExchange(call: Call): Answer {
    const form = new URLSearchParams(call.body);
    const name = form.get('audience')?.replace('//iam.googleapis.com/', '') ?? '';
    const pool = pools[name];
    if (!pool) return refused('Invalid value for "audience".', 'invalid_target');
    const claims = issuer.check(form.get('subject_token') ?? undefined);
    if (!claims) return refused('ID Token issued at 1 is stale to sign-in.');
    const audiences = [`//iam.googleapis.com/${name}`, `https://iam.googleapis.com/${name}`];
    if (claims['aud'] !== undefined && ![claims['aud']].flat().some((aud) => typeof aud === 'string' && audiences.includes(aud)))
      return refused('The audience in ID Token does not match the expected audience.');
    if (claims['sub'] !== pool.subject)
      return refused('The given credential is rejected by the attribute condition.', 'unauthorized_client');
    const body = { issued_token_type: 'urn:ietf:params:oauth:token-type:access_token', token_type: 'Bearer', expires_in: 3599 };
    return { status: 200, body: { ...body, access_token: issue(`pool:${name}`, 3599, form.get('scope')) } };
  }

  function answerImpersonation(call: Call): Answer {
    const who = whoHas(bearerOf(call), cloudPlatform);
    const account = decodeURIComponent(/serviceAccounts\/([^/:]+):generateAccessToken$/.exec(call.url.pathname)?.[1] ?? '');
    if (who === undefined) return apiError(401, 'UNAUTHENTICATED', 'Request had invalid authentication credentials.');
    if (!pools[who.replace('pool:', '')]?.accounts.includes(account))
      return apiError(403, 'PERMISSION_DENIED', "Permission 'iam.serviceAccounts.getAccessToken' denied on resource.");
    const expireTime = new Date(clock.now() + 3600_000).toISOString();
    const { scope } = JSON.parse(call.body) as { scope: string[] };
    return { status: 200, body: { accessToken: issue(account, 3600, scope.join(' ')), expireTime } };
  }

  function answerApi(call: Call): Answer {
    const { pathname } = call.url;
    if (pathname === '/token') return answerGrant(call);
    if (pathname === '/v1/token') return answerExchange(call);
    if (pathname.endsWith(':generateAccessToken')) return answerImpersonation(call);
    if (throttled > 0) {
      throttled--;
      return { ...apiError(429, 'RESOURCE_EXHAUSTED', 'Quota exceeded.'), headers: { 'retry-after': '1' } };
    }
    if (whoHas(bearerOf(call)) === undefined) return apiError(401, 'UNAUTHENTICATED', 'Request had invalid authentication credentials.');
    if (whoHas(bearerOf(call), cloudPlatform) === undefined)
      return apiError(403, 'PERMISSION_DENIED', 'Request had insufficient authentication scopes.');
    const keyId = /^\/v1\/projects\/-\/serviceAccounts\/[^/]+\/keys\/([^/]+)$/.exec(pathname)?.[1];
    if (keyId !== undefined) return answerKey(keyId);
    const version = /^\/v1\/projects\/([^/]+\/secrets\/[^/]+)\/versions\/([^/]+):access$/.exec(pathname);
    if (version) return answerSecret(`projects/${version[1]}`, version[2] ?? '');
    const [, , , inProject = '', , inLocation] = pathname.split('/');
    if (inLocation === location) {
      if (call.method === 'POST' && options.readers?.includes(whoHas(bearerOf(call)) ?? '') === true)
        return apiError(403, 'PERMISSION_DENIED', "Permission 'artifactregistry.repositories.create' denied on resource.");
      const made = repositories.answer(call, inProject, location);
      if (made) return made;
    }
    const match = /^\/v1\/projects\/([^/]+)\/locations\/([^/]+)\/repositories(?:\/([^/]+)\/packages(?:\/([^/]+)\/tags)?)?$/.exec(pathname);
    if (match?.[2] !== location) return apiError(403, 'PERMISSION_DENIED', 'Permission denied or it may not exist.');
    const [, project = '', , repository, image] = match;
    const path = decodeURIComponent(project).replace(':', '/');
    const resource = `projects/${project}/locations/${location}/repositories`;
    if (repository === undefined) return page(call, 'repositories', repositoriesOf(path, resource));
    const prefix = repository.endsWith('gcr.io') ? `${path}/` : `${path}/${repository}/`;
    if (image === undefined) {
      const names = [...content.repositories.keys()].filter((name) => name.startsWith(prefix)).map((name) => name.slice(prefix.length));
      const times = { createTime: '2026-01-02T03:04:05.678901Z', updateTime: '2026-10-01T08:00:00Z' };
      const items = names.map((name) => ({ name: `${resource}/${repository}/packages/${encodeURIComponent(name)}`, ...times }));
      return page(call, 'packages', items);
    }
    const found = content.repositories.get(`${prefix}${decodeURIComponent(image)}`);
    if (!found) return apiError(404, 'NOT_FOUND', 'Requested entity was not found.');
    const parent = `${resource}/${repository}/packages/${image}`;
    const items = [...found].map(([tag, { digest }]) => ({ name: `${parent}/tags/${tag}`, version: `${parent}/versions/${digest}` }));
    return page(call, 'tags', items);
  }

  function repositoriesOf(path: string, resource: string): Record<string, unknown>[] {
    const names = repositories.of(path);
    return [...names.map((name) => ({ name: `${resource}/${name}`, format: 'DOCKER' })), { name: `${resource}/npm`, format: 'NPM' }];
  }

  function answerSecret(name: string, version: string): Answer {
    const versions = secrets.get(name);
    if (!versions)
      return apiError(403, 'PERMISSION_DENIED', "Permission 'secretmanager.versions.access' denied for resource (or it may not exist).");
    const number = version === 'latest' ? versions.length : Number(version);
    const value = versions[number - 1];
    if (value === undefined) return apiError(404, 'NOT_FOUND', `Secret Version [${name}/versions/${version}] not found.`);
    if (value === null) return apiError(400, 'FAILED_PRECONDITION', `Secret Version [${name}/versions/${number}] is in DESTROYED state.`);
    const { data, crc = crcOf(Buffer.from(data)) } = value;
    const payload = { data: Buffer.from(data).toString('base64'), dataCrc32c: String(crc) };
    return { status: 200, body: { name: `${name}/versions/${number}`, payload } };
  }

  function answerKey(id: string): Answer {
    const end = options.keyEnds?.[id];
    if (end === undefined) return apiError(403, 'PERMISSION_DENIED', "Permission 'iam.serviceAccountKeys.get' denied on resource.");
    return { status: 200, body: { name: `keys/${id}`, validAfterTime: '2026-01-01T00:00:00Z', validBeforeTime: end } };
  }

  function page(call: Call, key: string, items: readonly unknown[]): Answer {
    const size = Math.min(pageLimit, Number(call.url.searchParams.get('pageSize') ?? 10));
    const token = call.url.searchParams.get('pageToken');
    const start = token === null ? 0 : Number(Buffer.from(token, 'base64url').toString());
    const next = start + size < items.length ? Buffer.from(String(start + size)).toString('base64url') : undefined;
    return { status: 200, body: { [key]: items.slice(start, start + size), ...(next !== undefined && { nextPageToken: next }) } };
  }

  function answerMetadata(call: Call): Answer {
    if (call.headers['metadata-flavor'] !== 'Google') return { status: 403, body: 'Missing Metadata-Flavor:Google header.' };
    if (call.url.pathname !== '/computeMetadata/v1/instance/service-accounts/default/token' || options.machine === undefined)
      return { status: 404, body: 'Not Found' };
    const body = { access_token: issue(options.machine, keyLifetime), expires_in: keyLifetime, token_type: 'Bearer' };
    return { status: 200, headers: { 'metadata-flavor': 'Google' }, body };
  }

  function signsIn(username: string, password: string): boolean {
    if (username === 'anonymous') return options.public === true;
    if (username === 'oauth2accesstoken') return whoHas(password) !== undefined;
    const text = username === '_json_key_base64' ? Buffer.from(password, 'base64').toString() : password;
    if (!username.startsWith('_json_key')) return false;
    const { client_email: email, private_key_id: id } = JSON.parse(text) as Record<string, string>;
    return accounts[email ?? '']?.[id ?? ''] !== undefined;
  }

  const mayPush = (username: string, password: string) => username.startsWith('_json_key') || whoHas(password, cloudPlatform) !== undefined;
  const answerRegistry = tokenRegistry({
    clock,
    content,
    tokenPath: '/v2/token',
    service: 'europe-west1-docker.pkg.dev',
    signsIn,
    mayPush,
  });

  /** `tags/list` tells more than the specification asks. */
  function widened(call: Call): Answer {
    const open = call.url.pathname === '/v2/token' && !basicOf(call);
    const anonymous = `Basic ${Buffer.from('anonymous:').toString('base64')}`;
    const asked = open ? { ...call, headers: { ...call.headers, authorization: anonymous } } : call;
    const name = /^\/v2\/(.+)\/tags\/list$/.exec(call.url.pathname)?.[1];
    if (name === undefined) return answerRegistry(asked);
    const url = new URL(call.url);
    const size = Math.min(Number(url.searchParams.get('n') ?? 1000), options.cutAt ?? pageLimit);
    url.searchParams.set('n', String(size));
    const answer = answerRegistry({ ...asked, url });
    const found = content.repositories.get(name);
    if (answer.status !== 200 || !found) return answer;
    const { tags } = answer.body as { tags: string[] };
    const manifest: Record<string, unknown> = {};
    for (const tag of tags) {
      const { digest = '', pushedAt = 0, manifest: text = '' } = found.get(tag) ?? {};
      manifest[digest] = {
        imageSizeBytes: String(text.length),
        layerId: '',
        mediaType: 'application/vnd.oci.image.manifest.v1+json',
        tag: [tag],
        timeCreatedMs: String(pushedAt - 1000),
        timeUploadedMs: String(pushedAt),
      };
    }
    const headers = options.cutAt === undefined ? answer.headers : undefined;
    return { status: 200, headers, body: { child: [], manifest, name, tags } };
  }

  const [api, metadata, registry] = await Promise.all([serve(answerApi), serve(answerMetadata), serve(widened)]);
  return {
    content,
    api,
    metadata,
    registry,
    issuer,
    repositories,
    secrets,
    throttle(calls) {
      throttled = calls;
    },
    async close() {
      await Promise.all([api.close(), metadata.close(), registry.close()]);
    },
  };
}

function part(text: string): Record<string, unknown> {
  return JSON.parse(Buffer.from(text, 'base64url').toString('utf8')) as Record<string, unknown>;
}

/** CRC-32C bit by bit, as RFC 3720 writes it. */
function crcOf(bytes: Uint8Array): number {
  let value = 0xffffffff;
  for (const byte of bytes) {
    value ^= byte;
    for (let bit = 0; bit < 8; bit++) value = value & 1 ? (value >>> 1) ^ 0x82f63b78 : value >>> 1;
  }
  return ~value >>> 0;
}
