import { type Clock, systemClock } from '../../core/clock.ts';
import { CloudContent, uploadBegun } from './content.ts';
import { JwtIssuer } from './jwt.ts';
import { type Answer, basicOf, bearerOf, type Call, type FakeService, serve } from './serve.ts';

export interface AzureApplication {
  tenant: string;
  secret?: string;
  /** Subject of the service account tokens that may be it. */
  subject?: string;
  /** Whether the registry grants it anything. Default true. */
  role?: boolean;
}

export interface AzureOptions {
  clock?: Clock;
  /** Client id → application. */
  applications?: Record<string, AzureApplication>;
  /** Admin user → password. */
  admins?: Record<string, string>;
  /** Repository-scoped token → its password and what it may do with all repositories. */
  tokens?: Record<string, { password: string; actions: readonly string[] }>;
  /** Client ids of the machine's managed identities; the first is the system-assigned one. */
  machine?: readonly string[];
  /** Header of App Service's identity endpoint. */
  identityHeader?: string;
  /** Whether everybody may pull. Default false, as with Azure. */
  anonymousPull?: boolean;
  /** Client ids that may read the vault. Default: all. */
  readers?: readonly string[];
  /** Most names a page. */
  pageLimit?: number;
}

/** A fake Azure on loopback: Entra ID, metadata services, and one registry with its token server and `/acr/v1`. */
export interface FakeAzure {
  content: CloudContent;
  login: FakeService;
  metadata: FakeService;
  registry: FakeService;
  /** A key vault. */
  vault: FakeService;
  /** Name, or name and version with a slash between → value. */
  secrets: Map<string, string>;
  /** Issuer of Kubernetes service account tokens. */
  cluster: JwtIssuer;
  applications: Record<string, AzureApplication>;
  /** The next listings are refused with 429. */
  throttle(calls: number): void;
  close(): Promise<void>;
}

const audience = 'https://containerregistry.azure.net';
/** Whom Entra ID issues tokens for: registries and vaults. */
const audiences = [audience, 'https://vault.azure.net'];
const zero = '00000000-0000-0000-0000-000000000000';
const entraLifetime = 3599;
const refreshLifetime = 3 * 3600;
const accessLifetime = 75 * 60;
const allActions = ['pull', 'push', 'delete', 'metadata_read', 'metadata_write', '*'];

export async function startAzure(options: AzureOptions = {}): Promise<FakeAzure> {
  const { clock = systemClock, applications = {}, admins = {}, tokens = {}, machine = [], pageLimit = 100 } = options;
  const content = new CloudContent();
  const entra = new JwtIssuer(clock);
  const refresh = new JwtIssuer(clock);
  const access = new JwtIssuer(clock);
  const cluster = new JwtIssuer(clock);
  const secrets = new Map<string, string>();
  let throttled = 0;

  const entraRefusal = (number: number, error: string, status = 400): Answer => ({
    status,
    body: {
      error,
      error_description: `AADSTS${number}: Something about it. Trace ID: 0 Correlation ID: 0 Timestamp: 2026-01-01 00:00:00Z`,
      error_codes: [number],
      error_uri: `https://login.microsoftonline.com/error?code=${number}`,
    },
  });

  function answerLogin(call: Call): Answer {
    const tenant = /^\/([^/]+)\/oauth2\/v2\.0\/token$/.exec(call.url.pathname)?.[1];
    if (call.method !== 'POST' || tenant === undefined) return { status: 404, body: '<html>' };
    const form = new URLSearchParams(call.body);
    if (form.get('grant_type') !== 'client_credentials') return entraRefusal(70003, 'unsupported_grant_type');
    if (!Object.values(applications).some((application) => application.tenant === tenant)) return entraRefusal(90002, 'invalid_request');
    const resource = audiences.find((one) => form.get('scope') === `${one}/.default`);
    if (resource === undefined) return entraRefusal(70011, 'invalid_scope');
    const clientId = form.get('client_id') ?? '';
    const application = applications[clientId];
    if (application?.tenant !== tenant) return entraRefusal(700016, 'unauthorized_client');
    const assertion = form.get('client_assertion');
    if (assertion === null) {
      if (application.secret === undefined || form.get('client_secret') !== application.secret)
        return entraRefusal(7000215, 'invalid_client', 401);
    } else {
      if (form.get('client_assertion_type') !== 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer')
        return entraRefusal(900144, 'invalid_request');
      const claims = cluster.check(assertion);
      if (!claims) return entraRefusal(700024, 'invalid_client', 401);
      if (claims['aud'] !== 'api://AzureADTokenExchange' || claims['sub'] !== application.subject)
        return entraRefusal(70021, 'invalid_client', 401);
    }
    return { status: 200, body: { token_type: 'Bearer', expires_in: entraLifetime, access_token: entraFor(clientId, resource) } };
  }

  const entraFor = (clientId: string, aud: string) => entra.issue({ aud, appid: clientId }, entraLifetime);

  function answerMetadata(call: Call): Answer {
    const { pathname, searchParams } = call.url;
    const own = pathname === '/msi/token';
    const allowed = own
      ? call.headers['x-identity-header'] === options.identityHeader && searchParams.get('api-version') === '2019-08-01'
      : pathname === '/metadata/identity/oauth2/token' &&
        call.headers['metadata'] === 'true' &&
        searchParams.get('api-version') === '2018-02-01';
    if (!allowed) return { status: 400, body: { error: 'bad_request_102', error_description: 'Required metadata header not specified' } };
    const clientId = machine.find((id) => id === (searchParams.get('client_id') ?? machine[0]));
    const resource = audiences.find((one) => one === searchParams.get('resource'));
    if (clientId === undefined || resource === undefined)
      return { status: 400, body: { error: 'invalid_request', error_description: 'Identity not found' } };
    const on = Math.floor(clock.now() / 1000) + 86_399;
    return {
      status: 200,
      body: {
        access_token: entraFor(clientId, resource),
        client_id: clientId,
        expires_in: '86399',
        expires_on: String(on),
        token_type: 'Bearer',
      },
    };
  }

  const unauthorized = (call: Call, scope?: string): Answer => ({
    status: 401,
    headers: {
      'www-authenticate': `Bearer realm="${call.url.origin}/oauth2/token",service="${call.url.host}"${scope ? `,scope="${scope}"` : ''}`,
    },
    body: {
      errors: [{ code: 'UNAUTHORIZED', message: 'authentication required, visit https://aka.ms/acr/authorization for more information.' }],
    },
  });

  function answerExchange(call: Call): Answer {
    const form = new URLSearchParams(call.body);
    const claims = entra.check(form.get('access_token') ?? undefined);
    if (form.get('grant_type') !== 'access_token' || form.get('service') !== call.url.host || claims?.['aud'] !== audience)
      return unauthorized(call);
    if (applications[String(claims['appid'])]?.role === false) return unauthorized(call);
    return { status: 200, body: { refresh_token: refresh.issue({ aud: call.url.host, actions: allActions }, refreshLifetime) } };
  }

  /** What user and password may do; undefined when they are nobody's. */
  function actionsOf(username: string, password: string): readonly string[] | undefined {
    if (username === zero) return refresh.check(password)?.['actions'] as string[] | undefined;
    if (admins[username] !== undefined) return admins[username] === password ? allActions : undefined;
    const application = applications[username];
    if (application?.secret !== undefined && application.secret === password) return allActions;
    return tokens[username]?.password === password ? tokens[username]?.actions : undefined;
  }

  function answerToken(call: Call): Answer {
    const form = call.method === 'POST' ? new URLSearchParams(call.body) : call.url.searchParams;
    const given = call.method === 'POST' ? { username: zero, password: form.get('refresh_token') ?? '' } : basicOf(call);
    const mine = given ? actionsOf(given.username, given.password) : options.anonymousPull === true ? ['pull'] : undefined;
    if (!mine || form.get('service') !== call.url.host) return unauthorized(call);
    const granted = form.getAll('scope').flatMap((scope) => {
      const match = /^(repository|registry):([^:]+):(.+)$/.exec(scope);
      if (!match) return [];
      const actions = (match[3] ?? '').split(',').filter((action) => mine.includes(action));
      return actions.length > 0 ? [{ type: match[1], name: match[2], actions }] : [];
    });
    // No `expires_in`, as ACR has it: the end is in the token.
    return { status: 200, body: { access_token: access.issue({ access: granted }, accessLifetime) } };
  }

  function answerRegistry(call: Call): Answer {
    const { pathname } = call.url;
    if (pathname === '/oauth2/exchange') return answerExchange(call);
    if (pathname === '/oauth2/token') return answerToken(call);
    const granted = access.check(bearerOf(call))?.['access'] as { type: string; name: string; actions: string[] }[] | undefined;
    const may = (type: string, name: string, action: string) =>
      granted?.some((one) => one.type === type && one.name === name && one.actions.includes(action)) ?? false;
    if (pathname === '/v2/') return granted ? { status: 200, body: {} } : unauthorized(call);
    if (pathname === '/acr/v1/_catalog') {
      if (!may('registry', 'catalog', '*')) return unauthorized(call, 'registry:catalog:*');
      const { page, headers } = paged(call, [...content.repositories.keys()]);
      return throttledOr({ status: 200, headers, body: { repositories: page } });
    }
    const tagged = /^\/acr\/v1\/(.+)\/_tags$/.exec(pathname)?.[1];
    if (tagged !== undefined) {
      if (!may('repository', tagged, 'metadata_read')) return unauthorized(call, `repository:${tagged}:metadata_read`);
      return tagPage(call, tagged);
    }
    const uploading = /^\/v2\/(.+)\/blobs\/uploads\/$/.exec(pathname)?.[1];
    if (uploading !== undefined)
      return may('repository', uploading, 'push') ? uploadBegun(uploading) : unauthorized(call, `repository:${uploading}:pull,push`);
    const name = /^\/v2\/(.+)\/(?:tags\/list|manifests\/[^/]+)$/.exec(pathname)?.[1];
    if (name === undefined) return granted ? { status: 404, body: {} } : unauthorized(call);
    if (!may('repository', name, 'pull') && !may('repository', name, 'metadata_read')) return unauthorized(call, `repository:${name}:pull`);
    return content.answer(call) ?? { status: 404, body: {} };
  }

  function throttledOr(answer: Answer): Answer {
    if (throttled <= 0) return answer;
    throttled--;
    return { status: 429, headers: { 'retry-after': '1' }, body: { errors: [{ code: 'TOOMANYREQUESTS', message: 'too many requests' }] } };
  }

  function tagPage(call: Call, repository: string): Answer {
    const found = content.repositories.get(repository);
    if (!found) return { status: 404, body: { errors: [{ code: 'NAME_UNKNOWN', message: 'repository name not known to registry' }] } };
    const { page, headers } = paged(call, [...found.keys()]);
    const tags = page.map((name) => {
      const { digest = '', pushedAt = 0 } = found.get(name) ?? {};
      const changeableAttributes = { deleteEnabled: true, writeEnabled: true, readEnabled: true, listEnabled: true };
      const lastUpdateTime = new Date(pushedAt).toISOString().replace('Z', '4567Z');
      return { name, digest, createdTime: '2026-01-01T00:00:00.1234567Z', lastUpdateTime, signed: false, changeableAttributes };
    });
    return throttledOr({ status: 200, headers, body: { registry: call.url.host, imageName: repository, tags } });
  }

  function paged(call: Call, all: readonly string[]): { page: string[]; headers?: Record<string, string> } {
    const { pathname, searchParams } = call.url;
    const size = Math.min(pageLimit, Number(searchParams.get('n') ?? 100));
    const left = all.toSorted().filter((name) => name > (searchParams.get('last') ?? ''));
    const page = left.slice(0, size);
    if (left.length <= size) return { page };
    return { page, headers: { link: `<${pathname}?last=${encodeURIComponent(page.at(-1) ?? '')}&n=${size}&orderby=>; rel="next"` } };
  }

  /** Key Vault: `GET /secrets/<name>[/<version>]`. */
  function answerVault(call: Call): Answer {
    const refuse = (status: number, code: string, message: string): Answer => ({ status, body: { error: { code, message } } });
    const claims = entra.check(bearerOf(call));
    if (claims?.['aud'] !== 'https://vault.azure.net')
      return {
        ...refuse(401, 'Unauthorized', 'AKV10000: Request is missing a Bearer or PoP token.'),
        headers: { 'www-authenticate': 'Bearer' },
      };
    const [, name = '', version] = /^\/secrets\/([A-Za-z0-9-]+)(?:\/([0-9a-f]{32}))?$/.exec(call.url.pathname) ?? [];
    if (call.url.searchParams.get('api-version') !== '7.4') return refuse(400, 'BadParameter', 'Unknown api-version');
    if (options.readers !== undefined && !options.readers.includes(String(claims['appid'])))
      return refuse(403, 'Forbidden', 'The user, group or application does not have secrets get permission on key vault.');
    const value = secrets.get(version === undefined ? name : `${name}/${version}`);
    if (value === undefined) return refuse(404, 'SecretNotFound', 'A secret with (name/id) was not found in this key vault.');
    return { status: 200, body: { value, id: `https://acme.vault.azure.net/secrets/${name}`, attributes: { enabled: true } } };
  }

  const [login, metadata, registry, vault] = (await Promise.all([answerLogin, answerMetadata, answerRegistry, answerVault].map(serve))) as [
    FakeService,
    FakeService,
    FakeService,
    FakeService,
  ];
  return {
    content,
    login,
    metadata,
    registry,
    vault,
    secrets,
    cluster,
    applications,
    throttle(calls) {
      throttled = calls;
    },
    async close() {
      await Promise.all([login, metadata, registry, vault].map((one) => one.close()));
    },
  };
}
