import { randomBytes } from 'node:crypto';
import type { Clock } from '../../core/clock.ts';
import type { HarborCaller, HarborProject, HarborRobot } from './harbor.ts';
import type { Answer, Call } from './serve.ts';

interface RobotsOptions {
  clock: Clock;
  robots: Record<string, HarborRobot>;
  projects: Record<string, HarborProject>;
  may: (caller: HarborCaller, project: string, permission: string) => boolean;
}

interface NewRobot {
  name: string;
  description?: string;
  level: string;
  duration: number;
  permissions: { kind: string; namespace: string; access: { resource: string; action: string }[] }[];
}

const day = 24 * 3600_000;
const forbidden: Answer = { status: 403, body: { errors: [{ code: 'FORBIDDEN', message: 'forbidden' }] } };
const bad = (message: string): Answer => ({ status: 400, body: { errors: [{ code: 'BAD_REQUEST', message }] } });

/** `/api/v2.0/robots` of a fake Harbor: system robots are the administrator's, a project's those of its administrators. */
export class HarborRobots {
  readonly #options: RobotsOptions;
  #lastId = 0;

  constructor(options: RobotsOptions) {
    this.#options = options;
  }

  answer(call: Call, caller: HarborCaller, id: string | undefined, page: (items: readonly unknown[]) => Answer): Answer {
    const { robots } = this.#options;
    for (const robot of Object.values(robots)) robot.id ??= ++this.#lastId;
    if (id === undefined) return call.method === 'POST' ? this.#create(call, caller) : this.#list(call, caller, page);
    const [name, robot] = Object.entries(robots).find(([, one]) => one.id === Number(id)) ?? [];
    if (name === undefined || !robot) return { status: 404, body: { errors: [{ code: 'NOT_FOUND', message: `robot ${id} not found` }] } };
    if (!this.#allowed(caller, projectOf(name), call.method === 'DELETE' ? 'delete' : 'read')) return forbidden;
    if (call.method !== 'DELETE') return { status: 200, body: shown(name, robot) };
    delete robots[name];
    return { status: 200 };
  }

  #list(call: Call, caller: HarborCaller, page: (items: readonly unknown[]) => Answer): Answer {
    const { robots, projects } = this.#options;
    const query = call.url.searchParams.get('q');
    const id = /^Level=project,ProjectID=(\d+)$/.exec(query ?? '')?.[1];
    if (query !== null && id === undefined) return bad('must with project ID when to query project robots');
    const project = id === undefined ? undefined : Object.keys(projects)[Number(id) - 1];
    if (!this.#allowed(caller, project, 'list')) return forbidden;
    return page(
      Object.entries(robots)
        .filter(([name]) => projectOf(name) === project)
        .map(([name, robot]) => shown(name, robot)),
    );
  }

  #create(call: Call, caller: HarborCaller): Answer {
    const { robots, projects, clock } = this.#options;
    const wanted = JSON.parse(call.body) as NewRobot;
    const [first] = wanted.permissions;
    if (!/^[a-z0-9]+(?:[._-][a-z0-9]+)*$/.test(wanted.name)) return bad('robot name is not in lower case or contains illegal characters');
    if (!Number.isInteger(wanted.duration) || wanted.duration < -1) return bad('bad request error duration input');
    if (!first || wanted.permissions.some(({ access }) => access.length === 0)) return bad('bad request empty permission');
    if (wanted.level === 'project' && wanted.permissions.length > 1) return bad('bad request permission');
    const project = wanted.level === 'project' ? first.namespace : undefined;
    if (project !== undefined && !projects[project])
      return { status: 404, body: { errors: [{ code: 'NOT_FOUND', message: `project ${project} not found` }] } };
    if (!this.#allowed(caller, project, 'create')) return forbidden;
    const name = project === undefined ? `robot$${wanted.name}` : `robot$${project}+${wanted.name}`;
    if (robots[name]) return { status: 409, body: { errors: [{ code: 'CONFLICT', message: 'robot account already exists' }] } };
    const robot: HarborRobot = {
      id: ++this.#lastId,
      secret: randomBytes(24).toString('base64url'),
      description: wanted.description,
      projects: wanted.permissions.map(({ namespace }) => namespace),
      permissions: [...new Set(wanted.permissions.flatMap(({ access }) => access.map(({ resource, action }) => `${resource}:${action}`)))],
      // Harbor keeps whole seconds.
      ...(wanted.duration > 0 && { expiresAt: Math.floor(clock.now() / 1000) * 1000 + wanted.duration * day }),
    };
    robots[name] = robot;
    const { id, secret } = robot;
    return { status: 201, body: { id, name, secret, creation_time: new Date(clock.now()).toISOString(), expires_at: endOf(robot) } };
  }

  #allowed(caller: HarborCaller, project: string | undefined, action: string): boolean {
    if (project === undefined) return caller.kind === 'user' && caller.name === 'admin';
    return this.#options.may(caller, project, `robot:${action}`);
  }
}

/** The project of `robot$project+name`; undefined for system robots. */
function projectOf(name: string): string | undefined {
  return /^robot\$([^+]+)\+/.exec(name)?.[1];
}

function endOf({ expiresAt }: HarborRobot): number {
  return expiresAt === undefined ? -1 : Math.floor(expiresAt / 1000);
}

function shown(name: string, robot: HarborRobot): Record<string, unknown> {
  const { id, description = '', disabled = false } = robot;
  return {
    id,
    name,
    description,
    disable: disabled,
    expires_at: endOf(robot),
    level: projectOf(name) === undefined ? 'system' : 'project',
  };
}
