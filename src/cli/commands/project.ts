import { Command, Option } from 'commander';
import type { Cli } from '../cli.ts';
import { withChangeOptions, withDataOptions, withExamples } from '../help.ts';
import { roles } from './user.ts';

export function projectCommand(cli: Cli): Command {
  const project = new Command('project').description("Projects: a team's scope. Their members see the registries that are shown to them.");
  project.addCommand(
    withExamples(
      withChangeOptions(
        new Command('add')
          .summary('add a project')
          .description('Adds a project.')
          .argument('<name>', 'name')
          .option('--description <text>', 'a line for the people who see it'),
      ),
      [{ command: "tagboat project add shop --description 'Web shop'", does: 'a scope for a team' }],
    ).action(async (name: string, options) => (await import('./project-run.ts')).projectAdd(cli, name, options)),
  );
  project.addCommand(
    withExamples(
      withDataOptions(new Command('list').alias('ls').summary('list projects').description('Lists the projects that you may see.')),
      [{ command: 'tagboat project list', does: 'with members and registries' }],
    ).action(async (options) => (await import('./project-run.ts')).projectList(cli, options)),
  );
  project.addCommand(
    withExamples(
      withDataOptions(
        new Command('show').summary('show a project').description('Shows a project and its members.').argument('<project>', 'name or id'),
      ),
      [{ command: 'tagboat project show shop', does: 'who is in it' }],
    ).action(async (name: string, options) => (await import('./project-run.ts')).projectShow(cli, name, options)),
  );
  project.addCommand(
    withExamples(
      withChangeOptions(
        new Command('edit')
          .summary('rename or describe a project')
          .description('Renames or describes a project.')
          .argument('<project>', 'name or id')
          .option('--name <name>', 'new name')
          .option('--description <text>', 'new description'),
      ),
      [{ command: 'tagboat project edit shop --name web-shop', does: 'rename' }],
    ).action(async (name: string, options) => (await import('./project-run.ts')).projectEdit(cli, name, options)),
  );
  project.addCommand(
    withExamples(
      withChangeOptions(
        new Command('remove')
          .alias('rm')
          .summary('remove a project')
          .description('Removes a project that no registry is limited to.')
          .argument('<project>', 'name or id')
          .option('-y, --yes', 'do not ask'),
      ),
      [{ command: 'tagboat project remove shop', does: 'asks first' }],
    ).action(async (name: string, options) => (await import('./project-run.ts')).projectRemove(cli, name, options)),
  );
  const member = new Command('member').summary('add and remove members').description('Members of a project, and their role in it.');
  member.addCommand(
    withExamples(
      withChangeOptions(
        new Command('add')
          .summary('add a member, or change their role')
          .description('Adds a member, or changes their role in the project.')
          .argument('<project>', 'name or id')
          .argument('<user>', 'name or id')
          .addOption(new Option('--role <role>', "what they may do with the project's registries").choices(roles).default('viewer')),
      ),
      [{ command: 'tagboat project member add shop ana --role operator', does: 'Ana may change its registries' }],
    ).action(async (name: string, user: string, options) => (await import('./project-run.ts')).memberAdd(cli, name, user, options)),
  );
  member.addCommand(
    withExamples(
      withChangeOptions(
        new Command('remove')
          .alias('rm')
          .summary('take a member out')
          .description('Takes a member out of a project.')
          .argument('<project>', 'name or id')
          .argument('<user>', 'name or id'),
      ),
      [{ command: 'tagboat project member remove shop ana', does: 'she sees its registries no more' }],
    ).action(async (name: string, user: string, options) => (await import('./project-run.ts')).memberRemove(cli, name, user, options)),
  );
  withExamples(member, [{ command: 'tagboat project member add shop ana', does: 'as a viewer' }]);
  project.addCommand(member);
  return withExamples(project, [
    { command: 'tagboat project add shop', does: 'a scope for a team' },
    { command: 'tagboat registry edit harbor --project shop', does: 'show a registry to it only' },
  ]);
}
