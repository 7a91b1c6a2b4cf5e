import { everyItem, type Project, type Role } from '../../sdk/index.ts';
import { approve, type ChangeOptions, showDryRun } from '../change.ts';
import type { Cli, CommonOptions } from '../cli.ts';
import { UsageError } from '../errors.ts';
import { openHub } from '../hub-client.ts';
import { printable } from '../output/text.ts';
import { relativeTime } from '../output/time.ts';

export async function projectAdd(cli: Cli, name: string, options: ChangeOptions & { description?: string }): Promise<void> {
  const input = { name, description: options.description };
  if (options.dryRun) return showDryRun(cli, options, 'POST', '/projects', input);
  const project = await (await openHub(cli, options)).createProject(input);
  said(cli, options, project, `Added ${project.name}.`, `tagboat project member add ${project.name} <user>`);
}

export async function projectList(cli: Cli, options: CommonOptions): Promise<void> {
  const hub = await openHub(cli, options);
  const items = await Array.fromAsync(everyItem((cursor) => hub.listProjects({ cursor, limit: 1000 })));
  const output = cli.output(options);
  output.result({
    json: () => ({ items }),
    quiet: () => items.map((item) => printable(item.name)),
    human: () =>
      items.length === 0
        ? ['There is no project that you may see: every registry is shown to everybody.', 'Next: tagboat project add <name>']
        : output.table<Project>(
            [
              { title: 'NAME', value: (item) => item.name },
              { title: 'MEMBERS', value: (item) => String(item.members.length), align: 'right' },
              { title: 'REGISTRIES', value: (item) => String(item.registryCount), align: 'right' },
              { title: 'DESCRIPTION', value: (item) => item.description || undefined, optional: true, shrinkTo: 16 },
            ],
            items,
          ),
  });
}

export async function projectShow(cli: Cli, name: string, options: CommonOptions): Promise<void> {
  const project = await (await openHub(cli, options)).getProject(name);
  const output = cli.output(options);
  output.result({
    json: () => project,
    quiet: () => project.members.map((item) => printable(item.userName)),
    human: () => [
      output.palette.strong(printable(project.name)),
      ...output.fields([
        ['description', project.description],
        ['registries', String(project.registryCount)],
        ['added', relativeTime(project.createdAt, output.now())],
        ['id', project.id],
      ]),
      '',
      ...(project.members.length === 0
        ? ['It has no members.']
        : output.table<Project['members'][number]>(
            [
              { title: 'MEMBER', value: (item) => item.userName },
              { title: 'ROLE', value: (item) => item.role },
            ],
            project.members,
          )),
    ],
  });
}

export async function projectEdit(
  cli: Cli,
  idOrName: string,
  options: ChangeOptions & { name?: string; description?: string },
): Promise<void> {
  const { name, description } = options;
  if (name === undefined && description === undefined)
    throw new UsageError('Nothing to change was named.', 'Give --name or --description.');
  if (options.dryRun) return showDryRun(cli, options, 'PATCH', `/projects/${idOrName}`, { name, description });
  const hub = await openHub(cli, options);
  const { id, version } = await hub.getProject(idOrName);
  const project = await hub.updateProject(id, { name, description }, { ifMatch: version });
  said(cli, options, project, `Changed ${project.name}.`);
}

export async function projectRemove(cli: Cli, name: string, options: ChangeOptions): Promise<void> {
  if (options.dryRun) return showDryRun(cli, options, 'DELETE', `/projects/${name}`);
  const hub = await openHub(cli, options);
  const project = await hub.getProject(name);
  const count = project.members.length;
  await approve(cli, options, `Remove ${project.name}, with ${count} ${count === 1 ? 'member' : 'members'}?`);
  await hub.deleteProject(project.id, { ifMatch: project.version });
  said(cli, options, project, `Removed ${project.name}.`);
}

export async function memberAdd(cli: Cli, name: string, user: string, options: ChangeOptions & { role: Role }): Promise<void> {
  const path = `/projects/${name}/members/${user}`;
  if (options.dryRun) return showDryRun(cli, options, 'PUT', path, { role: options.role });
  const project = await (await openHub(cli, options)).setProjectMember(name, user, { role: options.role });
  said(cli, options, project, `${user} is ${options.role} in ${project.name}.`);
}

export async function memberRemove(cli: Cli, name: string, user: string, options: ChangeOptions): Promise<void> {
  if (options.dryRun) return showDryRun(cli, options, 'DELETE', `/projects/${name}/members/${user}`);
  const project = await (await openHub(cli, options)).removeProjectMember(name, user);
  said(cli, options, project, `${user} is no member of ${project.name} any more.`);
}

function said(cli: Cli, options: CommonOptions, project: Project, sentence: string, next?: string): void {
  const output = cli.output(options);
  output.result({
    json: () => project,
    human: () => [`${output.palette.good('✓')} ${printable(sentence)}`, ...(next ? [`Next: ${printable(next)}`] : [])],
  });
}
