import { type Clock, systemClock } from '../../core/clock.ts';
import { CloudContent, uploadBegun } from './content.ts';
import { HarborRobots } from './harbor-robots.ts';
import { JwtIssuer } from './jwt.ts';
import { type Answer, basicOf, bearerOf, type Call, type FakeService, serve } from './serve.ts';

export interface HarborProject {
  public: boolean;
  /** User names. */
  members: readonly string[];
  /** Members who may manage its robots as well. */
  admins?: readonly string[];
}

export interface HarborRobot {
  secret: string;
  /** Projects it is for. */
  projects: readonly string[];
  /** `repository:pull`, `repository:list`, `artifact:list`, `tag:list`, `robot:create`, `robot:list`, `robot:read`, `robot:delete`, … */
  permissions: readonly string[];
  description?: string;
  /** Given by Harbor. */
  id?: number;
  disabled?: boolean;
  /** End, epoch milliseconds. */
  expiresAt?: number;
}

export interface HarborOptions {
  clock?: Clock;
  /** User → password or CLI secret. */
  users?: Record<string, string>;
  /** Full name, `robot$project+name` → robot. */
  robots?: Record<string, HarborRobot>;
  projects?: Record<string, HarborProject>;
  /** Users who may make projects, beside `admin`. */
  projectCreators?: readonly string[];
}

/** A fake Harbor 2 on loopback: registry, token service and REST API on one origin, as Harbor has them. */
export interface FakeHarbor {
  content: CloudContent;
  service: FakeService;
  users: Record<string, string>;
  robots: Record<string, HarborRobot>;
  projects: Record<string, HarborProject>;
  close(): Promise<void>;
}

export type HarborCaller = { kind: 'nobody' } | { kind: 'user'; name: string } | { kind: 'robot'; robot: HarborRobot };

type Caller = HarborCaller;

const api = '/api/v2.0';
const maxPage = 100;
const tokenLifetime = 1800;
const unauthorized: Answer = {
  status: 401,
  headers: { 'www-authenticate': 'Basic realm="harbor"' },
  body: { errors: [{ code: 'UNAUTHORIZED', message: 'unauthorized' }] },
};

export async function startHarbor(options: HarborOptions = {}): Promise<FakeHarbor> {
  const { clock = systemClock, users = {}, robots = {}, projects = {} } = options;
  const content = new CloudContent();
  const tokens = new JwtIssuer(clock);

  /** Undefined: credentials were given, and are wrong. */
  function callerOf(call: Call): Caller | undefined {
    if (!call.headers['authorization']) return { kind: 'nobody' };
    const given = basicOf(call);
    if (!given) return undefined;
    const robot = robots[given.username];
    if (robot) {
      const ended = robot.expiresAt !== undefined && robot.expiresAt <= clock.now();
      return robot.secret === given.password && !robot.disabled && !ended ? { kind: 'robot', robot } : undefined;
    }
    return users[given.username] !== undefined && users[given.username] === given.password
      ? { kind: 'user', name: given.username }
      : undefined;
  }

  function may(caller: Caller, project: string, permission: string): boolean {
    const found = projects[project];
    if (!found) return false;
    if (caller.kind === 'robot')
      return (
        (caller.robot.projects.includes(project) || caller.robot.projects.includes('*')) && caller.robot.permissions.includes(permission)
      );
    if (caller.kind === 'user' && caller.name === 'admin') return true;
    if (permission.startsWith('robot:')) return caller.kind === 'user' && (found.admins ?? []).includes(caller.name);
    const reading = permission !== 'repository:push';
    return (found.public && reading) || (caller.kind === 'user' && [...found.members, ...(found.admins ?? [])].includes(caller.name));
  }

  const robotsApi = new HarborRobots({ clock, robots, projects, may });

  function answer(call: Call): Answer {
    const { pathname } = call.url;
    if (pathname === '/service/token') return answerToken(call);
    if (pathname.startsWith('/v2/')) return answerRegistry(call);
    if (pathname.startsWith(`${api}/`)) return answerApi(call);
    return { status: 200, headers: { 'content-type': 'text/html' }, body: '<!doctype html><title>Harbor</title>' };
  }

  function answerToken(call: Call): Answer {
    const caller = callerOf(call);
    if (!caller) return unauthorized;
    if (call.url.searchParams.get('service') !== 'harbor-registry')
      return { status: 400, body: { errors: [{ code: 'BAD_REQUEST', message: 'unknown service' }] } };
    const access = call.url.searchParams.getAll('scope').flatMap((scope) => {
      const [, name = '', project = '', actions = ''] = /^repository:(([^/:]+)\/[^:]+):([a-z,*]+)$/.exec(scope) ?? [];
      const granted = actions.split(',').filter((action) => may(caller, project, `repository:${action}`));
      return granted.length > 0 ? [`repository:${name}:${granted.join(',')}`] : [];
    });
    const token = tokens.issue({ access }, tokenLifetime);
    return { status: 200, body: { token, access_token: '', expires_in: tokenLifetime, issued_at: new Date(clock.now()).toISOString() } };
  }

  function answerRegistry(call: Call): Answer {
    const { pathname } = call.url;
    const name = /^\/v2\/(.+)\/(?:tags\/list|manifests\/[^/]+|blobs\/uploads\/)$/.exec(pathname)?.[1];
    const action = call.method === 'POST' ? 'push' : 'pull';
    const challenge = {
      'www-authenticate': `Bearer realm="${service.origin}/service/token",service="harbor-registry"${name ? `,scope="repository:${name}:${action === 'push' ? 'pull,push' : 'pull'}"` : ''}`,
    };
    const refusal = {
      status: 401,
      headers: challenge,
      body: { errors: [{ code: 'UNAUTHORIZED', message: 'unauthorized to access repository' }] },
    };
    const caller = basicOf(call) ? callerOf(call) : undefined;
    if (basicOf(call) && !caller) return unauthorized;
    const claims = tokens.check(bearerOf(call));
    if (!claims && !caller) return refusal;
    if (pathname === '/v2/') return { status: 200, body: {} };
    if (pathname === '/v2/_catalog')
      return {
        status: 401,
        headers: { 'www-authenticate': `${challenge['www-authenticate']},scope="registry:catalog:*"` },
        body: { errors: [{ code: 'UNAUTHORIZED', message: 'unauthorized to list catalog' }] },
      };
    const allowed = caller
      ? may(caller, name?.split('/', 1)[0] ?? '', `repository:${action}`)
      : ((claims?.['access'] ?? []) as string[]).some(
          (scope) =>
            scope.startsWith(`repository:${name}:`) &&
            scope
              .slice(scope.lastIndexOf(':') + 1)
              .split(',')
              .includes(action),
        );
    if (!allowed) return refusal;
    if (action === 'push') return uploadBegun(name ?? '');
    return content.answer(call) ?? { status: 404, body: { errors: [{ code: 'NOT_FOUND', message: 'not here' }] } };
  }

  function answerApi(call: Call): Answer {
    // Harbor's router matches the path decoded once, and its handlers decode a name again: a slash in it has to be encoded twice.
    const path = decodeURIComponent(call.target.split('?', 1)[0] ?? '').slice(api.length);
    if (path === '/systeminfo')
      return { status: 200, body: { harbor_version: 'v2.11.0-0000', auth_mode: 'db_auth', registry_url: 'harbor.example.com' } };
    if (path === '/ping') return { status: 200, headers: { 'content-type': 'text/plain' }, body: 'Pong' };
    const caller = callerOf(call);
    if (!caller) return unauthorized;
    if (path === '/projects') return answerProjects(call, caller);
    const project = /^\/projects\/([^/]+)$/.exec(path)?.[1];
    if (project !== undefined) return answerProject(project, caller);
    const robotPath = /^\/robots(?:\/(\d+))?$/.exec(path);
    if (robotPath) return robotsApi.answer(call, caller, robotPath[1], (items) => page(call, items));
    const match = /^\/projects\/([^/]+)\/repositories(?:\/([^/]+)\/artifacts)?$/.exec(path);
    if (!match) return { status: 404, body: { errors: [{ code: 'NOT_FOUND', message: 'The requested path does not exist' }] } };
    return answerRepositories(call, caller, match[1] ?? '', match[2]);
  }

  function answerRepositories(call: Call, caller: Caller, project: string, encoded: string | undefined): Answer {
    if (/^\d+$/.test(project) && call.headers['x-is-resource-name'] !== 'true')
      return { status: 404, body: { errors: [{ code: 'NOT_FOUND', message: `project ${project} not found` }] } };
    const permission = encoded === undefined ? 'repository:list' : 'artifact:list';
    if (!may(caller, project, permission)) {
      if (caller.kind === 'nobody') return unauthorized;
      if (caller.kind === 'user' && caller.name === 'admin')
        return { status: 404, body: { errors: [{ code: 'NOT_FOUND', message: `project ${project} not found` }] } };
      return { status: 403, body: { errors: [{ code: 'FORBIDDEN', message: 'forbidden' }] } };
    }
    return encoded === undefined ? listRepositories(call, project) : listArtifacts(call, project, decodeURIComponent(encoded));
  }

  function answerProjects(call: Call, caller: Caller): Answer {
    if (call.method === 'GET') return listProjects(call, caller);
    if (caller.kind === 'nobody') return unauthorized;
    if (call.method === 'HEAD') return { status: projects[call.url.searchParams.get('project_name') ?? ''] ? 200 : 404 };
    const { project_name: name, metadata } = JSON.parse(call.body) as { project_name: string; metadata?: { public?: string } };
    if (!(caller.kind === 'user' && (caller.name === 'admin' || options.projectCreators?.includes(caller.name))))
      return { status: 403, body: { errors: [{ code: 'FORBIDDEN', message: 'only the user with create permission can create project' }] } };
    if (projects[name])
      return { status: 409, body: { errors: [{ code: 'CONFLICT', message: `The project named ${name} already exists` }] } };
    projects[name] = { public: metadata?.public === 'true', members: [], admins: [caller.name] };
    return { status: 201, headers: { location: `${api}/projects/${Object.keys(projects).length}` } };
  }

  function answerProject(name: string, caller: Caller): Answer {
    const index = Object.keys(projects).indexOf(name);
    if (index === -1) return { status: 404, body: { errors: [{ code: 'NOT_FOUND', message: `project ${name} not found` }] } };
    return may(caller, name, 'repository:list') || may(caller, name, 'robot:list')
      ? { status: 200, body: { project_id: index + 1, name, metadata: { public: String(projects[name]?.public) } } }
      : { status: 403, body: { errors: [{ code: 'FORBIDDEN', message: 'forbidden' }] } };
  }

  function listProjects(call: Call, caller: Caller): Answer {
    const visible = Object.entries(projects).filter(([name, project]) => project.public || may(caller, name, 'repository:list'));
    return page(
      call,
      visible.map(([name, project], index) => ({
        project_id: index + 1,
        name,
        metadata: { public: String(project.public) },
        repo_count: [...content.repositories.keys()].filter((repository) => repository.startsWith(`${name}/`)).length,
      })),
    );
  }

  function listRepositories(call: Call, project: string): Answer {
    const names = [...content.repositories.keys()].filter((name) => name.startsWith(`${project}/`));
    return page(
      call,
      names.map((name, index) => ({
        id: index + 1,
        project_id: 1,
        name,
        artifact_count: content.repositories.get(name)?.size ?? 0,
        pull_count: 3,
        creation_time: '2026-01-02T03:04:05.678Z',
        update_time: '2026-10-01T08:00:00.000Z',
      })),
    );
  }

  function listArtifacts(call: Call, project: string, name: string): Answer {
    const tags = content.repositories.get(`${project}/${name}`);
    if (!tags) return { status: 404, body: { errors: [{ code: 'NOT_FOUND', message: `repository ${project}/${name} not found` }] } };
    return page(
      call,
      [...tags].map(([tag, { digest, pushedAt }], index) => ({
        id: index + 1,
        digest,
        size: 4321,
        push_time: new Date(pushedAt).toISOString(),
        pull_time: '0001-01-01T00:00:00.000Z',
        type: 'IMAGE',
        media_type: 'application/vnd.oci.image.config.v1+json',
        manifest_media_type: 'application/vnd.oci.image.manifest.v1+json',
        artifact_type: 'application/vnd.oci.image.config.v1+json',
        extra_attrs: { architecture: 'amd64', os: 'linux', created: '2026-09-30T08:00:00Z', config: {} },
        references: null,
        tags: [
          {
            id: index + 1,
            name: tag,
            push_time: new Date(pushedAt).toISOString(),
            pull_time: '0001-01-01T00:00:00.000Z',
            immutable: false,
          },
        ],
      })),
    );
  }

  function page(call: Call, items: readonly unknown[]): Answer {
    const number = Number(call.url.searchParams.get('page') ?? 1);
    const size = Number(call.url.searchParams.get('page_size') ?? 10);
    if (size > maxPage)
      return {
        status: 422,
        body: { errors: [{ code: 'UNPROCESSABLE_ENTITY', message: `page_size in query should be less than or equal to ${maxPage}` }] },
      };
    return { status: 200, headers: { 'x-total-count': String(items.length) }, body: items.slice((number - 1) * size, number * size) };
  }

  const service = await serve(answer);
  return { content, service, users, robots, projects, close: () => service.close() };
}
