import { randomBytes } from 'node:crypto';
import { z } from 'zod';
import { RegistryError } from '../../core/errors.ts';
import type { Credential } from '../../oci/index.ts';
import type { CredentialScope } from '../../provider/define.ts';
import { type HandedOut, handOut } from '../shared/handed-out.ts';
import { callHarbor, type HarborContext, harborPages, projectOfRobot } from './harbor-api.ts';

const day = 24 * 3600_000;
/** Names that this hub gives, and the description beside: both have to be there before a robot is removed. */
const ourName = /tagboat-scoped-[0-9a-f]{16}$/;
const ourDescription = 'Made by Tagboat to be handed out; Tagboat removes it after its end.';

const robots = z.array(z.object({ id: z.number(), name: z.string(), description: z.string().nullish(), expires_at: z.number().nullish() }));
const created = z.object({ id: z.number(), name: z.string().min(1), secret: z.string().min(1), expires_at: z.number().nullish() });

/**
 * A robot account that may pull (and push), made for a scope: a project's robot for one project, a system robot for several. Projects
 * are the finest that Harbor's robots know, and days the shortest. The same one is given again while it stands and has half its time
 * left; robots of ours that have ended are removed first, so that they do not pile up.
 *
 * Undefined where the account may not list, make and remove robots. (Harbor's api/v2.0/swagger.yaml and server/v2.0/handler/robot.go.)
 *
 * @throws CredentialError, TransportError
 */
export async function scopedRobot(ctx: HarborContext, scope: CredentialScope): Promise<Credential | undefined> {
  const { signIn } = ctx;
  if (signIn.method === 'anonymous') return undefined;
  const projects = projectsOf(ctx, scope);
  const days = Math.max(1, Math.ceil(scope.lifetime / day));
  return handOut(ctx, {
    memory: 'harbor-robot',
    key: [signIn.username, signIn.password, String(scope.push), String(days), ...projects],
    make: () => makeRobot(ctx, projects, scope.push, days),
    stands: (id) => stands(ctx, id),
  });
}

/** `*` stands for all projects. */
function projectsOf(ctx: HarborContext, { repositories }: CredentialScope): string[] {
  if (repositories.length > 0) return [...new Set(repositories.map((name) => name.split('/', 1)[0] ?? ''))].toSorted();
  return [ctx.namespace || projectOfRobot(ctx.signIn) || '*'];
}

async function makeRobot(ctx: HarborContext, projects: readonly string[], push: boolean, days: number): Promise<HandedOut> {
  const [project = '*'] = projects;
  const level = projects.length === 1 && project !== '*' ? 'project' : 'system';
  await removeEnded(ctx, level === 'project' ? project : undefined);
  const actions = push ? ['pull', 'push'] : ['pull'];
  const body = JSON.stringify({
    name: `tagboat-scoped-${randomBytes(8).toString('hex')}`,
    description: ourDescription,
    level,
    duration: days,
    disable: false,
    permissions: projects.map((namespace) => ({
      kind: 'project',
      namespace,
      access: actions.map((action) => ({ resource: 'repository', action })),
    })),
  });
  const issuedAt = ctx.clock.now();
  const { data } = await callHarbor(ctx, '/robots', created, { method: 'POST', body });
  const expiresAt = data.expires_at && data.expires_at > 0 ? data.expires_at * 1000 : issuedAt + days * day;
  return {
    id: String(data.id),
    credential: { kind: 'basic', username: data.name, password: data.secret, issuedAt, expiresAt },
    until: issuedAt + (days * day) / 2,
  };
}

/** Removes the robots of ours that have ended. Without the right to do so none is made either: they would pile up. */
async function removeEnded(ctx: HarborContext, project: string | undefined): Promise<void> {
  const ended: number[] = [];
  for await (const { items } of robotPages(ctx, project)) {
    for (const { id, name, description, expires_at: end } of items)
      if (ourName.test(name) && description === ourDescription && end && end > 0 && end * 1000 <= ctx.clock.now()) ended.push(id);
  }
  for (const id of ended) {
    try {
      await callHarbor(ctx, `/robots/${id}`, z.unknown(), { method: 'DELETE' });
    } catch (error) {
      // Another hub was faster.
      if (!(error instanceof RegistryError && error.code === 'registry_not_found')) throw error;
    }
  }
}

async function* robotPages(ctx: HarborContext, project: string | undefined) {
  if (project === undefined) {
    yield* harborPages(ctx, '/robots', {}, robots);
    return;
  }
  const { data } = await callHarbor(ctx, `/projects/${encodeURIComponent(project)}`, z.object({ project_id: z.number() }));
  yield* harborPages(ctx, '/robots', { q: `Level=project,ProjectID=${data.project_id}` }, robots);
}

/** Whether a robot is still there and not disabled. One that may not be looked at is believed to be. */
async function stands(ctx: HarborContext, id: string): Promise<boolean> {
  try {
    const { data } = await callHarbor(ctx, `/robots/${id}`, z.object({ disable: z.boolean().nullish() }));
    return data.disable !== true;
  } catch (error) {
    if (error instanceof RegistryError && error.code === 'registry_not_found') return false;
    if (error instanceof RegistryError && error.code === 'registry_denied') return true;
    throw error;
  }
}

/**
 * When the robot that signs in ends, as Harbor lists it; `undefined` in the field for never. Nothing where it may not list robots,
 * which a robot only may with the permission Robot Account: List.
 */
export async function endOfRobot(ctx: HarborContext): Promise<Readonly<Record<string, number | undefined>>> {
  const { signIn } = ctx;
  if (signIn.method !== 'robot') return {};
  const ofProject = signIn.username.includes('+');
  const project = projectOfRobot(signIn) ?? (ofProject ? ctx.namespace : undefined);
  // With another prefix than Harbor's own, its name does not tell where the project's begins.
  if (ofProject && !project) return {};
  try {
    for await (const { items } of robotPages(ctx, project)) {
      const own = items.find(({ name }) => name === signIn.username);
      if (!own) continue;
      if (own.expires_at === -1) return { password: undefined };
      return own.expires_at && own.expires_at > 0 ? { password: own.expires_at * 1000 } : {};
    }
    return {};
  } catch (error) {
    if (error instanceof RegistryError && error.code === 'registry_denied') return {};
    throw error;
  }
}
