import { type Clock, systemClock } from '../../core/clock.ts';
import { CloudContent } from './content.ts';
import { type Answer, basicOf, type Call, type FakeService, serve } from './serve.ts';
import { tokenRegistry } from './token-registry.ts';

export interface GitLabToken {
  kind: 'personal' | 'deploy' | 'job';
  /** Whose it is; undefined: any name does. */
  username?: string;
  scopes: readonly string[];
  /** End, epoch milliseconds: what its owner is told is the day. */
  until?: number;
}

export interface GitLabOptions {
  clock?: Clock;
  tokens?: Record<string, GitLabToken>;
  groups?: readonly string[];
  projects?: readonly string[];
  /** Projects that everybody may read. */
  public?: readonly string[];
  pageLimit?: number;
}

/** A fake GitLab on loopback: GitLab itself with `/jwt/auth`, REST and GraphQL, and its registry on another port. */
export interface FakeGitLab {
  content: CloudContent;
  gitlab: FakeService;
  registry: FakeService;
  tokens: Record<string, GitLabToken>;
  throttle(calls: number): void;
  close(): Promise<void>;
}

export async function startGitLab(options: GitLabOptions = {}): Promise<FakeGitLab> {
  const { clock = systemClock, tokens = {}, groups = [], projects = [], pageLimit = 100 } = options;
  const content = new CloudContent();
  let throttled = 0;

  const tokenOf = (text: string | undefined, kinds: readonly string[]): GitLabToken | undefined => {
    const token = Object.hasOwn(tokens, text ?? '') ? tokens[text ?? ''] : undefined;
    return token && kinds.includes(token.kind) && (token.until ?? Number.POSITIVE_INFINITY) > clock.now() ? token : undefined;
  };
  const idOf = (name: string) => [...content.repositories.keys()].indexOf(name) + 1;
  const message = (status: number, text: string): Answer => ({ status, body: { message: `${status} ${text}` } });

  function answerGitLab(call: Call): Answer {
    const { pathname } = call.url;
    if (pathname === '/jwt/auth') return answerAuth(call);
    if (throttled > 0) {
      throttled--;
      return { status: 429, headers: { 'retry-after': '1' }, body: 'Retry later\n' };
    }
    const personal = tokenOf(call.headers['private-token'], ['personal']);
    if (pathname === '/api/graphql') return personal?.scopes.includes('read_api') ? answerGraph(call) : message(401, 'Unauthorized');
    if (pathname === '/api/v4/personal_access_tokens/self') {
      if (!personal) return message(401, 'Unauthorized');
      if (!personal.scopes.includes('read_api')) return message(403, 'insufficient_scope');
      const expires = personal.until === undefined ? null : new Date(personal.until).toISOString().slice(0, 10);
      return { status: 200, body: { id: 4, name: 'hub', revoked: false, scopes: personal.scopes, active: true, expires_at: expires } };
    }
    const token = personal ?? tokenOf(call.headers['job-token'], ['job']);
    const match = /^\/api\/v4\/(groups|projects)\/([^/]+)\/registry\/repositories$/.exec(pathname);
    if (!match) return message(404, 'Not Found');
    if (!token) return message(401, 'Unauthorized');
    if (token.kind === 'personal' && !token.scopes.includes('read_api')) return message(403, 'insufficient_scope');
    const [, kind, id = ''] = match;
    const path = decodeURIComponent(id);
    if (!(kind === 'groups' ? groups : projects).includes(path))
      return message(404, kind === 'groups' ? 'Group Not Found' : 'Project Not Found');
    if (kind === 'groups' && token.kind === 'job') return message(401, 'Unauthorized');
    const names = [...content.repositories.keys()].filter((name) => name === path || name.startsWith(`${path}/`));
    const items = names.map((name) => ({
      id: idOf(name),
      name: name.slice(path.length + 1),
      path: name,
      project_id: 9,
      location: `registry.example.com/${name}`,
      created_at: '2026-01-02T03:04:05.678Z',
      status: null,
    }));
    const size = Math.min(pageLimit, Number(call.url.searchParams.get('per_page') ?? 20));
    const number = Number(call.url.searchParams.get('page') ?? 1);
    const next = new URL(call.url);
    next.searchParams.set('page', String(number + 1));
    const headers = number * size < items.length ? { link: `<${next.href}>; rel="next"`, 'x-next-page': String(number + 1) } : undefined;
    return { status: 200, headers, body: items.slice((number - 1) * size, number * size) };
  }

  function answerGraph(call: Call): Answer {
    const { query, variables } = JSON.parse(call.body) as { query: string; variables: { id: string; after: string | null } };
    const name = [...content.repositories.keys()][Number(/^gid:\/\/gitlab\/ContainerRepository\/(\d+)$/.exec(variables.id)?.[1]) - 1];
    const size = Math.min(pageLimit, Number(/tags\(first: (\d+)/.exec(query)?.[1] ?? 20));
    const tags = content.repositories.get(name ?? '');
    if (!tags)
      return { status: 200, body: { data: { containerRepository: null }, errors: [{ message: 'The resource is not available' }] } };
    const start = variables.after === null ? 0 : Number(Buffer.from(variables.after, 'base64').toString());
    const nodes = [...tags].slice(start, start + size).map(([tag, { digest, pushedAt, manifest }]) => ({
      name: tag,
      digest,
      createdAt: new Date(pushedAt).toISOString(),
      totalSize: String(manifest.length),
    }));
    const pageInfo = {
      hasNextPage: start + size < tags.size,
      endCursor: Buffer.from(String(start + size)).toString('base64'),
    };
    return { status: 200, body: { data: { containerRepository: { tags: { nodes, pageInfo } } } } };
  }

  const isPublic = (name: string) => options.public?.some((project) => name === project || name.startsWith(`${project}/`)) === true;

  function answerAuth(call: Call): Answer {
    if (basicOf(call)) return handle(call);
    const name = /^repository:([^:]+):/.exec(call.url.searchParams.get('scope') ?? '')?.[1];
    if (name === undefined || !isPublic(name)) return { status: 403, body: { errors: [{ code: 'DENIED', message: 'access forbidden' }] } };
    return handle({ ...call, headers: { ...call.headers, authorization: `Basic ${Buffer.from('anonymous:').toString('base64')}` } });
  }

  const handle = tokenRegistry({
    clock,
    content,
    tokenPath: '/jwt/auth',
    service: 'container_registry',
    signsIn(username, password) {
      if (username === 'anonymous' && password === '') return true;
      const token = tokenOf(password, username === 'gitlab-ci-token' ? ['job'] : ['personal', 'deploy']);
      if (!token || (token.username !== undefined && token.username !== username)) return false;
      return token.kind === 'job' || token.scopes.includes('read_registry');
    },
  });

  const gitlab = await serve(answerGitLab);
  const registry = await serve((call) => {
    const answer = handle(call);
    const challenge = answer.headers?.['www-authenticate'];
    if (call.url.pathname === '/jwt/auth' || typeof challenge !== 'string') return answer;
    return { ...answer, headers: { 'www-authenticate': challenge.replace(call.url.origin, gitlab.origin) } };
  });
  return {
    content,
    gitlab,
    registry,
    tokens,
    throttle(calls) {
      throttled = calls;
    },
    async close() {
      await Promise.all([gitlab.close(), registry.close()]);
    },
  };
}
