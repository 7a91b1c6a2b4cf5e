import { type Clock, systemClock } from '../../core/clock.ts';
import { CloudContent, uploadBegun } from './content.ts';
import { type Answer, basicOf, bearerOf, type Call, type FakeService, serve } from './serve.ts';

export interface ArtifactoryOptions {
  clock?: Clock;
  /** User → passwords and tokens. */
  users?: Record<string, readonly string[]>;
  /** Access tokens that stand alone → end, epoch milliseconds; 0 for never. */
  accessTokens?: Record<string, number>;
  /** Access tokens of administrators, among the others: they may make tokens of any scope. */
  admins?: readonly string[];
  /** Repository key → type. Virtual repositories hold what the local ones hold. */
  repositories?: Record<string, 'LOCAL' | 'REMOTE' | 'VIRTUAL'>;
  /** Repository key → that of an OCI repository. */
  ociRepositories?: Record<string, 'LOCAL' | 'REMOTE' | 'VIRTUAL'>;
  /** Anonymous access: everybody may read, and /v2/ asks nobody. */
  anonymous?: boolean;
  /** Key of the repository that the host stands for (subdomain or port method). */
  host?: string;
  /** Whether those who are no administrators may search. Default true. */
  search?: boolean;
  /** Answers hold no more items than this. Default 1000. */
  pageLimit?: number;
}

/** A fake Artifactory on loopback: its registry, by repository path or for one repository, the Docker API of each repository, and AQL. */
export interface FakeArtifactory {
  /** Names begin with the repository key. */
  content: CloudContent;
  service: FakeService;
  /** Tokens that were made: scope, and end in epoch milliseconds. */
  made: Map<string, { username: string; scope: string; end: number }>;
  /** Next calls of AQL answer 429. */
  throttle(calls: number): void;
  /** AQL says that it cut its answers short. */
  trim(): void;
  close(): Promise<void>;
}

const facts = {
  'x-jfrog-version': 'Artifactory/7.98.9 79809900',
  'x-artifactory-id': '0123456789abcdef',
  'x-artifactory-node-id': 'artifactory-0',
};
const refusal = (status: number, message: string, headers: Record<string, string> = {}): Answer => ({
  status,
  headers: { ...facts, ...headers },
  body: { errors: [{ status, message }] },
});

export async function startArtifactory(options: ArtifactoryOptions = {}): Promise<FakeArtifactory> {
  const { clock = systemClock, users = {}, accessTokens = {}, repositories = {}, ociRepositories = {}, anonymous = false, host } = options;
  const { search = true, pageLimit = 1000, admins = [] } = options;
  const made: FakeArtifactory['made'] = new Map();
  const content = new CloudContent();
  const types: Record<string, string> = { ...repositories, ...ociRepositories };
  let throttled = 0;
  let trimmed = false;

  /** Somebody, or whoever has a token of a scope. */
  type Caller = 'nobody' | 'somebody' | { scope: string };
  /** Undefined: credentials were given, and are wrong. */
  function callerOf(call: Call): Caller | undefined {
    if (!call.headers['authorization']) return 'nobody';
    const bearer = bearerOf(call);
    if (bearer !== undefined) {
      // A reference token of a user, which stands in for the password as well.
      if (bearer.startsWith('cmVmdGtu') && Object.values(users).some((secrets) => secrets.includes(bearer))) return 'somebody';
      const end = accessTokens[bearer];
      return end !== undefined && (end === 0 || end > clock.now()) ? 'somebody' : undefined;
    }
    const given = basicOf(call);
    const token = made.get(given?.password ?? '');
    if (token) return token.username === given?.username && token.end > clock.now() ? { scope: token.scope } : undefined;
    return given && users[given.username]?.includes(given.password) ? 'somebody' : undefined;
  }

  /** Where a name is stored: behind a virtual repository, in the first local one that has it. */
  function stored(name: string): string {
    const slash = name.indexOf('/');
    const key = name.slice(0, slash);
    if (types[key] !== 'VIRTUAL') return name;
    const rest = name.slice(slash);
    const local = Object.keys(types).find((other) => types[other] === 'LOCAL' && content.repositories.has(`${other}${rest}`));
    return local === undefined ? name : `${local}${rest}`;
  }

  function answer(call: Call): Answer {
    const caller = callerOf(call);
    const { pathname } = call.url;
    if (pathname === '/access/api/v1/tokens') return createToken(call, caller);
    const isRegistry = pathname.startsWith('/v2/');
    const challenge = {
      'www-authenticate': isRegistry ? `Bearer realm="${service.origin}/v2/token",service="127.0.0.1"` : 'Basic realm="Artifactory Realm"',
    };
    if (pathname === '/v2/token') return refusal(401, 'This fake gives no tokens: it wants Basic or an access token', challenge);
    if (caller === undefined) return refusal(401, 'Bad Credentials', challenge);
    if (caller === 'nobody' && !anonymous) return refusal(401, 'Authentication is required', challenge);
    if (isRegistry) return answerRegistry(call, caller);
    if (typeof caller === 'object') return refusal(403, 'Forbidden');
    if (pathname === '/artifactory/api/repositories') return answerRepositories(call);
    if (pathname === '/artifactory/api/search/aql') return caller === 'nobody' ? refusal(403, 'Forbidden') : answerAql(call);
    const docker = /^\/artifactory\/api\/(docker|oci)\/([^/]+)\/v2\/_catalog$/.exec(pathname);
    if (docker) return catalog(call, docker[2] ?? '', docker[1] === 'oci' ? ociRepositories : repositories);
    return refusal(404, 'Not Found');
  }

  function createToken(call: Call, caller: Caller | undefined): Answer {
    const bearer = bearerOf(call);
    if (caller !== 'somebody' || bearer === undefined) return refusal(401, 'Invalid token');
    const form = new URLSearchParams(call.body);
    const scope = form.get('scope') ?? '';
    if (scope.length > 500 || !scope.split(' ').every((part) => /^artifact:[\w./*-]+:[rwdamxs](?:,[rwdamxs])*$/.test(part)))
      return refusal(400, 'Invalid scope');
    if (!admins.includes(bearer)) return refusal(403, 'Only administrators may create tokens of this scope');
    const seconds = Number(form.get('expires_in'));
    const token = `eyJ2ZXIiOiIyIn0.${Buffer.from(JSON.stringify({ sub: `jfac@01/users/${form.get('username')}`, n: made.size })).toString('base64url')}.c2ln`;
    made.set(token, { username: form.get('username') ?? '', scope, end: clock.now() + seconds * 1000 });
    return {
      status: 200,
      headers: facts,
      body: { token_id: 'c3d0', access_token: token, expires_in: seconds, scope, token_type: 'Bearer' },
    };
  }

  function answerRegistry(call: Call, caller: Caller): Answer {
    const { pathname } = call.url;
    if (pathname === '/v2/') return { status: 200, headers: { ...facts, 'docker-distribution-api-version': 'registry/2.0' }, body: {} };
    if (pathname === '/v2/_catalog') return host === undefined ? refusal(404, 'Not Found') : catalog(call, host, types);
    const name = /^\/v2\/(.+)\/(?:tags\/list|manifests\/[^/]+|blobs\/uploads\/)$/.exec(pathname)?.[1] ?? '';
    const full = host === undefined ? name : `${host}/${name}`;
    const push = call.method === 'POST';
    if (typeof caller === 'object' && push && !/:r,w(?: |$)/.test(caller.scope)) return refusal(403, 'Forbidden');
    if (typeof caller === 'object' && !caller.scope.split(' ').some((part) => `${full}/`.startsWith(part.slice(9, part.indexOf('**')))))
      return refusal(403, 'Forbidden');
    if (push) return uploadBegun(name);
    const inside = new URL(call.url);
    inside.pathname = pathname.replace(`/v2/${name}/`, `/v2/${stored(full)}/`);
    const found = content.answer({ ...call, url: inside });
    if (!found) return refusal(404, 'Not Found');
    const link = found.headers?.['link'];
    // As it is without the key that the proxy put there: RTFACT-18971.
    const next: Record<string, string> =
      typeof link === 'string' ? { link: link.replace(`/v2/${stored(full)}/`, `/v2/${full.slice(full.indexOf('/') + 1)}/`) } : {};
    return { ...found, headers: { ...found.headers, ...facts, ...next } };
  }

  function answerRepositories(call: Call): Answer {
    const type = call.url.searchParams.get('packageType');
    if (type === 'oci' && Object.keys(ociRepositories).length === 0) return refusal(400, 'Unknown package type oci');
    const found = type === 'oci' ? ociRepositories : type === 'docker' ? repositories : {};
    return {
      status: 200,
      headers: facts,
      body: Object.entries(found).map(([key, kind]) => ({
        key,
        type: kind,
        url: `${service.origin}/artifactory/${key}`,
        packageType: type === 'oci' ? 'Oci' : 'Docker',
      })),
    };
  }

  function catalog(call: Call, key: string, among: Record<string, string>): Answer {
    if (among[key] === undefined)
      return {
        status: 404,
        headers: facts,
        body: { errors: [{ code: 'NAME_UNKNOWN', message: 'repository name not known to registry', detail: key }] },
      };
    const limit = Math.min(pageLimit, Number(call.url.searchParams.get('n') ?? pageLimit));
    const last = call.url.searchParams.get('last') ?? '';
    const within = (name: string) =>
      name.startsWith(`${key}/`) || (among[key] === 'VIRTUAL' && among[name.split('/', 1)[0] ?? ''] === 'LOCAL');
    const names = [...new Set([...content.repositories.keys()].filter(within).map((name) => name.slice(name.indexOf('/') + 1)))];
    const rest = names.toSorted().filter((name) => name > last);
    const page = rest.slice(0, limit);
    const link: Record<string, string> =
      rest.length > limit ? { link: `</v2/_catalog?last=${encodeURIComponent(page.at(-1) ?? '')}&n=${limit}>; rel="next"` } : {};
    return { status: 200, headers: { ...facts, ...link }, body: { repositories: page } };
  }

  function answerAql(call: Call): Answer {
    if (throttled > 0) {
      throttled--;
      return refusal(429, 'Too many search requests are running in parallel');
    }
    if (call.method !== 'POST' || call.headers['content-type'] !== 'text/plain') return refusal(415, 'Unsupported Media Type');
    if (!search) return refusal(403, 'Forbidden');
    const query = /^items\.find\((\{.*\})\)\.include\(([^()]*)\)\.sort\((\{[^()]*\})\)\.offset\((\d+)\)\.limit\((\d+)\)$/.exec(call.body);
    if (!query) return refusal(400, `Failed to parse query: ${call.body}`);
    const fields = (query[2] ?? '').split(',').map((name) => JSON.parse(name) as string);
    if (!['repo', 'path', 'name'].every((name) => fields.includes(name)))
      return refusal(400, 'For permissions reasons AQL demands the following fields: repo, path and name.');
    const criteria = JSON.parse(query[1] ?? '') as { repo: string; path: { $match: string }; $or: { name: string }[] };
    const pattern = criteria.path.$match;
    if (!pattern.endsWith('*')) return refusal(400, 'This fake wants a pattern with * at its end');
    const items = [...content.repositories].flatMap(([repository, tags]) => {
      const key = repository.slice(0, repository.indexOf('/'));
      const image = repository.slice(key.length + 1);
      if (key !== criteria.repo && !(types[criteria.repo] === 'VIRTUAL' && types[key] === 'LOCAL')) return [];
      return [...tags].flatMap(([tag, { digest, pushedAt }]) => {
        const path = `${image}/${tag}`;
        const name = tag.endsWith('-multi') ? 'list.manifest.json' : 'manifest.json';
        // A pattern's * goes over slashes.
        if (!path.startsWith(pattern.slice(0, -1)) || !criteria.$or.some((one) => one.name === name)) return [];
        const modified = new Date(pushedAt).toISOString();
        const item = {
          repo: key,
          path,
          name,
          type: 'file',
          size: 742,
          created: modified,
          modified,
          updated: modified,
          sha256: digest.slice(7),
        };
        return [Object.fromEntries(Object.entries(item).filter(([field]) => fields.includes(field)))];
      });
    });
    items.sort((a, b) => (`${String(a['path'])}/${String(a['name'])}` < `${String(b['path'])}/${String(b['name'])}` ? -1 : 1));
    const [offset, limit] = [Number(query[4]), Number(query[5])];
    const results = items.slice(offset, offset + limit);
    const note = trimmed ? { notification: 'AQL query reached the search hard limit, results are trimmed.' } : {};
    return {
      status: 200,
      headers: facts,
      body: { results, range: { start_pos: offset, end_pos: offset + results.length, total: results.length, limit, ...note } },
    };
  }

  const service = await serve(answer);
  return {
    content,
    service,
    made,
    throttle(calls) {
      throttled = calls;
    },
    trim() {
      trimmed = true;
    },
    close: () => service.close(),
  };
}
