import { z } from 'zod';
import { RegistryError, TagboatError } from '../core/errors.ts';
import { defineProvider } from '../provider/define.ts';
import { field } from '../provider/field.ts';
import { password, token, username } from '../provider/fields.ts';
import { explainHarbor } from './harbor/explain.ts';
import { allRepositories, artifactTags, pageSize, projectOfRobot, projectRepositories } from './harbor/harbor-api.ts';
import { ensureProject } from './harbor/projects.ts';
import { endOfRobot, scopedRobot } from './harbor/robots.ts';

/**
 * Harbor 2. Content is behind its own token service; what is in its projects is told by the REST API v2.0, because the
 * catalog of `/v2/` is for system administrators. (Harbor's api/v2.0/swagger.yaml.)
 */
export const provider = defineProvider({
  id: 'harbor',
  title: 'Harbor',
  icon: '<svg viewBox="0 0 24 24" fill="none" stroke="#2f7d5b" stroke-width="1.6" stroke-linejoin="round" stroke-linecap="round"><path d="M10 21l1-13h2l1 13zM9 21h6M10.6 13h2.8M10 8h4M11 8V5.5h2V8M12 5.5V3M7.5 4.5L5 3.5M7.5 7L5 8M16.5 4.5l2.5-1M16.5 7l2.5 1"/></svg>',
  docs: 'providers/harbor.md',
  rank: 30,
  url: { example: 'harbor.example.com', help: 'The host alone; the project has its own field.' },
  namespace: {
    label: 'Project',
    help: 'Whose repositories are listed. Default: all projects that the account may see; for a project’s robot account, its project.',
    example: 'platform',
  },
  hosts: [],
  lookalikes: ['Tencent TCR Enterprise behind a domain of one’s own'],
  recognises: ({ realm, service: name, headers }) =>
    name === 'harbor-registry' ||
    (realm?.pathname === '/service/token' && name === undefined) ||
    /\bBasic realm="harbor"/i.test(headers['www-authenticate'] ?? ''),
  // The page of a project is what people have at hand; Harbor itself always is at the root of its host.
  normaliseUrl: (url) => new URL('/', url),
  inferNamespace: (url) => /^\/(?!harbor(?:\/|$)|api\/|v2(?:\/|$))([a-z0-9][a-z0-9._-]{0,254})(?:\/|$)/.exec(url.pathname)?.[1],
  settings: z.object({}),
  signIn: {
    user: {
      title: 'User',
      help: 'A user of Harbor’s own or of LDAP. Where sign-in is by OIDC, the CLI secret takes the place of the password.',
      pair: ['username', 'password'],
      fields: z.object({
        username: username({ label: 'Username', example: 'ana' }),
        password: password({
          label: 'Password or CLI secret',
          where: 'CLI secret: in Harbor, your name at the top right → User Profile → CLI secret.',
        }),
      }),
    },
    robot: {
      title: 'Robot account',
      help: 'Best for a hub: it has only the permissions it is given, and belongs to nobody in person.',
      pair: ['username', 'password'],
      fields: z.object({
        username: username({
          label: 'Robot name',
          help: 'As Harbor shows it, with its prefix, e.g. robot$project+name. In a shell, put it in single quotes: $ is special there.',
          where: 'In Harbor: Administration → Robot Accounts, or your project → Robot Accounts.',
          example: 'robot$platform+tagboat',
        }),
        password: field(
          token({ label: 'Robot secret' }).refine((text) => !text.startsWith('robot$'), {
            error: 'This is a robot’s name. Perhaps name and secret are swapped.',
          }),
          {
            label: 'Robot secret',
            secret: true,
            where: 'Shown once when the robot is made. “Refresh secret” in its menu makes a new one.',
          },
        ),
      }),
    },
    anonymous: { title: 'No sign-in', help: 'Public projects only.', fields: z.object({}) },
  },
  traits: {
    maxPageSize: pageSize,
    catalog: 'provider',
    referrers: 'probe',
    delete: 'manifest',
    mount: true,
    scopedTo: 'namespace',
    createRepository: true,
  },

  async issueCredential({ signIn }) {
    if (signIn.method === 'anonymous') return { kind: 'anonymous' };
    return { kind: 'basic', username: signIn.username, password: signIn.password };
  },

  issueScoped: (ctx, scope) => scopedRobot(ctx, scope),
  secretEnds: (ctx) => endOfRobot(ctx),
  createRepository: (ctx, repository) => ensureProject(ctx, repository),

  listRepositories(ctx) {
    const project = ctx.namespace || projectOfRobot(ctx.signIn);
    return project ? projectRepositories(ctx, project) : allRepositories(ctx);
  },

  async *listTags(ctx, repository) {
    try {
      yield* artifactTags(ctx, repository);
    } catch (error) {
      // A robot that may only pull has no say in the REST API; the registry tells it the names all the same.
      if (!(error instanceof RegistryError && (error.status === 401 || error.status === 403))) throw error;
      for await (const names of ctx.client.repository(repository).listTags({ signal: ctx.signal }))
        yield { items: names.map((name) => ({ name })) };
    }
  },

  explain: (error, { signIn }) => (error instanceof TagboatError ? explainHarbor(error, signIn) : undefined),
});
